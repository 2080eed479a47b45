//! What plans are about: items, and the places, channels and customers they are planned for.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::user::turns_text;
use crate::domain::user_file::is_invisible;

/// Longest code or SKU, in characters.
pub const MAX_CODE_CHARS: usize = 80;
/// Longest name, category or unit, in characters.
pub const MAX_TEXT_CHARS: usize = 200;
/// Longest lead time, in days.
pub const MAX_LEAD_DAYS: u32 = 3_650;

/// True for what cannot stand in a SKU, a code or the name of a plan: two that differ in it alone look the same.
pub fn is_unseen(c: char) -> bool {
    c.is_control() || turns_text(c) || is_invisible(c)
}

/// True for words that stand for something else where a SKU or a code stands in addresses of the API (`/api/v1/items/export`).
pub fn is_reserved(code: &str) -> bool {
    ["export", "import", "take"].contains(&code)
}

/// Something that is planned. Its SKU is its key and does not change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its key.
    pub sku: String,
    /// What it is.
    pub name: String,
    /// What it is one of.
    pub category: String,
    /// What it is counted in.
    pub unit: String,
    /// What should always be there.
    pub safety_stock: Decimal,
    /// The least that is ordered or made at once.
    pub minimum_order: Decimal,
    /// Days from an order to the goods.
    pub lead_time_days: u32,
    /// Whose it is, where items belong to customers: the owner's name as the inventory has it.
    pub owner: Option<String>,
    /// It is offered for new lines.
    pub is_active: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// Counted up with every change.
    pub version: u64,
}

impl Item {
    /// An item of which only the key is known.
    pub fn new(sku: &str, now: Timestamp) -> Self {
        Self {
            sku: sku.to_owned(),
            name: String::new(),
            category: String::new(),
            unit: String::new(),
            safety_stock: Decimal::ZERO,
            minimum_order: Decimal::ZERO,
            lead_time_days: 0,
            owner: None,
            is_active: true,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }
}

/// What a list of codes and names is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeKind {
    /// Where items lie.
    Location,
    /// How they are sold.
    Channel,
    /// To whom.
    Customer,
}

impl CodeKind {
    /// All.
    pub const ALL: [Self; 3] = [Self::Location, Self::Channel, Self::Customer];

    /// The word that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Location => "location",
            Self::Channel => "channel",
            Self::Customer => "customer",
        }
    }

    /// The word of its lists, in addresses.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Location => "locations",
            Self::Channel => "channels",
            Self::Customer => "customers",
        }
    }

    /// The kind of such a list.
    pub fn of_plural(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.plural() == word)
    }
}

/// A location, a channel or a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// What it is.
    pub kind: CodeKind,
    /// Its key.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// It is offered for new lines.
    pub is_active: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// Counted up with every change.
    pub version: u64,
}

impl Code {
    /// A code of which only the key is known.
    pub fn new(kind: CodeKind, code: &str, now: Timestamp) -> Self {
        Self {
            kind,
            code: code.to_owned(),
            name: String::new(),
            is_active: true,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{is_reserved, is_unseen};

    #[test]
    fn what_cannot_be_seen_is_in_no_key() {
        for c in ['\u{202e}', '\u{200b}', '\u{feff}', '\u{7}', '\n'] {
            assert!(is_unseen(c), "{c:?}");
        }
        assert!(!"A-1 Ü/東京_é".contains(is_unseen));
        assert!(is_reserved("export") && !is_reserved("Export") && !is_reserved("exports"));
    }
}
