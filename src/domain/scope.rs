//! What a user may see. Every read of rows takes a [`Scope`]; there is no function that goes without.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Which rows: everything, or exactly the rows of these owners. `All` is a flag and not a name: an owner who
/// is called "All" is an ordinary owner.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerScope {
    /// Every row of every dataset.
    All,
    /// Rows whose owner cell equals one of these values byte for byte. Empty: no rows.
    Owners(BTreeSet<String>),
}

/// Whether columns flagged *hidden for customers* exist for this reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HiddenColumns {
    /// The reader works here and sees them.
    Shown,
    /// The columns do not exist for the reader.
    Absent,
}

/// What a reader may see: which rows, and whether hidden columns exist.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scope {
    /// Which rows.
    pub owners: OwnerScope,
    /// Whether hidden columns exist.
    pub hidden_columns: HiddenColumns,
}

impl Scope {
    /// Everything: for the site's own work (rebuilds, checks) and for users whose scope says so.
    pub fn everything() -> Self {
        Self { owners: OwnerScope::All, hidden_columns: HiddenColumns::Shown }
    }

    /// True for who sees every owner: what concerns all of them is theirs to change.
    pub fn sees_every_owner(&self) -> bool {
        self.owners == OwnerScope::All
    }

    /// True for what belongs to this owner. What is nobody's belongs to those who see every owner.
    pub fn has_owner(&self, owner: Option<&str>) -> bool {
        match &self.owners {
            OwnerScope::All => true,
            OwnerScope::Owners(owners) => owner.is_some_and(|owner| owners.contains(owner)),
        }
    }

    /// The rows of these owners, without hidden columns.
    pub fn owners<I, S>(owners: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        Self {
            owners: OwnerScope::Owners(owners.into_iter().map(Into::into).collect()),
            hidden_columns: HiddenColumns::Absent,
        }
    }
}
