//! How wide columns are. A number that is cut looks like another number, so columns of numbers fit their longest
//! one; words may be cut, and get what is left of a wide screen.

use super::grid::quantity;
use super::label::label;
use crate::domain::column::{Column, ColumnRole, ColumnType};
use crate::search::view::{Found, Row, View};
use crate::web::ui::reader;

/// Rows by which columns get their widths, from all over the dataset.
const SAMPLED_ROWS: u64 = 60;
/// Letters of a cell that are counted.
const MOST_LETTERS: usize = 100;
/// Widest column that grows into the room that is left, in CSS pixels.
const MOST_WANTED: u32 = 360;

/// What a column wants, in CSS pixels.
#[derive(Debug, Clone, Copy, Default)]
pub struct Room {
    /// What it gets.
    pub width: u32,
    /// What it could use beyond that.
    pub wants: Option<u32>,
}

/// What each column of the reader wants. `everything` are all their rows, whatever is searched, so that columns
/// stay where they are.
pub fn rooms(view: &View, everything: &Found) -> Vec<Room> {
    let sample = sample(view, everything);
    let extremes = view.extremes();
    let columns = view.columns();
    let mut longest = vec![0; columns.len()];
    let cells = sample.iter().flat_map(|row| row.cells().enumerate());
    let ends =
        extremes.iter().enumerate().flat_map(|(at, ends)| ends.iter().flatten().map(move |cell| (at, *cell)));
    for (at, cell) in cells.chain(ends) {
        longest[at] = longest[at].max(letters(columns[at], cell));
    }
    columns.iter().zip(longest).map(|(column, longest)| room(column, longest)).collect()
}

/// Rows from all over the dataset: exports are sorted, and their first rows are alike.
fn sample<'v>(view: &'v View, everything: &Found) -> Vec<Row<'v>> {
    if everything.matched <= SAMPLED_ROWS {
        return view.window(everything, 0, SAMPLED_ROWS as usize);
    }
    let place = |at: u64| at * (everything.matched - 1) / (SAMPLED_ROWS - 1);
    (0..SAMPLED_ROWS).flat_map(|at| view.window(everything, place(at), 1)).collect()
}

/// Letters of a cell as it is shown.
fn letters(column: &Column, cell: &str) -> u32 {
    let count = |text: &str| text.chars().take(MOST_LETTERS).count();
    let letters = match column.role {
        Some(ColumnRole::Quantity) => count(&quantity(cell, column.number_format)),
        _ if column.column_type == ColumnType::Date => {
            count(&reader::formats().date_cell(cell, column.date_format))
        }
        _ => count(cell),
    };
    u32::try_from(letters).unwrap_or(u32::MAX)
}

fn room(column: &Column, longest: u32) -> Room {
    // A header that is longer than its cells is still read whole, up to a point; the sign of a sort needs room.
    let header = 50 + 8 * u32::try_from(label(&column.name).chars().count()).unwrap_or(0).min(16);
    let most = match (column.role, column.column_type) {
        (Some(ColumnRole::Description), _) => 200,
        (Some(ColumnRole::Status), _) => 150,
        (_, ColumnType::Text) => 164,
        (_, ColumnType::Integer | ColumnType::Decimal) => 400,
        (_, _) => 220,
    };
    // Tenths of a pixel for a letter: digits and codes are wider than others, a badge has its sign.
    let (around, each) = match (column.role, column.column_type) {
        (Some(ColumnRole::Status), _) => (64, 68),
        (_, ColumnType::Code) => (26, 79),
        (_, ColumnType::Text | ColumnType::Bool) => (28, 76),
        (_, _) => (28, 90),
    };
    let whole = (around + longest * each / 10).max(header);
    let width = whole.min(most.max(header));
    Room { width, wants: (whole > width).then_some(whole.min(MOST_WANTED)).filter(|wants| *wants > width) }
}
