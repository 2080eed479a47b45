//! Plans of production, sales and inventory: who sees which, and what can be done with them.
//!
//! Those who edit plans see all of them; customers see those that are shared, and of them the lines of their own items.
//! Whoever sees single owners sees the lines of their items and nothing else, whatever else they may do.

mod accuracy;
mod chart;
pub mod commands;
mod compare;
mod content;
mod damage;
mod days;
mod edit;
mod export;
mod figures;
mod import;
mod layout;
mod lines;
mod listing;
mod manage;
mod numerals;
mod overview;
mod sheets;
mod stock;
mod table;
mod undo;
mod workbook;

use std::collections::HashMap;

use super::Services;
use super::authorize::{EditPlans, Grant};
use super::error::ServiceError;
use crate::domain::ids::PlanId;
use crate::domain::permission::Permission;
use crate::domain::plan::line::LineKey;
use crate::domain::plan::master::Item;
use crate::domain::plan::{Cells, Line, LineId, Plan, Sharing};
use crate::domain::scope::Scope;
use crate::domain::user::User;
use crate::store::{Read, StoreError, master_data, plan_lines, plans as store_plans};

pub use accuracy::{LineAccuracy, PlanAccuracy, UnitAccuracy, accuracy};
pub use chart::{Charted, MAX_ADDED, MAX_CHARTS, NotDrawn, charted, charts_of};
pub use compare::{Compared, ComparedLine, ComparedTotals, Comparison, compare};
pub use days::outside;
pub use edit::{
    BucketEdit, CellConflict, CellEdit, CellTurn, Edited, Seen, Wanted, history_of, set_buckets, set_cells,
    set_opening,
};
pub use export::{Shape, export};
pub use figures::KnownFigures;
pub use import::{Imported, NewImport, import, import_stored, numbers_of};
pub use lines::{NewLine, Offered, add as add_line, line_with_values, offered, remove as remove_line};
pub use listing::{ChangedBy, DeletedPlan, ListedPlan, listed, listed_deleted};
pub use manage::{
    KEPT, NewPlan, PlanChange, archive, change, copy, create, delete, lead, lock, purge, restore, version,
};
pub use overview::{LineDays, LineView, Overview, PlanTotals, days_of, overview, overview_with_days};
pub use sheets::{SheetWanted, overview_workbook, sheet_workbook};
pub(in crate::services) use stock::forget_stock;
pub use stock::{take_stock, without_place};
pub use table::{Choices, FileFault, MAX_FILE_BYTES};
pub use undo::{redo, undo};

/// Stands for the plan that leads, wherever a plan is named.
const LEADER: &str = "leader";

/// Who looks at plans, and what they may see of them.
#[derive(Debug, Clone)]
pub struct PlanReader {
    /// They see plans that are shared with nobody.
    pub edits: bool,
    /// Whose items.
    pub scope: Scope,
}

impl PlanReader {
    /// A user with what they see.
    pub fn of(user: &User, scope: Scope) -> Self {
        Self { edits: user.has(Permission::EditPlans), scope }
    }

    /// Somebody who edits plans.
    pub fn planner(_grant: &Grant<EditPlans>, scope: &Scope) -> Self {
        Self { edits: true, scope: scope.clone() }
    }

    /// True for a plan that they may know of.
    pub fn sees(&self, plan: &Plan) -> bool {
        plan.deleted_at.is_none() && (self.edits || plan.is_shared())
    }

    /// True for a line of `plan` about an item of this owner.
    pub fn sees_owner(&self, plan: &Plan, owner: Option<&str>) -> bool {
        // Of nobody: shown to those with whom even that is shared.
        self.changes_owner(owner) || (owner.is_none() && plan.shared_with == Sharing::Everyone)
    }

    /// True for a line about an item of this owner that they may change. What is nobody's is everybody's concern, whoever
    /// it is shown to.
    pub fn changes_owner(&self, owner: Option<&str>) -> bool {
        self.scope.has_owner(owner)
    }
}

/// What concerns every line is done by those who see every line.
fn must_see_everything(scope: &Scope) -> Result<(), ServiceError> {
    if scope.sees_every_owner() {
        return Ok(());
    }
    Err(ServiceError::OutOfScope(
        "this concerns items of every owner, and your account sees those of some; ask somebody who sees all"
            .to_owned(),
    ))
}

/// What concerns a plan as a whole is done by those who see every owner; of a plan of one's own that has only lines of
/// one's own, by whoever made it.
fn must_own(
    r: &impl Read,
    (grant, scope): (&Grant<EditPlans>, &Scope),
    plan: &Plan,
) -> Result<(), ServiceError> {
    let made_it = plan.created_by.is_some() && plan.created_by == grant.by().user() && !plan.is_leader;
    if made_it {
        let reader = PlanReader::planner(grant, scope);
        let items = items(r)?;
        if plan_lines::list_lines(r, plan.id)?.iter().all(|line| changes_line(&reader, &items, line)) {
            return Ok(());
        }
    }
    must_see_everything(scope)
}

/// Whether somebody may do with a plan as a whole what does not concern all plans.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn may_manage(
    services: &Services,
    who: (&Grant<EditPlans>, &Scope),
    id: PlanId,
) -> Result<bool, ServiceError> {
    services.store.read(|r| match must_own(r, who, &find(r, id)?) {
        Ok(()) => Ok(true),
        Err(ServiceError::OutOfScope(_)) => Ok(false),
        Err(error) => Err(error),
    })
}

fn no_plan(id: &str) -> ServiceError {
    ServiceError::NotFound(format!("plan `{id}`"))
}

fn find(r: &impl Read, id: PlanId) -> Result<Plan, ServiceError> {
    store_plans::find_plan(r, id)?.ok_or_else(|| no_plan(&id.to_string()))
}

/// A plan that takes edits.
fn find_open(r: &impl Read, id: PlanId) -> Result<Plan, ServiceError> {
    let plan = find(r, id)?;
    if plan.deleted_at.is_some() {
        return Err(no_plan(&id.to_string()));
    }
    if plan.archived_at.is_some() {
        return Err(ServiceError::Conflict(format!(
            "“{}” is archived; take it out of the archive to change it",
            plan.name
        )));
    }
    if plan.is_locked {
        return Err(ServiceError::Conflict(format!(
            "“{}” is locked; unlock it to change it, or copy it as a scenario",
            plan.name
        )));
    }
    Ok(plan)
}

/// All plans that a reader may know of: the leader first, then by name.
///
/// # Errors
/// The store.
pub fn list(services: &Services, reader: &PlanReader) -> Result<Vec<Plan>, ServiceError> {
    let mut plans = services.store.read(store_plans::list_plans)?;
    plans.retain(|plan| reader.sees(plan));
    plans.sort_by_cached_key(|plan| (!plan.is_leader, plan.archived_at.is_some(), plan.name.to_lowercase()));
    Ok(plans)
}

/// True for a user who edits plans, or with whom one is shared.
///
/// # Errors
/// The store.
pub fn are_shown_to(services: &Services, user: &User) -> Result<bool, ServiceError> {
    let edits = user.has(Permission::EditPlans);
    Ok(edits || services.store.read(store_plans::list_plans)?.iter().any(Plan::is_shared))
}

/// The plans that were deleted and can be brought back, the last one first.
///
/// # Errors
/// The store.
pub fn deleted(services: &Services, _grant: &Grant<EditPlans>) -> Result<Vec<Plan>, ServiceError> {
    let mut plans = services.store.read(store_plans::list_plans)?;
    plans.retain(|plan| plan.deleted_at.is_some());
    plans.sort_by_key(|plan| std::cmp::Reverse(plan.deleted_at));
    Ok(plans)
}

/// A plan.
///
/// # Errors
/// [`ServiceError::NotFound`] for one that the reader may not know of too.
pub fn get(services: &Services, reader: &PlanReader, id: PlanId) -> Result<Plan, ServiceError> {
    services.store.read(|r| get_in(r, reader, id))
}

fn get_in(r: &impl Read, reader: &PlanReader, id: PlanId) -> Result<Plan, ServiceError> {
    let plan = find(r, id)?;
    if reader.sees(&plan) { Ok(plan) } else { Err(no_plan(&id.to_string())) }
}

/// The plan of an id or a name; `leader` is the one that leads.
///
/// # Errors
/// As [`get`].
pub fn get_named(services: &Services, reader: &PlanReader, name: &str) -> Result<Plan, ServiceError> {
    if let Ok(id) = name.parse() {
        return get(services, reader, id);
    }
    let wanted = name.trim().to_lowercase();
    let plans = list(services, reader)?;
    let leader = plans.iter().find(|plan| wanted == LEADER && plan.is_leader);
    let found = leader.or_else(|| plans.iter().find(|plan| plan.name.to_lowercase() == wanted));
    found.cloned().ok_or_else(|| no_plan(name))
}

/// The cells of the lines that a reader sees, or of one of them.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn cells(
    services: &Services,
    reader: &PlanReader,
    id: PlanId,
    only: Option<LineId>,
) -> Result<Vec<(LineId, Cells)>, ServiceError> {
    let plan = get(services, reader, id)?;
    services.store.read(|r| {
        let mut lines = lines_seen(r, reader, &plan, &items(r)?)?;
        if let Some(only) = only {
            lines.retain(|line| line.id == only);
            if lines.is_empty() {
                return Err(ServiceError::NotFound(format!("line `{only}` of this plan")));
            }
        }
        lines.iter().map(|line| Ok((line.id, plan_lines::find_cells(r, id, line.id)?))).collect()
    })
}

/// Items by SKU.
type Items = HashMap<String, Item>;

fn items(r: &impl Read) -> Result<Items, StoreError> {
    Ok(master_data::list_items(r)?.into_iter().map(|item| (item.sku.clone(), item)).collect())
}

/// The lines of a plan that a reader sees.
fn lines_seen(
    r: &impl Read,
    reader: &PlanReader,
    plan: &Plan,
    items: &Items,
) -> Result<Vec<Line>, StoreError> {
    let mut lines = plan_lines::list_lines(r, plan.id)?;
    lines.retain(|line| sees_line(reader, plan, items, line));
    Ok(lines)
}

/// The line of a plan that a reader is about to change.
fn line_to_change(r: &impl Read, reader: &PlanReader, plan: &Plan, id: LineId) -> Result<Line, ServiceError> {
    let items = items(r)?;
    let mut lines = lines_seen(r, reader, plan, &items)?.into_iter();
    let line = lines.find(|line| line.id == id).ok_or_else(|| no_line(id))?;
    if !changes_line(reader, &items, &line) {
        return Err(is_nobodys(&line.key));
    }
    Ok(line)
}

fn changes_line(reader: &PlanReader, items: &Items, line: &Line) -> bool {
    reader.changes_owner(owner_of(items, line))
}

fn no_line(id: LineId) -> ServiceError {
    ServiceError::NotFound(format!("line `{id}` of this plan"))
}

fn is_nobodys(key: &LineKey) -> ServiceError {
    ServiceError::OutOfScope(nobodys(key))
}

/// Why somebody who sees single owners does not plan this.
fn nobodys(key: &LineKey) -> String {
    format!(
        "“{}” belongs to no owner, so it is for those who see every owner to plan; ask one of them, or have it given an owner \
         under Items",
        key.item
    )
}

fn sees_line(reader: &PlanReader, plan: &Plan, items: &Items, line: &Line) -> bool {
    reader.sees_owner(plan, owner_of(items, line))
}

/// Whose item a line is about.
fn owner_of<'i>(items: &'i Items, line: &Line) -> Option<&'i str> {
    items.get(&line.key.item).and_then(|item| item.owner.as_deref())
}
