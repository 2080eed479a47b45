//! What is counted about the use of a site.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::audit::Actor;
use super::ids::UserId;

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

/// Under whom that is counted which no user did: the command line exports, too.
pub const NO_USER: UserId = UserId(uuid::Uuid::nil());

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

/// What a quantity column adds up to, of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// The quantity column.
    pub column: String,
    /// The unit; `None` in a dataset without units, blank where the cell is.
    pub unit: Option<String>,
    /// The exact sum.
    pub sum: Decimal,
}

/// What a dataset holds of one owner, or of all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Share {
    /// Rows.
    pub rows: u64,
    /// What they add up to.
    pub amounts: Vec<Amount>,
}

impl Share {
    /// Adds another; a sum that no number holds is left out.
    pub fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        for amount in &other.amounts {
            let known = |own: &Amount| (&own.column, &own.unit) == (&amount.column, &amount.unit);
            match self.amounts.iter().position(known) {
                None => self.amounts.push(amount.clone()),
                Some(at) => match self.amounts[at].sum.checked_add(amount.sum) {
                    Some(sum) => self.amounts[at].sum = sum,
                    None => drop(self.amounts.remove(at)),
                },
            }
        }
    }
}

/// What a generation holds, and of whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stock {
    /// When it was published.
    pub at: Timestamp,
    /// All of it.
    pub all: Share,
    /// The column whose cells are owners, as it was called.
    pub owner_column: Option<String>,
    /// The column with the units.
    pub unit_column: Option<String>,
    /// The owners with the most rows, those first.
    pub owners: Vec<(String, Share)>,
}

/// What was exported of a dataset in one format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The dataset, as addresses know it.
    pub dataset: String,
    /// How files of the format end.
    pub format: String,
    /// How often.
    pub exports: u64,
    /// Rows of all of them.
    pub rows: u64,
    /// When last.
    pub last_at: Timestamp,
    /// Who did that.
    pub last_by: Actor,
}

/// Days since 1970, by which exports are counted.
pub fn day_of(at: Timestamp) -> u64 {
    hour_of(at) / 24
}

/// Hours since 1970, by which uses are counted.
pub fn hour_of(at: Timestamp) -> u64 {
    u64::try_from(at.as_second().div_euclid(3600)).unwrap_or_default()
}
