//! Rows put over a generation's, by key: what a file of changes makes of the data that are live.

use std::collections::HashMap;

use super::difference::{key_hashes, shared_keys};
use super::rowset::RowSet;
use super::view::View;
use crate::domain::column::{Column, ColumnType};
use crate::domain::excerpt::excerpt;
use crate::domain::record::Record;
use crate::domain::value::{DateFormat, parse_date, parse_number};

/// Why a file cannot be put over a generation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoMerge {
    /// Nobody has said which columns are the key.
    #[error("a merge needs a key: say which columns name a row (key=COL,COL), or replace the data instead")]
    NoKey,
    /// The data that are live lack a column of the key.
    #[error(
        "the data that are there have no column `{}`, which is part of the key; choose another key, or replace the data",
        excerpt(.0)
    )]
    NoSuchKey(String),
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    /// Lines of the file's rows that another row of it with the same key follows.
    pub overruled: Vec<u64>,
}

/// The columns of what comes of it: those that are live, then those that are new. A column of both is as the file's
/// profile says, but its cells are written as they are live.
pub fn merged_columns(base: &[Column], update: &[Column]) -> Vec<Column> {
    let of = |name: &str| update.iter().find(|column| column.name == name);
    let kept = base.iter().map(|column| match of(&column.name) {
        Some(newer) if newer.column_type == column.column_type => {
            Column { number_format: column.number_format, date_format: column.date_format, ..newer.clone() }
        }
        Some(newer) => newer.clone(),
        // A key is said anew with each file.
        None => Column { key: false, ..column.clone() },
    });
    let new = update.iter().filter(|column| base.iter().all(|known| known.name != column.name));
    kept.chain(new.cloned()).collect()
}

/// Hands out every row of what comes of it, in the order of the rows that are live, then of those that are new.
/// `keeps_others` keeps rows that the file does not have.
///
/// # Errors
/// [`NoMerge`] as the outer error; what `each` returns as the inner one.
pub fn merge<E>(
    base: &View,
    update: &View,
    columns: &[Column],
    keeps_others: bool,
    mut each: impl FnMut(&Record) -> Result<(), E>,
) -> Result<Result<Merged, E>, NoMerge> {
    let Some((theirs, ours)) = shared_keys(base, update) else { return Err(why_not(base, update)) };
    let (base_keys, update_keys) = key_hashes(base, update, &theirs, &ours);
    let mut row_of: HashMap<u64, u32> = HashMap::with_capacity(update_keys.len());
    for (row, key) in update_keys.iter().enumerate() {
        row_of.insert(*key, row as u32);
    }
    let sources: Vec<Source<'_>> = columns.iter().map(|column| Source::of(column, base, update)).collect();
    let mut known = RowSet::empty(update_keys.len() as u32);
    let mut record = Record::default();
    let mut run = || -> Result<Merged, E> {
        let mut line = 1;
        for (row, key) in base_keys.iter().enumerate() {
            let newer = row_of.get(key).copied();
            if let Some(newer) = newer {
                known.insert(newer);
            } else if !keeps_others {
                continue;
            }
            line += 1;
            fill(&mut record, line, &sources, Some(row as u32), newer);
            each(&record)?;
        }
        let mut merged = Merged::default();
        for (row, key) in update_keys.iter().enumerate() {
            let row = row as u32;
            if row_of.get(key) != Some(&row) {
                merged.overruled.push(update.generation().columns.lines()[row as usize]);
            } else if !known.contains(row) {
                line += 1;
                fill(&mut record, line, &sources, None, Some(row));
                each(&record)?;
            }
        }
        Ok(merged)
    };
    Ok(run())
}

fn why_not(base: &View, update: &View) -> NoMerge {
    let key = update.columns().into_iter().find(|column| column.key && !base.has_column(&column.name));
    key.map_or(NoMerge::NoKey, |column| NoMerge::NoSuchKey(column.name.clone()))
}

/// Where the cells of a column come from.
struct Source<'v> {
    base: Option<(&'v View, usize)>,
    update: Option<(&'v View, usize, &'v Column)>,
    column: Column,
}

impl<'v> Source<'v> {
    fn of(column: &Column, base: &'v View, update: &'v View) -> Self {
        let place =
            |view: &View| view.generation().columns.columns().position(|known| known.name == column.name);
        Self {
            base: place(base).map(|index| (base, index)),
            update: place(update)
                .map(|index| (update, index, update.generation().columns.column(index).column())),
            column: column.clone(),
        }
    }
}

fn fill(record: &mut Record, line: u64, sources: &[Source<'_>], old: Option<u32>, new: Option<u32>) {
    record.clear();
    record.line = line;
    for source in sources {
        match (source.update, new, source.base, old) {
            (Some((view, index, theirs)), Some(row), _, _) => {
                let cell = view.generation().columns.column(index).cell_of_row(row);
                match rewritten(cell, theirs, &source.column) {
                    Some(text) => record.push_cell(&text),
                    None => record.push_cell(cell),
                }
            }
            (_, _, Some((view, index)), Some(row)) => {
                record.push_cell(view.generation().columns.column(index).cell_of_row(row));
            }
            _ => record.push_cell(""),
        }
    }
}

/// A cell of a file that writes numbers or dates in another way than the data that are live, as those are written;
/// `None` where it can stay as it is. What does not parse stays, and is listed as a problem like anywhere.
fn rewritten(cell: &str, theirs: &Column, ours: &Column) -> Option<String> {
    if theirs.column_type != ours.column_type {
        return None;
    }
    match ours.column_type {
        ColumnType::Integer | ColumnType::Decimal if theirs.number_format != ours.number_format => {
            let number = parse_number(cell, theirs.number_format)?;
            // Where both read it alike there is nothing to do.
            if parse_number(cell, ours.number_format) == Some(number) {
                return None;
            }
            let plain = number.to_string();
            Some(if ours.number_format.decimal_comma { plain.replace('.', ",") } else { plain })
        }
        ColumnType::Date if theirs.date_format != ours.date_format => {
            let at = parse_date(cell, theirs.date_format)?;
            if parse_date(cell, ours.date_format) == Some(at) {
                return None;
            }
            let day = match ours.date_format {
                DateFormat::YearMonthDay => "%Y-%m-%d",
                DateFormat::DayMonthYear => "%d.%m.%Y",
                DateFormat::MonthDayYear => "%m/%d/%Y",
            };
            let format = if at.time() == jiff::civil::Time::midnight() {
                day.to_owned()
            } else {
                format!("{day} %H:%M:%S")
            };
            Some(at.strftime(&format).to_string())
        }
        _ => None,
    }
}
