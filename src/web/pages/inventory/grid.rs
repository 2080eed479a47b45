//! The rows: a plain table that `<sr-grid>` makes scroll through all of them.

use std::borrow::Cow;

use maud::{Markup, html};

use super::label::label;
use super::state::{MAX_SHOWN, ViewState, address};
use super::widths::Room;
use crate::domain::column::{Column, ColumnRole, ColumnType};
use crate::domain::value::{DateFormat, NumberFormat, parse_number};
use crate::search::view::Row;
use crate::web::pages::changes::row_address;
use crate::web::ui::format::{count, group};
use crate::web::ui::{icon, reader, t, t_with};

/// A column that is shown.
pub struct ShownColumn {
    /// Where its cell stands among a row's cells.
    at: usize,
    name: String,
    label: String,
    class: &'static str,
    kind: CellKind,
    /// What somebody made it, in CSS pixels.
    own: Option<u32>,
    /// What its cells want.
    room: Room,
    /// Where the unit of its quantities stands among a row's cells.
    unit: Option<usize>,
    /// Its place on a card of narrow screens, from 1; 0 for none.
    card: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum CellKind {
    Plain,
    Quantity(NumberFormat),
    Date(DateFormat),
    Status,
}

/// Characters of a cell that a row shows; exports have all of them.
const MAX_CELL_CHARS: usize = 500;
/// Longest key whose row has an address, in bytes.
const MAX_KEY: usize = 500;
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

/// The columns that are shown, in their order: those the address names, or all. `rooms` is how much room each column
/// of the reader wants; where there are none, only the cells of rows are written.
pub fn shown_columns(state: &ViewState, columns: &[&Column], rooms: &[Room]) -> Vec<ShownColumn> {
    let unit = columns.iter().position(|column| column.role == Some(ColumnRole::Uom));
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
    let mut shown: Vec<ShownColumn> = order
        .into_iter()
        .map(|(at, width)| {
            let own = state.width_of(&columns[at].name).or(width);
            let room = rooms.get(at).copied().unwrap_or_default();
            ShownColumn::new(at, columns[at], own, room, unit)
        })
        .collect();
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

    /// What it is called on the page.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Its place on a card of narrow screens, from 1; 0 for none.
    pub fn card(&self) -> usize {
        self.card
    }

    /// What class its cells have.
    pub fn class(&self) -> Option<&'static str> {
        (!self.class.is_empty()).then_some(self.class)
    }

    fn new(at: usize, column: &Column, own: Option<u32>, room: Room, unit: Option<usize>) -> Self {
        let kind = match column.role {
            Some(ColumnRole::Quantity) => CellKind::Quantity(column.number_format),
            Some(ColumnRole::Status) => CellKind::Status,
            _ if column.column_type == ColumnType::Date => CellKind::Date(column.date_format),
            _ => CellKind::Plain,
        };
        let class = match column.column_type {
            ColumnType::Integer | ColumnType::Decimal => "n",
            ColumnType::Date => "d",
            ColumnType::Code => "c",
            ColumnType::Text | ColumnType::Bool => "",
        };
        Self {
            at,
            name: column.name.clone(),
            label: label(&column.name).into_owned(),
            class,
            kind,
            own,
            room,
            unit: unit.filter(|_| matches!(kind, CellKind::Quantity(_))),
            card: 0,
        }
    }

    fn cell(&self, cells: &[&str], labels: Labels) -> Markup {
        let text = cells.get(self.at).copied().unwrap_or_default();
        let label = (self.card > 2 || labels == Labels::All).then_some(self.label.as_str());
        let card = (self.card > 0).then_some(self.card);
        let unit = self.unit.and_then(|unit| cells.get(unit)).filter(|unit| !unit.trim().is_empty());
        html! {
            td class=[(!self.class.is_empty()).then_some(self.class)] data-card=[card] data-label=[label]
                data-unit=[unit] {
                @match self.kind {
                    CellKind::Plain => { (shortened(text)) }
                    CellKind::Quantity(format) => {
                        @let grouped = quantity(text, format);
                        @if grouped == text { (text) } @else { data value=(text) { (grouped) } }
                    }
                    CellKind::Date(format) => {
                        @let written = reader::formats().date_cell(text, format);
                        @if written == text { (shortened(text)) } @else { data value=(text) { (written) } }
                    }
                    CellKind::Status => {
                        @if !text.trim().is_empty() {
                            span class=(format!("badge {}", status_class(text))) { (shortened(text)) }
                        }
                    }
                }
                @if labels == Labels::All && self.card == 1 {
                    noscript { details.card-more { summary { (t("card-more")) } } }
                }
            }
        }
    }
}

/// Which cells of rows say what they are; only cards show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Labels {
    /// Those that a card shows at first.
    OfCards,
    /// Each: a browser without script opens a card in place.
    All,
}

/// A quantity as totals are written too, however its file writes numbers.
pub fn quantity(text: &str, format: NumberFormat) -> Cow<'_, str> {
    let plain = match parse_number(text, format) {
        Some(number) if format != NumberFormat::default() => number.to_string(),
        _ => text.to_owned(),
    };
    let grouped = group(&plain);
    if grouped == text { Cow::Borrowed(text) } else { Cow::Owned(grouped) }
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

/// Where the history of each row is, in a dataset whose rows have a key.
pub struct RowLinks<'l> {
    slug: &'l str,
    /// Places and names of the key's columns.
    key: Vec<(usize, &'l str)>,
}

impl<'l> RowLinks<'l> {
    /// Those of a dataset of which the reader sees these columns.
    pub fn of(slug: &'l str, columns: &[&'l Column]) -> Self {
        let key = columns.iter().enumerate().filter(|(_, column)| column.key);
        Self { slug, key: key.map(|(at, column)| (at, column.name.as_str())).collect() }
    }

    /// None: the rows of a file have no history.
    pub fn none() -> Self {
        Self { slug: "", key: Vec::new() }
    }

    fn address(&self, cells: &[&str]) -> Option<String> {
        let of = |at: usize| cells.get(at).copied().unwrap_or_default();
        let is_short = self.key.iter().map(|(at, _)| of(*at).len()).sum::<usize>() <= MAX_KEY;
        let key = self.key.iter().map(|(at, name)| (*name, of(*at)));
        (!self.key.is_empty() && is_short).then(|| row_address(self.slug, key))
    }
}

/// Rows of the table; `first` is the place of the first among all that were found, from 0.
pub fn rows(
    columns: &[ShownColumn],
    window: &[Row<'_>],
    first: u64,
    labels: Labels,
    links: &RowLinks<'_>,
) -> Markup {
    html! {
        @for (at, row) in window.iter().enumerate() {
            @let place = first + at as u64;
            @let cells = row.cells().collect::<Vec<_>>();
            @let history = links.address(&cells);
            tr data-r=(place) data-history=[&history] {
                @for column in columns { (column.cell(&cells, labels)) }
                td.rest {
                    @if let Some(history) = history.filter(|_| labels == Labels::All) {
                        noscript { a href=(history) { (t("row-open")) } }
                    }
                }
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
    /// The histories of rows.
    pub links: &'g RowLinks<'g>,
}

impl Grid<'_> {
    /// The grid with its first rows.
    pub fn render(&self, window: &[Row<'_>], page_rows: u64, labels: Labels) -> Markup {
        let mut pairs = self.state.from_the_top().pairs();
        pairs.push(("generation".to_owned(), self.generation.to_string()));
        let source = address(&format!("{}/rows", self.dataset_path), &pairs);
        html! {
            sr-grid src=(source) total=(self.matched) generation=(self.generation)
                data-loading=(t("grid-loading")) data-failed=(t("grid-failed")) data-resize=(t("grid-resize")) {
                div.grid-scroll role="region" tabindex="0" aria-label=(self.label) {
                    table.grid aria-label=(self.label) {
                        colgroup {
                            @for column in self.columns {
                                @match column.own {
                                    Some(own) => { col width=(own) data-own; }
                                    None => { col width=(column.room.width) data-wants=[column.room.wants]; }
                                }
                            }
                            // Takes what is left of a wide screen.
                            col;
                        }
                        thead { tr { @for column in self.columns { (self.header(column)) } td.rest {} } }
                        tbody.window { (rows(self.columns, window, self.state.offset, labels, self.links)) }
                    }
                }
                dialog.row-dialog aria-labelledby="row-title" {
                    h2 #row-title tabindex="-1" autofocus {}
                    dl {}
                    form method="dialog" {
                        a.button hidden data-row-history { (icon("history")) (t("row-open")) }
                        " " button.button type="submit" { (t("row-close")) }
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
                    data-also=(self.state.sorted_also_by(&column.name).href(self.path)) title=(t_with("header-title", &[("column", column.name.as_str().into())])) {
                    span.name { (column.label) }
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
