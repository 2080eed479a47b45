//! Totals of quantities, per unit of measure. Amounts of different units are never added up.

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;

use super::columns::file::ColumnReader;
use super::error::SearchError;
use super::view::{Found, View};
use crate::domain::column::{Column, ColumnRole, ColumnType};

/// A quantity column's totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnTotals {
    /// The column.
    pub column: String,
    /// One sum a unit, in the units' order.
    pub units: Vec<UnitTotal>,
}

/// The total of one unit of measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitTotal {
    /// The unit as imported; `None` where the dataset has no unit column, blank where the cell is.
    pub uom: Option<String>,
    /// The exact sum.
    pub sum: Decimal,
    /// How many rows held a number.
    pub rows: u64,
}

/// Totals of one value of another column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareTotals {
    /// The value as imported.
    pub value: String,
    /// Rows that have it.
    pub rows: u64,
    /// Their totals, one a quantity column that has any.
    pub totals: Vec<ColumnTotals>,
}

/// A quantity column, and the column with its units.
struct Measure<'g> {
    column: ColumnReader<'g>,
    unit: Option<ColumnReader<'g>>,
}

impl Measure<'_> {
    /// The number in a row, without its point.
    #[inline]
    fn number(&self, row: u32) -> Option<i128> {
        let ordinal = self.column.ordinals.get(row);
        if ordinal >= self.column.first_untyped() {
            return None;
        }
        match self.column.numbers {
            Some(numbers) => Some(i128::from(numbers[ordinal as usize])),
            None => wide_number(&self.column, ordinal, self.column.scale()),
        }
    }

    /// The place of a row's unit among all units.
    #[inline]
    fn unit_of(&self, row: u32) -> u32 {
        self.unit.as_ref().map_or(0, |unit| unit.rank_of[unit.ordinals.get(row) as usize])
    }

    /// What was added up, one total a unit in the units' order.
    fn totals(&self, sums: impl IntoIterator<Item = (u32, (i128, u64))>) -> ColumnTotals {
        let total = |(rank, (sum, rows)): (u32, (i128, u64))| {
            let sum = Decimal::try_from_i128_with_scale(sum, self.column.scale()).ok()?.normalize();
            let name =
                |unit: &ColumnReader<'_>| unit.cell_of_row(unit.rows_of_rank(rank)[0]).trim().to_owned();
            Some(UnitTotal { uom: self.unit.as_ref().map(name), sum, rows })
        };
        let units = sums.into_iter().filter(|(_, (_, rows))| *rows > 0).filter_map(total).collect();
        ColumnTotals { column: self.column.column().name.clone(), units }
    }
}

impl View {
    /// Totals of the visible quantity columns over everything found.
    pub fn totals<'f>(&self, found: &'f Found) -> &'f [ColumnTotals] {
        found.totals.get_or_init(|| self.add_up(found))
    }

    /// The column with the units of the visible quantity columns.
    pub fn unit_column(&self) -> Option<&Column> {
        let index = self.with_role(ColumnRole::Uom).next()?;
        Some(self.generation().columns.column(index).column())
    }

    fn with_role(&self, role: ColumnRole) -> impl Iterator<Item = usize> + '_ {
        let columns = &self.generation().columns;
        self.visible().iter().copied().filter(move |index| columns.column(*index).column().role == Some(role))
    }

    fn measures(&self) -> impl Iterator<Item = Measure<'_>> {
        let columns = &self.generation().columns;
        let unit = self.with_role(ColumnRole::Uom).next();
        self.with_role(ColumnRole::Quantity)
            .map(|index| columns.column(index))
            .filter(|column| matches!(column.column().column_type, ColumnType::Integer | ColumnType::Decimal))
            .map(move |column| Measure { column, unit: unit.map(|index| columns.column(index)) })
    }

    fn add_up(&self, found: &Found) -> Vec<ColumnTotals> {
        let mut totals = Vec::new();
        for measure in self.measures() {
            let ranks = measure.unit.as_ref().map_or(1, |unit| unit.rank_starts.len() - 1);
            let mut sums = vec![(0_i128, 0_u64); ranks];
            let mut overflow = false;
            found.rows.for_each(|row| {
                let Some(number) = measure.number(row) else { return };
                let place = measure.unit_of(row) as usize;
                match sums[place].0.checked_add(number) {
                    Some(sum) => sums[place] = (sum, sums[place].1 + 1),
                    None => overflow = true,
                }
            });
            if !overflow {
                totals.push(measure.totals((0..).zip(sums)));
            }
        }
        totals
    }

    /// Rows and totals of the visible quantity columns, apart for each value of another column: stock by owner.
    ///
    /// # Errors
    /// [`SearchError::NoColumn`] where the column does not exist for the reader.
    pub fn totals_by(&self, column: &str) -> Result<Vec<ShareTotals>, SearchError> {
        let by = self.generation().columns.column(self.column_called(column)?);
        let mut rows_of = vec![0_u64; by.distinct() as usize];
        self.rows().for_each(|row| rows_of[by.ordinals.get(row) as usize] += 1);
        let mut totals_of: Vec<Vec<ColumnTotals>> = vec![Vec::new(); rows_of.len()];
        for measure in self.measures() {
            let mut sums: HashMap<u32, BTreeMap<u32, (i128, u64)>> = HashMap::new();
            let mut overflow = false;
            self.rows().for_each(|row| {
                let Some(number) = measure.number(row) else { return };
                let of_value = sums.entry(by.ordinals.get(row)).or_default();
                let (sum, rows) = of_value.entry(measure.unit_of(row)).or_default();
                match sum.checked_add(number) {
                    Some(more) => (*sum, *rows) = (more, *rows + 1),
                    None => overflow = true,
                }
            });
            for (ordinal, of_value) in if overflow { HashMap::new() } else { sums } {
                totals_of[ordinal as usize].push(measure.totals(of_value));
            }
        }
        let values = (0..by.distinct()).zip(rows_of).zip(totals_of);
        Ok(values
            .filter(|((_, rows), _)| *rows > 0)
            .map(|((ordinal, rows), totals)| ShareTotals { value: by.cell(ordinal).to_owned(), rows, totals })
            .collect())
    }
}

/// A number too wide for the column's integers.
fn wide_number(column: &ColumnReader<'_>, ordinal: u32, scale: u32) -> Option<i128> {
    let mut number =
        crate::domain::value::parse_number(column.cell(ordinal), column.column().number_format)?.normalize();
    number.rescale(scale);
    (number.scale() == scale).then(|| number.mantissa())
}
