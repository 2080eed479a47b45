//! Facets: the values of a column with how many rows each would leave.

use super::columns::file::with_ordinals;
use super::error::SearchError;
use super::view::{SearchRequest, View};
use crate::domain::fold::fold;

/// One value of a facet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetValue {
    /// The cell as imported.
    pub value: String,
    /// Rows that have it, by everything chosen but this facet's own values.
    pub count: u64,
    /// Whether it is chosen.
    pub selected: bool,
}

/// Which values of a facet are wanted.
#[derive(Debug, Clone, Copy)]
pub struct FacetOptions<'o> {
    /// Only values that start like this, case and marks ignored.
    pub prefix: &'o str,
    /// At most so many; chosen ones come on top of it.
    pub limit: usize,
}

impl View {
    /// A column's values with counts that leave out the facet's own choice, largest first, then in the
    /// column's order. Chosen values are there even where nothing is left of them.
    ///
    /// # Errors
    /// [`SearchError::NoColumn`] where the column does not exist for the reader.
    pub fn facet(
        &self,
        request: &SearchRequest,
        column: &str,
        options: FacetOptions<'_>,
    ) -> Result<(String, Vec<FacetValue>), SearchError> {
        let index = self.column_called(column)?;
        let mut others = request.clone();
        let mut chosen: Vec<String> = Vec::new();
        let mut kept = Vec::with_capacity(others.filters.len());
        for filter in others.filters {
            if self.column_called(&filter.column)? == index {
                chosen.extend(filter.values);
            } else {
                kept.push(filter);
            }
        }
        others.filters = kept;
        let found = self.matching(&others)?;
        let column = self.generation().columns.column(index);
        let mut counts = vec![0_u32; column.distinct() as usize];
        if found.count() == u64::from(self.generation().rows())
            && column.rank_starts.len() - 1 == counts.len()
        {
            for (count, stretch) in counts.iter_mut().zip(column.rank_starts.windows(2)) {
                *count = stretch[1] - stretch[0];
            }
        } else {
            with_ordinals!(column.ordinals, |all| {
                found.for_each(|row| counts[all[row as usize] as usize] += 1);
            });
        }
        let prefix = fold(options.prefix);
        let mut ordinals: Vec<u32> = (0..column.distinct())
            .filter(|ordinal| {
                counts[*ordinal as usize] > 0 && column.folded.get(*ordinal).starts_with(prefix.as_bytes())
            })
            .collect();
        let largest_first = |ordinal: &u32| (std::cmp::Reverse(counts[*ordinal as usize]), *ordinal);
        if ordinals.len() > options.limit {
            if options.limit > 0 {
                ordinals.select_nth_unstable_by_key(options.limit - 1, largest_first);
            }
            ordinals.truncate(options.limit);
        }
        let chosen: Vec<(Option<u32>, String)> =
            chosen.into_iter().map(|value| (column.ordinal_of(&value), value)).collect();
        for (ordinal, _) in &chosen {
            if let Some(ordinal) = ordinal.filter(|ordinal| counts[*ordinal as usize] > 0)
                && !ordinals.contains(&ordinal)
            {
                ordinals.push(ordinal);
            }
        }
        ordinals.sort_unstable_by_key(largest_first);
        let mut values: Vec<FacetValue> = ordinals
            .iter()
            .map(|ordinal| FacetValue {
                value: column.cell(*ordinal).to_owned(),
                count: u64::from(counts[*ordinal as usize]),
                selected: chosen.iter().any(|(choice, _)| *choice == Some(*ordinal)),
            })
            .collect();
        // A chosen value that no row of the reader's has is said back as it was asked, whether or not some
        // other reader's row has it.
        for (_, value) in chosen {
            if !values.iter().any(|known| known.value == value) {
                values.push(FacetValue { value, count: 0, selected: true });
            }
        }
        Ok((column.column().name.clone(), values))
    }

    /// The columns that are facets unless others are asked for.
    pub fn default_facets(&self) -> Vec<String> {
        self.columns().into_iter().filter(|column| column.facet).map(|column| column.name.clone()).collect()
    }
}
