//! `GET /datasets/{dataset}/row`: the history of a row, told by its key.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use rust_decimal::prelude::ToPrimitive;

use crate::services::datasets::MAIN;
use crate::services::row_history::{self, RowHistory, Step, What};
use crate::web::error::AppError;
use crate::web::extract::Page;
use crate::web::pages::inventory::unknown_parameters;
use crate::web::state::AppState;
use crate::web::ui::format::{count, instant};
use crate::web::ui::spark::{Level, spark};
use crate::web::ui::{NavItem, icon, t, t_with};

/// Cells of a row that came that are shown.
const SHOWN_CELLS: usize = 40;

/// The address of the history of the row with these cells in its key's columns.
pub fn row_address<'c>(slug: &str, key: impl IntoIterator<Item = (&'c str, &'c str)>) -> String {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    for (column, value) in key {
        pairs.append_pair(column, value);
    }
    format!("/datasets/{slug}/row?{}", pairs.finish())
}

/// The page.
pub async fn row(
    State(state): State<AppState>,
    page: Page,
    Path(dataset): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, AppError> {
    let scope = page.session.scope();
    let query = query.unwrap_or_default();
    let wanted: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let history = state.run(move |services| row_history::of(services, &dataset, &wanted, &scope)).await?;
    let named: Vec<&str> = history.key.iter().map(|(_, value)| value.as_str()).collect();
    let title = t_with("row-title", &[("row", short(&named.join(" · ")).into())]);
    let slug = &history.dataset.slug;
    let back = if slug == MAIN { "/inventory".to_owned() } else { format!("/datasets/{slug}") };
    let (now, zone) = (state.services().now(), page.look.zone());
    let content = html! {
        nav.crumbs aria-label=(t("imports-crumbs")) { a href=(back) { (icon("chevron-left")) (t("changes-back-dataset")) } }
        div.page-head {
            h1 { (title) }
            p.hint {
                @for (at, (column, value)) in history.key.iter().enumerate() {
                    @if at > 0 { " · " }
                    (column) " " strong { (short(value)) }
                }
            }
        }
        (unknown_parameters(&history.unknown))
        (amounts(&history, now))
        (steps(&history, &zone, now))
        @if history.missing > 0 || history.has_older {
            p.hint {
                (t_with("row-looked-at", &[("n", history.looked_at.into()), ("missing", history.missing.into())]))
            }
        }
    };
    Ok(page.show(NavItem::Inventory, &title, &[], &content))
}

/// How much there was, as a line.
fn amounts(history: &RowHistory, now: Timestamp) -> Markup {
    let time = |at: Timestamp| at.as_second() as f64;
    let level = |amount: &row_history::Amount| Level {
        from: time(amount.at),
        amount: amount.sum.to_f64().unwrap_or_default(),
    };
    let levels: Vec<Level> = history.amounts.iter().map(level).collect();
    let ends = history.amounts.first().zip(history.amounts.last());
    html! {
        @if let Some((first, last)) = ends.filter(|_| levels.len() > 1) {
            @let most = history.amounts.iter().map(|amount| amount.sum).max().unwrap_or_default();
            @let said = t_with("row-amounts", &[
                ("first", number(first.sum).into()), ("last", number(last.sum).into()), ("most", number(most).into()),
            ]);
            section.panel.padded.stack {
                (spark(&levels, time(now), &said))
                p.hint { (said) }
            }
        }
    }
}

fn number(amount: rust_decimal::Decimal) -> String {
    crate::web::ui::format::group(&amount.normalize().to_string())
}

fn steps(history: &RowHistory, zone: &TimeZone, now: Timestamp) -> Markup {
    html! {
        @if history.steps.is_empty() {
            div.panel.empty { (icon("history")) strong { (t("row-never")) } p { (t("row-never-text")) } }
        } @else {
            div.table-wrap {
                table.table.cards {
                    thead { tr {
                        th scope="col" { (t("row-when")) }
                        th scope="col" { (t("row-what")) }
                        th.number scope="col" { (t("row-generation")) }
                    } }
                    tbody { @for step in &history.steps { (step_row(step, zone, now)) } }
                }
            }
        }
    }
}

fn step_row(step: &Step, zone: &TimeZone, now: Timestamp) -> Markup {
    html! {
        tr {
            td data-label=(t("row-when")) { (instant(step.at, zone, now)) }
            td data-label=(t("row-what")) {
                @match &step.what {
                    What::Came(cells) => {
                        span.added { "+" } " " (t("row-came"))
                        div.hint {
                            @let filled = cells.iter().filter(|(_, cell)| !cell.trim().is_empty());
                            @for (at, (column, cell)) in filled.take(SHOWN_CELLS).enumerate() {
                                @if at > 0 { " · " }
                                (column) " " (short(cell))
                            }
                        }
                    },
                    What::Changed(changes) => {
                        @for change in changes {
                            div {
                                span.changed { "~" } " " (change.column) " "
                                @match (&change.before, &change.after) {
                                    (Some(before), Some(after)) => { del { (short(before)) } " " ins { (short(after)) } }
                                    (None, Some(after)) => { ins { (short(after)) } }
                                    (Some(before), None) => { del { (short(before)) } }
                                    (None, None) => {}
                                }
                            }
                        }
                    },
                    What::Went => { span.removed { "−" } " " (t("row-went")) },
                    What::Several(rows) => { (t_with("row-several", &[("n", (*rows).into()), ("rows", count(*rows).into())])) },
                }
            }
            td.number data-label=(t("row-generation")) { (step.generation) }
        }
    }
}

/// The beginning of a text that may be of any length.
fn short(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
