//! What a file says of a plan, put together before any of it is written.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::days::Spans;
use super::table::{Entry, FileFault};
use crate::domain::plan::cells::Place;
use crate::domain::plan::line::LineKey;
use crate::domain::plan::master::{MAX_CODE_CHARS, is_unseen};
use crate::domain::plan::{Horizon, MAX_LINES, Measure};

/// What the file says, put together.
#[derive(Default)]
pub(super) struct Content {
    /// By line.
    pub lines: BTreeMap<LineKey, LineContent>,
    /// The days of what moves, of safety stocks and of what lines begin with.
    pub flows: Option<Horizon>,
    /// The days of what was reported.
    pub reported: Option<Horizon>,
}

/// What it says of one line.
#[derive(Default)]
pub(super) struct LineContent {
    /// Line of the file on which it first stands.
    pub first: u64,
    /// What it begins with.
    pub starting: Option<Decimal>,
    /// The first day on which anything moves, or that has what it begins with.
    pub begins: Option<Date>,
    /// Its values, each with the line of the file.
    pub cells: BTreeMap<Place, (Decimal, u64)>,
}

impl Content {
    /// Takes in what a row says.
    ///
    /// # Errors
    /// What cannot be, or contradicts what stands further up.
    pub fn take(&mut self, entry: &Entry<'_>) -> Result<(), FileFault> {
        if !self.lines.contains_key(entry.key) {
            let fault = |message: String| Err(FileFault::new(Some(entry.line), message));
            for (what, code) in [
                ("item", &entry.key.item),
                ("location", &entry.key.location),
                ("channel", &entry.key.channel),
            ] {
                if code.chars().count() > MAX_CODE_CHARS || code.contains(is_unseen) {
                    return fault(format!(
                        "the {what} has more than {MAX_CODE_CHARS} characters, or some that cannot be seen"
                    ));
                }
            }
            if self.lines.len() >= MAX_LINES {
                return fault(format!("a plan has at most {MAX_LINES} lines"));
            }
            self.lines.insert(entry.key.clone(), LineContent { first: entry.line, ..LineContent::default() });
        }
        let Some(line) = self.lines.get_mut(entry.key) else { return Ok(()) };
        if let Some(days) = entry.days.filter(|_| entry.cell.is_none_or(|(measure, _)| measure.is_flow())) {
            line.begins = Some(line.begins.map_or(days.first, |begins| begins.min(days.first)));
        }
        let Some(place) = entry.cell else {
            // Read from the line's first row that has it; further down it may be repeated.
            if line.starting.is_some_and(|starting| starting != entry.value) {
                let message = format!("starting_inventory of “{}” is another one further up", entry.key.item);
                return Err(FileFault::new(Some(entry.line), message));
            }
            line.starting = Some(entry.value);
            self.flows = Spans::both(self.flows, entry.days);
            return Ok(());
        };
        if let Some((_, before)) = line.cells.get(&place) {
            let LineKey { item, location, channel } = entry.key;
            let names: Vec<&str> = [item, location, channel]
                .into_iter()
                .map(String::as_str)
                .filter(|name| !name.is_empty())
                .collect();
            return Err(FileFault::new(
                Some(entry.line),
                format!(
                    "{} of {} on {} stands there twice: lines {before} and {}",
                    place.0.as_str(),
                    names.join(" / "),
                    place.1,
                    entry.line
                ),
            ));
        }
        line.cells.insert(place, (entry.value, entry.line));
        let day = entry.days.unwrap_or(Horizon { first: place.1, last: place.1 });
        let range = if place.0 == Measure::Inventory { &mut self.reported } else { &mut self.flows };
        *range = Spans::both(*range, Some(day));
        Ok(())
    }
}
