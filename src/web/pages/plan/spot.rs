//! What is typed in without script, and what happened to it: a cell, or what a line begins with.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use rust_decimal::Decimal;

use super::query::{SheetQuery, Spot};
use super::sheet_table::{line_name, measure_name, number, opening_words};
use super::sheet_view::SheetView;
use crate::domain::ids::{PlanId, UserId};
use crate::domain::plan::edit::EditKind;
use crate::domain::plan::{Bucket, LineId};
use crate::services::plans::{self as service, CellTurn, LineDays, LineView, PlanReader};
use crate::services::users::names::{KnownName, known_names};
use crate::services::{ServiceError, Services};
use crate::web::ui::form::{csrf_field, error_of, hidden};
use crate::web::ui::format::instant;
use crate::web::ui::{icon, reader, t, t_with};

/// Turns that are shown.
const TURNS: usize = 20;

/// A spot with what is known of it.
#[derive(Debug, Clone)]
pub struct TypedSpot {
    view: LineView,
    spot: Spot,
    /// What it shows.
    value: Option<Decimal>,
    /// The edit that made it so.
    version: u64,
    imported: Option<Decimal>,
    turns: Vec<CellTurn>,
    names: HashMap<UserId, KnownName>,
}

impl TypedSpot {
    /// Looks a spot up.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for a line that the reader does not see.
    pub fn find(
        services: &Services,
        reader: &PlanReader,
        plan: PlanId,
        line: LineId,
        spot: Spot,
    ) -> Result<Self, ServiceError> {
        let (_, found) = service::days_of(services, reader, plan, &[line])?;
        let found = found.into_iter().next();
        let LineDays { view, cells, .. } =
            found.ok_or_else(|| ServiceError::NotFound(format!("line `{line}` of this plan")))?;
        let known = Self {
            value: view.starting_inventory(),
            version: view.line.version,
            imported: None,
            turns: Vec::new(),
            names: HashMap::new(),
            view,
            spot,
        };
        let Spot::Cell(measure, day) = spot else { return Ok(known) };
        let place = (measure, day);
        let (imported, turns) = service::history_of(services, reader, plan, line, place)?;
        let names = known_names(services, turns.iter().filter_map(|turn| turn.by))?;
        Ok(Self { value: cells.value(place), version: cells.version(place), imported, turns, names, ..known })
    }
}

fn shown(value: Option<Decimal>) -> String {
    value.map_or_else(|| t("plan-blank"), number)
}

/// The form of a spot, and what happened to it.
pub fn spot_panel(view: &SheetView<'_>, typed: &TypedSpot, now: Timestamp) -> Markup {
    let plan = &view.overview.plan;
    let line = line_name(&typed.view.line.key);
    let title = match typed.spot {
        Spot::Cell(measure, day) => t_with(
            "plan-cell",
            &[
                ("measure", measure_name(measure).into()),
                ("line", line.into()),
                ("day", day.to_string().into()),
            ],
        ),
        Spot::Opening => t_with("plan-spot-opening", &[("line", line.into())]),
    };
    html! {
        section.panel.padded.stack #cell aria-labelledby="cell-title" {
            h2 #cell-title { (title) }
            @if view.edits(&typed.view) { (form(view, typed)) }
            @match typed.spot {
                Spot::Opening => p.hint { (opening_words(&typed.view)) ". " (t("plan-spot-opening-hint")) },
                Spot::Cell(..) => {
                    @if view.query.bucket != Bucket::Day { p.hint { (t("plan-bucket-hint")) } }
                    (turns(typed, view.zone, now))
                }
            }
            @if !view.edits(&typed.view) { div.actions { a.button href=(closed(view.query).address(plan)) { (icon("x")) (t("plan-cancel")) } } }
        }
    }
}

fn closed(query: &SheetQuery) -> SheetQuery {
    SheetQuery { spot: None, ..query.clone() }
}

fn form(view: &SheetView<'_>, typed: &TypedSpot) -> Markup {
    let plan = &view.overview.plan;
    let decimal = reader::formats().numbers.decimal();
    let text =
        typed.value.map(|value| value.normalize().to_string().replace('.', decimal)).unwrap_or_default();
    let is_typed = match typed.spot {
        Spot::Cell(..) => typed.version > 0,
        Spot::Opening => typed.value.is_some(),
    };
    html! {
        form.filters method="post" action=(format!("/plan/{}/cell", plan.id)) {
            (csrf_field(view.csrf))
            (hidden("back", &closed(view.query).address(plan)))
            (hidden("cell", &typed.spot.of_line(typed.view.line.id)))
            (hidden("by", view.query.bucket.as_str()))
            (hidden("version", &typed.version.to_string()))
            input.input name="value" value=(text) inputmode="decimal" autofocus autocomplete="off" aria-label=(t("plan-value"))
                aria-invalid=[error_of(view.errors, "value").map(|_| "true")];
            button.button.primary type="submit" { (icon("check")) (t("plan-save")) }
            @if is_typed {
                button.button type="submit" name="put_back" value="1" {
                    (icon("rotate-ccw"))
                    @match typed.spot {
                        Spot::Cell(..) => @match typed.imported {
                            Some(_) => (t_with("plan-put-back", &[("value", shown(typed.imported).into())])),
                            None => (t("plan-put-back-nothing")),
                        },
                        Spot::Opening => (t("plan-spot-opening-not")),
                    }
                }
            }
            a.button href=(closed(view.query).address(plan)) { (icon("x")) (t("plan-cancel")) }
            @if typed.spot == Spot::Opening {
                a.button href=(format!("/plan/{}/lines/{}/remove", plan.id, typed.view.line.id)) { (icon("trash-2")) (t("plan-line-remove")) }
            }
        }
    }
}

fn turns(typed: &TypedSpot, zone: &TimeZone, now: Timestamp) -> Markup {
    let who = |turn: &CellTurn| match turn.by {
        Some(by) => typed.names.get(&by).map_or_else(|| t("plan-turn-gone"), |known| known.name.clone()),
        None => t("plan-turn-command"),
    };
    html! {
        p.hint { (t_with("plan-was-imported", &[("value", shown(typed.imported).into())])) }
        @if !typed.turns.is_empty() {
            div.table-wrap {
                table.table {
                    caption.visually-hidden { (t("plan-turns")) }
                    thead { tr { @for id in ["plan-turn-when", "plan-turn-who", "plan-turn-what"] { th scope="col" { (t(id)) } } } }
                    tbody {
                        @for turn in typed.turns.iter().take(TURNS) {
                            tr {
                                td { (instant(turn.at, zone, now)) }
                                td { (who(turn)) }
                                td {
                                    (shown(turn.from)) " → " (shown(turn.to))
                                    @match turn.kind {
                                        EditKind::Set => {}
                                        EditKind::Undo { .. } => { " · " (t("plan-turn-undone")) }
                                        EditKind::Redo { .. } => { " · " (t("plan-turn-redone")) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            @if typed.turns.len() > TURNS { p.hint { (t_with("plan-turns-more", &[("n", (typed.turns.len() - TURNS).into())])) } }
        }
    }
}
