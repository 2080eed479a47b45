//! What of items or a list is looked at, and in which order.

use std::cmp::Ordering;

use crate::domain::plan::master::{Code, Item};

/// What a list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListOrder {
    /// The SKU or the code.
    #[default]
    Key,
    /// The name.
    Name,
    /// The category, of items alone.
    Category,
    /// The safety stock, of items alone.
    SafetyStock,
    /// The lead time, of items alone.
    LeadTime,
    /// The owner, of items alone.
    Owner,
    /// When it changed last.
    Changed,
}

impl ListOrder {
    /// All, with the words that addresses have for them.
    pub const WORDS: [(Self, &'static str); 7] = [
        (Self::Key, "key"),
        (Self::Name, "name"),
        (Self::Category, "category"),
        (Self::SafetyStock, "safety_stock"),
        (Self::LeadTime, "lead_time_days"),
        (Self::Owner, "owner"),
        (Self::Changed, "changed"),
    ];

    /// The order of that word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.into_iter().find_map(|(order, known)| (known == word).then_some(order))
    }

    /// The word of it.
    pub fn as_str(self) -> &'static str {
        Self::WORDS.into_iter().find_map(|(order, word)| (order == self).then_some(word)).unwrap_or("key")
    }
}

/// What is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Only what has this in its key, name or category, whatever the case of letters.
    pub words: String,
    /// Only items of this category.
    pub category: Option<String>,
    /// Only what is offered for new lines, or only what is not.
    pub active: Option<bool>,
    /// In which order.
    pub order: ListOrder,
    /// The other way round.
    pub is_descending: bool,
}

impl ListQuery {
    fn has_words(&self, texts: &[&str]) -> bool {
        let words = self.words.trim().to_lowercase();
        texts.iter().any(|text| text.to_lowercase().contains(&words))
    }

    pub(super) fn has_item(&self, item: &Item) -> bool {
        self.has_words(&[&item.sku, &item.name, &item.category])
            && self.category.as_ref().is_none_or(|category| *category == item.category)
            && self.active.is_none_or(|active| active == item.is_active)
    }

    pub(super) fn has_code(&self, code: &Code) -> bool {
        self.has_words(&[&code.code, &code.name]) && self.active.is_none_or(|active| active == code.is_active)
    }

    fn turned(&self, order: Ordering) -> Ordering {
        if self.is_descending { order.reverse() } else { order }
    }

    /// Orders items; those that are alike by their SKU.
    pub(super) fn sort_items(&self, items: &mut [Item]) {
        let by = |a: &Item, b: &Item| match self.order {
            ListOrder::Key => a.sku.cmp(&b.sku),
            ListOrder::Name => text_order(&a.name, &b.name),
            ListOrder::Category => text_order(&a.category, &b.category),
            ListOrder::SafetyStock => a.safety_stock.cmp(&b.safety_stock),
            ListOrder::LeadTime => a.lead_time_days.cmp(&b.lead_time_days),
            ListOrder::Owner => {
                text_order(a.owner.as_deref().unwrap_or_default(), b.owner.as_deref().unwrap_or_default())
            }
            ListOrder::Changed => a.updated_at.cmp(&b.updated_at),
        };
        items.sort_by(|a, b| self.turned(by(a, b)).then_with(|| a.sku.cmp(&b.sku)));
    }

    /// Orders codes; an order that only items have is that of the code.
    pub(super) fn sort_codes(&self, codes: &mut [Code]) {
        let by = |a: &Code, b: &Code| match self.order {
            ListOrder::Name => text_order(&a.name, &b.name),
            ListOrder::Changed => a.updated_at.cmp(&b.updated_at),
            _ => a.code.cmp(&b.code),
        };
        codes.sort_by(|a, b| self.turned(by(a, b)).then_with(|| a.code.cmp(&b.code)));
    }
}

fn text_order(a: &str, b: &str) -> Ordering {
    a.to_lowercase().cmp(&b.to_lowercase())
}
