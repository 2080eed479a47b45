//! A line of a plan: an item, where it lies, and through which channel it goes.

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

/// A line without its cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, given once.
    pub id: LineId,
    /// What it is about.
    pub key: LineKey,
    /// The stock at the start of its first day, where somebody said so.
    pub starting_inventory: Option<Decimal>,
    /// The stock in the inventory when it was last taken over.
    pub stock: Option<Decimal>,
    /// Changed with every change of the two above.
    pub version: u64,
}
