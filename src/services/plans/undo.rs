//! Undo and redo: what one typed oneself is taken back and done again, by the log of edits.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::edit::{CellConflict, Edited, Sheet, log};
use super::lines::given_at_first;
use super::{PlanReader, find_open, line_to_change};
use crate::domain::ids::PlanId;
use crate::domain::plan::edit::{Change, Edit, EditKind, OpeningChange};
use crate::domain::plan::line::LineKey;
use crate::domain::plan::{Given, LineId, Plan};
use crate::domain::scope::Scope;
use crate::services::Services;
use crate::services::authorize::{EditPlans, Grant};
use crate::services::error::ServiceError;
use crate::store::{WriteTxn, plan_edits, plan_lines};

/// Takes back the last thing that this user typed. Cells that somebody else changed since stay as those made them, and are told.
///
/// # Errors
/// [`ServiceError::Conflict`] where there is none, or somebody else changed all of its cells since.
pub fn undo(
    services: &Services,
    who: (&Grant<EditPlans>, &Scope),
    id: PlanId,
) -> Result<Edited, ServiceError> {
    turn_back(services, who, id, true)
}

/// Does again what this user undid last, unless they typed something else since.
///
/// # Errors
/// As [`undo`].
pub fn redo(
    services: &Services,
    who: (&Grant<EditPlans>, &Scope),
    id: PlanId,
) -> Result<Edited, ServiceError> {
    turn_back(services, who, id, false)
}

fn turn_back(
    services: &Services,
    (grant, scope): (&Grant<EditPlans>, &Scope),
    id: PlanId,
    is_undo: bool,
) -> Result<Edited, ServiceError> {
    let reader = PlanReader::planner(grant, scope);
    let now = services.now();
    services.store.write(|w| {
        let mut plan = find_open(w, id)?;
        // What was typed in a line that was removed since is not there to be undone; what went with it is.
        let there: BTreeMap<LineId, LineKey> =
            plan_lines::list_lines(w, id)?.into_iter().map(|line| (line.id, line.key)).collect();
        let mut found: Option<Edit> = None;
        plan_edits::visit_edits(w, id, &mut |edit| {
            if edit.by != grant.by().user() {
                return ControlFlow::Continue(());
            }
            let is_it = match edit.kind {
                // What was typed last ends what can be done again, even if it was undone since.
                EditKind::Set if !is_undo => return ControlFlow::Break(()),
                EditKind::Set | EditKind::Redo { .. } => is_undo && !edit.is_reverted,
                EditKind::Undo { .. } => !is_undo && !edit.is_reverted,
            };
            let mut lines = edit.changes.iter().map(|change| change.line);
            let mut begun = edit.openings.iter().map(|change| change.line);
            let is_there = |line: LineId| there.contains_key(&line);
            if is_it && (lines.any(is_there) || begun.any(is_there)) {
                found = Some(edit);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        let Some(mut edit) = found else {
            let what =
                if is_undo { "there is nothing of yours to undo" } else { "there is nothing to do again" };
            return Err(ServiceError::Conflict(what.to_owned()));
        };
        let left = || edit.changes.iter().filter(|change| there.contains_key(&change.line));
        let mut sheet = Sheet::of(w, &reader, &plan, left().map(|change| change.line))?;
        let mut changed = Vec::new();
        let mut others = Vec::new();
        for change in left().rev() {
            let place = (change.measure, change.date);
            let cells = sheet.cells(change.line);
            let stands = cells.typed.get(&place).copied();
            if stands != change.to {
                let version = cells.version(place);
                let imported = cells.base.get(&place).copied();
                others.push(CellConflict {
                    line: change.line,
                    place,
                    yours: change.from.map_or(imported, |typed| typed.value),
                    theirs: cells.value(place),
                    version,
                    by: plan_edits::find_edit(w, id, version)?.map(|edit| (edit.by, edit.at)),
                });
                continue;
            }
            cells.set(place, change.from);
            changed.push(Change { from: stands, to: change.from, ..change.clone() });
        }
        let mut openings = Vec::new();
        for change in edit.openings.iter().filter(|change| there.contains_key(&change.line)) {
            openings.push(turn_opening_back(w, &reader, &plan, change)?);
        }
        if changed.is_empty() && openings.is_empty() {
            return Err(all_changed(&others, &there));
        }
        sheet.write(w, id)?;
        edit.is_reverted = true;
        plan_edits::put_edit(w, id, &edit)?;
        let kind =
            if is_undo { EditKind::Undo { of: edit.number } } else { EditKind::Redo { of: edit.number } };
        Ok(match log(w, now, grant, &mut plan, kind, (changed, openings))? {
            Edited::Done { edit, changed, .. } => Edited::Done { edit, changed, left: others },
            other @ Edited::Conflicts(_) => other,
        })
    })
}

/// Gives a line to begin with what it was given before.
fn turn_opening_back(
    w: &WriteTxn,
    reader: &PlanReader,
    plan: &Plan,
    change: &OpeningChange,
) -> Result<OpeningChange, ServiceError> {
    let mut line = line_to_change(w, reader, plan, change.line)?;
    let amount = |given: Option<Given>| given.map(|given| given.amount);
    // A day may have been added since: the first one, of a plan that had none.
    if amount(line.given) != amount(change.to) {
        return Err(ServiceError::Conflict(format!(
            "what “{}” begins with was changed by somebody else since; look at what stands there, and type what you mean",
            line.key.item
        )));
    }
    let to = change.from.map(|given| match given.on {
        Some(_) => given,
        None => given_at_first(plan, given.amount),
    });
    let from = std::mem::replace(&mut line.given, to);
    line.version += 1;
    plan_lines::put_line(w, plan.id, &line)?;
    Ok(OpeningChange { line: line.id, from, to })
}

/// Cells that a message names.
const NAMED: usize = 5;

fn all_changed(cells: &[CellConflict], lines: &BTreeMap<LineId, LineKey>) -> ServiceError {
    let name = |cell: &CellConflict| {
        let item = lines.get(&cell.line).map_or("", |key| key.item.as_str());
        format!("{} of “{item}” on {}", cell.place.0.as_str(), cell.place.1)
    };
    let names: Vec<String> = cells.iter().take(NAMED).map(name).collect();
    let more = if cells.len() > NAMED { ", and others," } else { "" };
    let was = if cells.len() == 1 { "was" } else { "were" };
    ServiceError::Conflict(format!(
        "{}{more} {was} changed by somebody else since; look at what stands there, and type what you mean",
        names.join(", ")
    ))
}
