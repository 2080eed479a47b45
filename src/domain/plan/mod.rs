//! Planning: production, sales and inventory (PSI) of items by day, and what follows from them.
//!
//! A plan has lines; a line is an item, where it lies and through which channel it goes, the last two optional. Of each
//! line a plan holds [`Cells`]: what was imported, under an overlay of what was typed. [`projection`] says what the stock
//! will be on each day; [`bucket`] says it of weeks and months.

pub mod accuracy;
pub mod bucket;
pub mod cells;
pub mod compare;
pub mod edit;
pub mod line;
pub mod master;
pub mod projection;
pub mod quantity;
pub mod together;

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use bucket::Bucket;
pub use cells::{Cells, Measure};
pub use line::{Given, Line, LineId};

use super::ids::{PlanId, UserId};

/// Longest name of a plan, in characters.
pub const MAX_NAME_CHARS: usize = 120;
/// Longest description of a plan, in characters.
pub const MAX_DESCRIPTION_CHARS: usize = 2_000;
/// Longest horizon in days: ten years and their leap days.
pub const MAX_DAYS: i64 = 3_660;
/// Most lines of one plan.
pub const MAX_LINES: usize = 20_000;

/// The days that a plan is about, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Horizon {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
}

impl Horizon {
    /// A horizon from one day to another.
    ///
    /// # Errors
    /// [`BadHorizon`] where it ends before it begins, or is longer than [`MAX_DAYS`].
    pub fn new(first: Date, last: Date) -> Result<Self, BadHorizon> {
        if last < first {
            return Err(BadHorizon::Backwards { first, last });
        }
        let horizon = Self { first, last };
        match horizon.count() {
            days if days > MAX_DAYS => Err(BadHorizon::TooLong { days }),
            _ => Ok(horizon),
        }
    }

    /// How many days it has.
    pub fn count(self) -> i64 {
        days_between(self.first, self.last) + 1
    }

    /// True for a day within.
    pub fn has(self, day: Date) -> bool {
        (self.first..=self.last).contains(&day)
    }

    /// Its days, in their order.
    pub fn days(self) -> impl Iterator<Item = Date> {
        std::iter::successors(Some(self.first), |day| day.tomorrow().ok())
            .take_while(move |day| *day <= self.last)
    }

    /// The smallest that has all days of both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }
}

/// Why two days make no horizon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadHorizon {
    /// The end stands before the beginning.
    #[error("the plan would end on {last}, before it begins on {first}")]
    Backwards {
        /// The first day.
        first: Date,
        /// The last day.
        last: Date,
    },
    /// More than [`MAX_DAYS`].
    #[error("{days} days are too many: a plan has at most {MAX_DAYS}")]
    TooLong {
        /// How many there would be.
        days: i64,
    },
}

/// Days from one date to another, negative where the other comes before.
pub fn days_between(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours() / 24
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a state of its own")]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// What it is called; no two have the same, whatever the case of letters.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// Its days; `None` until the first are imported or typed.
    pub horizon: Option<Horizon>,
    /// Nobody said which days: they are those of what is imported.
    pub follows_files: bool,
    /// What its sheet shows first.
    pub bucket: Bucket,
    /// The one that counts. There is exactly one as soon as there is a plan.
    pub is_leader: bool,
    /// It takes no edits and stays the leader until it is unlocked.
    pub is_locked: bool,
    /// Who else sees it.
    pub shared_with: Sharing,
    /// Where no line says what it begins with and nothing was reported before, the stock in the inventory is taken.
    pub opens_with_stock: bool,
    /// The stock that was taken last.
    pub stock: Option<StockTaken>,
    /// The plan it was copied from.
    pub copied_from: Option<PlanId>,
    /// Who made it; `None` for the command line.
    pub created_by: Option<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When anything of it changed last.
    pub updated_at: Timestamp,
    /// Who changed it; `None` for the command line.
    pub updated_by: Option<UserId>,
    /// Put away: it is listed apart and not edited.
    pub archived_at: Option<Timestamp>,
    /// Deleted, and still to be brought back for a while.
    pub deleted_at: Option<Timestamp>,
    /// The number of the last edit.
    pub last_edit: u64,
    /// The id of the next line.
    pub next_line: u32,
}

impl Plan {
    /// Keeps when and by whom it was changed.
    pub fn note_change(&mut self, at: Timestamp, by: Option<UserId>) {
        (self.updated_at, self.updated_by) = (at, by);
    }

    /// True where others than those who edit plans see it.
    pub fn is_shared(&self) -> bool {
        self.shared_with != Sharing::Planners && self.is_open()
    }

    /// True where it takes edits.
    pub fn is_open(&self) -> bool {
        self.archived_at.is_none() && self.deleted_at.is_none()
    }
}

/// Who sees a plan beside those who edit plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sharing {
    /// Nobody.
    #[default]
    Planners,
    /// Customers too, each the lines of their own items.
    Customers,
    /// Everybody who signs in: the lines of their own items, and those of items that are nobody's.
    Everyone,
}

impl Sharing {
    /// All, the narrowest first.
    pub const ALL: [Self; 3] = [Self::Planners, Self::Customers, Self::Everyone];

    /// The sharing of that word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sharing| sharing.as_str() == word)
    }

    /// The word that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planners => "planners",
            Self::Customers => "customers",
            Self::Everyone => "everyone",
        }
    }
}

impl fmt::Display for Sharing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which stock was taken, by whom and when: from then on everybody sees the same projection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockTaken {
    /// The dataset.
    pub dataset: String,
    /// Its generation.
    pub generation: u64,
    /// Who took it; `None` for the command line.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
}
