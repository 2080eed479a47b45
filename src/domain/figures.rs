//! What is counted about the use of a site.

use jiff::Timestamp;

/// What a user did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UseKind {
    /// Signed in.
    SignIn,
    /// Searched.
    Search,
    /// Downloaded rows.
    Export,
}

impl UseKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::SignIn, Self::Search, Self::Export];

    /// Its byte in keys.
    pub fn byte(self) -> u8 {
        match self {
            Self::SignIn => 1,
            Self::Search => 2,
            Self::Export => 3,
        }
    }

    /// What an audit event counts as.
    pub fn of_action(action: &str) -> Option<Self> {
        match action {
            "session.begin" => Some(Self::SignIn),
            "dataset.export" => Some(Self::Export),
            _ => None,
        }
    }
}

/// A search that found nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmptySearch {
    /// Where, as addresses know it.
    pub dataset: String,
    /// What was searched for, as it was typed last.
    pub text: String,
    /// How often.
    pub times: u64,
    /// When last.
    pub last_at: Timestamp,
}

/// Rows by owner of a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerRows {
    /// When it was published.
    pub at: Timestamp,
    /// All rows.
    pub rows: u64,
    /// The owners with the most rows, those first.
    pub owners: Vec<(String, u64)>,
}

/// Hours since 1970, by which uses are counted.
pub fn hour_of(at: Timestamp) -> u64 {
    u64::try_from(at.as_second().div_euclid(3600)).unwrap_or_default()
}
