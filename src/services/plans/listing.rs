//! The list of plans, with what is worth knowing of each.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::{KEPT, PlanReader, deleted, items, lines_seen, list};
use crate::domain::ids::{PlanId, UserId};
use crate::domain::plan::Plan;
use crate::domain::scope::OwnerScope;
use crate::services::Services;
use crate::services::authorize::{EditPlans, Grant};
use crate::services::error::ServiceError;
use crate::services::users::names::known_names_in;
use crate::store::{StoreError, plan_lines, plans as store_plans};

/// A plan in the list.
#[derive(Debug, Clone)]
pub struct ListedPlan {
    /// The plan.
    pub plan: Plan,
    /// Lines that the reader sees.
    pub lines: usize,
    /// What the plan is called that it was copied from, where that is there still and the reader may know of it.
    pub copied_from: Option<String>,
    /// Who changed it last, for readers who edit plans; `None` also for who is there no more.
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
        let changers: BTreeSet<UserId> = plans.iter().filter_map(|plan| plan.updated_by).collect();
        let changers = known_names_in(r, changers)?;
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
                let changed_by = match plan.updated_by {
                    _ if !reader.edits => None,
                    Some(user) => changers.get(&user).map(|known| ChangedBy::User(known.name.clone())),
                    None => Some(ChangedBy::CommandLine),
                };
                Ok(ListedPlan { plan, lines, copied_from, changed_by })
            })
            .collect::<Result<Vec<_>, StoreError>>()
    })?;
    Ok(found)
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
