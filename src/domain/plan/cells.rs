//! What a line holds by day: imported values, and what was typed over them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Horizon;

/// What a cell is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// What comes in on the day.
    Production,
    /// What goes out on the day; returns are negative.
    Sales,
    /// What was counted or reported at the end of the day.
    Inventory,
    /// What should always be there, where the day differs from the item.
    SafetyStock,
}

impl Measure {
    /// All, in the order of a sheet.
    pub const ALL: [Self; 4] = [Self::Production, Self::Sales, Self::Inventory, Self::SafetyStock];

    /// The word that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Sales => "sales",
            Self::Inventory => "inventory",
            Self::SafetyStock => "safety_stock",
        }
    }

    /// The measure of that word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.as_str() == word)
    }

    /// True where values of days are added up; the others hold at the end of a day.
    pub fn is_flow(self) -> bool {
        matches!(self, Self::Production | Self::Sales)
    }
}

/// Where a cell of a line is.
pub type Place = (Measure, Date);

/// A typed cell: it stands over what was imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Typed {
    /// What was typed; `None` where the cell was emptied.
    pub value: Option<Decimal>,
    /// The edit that did it.
    pub edit: u64,
}

/// The cells of one line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cells {
    /// What was imported.
    pub base: BTreeMap<Place, Decimal>,
    /// What was typed.
    pub typed: BTreeMap<Place, Typed>,
}

impl Cells {
    /// What a cell shows.
    pub fn value(&self, place: Place) -> Option<Decimal> {
        match self.typed.get(&place) {
            Some(typed) => typed.value,
            None => self.base.get(&place).copied(),
        }
    }

    /// Which edit made a cell what it is; 0 where nobody typed in it.
    pub fn version(&self, place: Place) -> u64 {
        self.typed.get(&place).map_or(0, |typed| typed.edit)
    }

    /// Puts a cell to what was typed in it; `None` puts back what was imported. Says what stood there.
    pub fn set(&mut self, place: Place, typed: Option<Typed>) -> Option<Typed> {
        match typed {
            Some(typed) => self.typed.insert(place, typed),
            None => self.typed.remove(&place),
        }
    }

    /// What is shown of one measure, by day.
    pub fn shown(&self, measure: Measure) -> BTreeMap<Date, Decimal> {
        self.shown_within(measure, Horizon { first: Date::MIN, last: Date::MAX }).collect()
    }

    /// What is shown of one measure on the days of `horizon`, in their order.
    pub fn shown_within(
        &self,
        measure: Measure,
        horizon: Horizon,
    ) -> impl Iterator<Item = (Date, Decimal)> + '_ {
        // A range that ends before it begins would be a panic; such a horizon has no days.
        let range = (measure, horizon.first)..=(measure, horizon.last.max(horizon.first));
        let mut base = self.base.range(range.clone()).map(|((_, day), value)| (*day, *value)).peekable();
        let mut typed = self.typed.range(range).map(|((_, day), typed)| (*day, typed.value)).peekable();
        std::iter::from_fn(move || {
            loop {
                let (imported, over) = (base.peek().map(|(day, _)| *day), typed.peek().map(|(day, _)| *day));
                let Some(over) = over else { return base.next() };
                if imported.is_some_and(|imported| imported < over) {
                    return base.next();
                }
                if imported == Some(over) {
                    base.next();
                }
                if let (day, Some(value)) = typed.next()? {
                    return Some((day, value));
                }
            }
        })
        .take_while(move |(day, _)| horizon.has(*day))
    }

    /// The first and the last day within `horizon` that show anything, where one does.
    pub fn days_within(&self, horizon: Horizon) -> Option<Horizon> {
        let imported = self.base.keys().filter(|place| !self.typed.contains_key(place)).map(|(_, day)| *day);
        let typed = self.typed.iter().filter(|(_, typed)| typed.value.is_some()).map(|((_, day), _)| *day);
        let days = imported.chain(typed).filter(|day| horizon.has(*day));
        days.map(|day| Horizon { first: day, last: day }).reduce(Horizon::with)
    }
}
