//! Typing in a sheet: cells, and who typed what.
//!
//! A cell that somebody else changed meanwhile is not overwritten: the edit is refused as a whole, with both values.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::json;

use super::lines::{given_at_first, hold_on_first_day};
use super::manage::target;
use super::{
    PlanReader, changes_line, find_open, is_nobodys, items, line_to_change, lines_seen, must_own, no_line,
};
use crate::domain::ids::{PlanId, UserId};
use crate::domain::plan::cells::{Place, Typed};
use crate::domain::plan::edit::{Change, Edit, EditKind, MAX_CELLS, OpeningChange};
use crate::domain::plan::{Bucket, Cells, Given, Horizon, Line, LineId, MAX_DAYS, Measure, Plan};
use crate::domain::scope::Scope;
use crate::services::Services;
use crate::services::audit;
use crate::services::authorize::{EditPlans, Grant};
use crate::services::error::ServiceError;
use crate::store::{WriteTxn, plan_edits, plan_lines, plans as store_plans};

/// What a cell is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// This.
    Value(Decimal),
    /// Nothing.
    Blank,
    /// What was imported.
    Imported,
}

/// What whoever typed knew of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Seen {
    /// Nothing: it is changed whatever stands there.
    #[default]
    Anything,
    /// That this edit made it so; 0 where nobody had typed in it.
    Version(u64),
    /// The plan as it was after this edit.
    PlanAt(u64),
}

impl Seen {
    /// True where somebody typed in the cell since.
    fn is_stale(self, version: u64) -> bool {
        match self {
            Self::Anything => false,
            Self::Version(seen) => seen != version,
            Self::PlanAt(edit) => version > edit,
        }
    }
}

/// A cell to be changed.
#[derive(Debug, Clone, Copy)]
pub struct CellEdit {
    /// Its line.
    pub line: LineId,
    /// Its measure and day.
    pub place: Place,
    /// What it is to show.
    pub wanted: Wanted,
    /// What whoever typed saw.
    pub seen: Seen,
}

/// A cell that is not what whoever typed saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellConflict {
    /// Its line.
    pub line: LineId,
    /// Its measure and day.
    pub place: Place,
    /// What was to stand there.
    pub yours: Option<Decimal>,
    /// What stands there.
    pub theirs: Option<Decimal>,
    /// The edit that put it there.
    pub version: u64,
    /// Who did it, and when.
    pub by: Option<(Option<UserId>, Timestamp)>,
}

/// What came of an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edited {
    /// It was done, under this number; the lines whose cells changed.
    Done {
        /// Number of the edit, or of the last one where there was nothing to do.
        edit: u64,
        /// Cells that changed, in the order of their lines.
        changed: Vec<Change>,
        /// Cells that stay as somebody else made them since, where something was undone or done again.
        left: Vec<CellConflict>,
    },
    /// Nothing was done, because these cells changed meanwhile.
    Conflicts(Vec<CellConflict>),
}

/// The lines that an edit is about, with their cells as they become.
pub(super) struct Sheet {
    lines: BTreeMap<LineId, Cells>,
}

impl Sheet {
    pub fn of(
        w: &WriteTxn,
        reader: &PlanReader,
        plan: &Plan,
        wanted: impl Iterator<Item = LineId>,
    ) -> Result<Self, ServiceError> {
        let items = items(w)?;
        let seen: BTreeMap<LineId, Line> =
            lines_seen(w, reader, plan, &items)?.into_iter().map(|line| (line.id, line)).collect();
        let mut lines = BTreeMap::new();
        for id in wanted {
            if lines.contains_key(&id) {
                continue;
            }
            let line = seen.get(&id).ok_or_else(|| no_line(id))?;
            if !changes_line(reader, &items, line) {
                return Err(is_nobodys(&line.key));
            }
            lines.insert(id, plan_lines::find_cells(w, plan.id, id)?);
        }
        Ok(Self { lines })
    }

    pub fn cells(&mut self, line: LineId) -> &mut Cells {
        self.lines.entry(line).or_default()
    }

    pub fn write(&self, w: &WriteTxn, plan: PlanId) -> Result<(), ServiceError> {
        for (id, cells) in &self.lines {
            plan_lines::put_typed(w, plan, *id, &cells.typed)?;
        }
        Ok(())
    }
}

/// Changes cells, all or none.
///
/// # Errors
/// [`ServiceError::Conflict`] for a plan that takes no edits; [`ServiceError::NotFound`] for a line that is not there or
/// of somebody else's item; [`ServiceError::Invalid`] for too many cells, or days the plan does not have.
pub fn set_cells(
    services: &Services,
    (grant, scope): (&Grant<EditPlans>, &Scope),
    id: PlanId,
    edits: &[CellEdit],
) -> Result<Edited, ServiceError> {
    if edits.len() > MAX_CELLS {
        let message = format!("{} are too many at once: at most {MAX_CELLS}", edits.len());
        return Err(ServiceError::invalid("cells", message));
    }
    let reader = PlanReader::planner(grant, scope);
    let now = services.now();
    services.store.write(|w| {
        let mut plan = find_open(w, id)?;
        let before = plan.horizon;
        stretch(&mut plan, edits)?;
        if before.is_some() && before != plan.horizon {
            must_own(w, (grant, scope), &plan)?;
        }
        let mut sheet = Sheet::of(w, &reader, &plan, edits.iter().map(|edit| edit.line))?;
        let number = plan.last_edit + 1;
        let mut changed = Vec::new();
        let mut conflicts = Vec::new();
        for edit in edits {
            let cells = sheet.cells(edit.line);
            let imported = cells.base.get(&edit.place).copied();
            let wanted = match edit.wanted {
                Wanted::Value(value) => Some(value),
                Wanted::Blank => None,
                Wanted::Imported => imported,
            };
            let (stands, version) = (cells.value(edit.place), cells.version(edit.place));
            if edit.seen.is_stale(version) && stands != wanted {
                conflicts.push(CellConflict {
                    line: edit.line,
                    place: edit.place,
                    yours: wanted,
                    theirs: stands,
                    version,
                    by: plan_edits::find_edit(w, id, version)?.map(|edit| (edit.by, edit.at)),
                });
                continue;
            }
            // What equals what was imported is no edit; the cell is as if nobody had typed in it.
            let to = (wanted != imported).then_some(Typed { value: wanted, edit: number });
            let from = cells.typed.get(&edit.place).copied();
            if from.map(|typed| typed.value) == to.map(|typed| typed.value) {
                continue;
            }
            cells.set(edit.place, to);
            let (measure, date) = edit.place;
            changed.push(Change { line: edit.line, measure, date, from, to });
        }
        if !conflicts.is_empty() {
            return Ok(Edited::Conflicts(conflicts));
        }
        if changed.is_empty() {
            return Ok(Edited::Done { edit: plan.last_edit, changed, left: Vec::new() });
        }
        sheet.write(w, id)?;
        hold_on_first_day(w, &plan, before)?;
        log(w, now, grant, &mut plan, EditKind::Set, (changed, Vec::new()))
    })
}

/// What a day, a week or a month as a whole is to show.
#[derive(Debug, Clone, Copy)]
pub struct BucketEdit {
    /// Its line.
    pub line: LineId,
    /// Its measure.
    pub measure: Measure,
    /// A day of it.
    pub day: Date,
    /// How many days it has.
    pub bucket: Bucket,
    /// What it is to show.
    pub wanted: Wanted,
    /// What whoever typed saw, of the day that takes the value.
    pub seen: Seen,
}

/// Changes weeks or months: what is produced or sold in one goes to its first day in the plan, and its other days are
/// emptied, so that it shows just what was typed; what holds at its end goes to its last day.
///
/// # Errors
/// As [`set_cells`].
pub fn set_buckets(
    services: &Services,
    (grant, scope): (&Grant<EditPlans>, &Scope),
    id: PlanId,
    edits: &[BucketEdit],
) -> Result<Edited, ServiceError> {
    let plan = super::get(services, &PlanReader::planner(grant, scope), id)?;
    let mut cells = Vec::new();
    for edit in edits {
        cells.extend(days_of(&plan, edit));
        if cells.len() > MAX_CELLS {
            return Err(ServiceError::invalid(
                "cells",
                format!("are of more than {MAX_CELLS} days together, which is the most at once; send fewer"),
            ));
        }
    }
    set_cells(services, (grant, scope), id, &cells)
}

/// The days that an edit of a bucket changes.
fn days_of(plan: &Plan, edit: &BucketEdit) -> Vec<CellEdit> {
    let BucketEdit { line, measure, day, bucket, wanted, seen } = *edit;
    let cell = |day: Date, wanted: Wanted, seen: Seen| CellEdit { line, place: (measure, day), wanted, seen };
    let start = bucket.start_of(day);
    let days = plan.horizon.map(|horizon| horizon.days().filter(|day| bucket.start_of(*day) == start));
    let days: Vec<Date> = days.map(Iterator::collect).unwrap_or_default();
    match &days[..] {
        [] => vec![cell(day, wanted, seen)],
        [.., last] if !measure.is_flow() => vec![cell(*last, wanted, seen)],
        [first, others @ ..] => {
            let rest = if wanted == Wanted::Imported { Wanted::Imported } else { Wanted::Blank };
            let others = others.iter().map(|day| cell(*day, rest, seen_of_others(seen)));
            std::iter::once(cell(*first, wanted, seen)).chain(others).collect()
        }
    }
}

/// Of the other days of a bucket only the plan as a whole was seen.
fn seen_of_others(seen: Seen) -> Seen {
    match seen {
        Seen::PlanAt(edit) => Seen::PlanAt(edit),
        Seen::Anything | Seen::Version(_) => Seen::Anything,
    }
}

/// Gives a plan without days those that are typed in; refuses days that it does not have.
fn stretch(plan: &mut Plan, edits: &[CellEdit]) -> Result<(), ServiceError> {
    let days =
        edits.iter().map(|edit| Horizon { first: edit.place.1, last: edit.place.1 }).reduce(Horizon::with);
    let Some(days) = days else { return Ok(()) };
    match plan.horizon {
        Some(horizon) if plan.follows_files => {
            let longer = horizon.with(days);
            if longer.count() > MAX_DAYS {
                return Err(ServiceError::invalid(
                    "date",
                    format!("is too far away: a plan has at most {MAX_DAYS} days"),
                ));
            }
            plan.horizon = Some(longer);
            Ok(())
        }
        Some(horizon) if !(horizon.has(days.first) && horizon.has(days.last)) => Err(ServiceError::invalid(
            "date",
            format!("is none of this plan, which goes from {} to {}", horizon.first, horizon.last),
        )),
        Some(_) => Ok(()),
        None => {
            let days = Horizon::new(days.first, days.last)
                .map_err(|why| ServiceError::invalid("date", why.to_string()))?;
            plan.horizon = Some(days);
            Ok(())
        }
    }
}

/// Writes an edit into the log and the plan's number on.
pub(super) fn log(
    w: &WriteTxn,
    now: Timestamp,
    grant: &Grant<EditPlans>,
    plan: &mut Plan,
    kind: EditKind,
    (changes, openings): (Vec<Change>, Vec<OpeningChange>),
) -> Result<Edited, ServiceError> {
    let edit = number(w, now, grant, plan, kind, (changes, openings))?;
    let (action, of) = match kind {
        EditKind::Set => ("plan.edit", None),
        EditKind::Undo { of } => ("plan.undo", Some(of)),
        EditKind::Redo { of } => ("plan.redo", Some(of)),
    };
    let details = json!({
        "name": plan.name, "edit": edit.number, "of": of, "cells": edit.changes.len(), "openings": edit.openings.len(),
    });
    audit::append(w, now, grant.by(), action, &target(plan.id), &details)?;
    Ok(Edited::Done { edit: edit.number, changed: edit.changes, left: Vec::new() })
}

/// Gives an edit its number, and writes it and the plan.
fn number(
    w: &WriteTxn,
    now: Timestamp,
    grant: &Grant<EditPlans>,
    plan: &mut Plan,
    kind: EditKind,
    (changes, openings): (Vec<Change>, Vec<OpeningChange>),
) -> Result<Edit, ServiceError> {
    plan.last_edit += 1;
    plan.note_change(now, grant.by().user());
    let edit = Edit {
        number: plan.last_edit,
        kind,
        by: grant.by().user(),
        at: now,
        changes,
        openings,
        is_reverted: false,
    };
    plan_edits::put_edit(w, plan.id, &edit)?;
    store_plans::put_plan(w, plan)?;
    Ok(edit)
}

/// One thing that happened to a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellTurn {
    /// Number of the edit.
    pub edit: u64,
    /// What the edit was.
    pub kind: EditKind,
    /// Who did it; `None` for the command line.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
    /// What it showed before.
    pub from: Option<Decimal>,
    /// What it showed after.
    pub to: Option<Decimal>,
}

/// What was imported into a cell, and what happened to it, the last first.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn history_of(
    services: &Services,
    reader: &PlanReader,
    id: PlanId,
    line: LineId,
    place: Place,
) -> Result<(Option<Decimal>, Vec<CellTurn>), ServiceError> {
    let plan = super::get(services, reader, id)?;
    services.store.read(|r| {
        let lines = lines_seen(r, reader, &plan, &items(r)?)?;
        if !lines.iter().any(|seen| seen.id == line) {
            return Err(ServiceError::NotFound(format!("line `{line}` of this plan")));
        }
        let imported = plan_lines::find_cells(r, id, line)?.base.get(&place).copied();
        let shown = |typed: Option<Typed>| typed.map_or(imported, |typed| typed.value);
        let mut turns = Vec::new();
        plan_edits::visit_edits(r, id, &mut |edit| {
            let is_it = |change: &&Change| change.line == line && (change.measure, change.date) == place;
            if let Some(change) = edit.changes.iter().find(is_it) {
                turns.push(CellTurn {
                    edit: edit.number,
                    kind: edit.kind,
                    by: edit.by,
                    at: edit.at,
                    from: shown(change.from),
                    to: shown(change.to),
                });
            }
            ControlFlow::Continue(())
        })?;
        Ok((imported, turns))
    })
}

/// Says what a line begins with; `None` for what is reported or in stock.
///
/// # Errors
/// As [`set_cells`]; [`ServiceError::Conflict`] where `version` is not the line's any more.
pub fn set_opening(
    services: &Services,
    (grant, scope): (&Grant<EditPlans>, &Scope),
    id: PlanId,
    (line, version): (LineId, Option<u64>),
    amount: Option<Decimal>,
) -> Result<Line, ServiceError> {
    let reader = PlanReader::planner(grant, scope);
    let now = services.now();
    services.store.write(|w| {
        let mut plan = find_open(w, id)?;
        let mut line = line_to_change(w, &reader, &plan, line)?;
        let given = amount.map(|amount| given_at_first(&plan, amount));
        if line.given == given {
            return Ok(line);
        }
        if version.is_some_and(|version| version != line.version) {
            return Err(ServiceError::Conflict(
                "what the line begins with was changed by somebody else since; look at it again".to_owned(),
            ));
        }
        let before = std::mem::replace(&mut line.given, given);
        line.version += 1;
        plan_lines::put_line(w, id, &line)?;
        let change = OpeningChange { line: line.id, from: before, to: given };
        number(w, now, grant, &mut plan, EditKind::Set, (Vec::new(), vec![change]))?;
        let text = |given: Option<Given>| given.map(|given| given.amount.to_string());
        let details =
            json!({ "name": plan.name, "item": line.key.item, "before": text(before), "after": text(given) });
        audit::append(w, now, grant.by(), "plan.opening", &target(id), &details)?;
        Ok(line)
    })
}
