//! The rows: a plain table that `<sr-grid>` makes scroll through all of them.

use std::borrow::Cow;

use maud::{Markup, html};

use super::state::{MAX_SHOWN, ViewState, address};
use crate::domain::column::{Column, ColumnRole, ColumnType};
use crate::search::view::Row;
use crate::web::ui::format::{count, group};
use crate::web::ui::{icon, t, t_with};

/// A column that is shown.
pub struct ShownColumn {
    /// Where its cell stands among a row's cells.
    at: usize,
    name: String,
    class: &'static str,
    kind: CellKind,
    width: u32,
    /// Its place on a card of narrow screens, from 1; 0 for none.
    card: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum CellKind {
    Plain,
    Quantity,
    Status,
}

/// Characters of a cell that a row shows; exports have all of them.
const MAX_CELL_CHARS: usize = 500;
/// Fields of a card on narrow screens.
const CARD_FIELDS: usize = 4;
/// What a card shows first.
const CARD_ROLES: [ColumnRole; 9] = [
    ColumnRole::Part,
    ColumnRole::Description,
    ColumnRole::Quantity,
    ColumnRole::Status,
    ColumnRole::Lot,
    ColumnRole::Bin,
    ColumnRole::Expiry,
    ColumnRole::Order,
    ColumnRole::Owner,
];

/// What people look for first, in the order in which they read it.
const USUAL_ROLES: [ColumnRole; 10] = [
    ColumnRole::Part,
    ColumnRole::Description,
    ColumnRole::Lot,
    ColumnRole::Serial,
    ColumnRole::Bin,
    ColumnRole::Location,
    ColumnRole::Quantity,
    ColumnRole::Uom,
    ColumnRole::Status,
    ColumnRole::Expiry,
];

/// The places of all columns as they stand unless somebody chose otherwise: what people look for first, then the
/// others as the file has them. A second column of one role is one of the others.
pub fn usual_order(columns: &[&Column]) -> Vec<usize> {
    let mut order: Vec<usize> = USUAL_ROLES
        .iter()
        .filter_map(|role| columns.iter().position(|column| column.role == Some(*role)))
        .collect();
    let others: Vec<usize> = (0..columns.len()).filter(|at| !order.contains(at)).collect();
    order.extend(others);
    order
}

/// Length of the longest cell of each column among some rows of the reader, in characters.
fn longest_cells(sample: &[Row<'_>], columns: usize) -> Vec<u32> {
    let mut longest = vec![0; columns];
    for row in sample {
        for (longest, cell) in longest.iter_mut().zip(row.cells()) {
            *longest = (*longest).max(u32::try_from(cell.chars().take(100).count()).unwrap_or(100));
        }
    }
    longest
}

/// The columns that are shown, in their order: those the address names, or all. `sample` are some rows of the reader,
/// by which columns get their widths; the same whatever is searched, so that columns stay where they are.
pub fn shown_columns(state: &ViewState, columns: &[&Column], sample: &[Row<'_>]) -> Vec<ShownColumn> {
    let longest = longest_cells(sample, columns.len());
    let chosen: Vec<(usize, Option<u32>)> = state
        .columns
        .iter()
        .filter_map(|choice| {
            let at = columns.iter().position(|column| column.name == choice.name)?;
            Some((at, choice.width))
        })
        .collect();
    let order = if chosen.is_empty() {
        usual_order(columns).into_iter().take(MAX_SHOWN).map(|at| (at, None)).collect()
    } else {
        chosen
    };
    let mut shown: Vec<ShownColumn> =
        order.into_iter().map(|(at, width)| ShownColumn::new(at, columns[at], width, longest[at])).collect();
    let mut next = 1;
    for role in CARD_ROLES {
        for column in &mut shown {
            if next <= CARD_FIELDS && column.card == 0 && columns[column.at].role == Some(role) {
                column.card = next;
                next += 1;
                break;
            }
        }
    }
    for column in &mut shown {
        if next <= CARD_FIELDS && column.card == 0 {
            column.card = next;
            next += 1;
        }
    }
    shown
}

impl ShownColumn {
    /// Its header.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn new(at: usize, column: &Column, width: Option<u32>, longest: u32) -> Self {
        let kind = match column.role {
            Some(ColumnRole::Quantity) => CellKind::Quantity,
            Some(ColumnRole::Status) => CellKind::Status,
            _ => CellKind::Plain,
        };
        let class = match column.column_type {
            ColumnType::Integer | ColumnType::Decimal => "n",
            ColumnType::Date => "d",
            ColumnType::Code => "c",
            ColumnType::Text | ColumnType::Bool => "",
        };
        // A header that is longer than its cells is still read whole, up to a point; the sign of a sort needs room.
        let header = 44 + 8 * u32::try_from(column.name.chars().count()).unwrap_or(0).min(16);
        let most = match (column.role, column.column_type) {
            (Some(ColumnRole::Description), _) => 200,
            (Some(ColumnRole::Status), _) => 150,
            (_, ColumnType::Text) => 164,
            (_, _) => 220,
        };
        // Tenths of a pixel for a character: digits and codes are wider than letters, a badge has its sign.
        let (around, each) = match (kind, column.column_type) {
            (CellKind::Status, _) => (64, 68),
            (_, ColumnType::Code) => (26, 79),
            (_, ColumnType::Text | ColumnType::Bool) => (28, 72),
            (_, _) => (28, 88),
        };
        let cells = (around + longest * each / 10).min(most);
        Self {
            at,
            name: column.name.clone(),
            class,
            kind,
            width: width.unwrap_or(cells.max(header)),
            card: 0,
        }
    }

    fn cell(&self, text: &str) -> Markup {
        let label = (self.card > 2).then_some(self.name.as_str());
        let card = (self.card > 0).then_some(self.card);
        html! {
            td class=[(!self.class.is_empty()).then_some(self.class)] data-card=[card] data-label=[label] {
                @match self.kind {
                    CellKind::Plain => { (shortened(text)) }
                    CellKind::Quantity => {
                        @let grouped = group(text);
                        @if grouped == text { (text) } @else { data value=(text) { (grouped) } }
                    }
                    CellKind::Status => {
                        @if !text.trim().is_empty() {
                            span class=(format!("badge {}", status_class(text))) { (shortened(text)) }
                        }
                    }
                }
            }
        }
    }
}

/// A cell as a row shows it: one line of it at the most. A cell may have a megabyte, and a block a hundred rows.
fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MAX_CELL_CHARS) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// How a status looks: by the words that are usual for it. The word itself always stands there.
fn status_class(status: &str) -> &'static str {
    let word = status.trim().to_lowercase();
    let has = |words: &[&str]| words.iter().any(|known| word.contains(known));
    if has(&[
        "block",
        "expired",
        "reject",
        "scrap",
        "damage",
        "unavailable",
        "not released",
        "inactive",
        "cancel",
    ]) {
        "bad"
    } else if has(&["hold", "quarantine", "pending", "inspect", "review", "restrict", "wait", "transit"]) {
        "warn"
    } else if has(&[
        "release",
        "ok",
        "avail",
        "active",
        "good",
        "approved",
        "shipped",
        "delivered",
        "in stock",
    ]) {
        "ok"
    } else {
        ""
    }
}

/// Rows of the table; `first` is the place of the first among all that were found, from 0.
pub fn rows(columns: &[ShownColumn], window: &[Row<'_>], first: u64) -> Markup {
    html! {
        @for (at, row) in window.iter().enumerate() {
            @let place = first + at as u64;
            @let cells = row.cells().collect::<Vec<_>>();
            tr data-r=(place) {
                @for column in columns { (column.cell(cells.get(column.at).copied().unwrap_or_default())) }
            }
        }
    }
}

/// What surrounds the rows.
pub struct Grid<'g> {
    /// Path of the page.
    pub path: &'g str,
    /// Address of the dataset's fragments.
    pub dataset_path: &'g str,
    /// State of the page.
    pub state: &'g ViewState,
    /// Columns shown.
    pub columns: &'g [ShownColumn],
    /// What the table is called.
    pub label: &'g str,
    /// How many rows were found.
    pub matched: u64,
    /// Of which generation they are.
    pub generation: u64,
}

impl Grid<'_> {
    /// The grid with its first rows.
    pub fn render(&self, window: &[Row<'_>], page_rows: u64) -> Markup {
        let mut pairs = self.state.from_the_top().pairs();
        pairs.push(("generation".to_owned(), self.generation.to_string()));
        let source = address(&format!("{}/rows", self.dataset_path), &pairs);
        html! {
            sr-grid src=(source) total=(self.matched) generation=(self.generation)
                data-loading=(t("grid-loading")) data-failed=(t("grid-failed")) data-resize=(t("grid-resize")) {
                div.grid-scroll role="region" tabindex="0" aria-label=(self.label) {
                    table.grid aria-label=(self.label) {
                        colgroup {
                            @for column in self.columns { col width=(column.width); }
                            // Takes what is left of a wide screen.
                            col;
                        }
                        thead { tr { @for column in self.columns { (self.header(column)) } td.rest {} } }
                        tbody.window { (rows(self.columns, window, self.state.offset)) }
                    }
                }
                (self.pager(window.len() as u64, page_rows))
            }
        }
    }

    fn header(&self, column: &ShownColumn) -> Markup {
        let sorted = self.state.sort_of(&column.name);
        let direction = sorted.map(|(_, down)| if down { "descending" } else { "ascending" });
        html! {
            th scope="col" data-column=(column.name) aria-sort=[direction]
                class=[(!column.class.is_empty()).then_some(column.class)] {
                a href=(self.state.sorted_by(&column.name).href(self.path)) data-view-link
                    data-also=(self.state.sorted_also_by(&column.name).href(self.path)) title=(column.name) {
                    span.name { (column.name) }
                    @if let Some((place, down)) = sorted {
                        span.sort aria-hidden="true" {
                            (if down { "▼" } else { "▲" })
                            @if self.state.sort.len() > 1 { sub { (place) } }
                        }
                    }
                }
            }
        }
    }

    fn pager(&self, shown: u64, page_rows: u64) -> Markup {
        let first = self.state.offset;
        let at = |offset: u64| ViewState { offset, ..self.state.clone() }.href(self.path);
        html! {
            @if self.matched > shown {
                nav.pager aria-label=(t("pager-label")) {
                    @if first > 0 {
                        a.button href=(at(first.saturating_sub(page_rows))) rel="prev" {
                            (icon("chevron-left")) (t("pager-previous"))
                        }
                    }
                    span {
                        (t_with("pager-place", &[
                            ("first", count((first + 1).min(self.matched)).into()),
                            ("last", count(first + shown).into()),
                            ("all", count(self.matched).into()),
                        ]))
                    }
                    @if first + shown < self.matched {
                        a.button href=(at(first + page_rows)) rel="next" { (t("pager-next")) (icon("chevron-right")) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::status_class;

    #[test]
    fn a_status_looks_as_its_word_says() {
        for (status, class) in [
            ("Released", "ok"),
            ("RELEASED ", "ok"),
            ("On hold", "warn"),
            ("Quarantine", "warn"),
            ("Not released", "bad"),
            ("Expired", "bad"),
            ("Z9", ""),
        ] {
            assert_eq!(status_class(status), class, "{status}");
        }
    }
}
