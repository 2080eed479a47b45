//! The owners that there are: every value of every dataset's owner column, as far as the one who asks may see it.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::fold::fold;
use crate::domain::scope::{OwnerScope, Scope};
use crate::search::facets::FacetOptions;
use crate::search::view::SearchRequest;
use crate::services::authorize::{Grant, ManageUsers};
use crate::services::error::ServiceError;
use crate::services::{Services, datasets, rows};

/// Owners of one list.
pub const MAX_OWNERS_LISTED: usize = 50;

/// An owner and how many rows are theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The cell as imported.
    pub name: String,
    /// Rows in all datasets together.
    pub rows: u64,
}

/// Owners that were looked for.
#[derive(Debug, Clone, Default)]
pub struct Owners {
    /// The first of them: those that begin with the words, then those that hold them.
    pub found: Vec<Owner>,
    /// How many there are.
    pub matched: usize,
    /// One of them is spelled exactly as typed.
    pub exact: bool,
    /// Those among the chosen that no row names; none of them where there may be rows that the one who asks may not
    /// see.
    pub missing: BTreeSet<String>,
    /// There may be others, which the one who asks may not see.
    pub has_unseen: bool,
}

/// How many rows each owner has in all datasets together, as far as `scope` shows them; the empty text stands for rows
/// without one.
pub(super) fn count_rows(services: &Services, scope: &Scope) -> Result<BTreeMap<String, u64>, ServiceError> {
    let mut all: BTreeMap<String, u64> = BTreeMap::new();
    let everything = SearchRequest::everything(rows::today(services));
    for dataset in datasets::list(services)? {
        let Some(column) = &dataset.owner_column else { continue };
        // A dataset without rows, one that is being built anew, or a column that does not exist for the reader.
        let Ok(open) = datasets::open(services, &dataset.slug, scope) else { continue };
        let options = FacetOptions { prefix: "", limit: usize::MAX };
        let Ok((_, values)) = open.view.facet(&everything, column, options) else { continue };
        for value in values {
            *all.entry(value.value).or_default() += value.count;
        }
    }
    Ok(all)
}

/// Owners that hold `words`, and which of the `chosen` ones there are not. `scope` is that of the admin who asks: whoever sees only some owners' rows learns of no
/// others, but may still grant one whose exact spelling they know.
pub fn search(
    services: &Services,
    _grant: &Grant<ManageUsers>,
    scope: &Scope,
    words: &str,
    chosen: &BTreeSet<String>,
) -> Result<Owners, ServiceError> {
    let mut all = count_rows(services, scope)?;
    // Rows without an owner are nobody's to be given.
    all.remove("");
    let exact = all.contains_key(words);
    let has_unseen = scope.owners != OwnerScope::All;
    let is_missing = |owner: &&String| !has_unseen && !all.contains_key(*owner);
    let missing = chosen.iter().filter(is_missing).cloned().collect();
    let words = fold(words);
    let mut found: Vec<(bool, String, Owner)> = all
        .into_iter()
        .map(|(name, rows)| (fold(&name), Owner { name, rows }))
        .filter(|(folded, _)| folded.contains(&words))
        .map(|(folded, owner)| (!folded.starts_with(&words), folded, owner))
        .collect();
    found.sort_unstable_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    let matched = found.len();
    let found = found.into_iter().take(MAX_OWNERS_LISTED).map(|(_, _, owner)| owner).collect();
    Ok(Owners { found, matched, exact, missing, has_unseen })
}
