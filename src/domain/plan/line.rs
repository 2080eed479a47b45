//! A line of a plan: an item, where it lies, and through which channel it goes.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The number of a line within its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LineId(pub u32);

impl std::fmt::Display for LineId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What a line is about. Codes are those of the master data; a blank location or channel stands for all of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LineKey {
    /// SKU of the item.
    pub item: String,
    /// Code of the location.
    pub location: String,
    /// Code of the channel.
    pub channel: String,
}

/// The stock that a line has at the start of a day, because somebody said so. It holds on that day, whatever days the plan has
/// and whatever lies before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given {
    /// How much.
    pub amount: Decimal,
    /// At the start of which day; `None` in a plan without days, of which it is the first that it gets.
    pub on: Option<Date>,
}

/// A line without its cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, given once.
    pub id: LineId,
    /// What it is about.
    pub key: LineKey,
    /// The stock that it begins with, where somebody said so.
    pub given: Option<Given>,
    /// The stock in the inventory when it was last taken over.
    pub stock: Option<Decimal>,
    /// Changed with every change of the two above.
    pub version: u64,
}
