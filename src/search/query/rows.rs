//! From conditions to rows: a pass over the distinct cells gives ordinals, ordinals give rows.

use std::cmp::Ordering;

use super::ast::{Bound, Condition, Literal, Test};
use crate::domain::column::ColumnType;
use crate::domain::fold::squeeze;
use crate::search::columns::dictionary::{TypedCell, typed_cell};
use crate::search::columns::file::{ColumnReader, with_ordinals};
use crate::search::rowset::RowSet;
use crate::search::view::View;

/// Ordinals of one column: few as a list, or a range.
pub(in crate::search) enum OrdinalSet {
    /// In order, without doubles.
    List(Vec<u32>),
    /// From the first up to before the second.
    Range(u32, u32),
}

/// Adds to `rows` those whose cell of the column has one of the ordinals.
pub(in crate::search) fn add_rows(column: &ColumnReader<'_>, ordinals: &OrdinalSet, rows: &mut RowSet) {
    match ordinals {
        OrdinalSet::Range(from, to) if from >= to => {}
        OrdinalSet::Range(from, to) => {
            // A range ends where a rank ends, so its rows are one stretch of the order.
            let first = column.rank_of[*from as usize] as usize;
            let last = column.rank_of[*to as usize - 1] as usize;
            let stretch = column.rank_starts[first] as usize..column.rank_starts[last + 1] as usize;
            if stretch.len() as u32 == rows.bound() {
                *rows = RowSet::full(rows.bound());
            } else {
                column.rows_by_rank[stretch].iter().for_each(|row| rows.insert(*row));
            }
        }
        OrdinalSet::List(list) => {
            let found: u64 = list
                .iter()
                .map(|ordinal| column.rows_of_rank(column.rank_of[*ordinal as usize]).len() as u64)
                .sum();
            // Collecting from the order touches rows at random; a pass over all rows reads them in sequence.
            if found * 4 < u64::from(rows.bound()) {
                for ordinal in list {
                    for row in column.rows_of_rank(column.rank_of[*ordinal as usize]) {
                        if column.ordinals.get(*row) == *ordinal {
                            rows.insert(*row);
                        }
                    }
                }
                return;
            }
            let mut wanted = vec![false; column.distinct() as usize];
            for ordinal in list {
                wanted[*ordinal as usize] = true;
            }
            with_ordinals!(column.ordinals, |all| {
                rows.insert_where(|row| wanted[all[row] as usize]);
            });
        }
    }
}

/// The rows of the whole generation that meet a condition, in the columns the view sees. For a text anywhere,
/// what counts as "nothing found" is the view's own rows.
pub(in crate::search) fn rows_meeting(view: &View, condition: &Condition) -> RowSet {
    let mut rows = RowSet::empty(view.generation().rows());
    match condition {
        Condition::Column(index, test) => {
            let column = view.generation().columns.column(*index);
            add_rows(&column, &ordinals_passing(&column, test), &mut rows);
            if column.column().column_type == ColumnType::Code && !rows.intersects(view.rows()) {
                // Not there as typed: perhaps with other punctuation.
                add_rows(&column, &codes_passing(&column, test), &mut rows);
            }
        }
        Condition::Anywhere(text) => {
            let mut columns: Vec<_> =
                view.visible().iter().map(|index| view.generation().columns.column(*index)).collect();
            // Small columns first: a letter that stands in every row is often found without the large ones.
            columns.sort_by_key(|column| column.folded.text.len());
            for column in &columns {
                let mut list = Vec::new();
                column.folded.containing(text.as_bytes(), |ordinal| list.push(ordinal));
                if list.is_empty() {
                    continue;
                }
                add_rows(column, &OrdinalSet::List(list), &mut rows);
                if rows.covers(view.rows()) {
                    return rows;
                }
            }
            let needle = squeeze(text);
            if needle.len() < 2 {
                return rows;
            }
            // Not there as typed: a code may be, with other punctuation. And a code that was typed whole without
            // any is found also where some other cell has it like that.
            let nowhere = !rows.intersects(view.rows());
            if nowhere || (needle == *text && is_whole_code(text)) {
                for column in columns.iter().filter(|column| column.column().column_type == ColumnType::Code)
                {
                    let mut list = Vec::new();
                    column.squeezed.containing(needle.as_bytes(), |ordinal| {
                        if nowhere || column.squeezed.get(ordinal).len() == needle.len() {
                            list.push(ordinal);
                        }
                    });
                    add_rows(column, &OrdinalSet::List(list), &mut rows);
                }
            }
        }
    }
    rows
}

/// Whether a text without punctuation can only be meant as a whole code: letters, digits, and enough of them.
fn is_whole_code(text: &str) -> bool {
    text.len() >= 6
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// The codes that pass a test by their letters and digits alone.
fn codes_passing(column: &ColumnReader<'_>, test: &Test) -> OrdinalSet {
    let mut list = Vec::new();
    match test {
        Test::Contains(part) => {
            let needle = squeeze(part);
            if needle.len() > 1 {
                column.squeezed.containing(needle.as_bytes(), |ordinal| list.push(ordinal));
            }
        }
        Test::Pieces(pieces) => {
            let pieces: Vec<String> = pieces.iter().map(|piece| squeeze(piece)).collect();
            if pieces.iter().any(|piece| piece.len() > 1) {
                list.extend(
                    (0..column.distinct())
                        .filter(|ordinal| matches_pieces(column.squeezed.get(*ordinal), &pieces)),
                );
            }
        }
        Test::Equals(_) | Test::Between(..) | Test::Blank => {}
    }
    OrdinalSet::List(list)
}

fn ordinals_passing(column: &ColumnReader<'_>, test: &Test) -> OrdinalSet {
    let all = 0..column.distinct();
    let having = |keep: &dyn Fn(&[u8]) -> bool| {
        OrdinalSet::List(all.clone().filter(|ordinal| keep(column.folded.get(*ordinal))).collect())
    };
    match test {
        Test::Contains(part) => {
            let mut list = Vec::new();
            column.folded.containing(part.as_bytes(), |ordinal| list.push(ordinal));
            OrdinalSet::List(list)
        }
        Test::Equals(whole) => having(&|cell| cell == whole.as_bytes()),
        Test::Pieces(pieces) => having(&|cell| matches_pieces(cell, pieces)),
        Test::Blank => OrdinalSet::Range(column.first_blank(), column.distinct()),
        Test::Between(low, high) => between(column, low, high),
    }
}

/// Whether the pieces stand in the cell in order: the first at its start, the last at its end.
fn matches_pieces(cell: &[u8], pieces: &[String]) -> bool {
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return true };
    let Some(mut rest) = cell.strip_prefix(first.as_bytes()) else { return false };
    if pieces.len() == 1 {
        return rest.is_empty();
    }
    for piece in &pieces[1..pieces.len() - 1] {
        let Some(at) = memchr::memmem::find(rest, piece.as_bytes()) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last.as_bytes())
}

fn between(column: &ColumnReader<'_>, low: &Bound, high: &Bound) -> OrdinalSet {
    let is_text =
        |bound: &Bound| matches!(bound, Bound::Inside(Literal::Text(_)) | Bound::Outside(Literal::Text(_)));
    // Where the range may lie: values that parse as the type, or for text everything that is not blank.
    let (first, last) = if is_text(low) || is_text(high) {
        (column.first_untyped(), column.first_blank())
    } else {
        (0, column.first_untyped())
    };
    let place = |literal: &Literal, ordinal: u32| match literal {
        Literal::Text(text) => column.folded.get(ordinal).cmp(text.as_bytes()),
        Literal::Number(number) => {
            typed_cell(column.cell(ordinal), column.column()).cmp(&TypedCell::Number(*number))
        }
        Literal::Moment(seconds, nanoseconds) => {
            typed_cell(column.cell(ordinal), column.column()).cmp(&TypedCell::Moment(*seconds, *nanoseconds))
        }
        Literal::Truth(truth) => {
            typed_cell(column.cell(ordinal), column.column()).cmp(&TypedCell::Truth(*truth))
        }
    };
    let before = |bound: &Bound, ordinal: u32, is_low: bool| match (bound, is_low) {
        (Bound::Open, true) => false,
        (Bound::Open, false) => true,
        (Bound::Inside(literal), true) | (Bound::Outside(literal), false) => {
            place(literal, ordinal) == Ordering::Less
        }
        (Bound::Outside(literal), true) | (Bound::Inside(literal), false) => {
            place(literal, ordinal) != Ordering::Greater
        }
    };
    let edge = |bound: &Bound, is_low: bool| {
        column.partition(|ordinal| ordinal < first || (ordinal < last && before(bound, ordinal, is_low)))
    };
    OrdinalSet::Range(edge(low, true), edge(high, false))
}
