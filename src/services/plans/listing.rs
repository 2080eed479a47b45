//! The list of plans, with what is worth knowing of each.

use std::collections::HashMap;
use std::ops::ControlFlow;

use jiff::Timestamp;

use super::manage::target;
use super::{KEPT, PlanReader, deleted, items, lines_seen, list};
use crate::domain::audit::Actor;
use crate::domain::ids::{PlanId, UserId};
use crate::domain::plan::Plan;
use crate::domain::scope::OwnerScope;
use crate::services::Services;
use crate::services::authorize::{EditPlans, Grant};
use crate::services::error::ServiceError;
use crate::services::users::names::known_names_in;
use crate::store::transaction::Order;
use crate::store::{Read, StoreError, audit as store_audit, plan_lines, plans as store_plans};

/// Events of the audit log that are looked through for who changed what.
const EVENTS_LOOKED_AT: usize = 5_000;

/// A plan in the list.
#[derive(Debug, Clone)]
pub struct ListedPlan {
    /// The plan.
    pub plan: Plan,
    /// Lines that the reader sees.
    pub lines: usize,
    /// What the plan is called that it was copied from, where that is there still and the reader may know of it.
    pub copied_from: Option<String>,
    /// Who changed it last, as far as the audit log knows and the reader edits plans.
    pub changed_by: Option<ChangedBy>,
}

/// Who changed a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangedBy {
    /// Somebody at the machine.
    CommandLine,
    /// A user, with the name.
    User(String),
}

/// A plan that was deleted, and until when it can be brought back.
#[derive(Debug, Clone)]
pub struct DeletedPlan {
    /// The plan.
    pub plan: Plan,
    /// Until when.
    pub until: Timestamp,
}

/// All plans that a reader may know of, the leader first, then by name, those in the archive last.
///
/// # Errors
/// The store.
pub fn listed(services: &Services, reader: &PlanReader) -> Result<Vec<ListedPlan>, ServiceError> {
    let plans = list(services, reader)?;
    let found = services.store.read(|r| {
        let names: HashMap<PlanId, String> = store_plans::list_plans(r)?
            .into_iter()
            .filter(|plan| reader.sees(plan))
            .map(|plan| (plan.id, plan.name))
            .collect();
        let mut changed = if reader.edits { last_changes(r, &plans)? } else { HashMap::new() };
        // What items are whose concerns those alone who do not see all of them.
        let items = if reader.scope.owners == OwnerScope::All { HashMap::new() } else { items(r)? };
        plans
            .into_iter()
            .map(|plan| {
                let lines = match reader.scope.owners {
                    OwnerScope::All => plan_lines::count_lines(r, plan.id)?,
                    OwnerScope::Owners(_) => lines_seen(r, reader, &plan, &items)?.len(),
                };
                let copied_from = plan.copied_from.and_then(|id| names.get(&id).cloned());
                let changed_by = changed.remove(&plan.id);
                Ok(ListedPlan { plan, lines, copied_from, changed_by })
            })
            .collect::<Result<Vec<_>, StoreError>>()
    })?;
    Ok(found)
}

/// Who changed each of these plans last.
fn last_changes(r: &impl Read, plans: &[Plan]) -> Result<HashMap<PlanId, ChangedBy>, StoreError> {
    let mut wanted: HashMap<String, PlanId> = plans.iter().map(|plan| (target(plan.id), plan.id)).collect();
    let mut actors: HashMap<PlanId, Actor> = HashMap::new();
    let mut looked_at = 0;
    store_audit::visit_events(r, u64::MAX, Order::Descending, &mut |event| {
        looked_at += 1;
        if let Ok(event) = event
            && event.action.starts_with("plan.")
            && event.action != "plan.export"
            && let Some(id) = wanted.remove(&event.target)
        {
            actors.insert(id, event.actor);
        }
        let is_done = wanted.is_empty() || looked_at >= EVENTS_LOOKED_AT;
        Ok(if is_done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    let user = |actor: &Actor| match actor {
        Actor::User(id) => Some(*id),
        _ => None,
    };
    let names =
        known_names_in(r, actors.values().filter_map(user).collect::<std::collections::BTreeSet<UserId>>())?;
    let said = |actor: Actor| match actor {
        Actor::User(id) => names.get(&id).map(|known| ChangedBy::User(known.name.clone())),
        Actor::CommandLine => Some(ChangedBy::CommandLine),
        Actor::System | Actor::Visitor => None,
    };
    Ok(actors.into_iter().filter_map(|(id, actor)| Some((id, said(actor)?))).collect())
}

/// The plans that were deleted and can be brought back, the last one first.
///
/// # Errors
/// The store.
pub fn listed_deleted(
    services: &Services,
    grant: &Grant<EditPlans>,
) -> Result<Vec<DeletedPlan>, ServiceError> {
    let plans = deleted(services, grant)?.into_iter();
    let until = |plan: Plan| {
        let until = plan.deleted_at?.checked_add(KEPT).ok()?;
        Some(DeletedPlan { plan, until })
    };
    Ok(plans.filter_map(until).collect())
}
