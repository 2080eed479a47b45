//! What stands in the place of rows where there are none: why, and what to change.

use maud::{Markup, html};

use super::chips::Chip;
use super::state::ViewState;
use super::view::InventoryView;
use crate::search::query::ast::{Condition, Query, Term};
use crate::search::view::{Found, SearchRequest, View};
use crate::services::ServiceError;
use crate::web::ui::format::count;
use crate::web::ui::{icon, t, t_with};

/// Chips for which it is worked out what would be found without them, or by them alone.
const EXPLAINED_CHIPS: usize = 12;
/// Columns that are named where somebody named one that is not there.
const NAMED_COLUMNS: usize = 12;

/// Why nothing is found.
#[derive(Default)]
pub struct Nothing {
    /// How many rows there would be without each chip.
    without: Vec<u64>,
    /// What each chip finds by itself; only where leaving out one is not enough.
    alone: Vec<Alone>,
    /// Whole searches near the one that found nothing.
    suggestions: Vec<String>,
    /// Columns that the search names and the reader does not have.
    unknown: Vec<String>,
}

/// What one part of a search finds by itself.
struct Alone {
    rows: u64,
    /// Near spellings, where it finds nothing either.
    suggestions: Vec<String>,
}

/// Looks for the reasons. `search_of` makes a search of a state.
pub fn explain(
    view: &View,
    search: &SearchRequest,
    found: &Found,
    query: &Query,
    chips: &[Chip],
    search_of: &dyn Fn(&ViewState) -> Result<SearchRequest, ServiceError>,
) -> Result<Nothing, ServiceError> {
    if found.matched > 0 || view.total() == 0 {
        return Ok(Nothing::default());
    }
    let chips = &chips[..chips.len().min(EXPLAINED_CHIPS)];
    let suggestions = view.suggestions(search, found)?;
    let count = |state: &ViewState| Ok::<_, ServiceError>(view.search(&search_of(state)?)?.matched);
    let without = chips.iter().map(|chip| count(&chip.without)).collect::<Result<Vec<_>, _>>()?;
    let one_is_enough = chips.len() < 2 || without.iter().any(|rows| *rows > 0);
    let alone = |chip: &Chip| {
        let search = search_of(&chip.alone)?;
        let found = view.search(&search)?;
        Ok::<_, ServiceError>(Alone { rows: found.matched, suggestions: view.suggestions(&search, &found)? })
    };
    let alone = if one_is_enough { Vec::new() } else { chips.iter().map(alone).collect::<Result<_, _>>()? };
    let mut unknown: Vec<String> = query
        .terms
        .iter()
        .filter_map(column_of)
        .filter(|name| !view.has_column(name))
        .map(str::to_owned)
        .collect();
    unknown.dedup();
    Ok(Nothing { without, alone, suggestions, unknown })
}

/// The column that a word seems to name, where it was taken as text: `foo:bar`, `foo>1`.
fn column_of(term: &Term) -> Option<&str> {
    let text = term.text.trim_start_matches('-');
    let at = text.find([':', '<', '>', '=']).filter(|at| *at > 0)?;
    let name = &text[..at];
    let is_name = name.starts_with(char::is_alphabetic) && !text[at..].starts_with("://");
    (matches!(term.condition, Condition::Anywhere(_)) && is_name).then_some(name)
}

/// The place of the rows.
pub fn render(view: &InventoryView<'_>) -> Markup {
    html! {
        div.empty.panel {
            (icon("search"))
            @if view.total == 0 && view.sees_all {
                h2 { (t("nothing-here")) }
                p { (t("nothing-here-why")) }
            } @else if view.total == 0 {
                h2 { (t("nothing-of-yours")) }
                p { (t("nothing-of-yours-why")) }
            } @else {
                h2 { (t("nothing-found")) }
                (unknown(view))
                @if !view.nothing.suggestions.is_empty() {
                    p { (t("nothing-suggestions")) " " (spellings(view, &view.nothing.suggestions)) }
                }
                (ways_out(view))
                a.button href=(view.state.cleared().href(view.path)) data-view-link { (t("chips-clear")) }
            }
        }
    }
}

fn unknown(view: &InventoryView<'_>) -> Markup {
    let mut names =
        view.columns.iter().take(NAMED_COLUMNS).map(|column| column.name.as_str()).collect::<Vec<_>>();
    if view.columns.len() > NAMED_COLUMNS {
        names.push("…");
    }
    html! {
        @for name in &view.nothing.unknown {
            p { (t_with("nothing-no-column", &[("name", name.as_str().into())])) }
        }
        @if !view.nothing.unknown.is_empty() {
            p.hint { (t_with("nothing-columns", &[("names", names.join(", ").into())])) }
        }
    }
}

/// What to leave out, else what each part finds by itself.
fn ways_out(view: &InventoryView<'_>) -> Markup {
    let link = |id: &str, chip: &Chip, state: &ViewState, rows: u64| {
        html! {
            li {
                a href=(state.href(view.path)) data-view-link {
                    (t_with(id, &[("what", chip.text.as_str().into()), ("rows", count(rows).into()), ("n", rows.into())]))
                }
            }
        }
    };
    html! {
        @if view.chips.len() > 1 {
            ul.drop-list {
                @for (chip, rows) in view.chips.iter().zip(&view.nothing.without) {
                    @if *rows > 0 { (link("nothing-without", chip, &chip.without, *rows)) }
                }
                @for (chip, alone) in view.chips.iter().zip(&view.nothing.alone) {
                    @if alone.rows > 0 {
                        (link("nothing-alone", chip, &chip.alone, alone.rows))
                    } @else {
                        li {
                            (t_with("nothing-nowhere", &[("what", chip.text.as_str().into())]))
                            @if !alone.suggestions.is_empty() {
                                " " (t("nothing-suggestions")) " " (spellings(view, &alone.suggestions))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn spellings(view: &InventoryView<'_>, spellings: &[String]) -> Markup {
    html! {
        @for (at, spelling) in spellings.iter().enumerate() {
            @if at > 0 { ", " }
            a href=(view.state.searching(spelling).href(view.path)) data-view-link { (spelling) }
        }
    }
}
