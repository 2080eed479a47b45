//! The distinct cells of one column while it is being built, and their order.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use rust_decimal::Decimal;
use std::hash::BuildHasher;

use crate::domain::column::{Column, ColumnType};
use crate::domain::fold::fold_into;
use crate::domain::value::{parse_bool, parse_date, parse_number};

/// What a cell is under its column's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TypedCell {
    /// Number, in the column's own digits.
    Number(Decimal),
    /// Date and time as seconds since the epoch of a calendar without zones, and the nanosecond.
    Moment(i64, i32),
    /// Yes or no.
    Truth(bool),
    /// A text or code column's cell, or one that does not parse as the column's type.
    Text,
    /// Nothing but spaces.
    Blank,
}

/// Reads a cell under its column's type.
pub fn typed_cell(cell: &str, column: &Column) -> TypedCell {
    if cell.trim().is_empty() {
        return TypedCell::Blank;
    }
    match column.column_type {
        ColumnType::Text | ColumnType::Code => None,
        ColumnType::Integer => parse_number(cell, column.number_format)
            .filter(|number| number.fract().is_zero())
            .map(TypedCell::Number),
        ColumnType::Decimal => parse_number(cell, column.number_format).map(TypedCell::Number),
        ColumnType::Date => parse_date(cell, column.date_format).map(moment),
        ColumnType::Bool => parse_bool(cell).map(TypedCell::Truth),
    }
    .unwrap_or(TypedCell::Text)
}

/// A civil date and time as a sortable moment.
pub fn moment(at: jiff::civil::DateTime) -> TypedCell {
    let days = at.date().duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24;
    let time = at.time();
    let seconds = days * 86_400
        + i64::from(time.hour()) * 3_600
        + i64::from(time.minute()) * 60
        + i64::from(time.second());
    TypedCell::Moment(seconds, time.subsec_nanosecond())
}

/// Distinct cells in order of first appearance; each has a number.
pub struct Dictionary {
    numbers: HashTable<u32>,
    hasher: FixedState,
    text: Vec<u8>,
    ends: Vec<u64>,
    /// The cell met last: exports are full of runs.
    last: Option<u32>,
}

impl Default for Dictionary {
    fn default() -> Self {
        Self {
            numbers: HashTable::new(),
            // Fixed seed: the same file gives the same generation. Cells of a hostile file can collide; the
            // child process that builds has a time limit.
            hasher: FixedState::with_seed(0x5354_4f43_4b52_4f4f),
            text: Vec::new(),
            ends: Vec::new(),
            last: None,
        }
    }
}

#[inline]
fn slice<'t>(text: &'t [u8], ends: &[u64], number: u32) -> &'t [u8] {
    let number = number as usize;
    let start = if number == 0 { 0 } else { ends[number - 1] };
    &text[start as usize..ends[number] as usize]
}

impl Dictionary {
    /// The cell's number, and whether it is met for the first time.
    #[inline]
    pub fn number_of(&mut self, cell: &str) -> (u32, bool) {
        let bytes = cell.as_bytes();
        if let Some(last) = self.last
            && slice(&self.text, &self.ends, last) == bytes
        {
            return (last, false);
        }
        let Self { numbers, hasher, text, ends, last } = self;
        let hash = hasher.hash_one(bytes);
        if let Some(found) = numbers.find(hash, |number| slice(text, ends, *number) == bytes) {
            *last = Some(*found);
            return (*found, false);
        }
        let number = ends.len() as u32;
        text.extend_from_slice(bytes);
        ends.push(text.len() as u64);
        numbers.insert_unique(hash, number, |number| hasher.hash_one(slice(text, ends, *number)));
        *last = Some(number);
        (number, true)
    }

    /// How many distinct cells.
    #[inline]
    pub fn distinct(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of the distinct cells.
    #[inline]
    pub fn text_bytes(&self) -> u64 {
        self.text.len() as u64
    }

    /// Drops the look-up table, keeps the cells.
    pub fn close(&mut self) {
        self.numbers = HashTable::new();
    }

    /// The cell with this number.
    #[inline]
    pub fn cell(&self, number: u32) -> &str {
        // Cells come in as `&str`; the check costs little beside the sort and keeps this free of `unsafe`.
        std::str::from_utf8(slice(&self.text, &self.ends, number)).unwrap_or_default()
    }

    /// Sorts the cells: typed ones by value, then others by folded text, blanks last; equal ones by text.
    pub fn sort(&self, column: &Column) -> Sorted {
        let count = self.ends.len() as u32;
        let mut folded_text = String::new();
        let mut folded_ends = Vec::with_capacity(self.ends.len());
        let mut same_as_raw = true;
        for number in 0..count {
            let cell = self.cell(number);
            let start = folded_text.len();
            fold_into(cell, &mut folded_text);
            same_as_raw = same_as_raw && folded_text[start..] == *cell;
            folded_ends.push(folded_text.len() as u64);
        }
        let folded = |number: u32| slice(folded_text.as_bytes(), &folded_ends, number);
        let prefix = |number: u32| {
            let text = folded(number);
            let mut first = [0; 8];
            let taken = text.len().min(8);
            first[..taken].copy_from_slice(&text[..taken]);
            u64::from_be_bytes(first)
        };
        // (typed value, first eight bytes of the folding, number): most comparisons end before the text.
        let mut keys: Vec<(TypedCell, u64, u32)> = (0..count)
            .map(|number| (typed_cell(self.cell(number), column), prefix(number), number))
            .collect();
        let same_text = |a: u32, b: u32| folded(a).cmp(folded(b));
        keys.sort_unstable_by(|a, b| {
            a.0.cmp(&b.0)
                .then_with(|| match a.0 {
                    TypedCell::Text => a.1.cmp(&b.1).then_with(|| same_text(a.2, b.2)),
                    _ => std::cmp::Ordering::Equal,
                })
                .then_with(|| self.cell(a.2).cmp(self.cell(b.2)))
        });
        let mut rank_of = Vec::with_capacity(keys.len());
        let mut ranks = 0;
        for (index, key) in keys.iter().enumerate() {
            let opens = index == 0 || {
                let before = &keys[index - 1];
                before.0 != key.0
                    || (key.0 == TypedCell::Text && same_text(before.2, key.2) != std::cmp::Ordering::Equal)
            };
            ranks += u32::from(opens);
            rank_of.push(ranks - 1);
        }
        let first = |class: fn(&TypedCell) -> bool| {
            keys.iter().position(|key| class(&key.0)).unwrap_or(keys.len()) as u32
        };
        let first_blank = first(|cell| *cell == TypedCell::Blank);
        let first_untyped = first(|cell| matches!(cell, TypedCell::Text | TypedCell::Blank));
        let (scale, numbers) = numbers(&keys[..first_untyped as usize]);
        Sorted {
            order: keys.iter().map(|key| key.2).collect(),
            rank_of,
            ranks,
            first_blank,
            first_untyped,
            scale,
            numbers,
            folded: if same_as_raw { None } else { Some((folded_text, folded_ends)) },
        }
    }
}

/// The typed numbers as integers at one scale, where all of them fit.
fn numbers(typed: &[(TypedCell, u64, u32)]) -> (u32, Option<Vec<i64>>) {
    let decimals = typed.iter().filter_map(|key| match key.0 {
        TypedCell::Number(number) => Some(number),
        _ => None,
    });
    let scale = decimals.clone().map(|number| number.normalize().scale()).max().unwrap_or(0);
    let scaled = decimals
        .map(|number| {
            let mut number = number.normalize();
            number.rescale(scale);
            (number.scale() == scale).then(|| i64::try_from(number.mantissa()).ok()).flatten()
        })
        .collect::<Option<Vec<i64>>>()
        .filter(|numbers| !numbers.is_empty());
    (scale, scaled)
}

/// A column's distinct cells in order.
pub struct Sorted {
    /// The number of the cell at each ordinal.
    pub order: Vec<u32>,
    /// Each ordinal's place in the order; cells that compare equal share one.
    pub rank_of: Vec<u32>,
    /// How many places.
    pub ranks: u32,
    /// The first blank ordinal.
    pub first_blank: u32,
    /// The first ordinal that does not parse as the column's type.
    pub first_untyped: u32,
    /// Decimal places of `numbers`.
    pub scale: u32,
    /// Each typed ordinal's number.
    pub numbers: Option<Vec<i64>>,
    folded: Option<(String, Vec<u64>)>,
}

impl Sorted {
    /// The folding of the cell with this number (not ordinal), where any cell differs from its folding.
    pub fn folded(&self, number: u32) -> Option<&str> {
        let (text, ends) = self.folded.as_ref()?;
        let number = number as usize;
        let start = if number == 0 { 0 } else { ends[number - 1] };
        text.get(start as usize..ends[number] as usize)
    }
}
