//! Making plans, and what is done with a plan as a whole.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::lines::hold_on_first_day;
use super::stock::forget_of_all;
use super::{LEADER, days, find, find_open, must_own, must_see_everything, no_plan};
use crate::domain::ids::PlanId;
use crate::domain::plan::master::is_unseen;
use crate::domain::plan::{Bucket, Horizon, MAX_DESCRIPTION_CHARS, MAX_NAME_CHARS, Plan, Sharing};
use crate::domain::scope::Scope;
use crate::services::Services;
use crate::services::audit;
use crate::services::authorize::{EditPlans, Grant};
use crate::services::error::ServiceError;
use crate::store::{Read, WriteTxn, plan_lines, plans as store_plans};

/// How long a deleted plan can be brought back.
pub const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Most plans of a site.
const MAX_PLANS: usize = 500;

/// A plan to be made.
#[derive(Debug, Clone, Default)]
pub struct NewPlan {
    /// What it is called.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// Its days; without, they are those of the files that are imported.
    pub horizon: Option<Horizon>,
    /// What its sheet shows first.
    pub bucket: Bucket,
    /// Who else sees it.
    pub shared_with: Sharing,
    /// Lines of which nothing is known begin with the stock in the inventory.
    pub opens_with_stock: bool,
}

/// What is changed of a plan; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct PlanChange {
    /// See [`NewPlan`].
    pub name: Option<String>,
    /// See [`NewPlan`].
    pub description: Option<String>,
    /// Its days; `Some(None)` for those of the files.
    pub horizon: Option<Option<Horizon>>,
    /// See [`NewPlan`].
    pub bucket: Option<Bucket>,
    /// See [`NewPlan`].
    pub shared_with: Option<Sharing>,
    /// See [`NewPlan`].
    pub opens_with_stock: Option<bool>,
    /// The [`version`] of the settings that were looked at; `None` puts the change over whatever is there.
    pub seen: Option<String>,
}

/// Which settings a plan has: another word after any change of them, and the same after what is typed or imported.
pub fn version(plan: &Plan) -> String {
    let days = plan.horizon.filter(|_| !plan.follows_files);
    let settings =
        (&plan.name, &plan.description, days, plan.bucket, plan.shared_with, plan.opens_with_stock);
    let json = serde_json::to_vec(&settings).unwrap_or_default();
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(&json))
}

pub(super) fn target(id: PlanId) -> String {
    format!("plan:{id}")
}

fn check_name(r: &impl Read, name: &str, besides: Option<PlanId>) -> Result<String, ServiceError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.contains(is_unseen) {
        let message = format!("needs 1 to {MAX_NAME_CHARS} characters that can be seen");
        return Err(ServiceError::invalid("name", message));
    }
    if name.to_lowercase() == LEADER || name.parse::<PlanId>().is_ok() {
        return Err(ServiceError::invalid(
            "name",
            format!("“{name}” stands for another plan; choose another name"),
        ));
    }
    let plans = store_plans::list_plans(r)?;
    let others = || plans.iter().filter(|plan| Some(plan.id) != besides && plan.deleted_at.is_none());
    if others().any(|plan| plan.name.to_lowercase() == name.to_lowercase()) {
        return Err(ServiceError::invalid(
            "name",
            format!("there is a plan “{name}” already; choose another name"),
        ));
    }
    if besides.is_none() && others().count() >= MAX_PLANS {
        return Err(ServiceError::invalid(
            "name",
            format!("there are {MAX_PLANS} plans; delete one that is not needed"),
        ));
    }
    Ok(name.to_owned())
}

fn check_description(text: &str) -> Result<String, ServiceError> {
    let text = text.trim();
    if text.chars().count() > MAX_DESCRIPTION_CHARS {
        return Err(ServiceError::invalid(
            "description",
            format!("has more than {MAX_DESCRIPTION_CHARS} characters"),
        ));
    }
    Ok(text.to_owned())
}

/// True where some plan leads.
fn has_leader(r: &impl Read) -> Result<bool, ServiceError> {
    Ok(store_plans::list_plans(r)?.iter().any(|plan| plan.is_leader))
}

/// Makes a plan. The first one leads.
///
/// # Errors
/// [`ServiceError::Invalid`] names the field.
pub fn create(services: &Services, grant: &Grant<EditPlans>, new: &NewPlan) -> Result<Plan, ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let plan = Plan {
            id: PlanId::new(now),
            name: check_name(w, &new.name, None)?,
            description: check_description(&new.description)?,
            horizon: new.horizon,
            follows_files: new.horizon.is_none(),
            bucket: new.bucket,
            is_leader: !has_leader(w)?,
            is_locked: false,
            shared_with: new.shared_with,
            opens_with_stock: new.opens_with_stock,
            stock: None,
            copied_from: None,
            created_by: grant.by().user(),
            created_at: now,
            updated_at: now,
            updated_by: grant.by().user(),
            archived_at: None,
            deleted_at: None,
            last_edit: 0,
            next_line: 1,
        };
        put(w, now, grant, &plan, "plan.create", &json!({ "name": plan.name, "leader": plan.is_leader }))?;
        Ok(plan)
    })
}

fn put(
    w: &WriteTxn,
    now: Timestamp,
    grant: &Grant<EditPlans>,
    plan: &Plan,
    action: &str,
    details: &Value,
) -> Result<(), ServiceError> {
    store_plans::put_plan(w, plan)?;
    audit::append(w, now, grant.by(), action, &target(plan.id), details)?;
    Ok(())
}

/// Changes what a plan is called, what it is about, its days and who sees it.
///
/// # Errors
/// [`ServiceError::Invalid`] names the field; [`ServiceError::Conflict`] where it takes no changes.
pub fn change(
    services: &Services,
    (grant, scope): (&Grant<EditPlans>, &Scope),
    id: PlanId,
    change: &PlanChange,
) -> Result<Plan, ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let before = find_open(w, id)?;
        if change.seen.as_ref().is_some_and(|seen| *seen != version(&before)) {
            return Err(ServiceError::Conflict(format!(
                "the settings of “{}” were changed by somebody else since you opened them; look at what is saved now, and save again to put yours over it",
                before.name
            )));
        }
        let mut plan = before.clone();
        if let Some(name) = &change.name {
            plan.name = check_name(w, name, Some(id))?;
        }
        if let Some(text) = &change.description {
            plan.description = check_description(text)?;
        }
        match change.horizon {
            Some(Some(horizon)) => (plan.horizon, plan.follows_files) = (Some(horizon), false),
            Some(None) if !plan.follows_files => {
                (plan.horizon, plan.follows_files) = (days::of_cells(w, id)?, true);
            }
            _ => {}
        }
        plan.bucket = change.bucket.unwrap_or(plan.bucket);
        plan.shared_with = change.shared_with.unwrap_or(plan.shared_with);
        plan.opens_with_stock = change.opens_with_stock.unwrap_or(plan.opens_with_stock);
        if plan == before {
            return Ok(plan);
        }
        must_own(w, (grant, scope), &before)?;
        if plan.shared_with == Sharing::Everyone && before.shared_with != Sharing::Everyone {
            forget_of_all(w, &plan)?;
        }
        plan.note_change(now, grant.by().user());
        hold_on_first_day(w, &plan, before.horizon)?;
        let says = |plan: &Plan| {
            json!({
                "name": plan.name, "description": plan.description,
                "first": plan.horizon.map(|horizon| horizon.first.to_string()),
                "last": plan.horizon.map(|horizon| horizon.last.to_string()),
                "follows_files": plan.follows_files, "bucket": plan.bucket, "shared_with": plan.shared_with, "opens_with_stock": plan.opens_with_stock,
            })
        };
        put(w, now, grant, &plan, "plan.change", &json!({ "before": says(&before), "after": says(&plan) }))?;
        Ok(plan)
    })
}

/// Copies a plan as a scenario: what it shows is what was imported into the copy, and its log begins anew.
///
/// # Errors
/// As [`create`]; [`ServiceError::NotFound`].
pub fn copy(
    services: &Services,
    (grant, scope): (&Grant<EditPlans>, &Scope),
    id: PlanId,
    name: &str,
) -> Result<Plan, ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let from = find(w, id)?;
        if from.deleted_at.is_some() {
            return Err(no_plan(&id.to_string()));
        }
        must_own(w, (grant, scope), &from)?;
        let plan = Plan {
            id: PlanId::new(now),
            name: check_name(w, name, None)?,
            is_leader: false,
            is_locked: false,
            copied_from: Some(from.id),
            created_by: grant.by().user(),
            created_at: now,
            updated_at: now,
            updated_by: grant.by().user(),
            archived_at: None,
            last_edit: 0,
            ..from.clone()
        };
        for line in plan_lines::list_lines(w, from.id)? {
            let mut cells = plan_lines::find_cells(w, from.id, line.id)?;
            for (place, typed) in std::mem::take(&mut cells.typed) {
                match typed.value {
                    Some(value) => cells.base.insert(place, value),
                    None => cells.base.remove(&place),
                };
            }
            plan_lines::put_line(w, plan.id, &line)?;
            plan_lines::put_base(w, plan.id, line.id, &cells.base)?;
        }
        put(w, now, grant, &plan, "plan.copy", &json!({ "name": plan.name, "from": from.name }))?;
        Ok(plan)
    })
}

/// What is done with a plan as a whole, by whom it concerns: `change` says what happened, or nothing.
fn turn(
    services: &Services,
    (grant, scope): (&Grant<EditPlans>, &Scope),
    id: PlanId,
    change: impl FnOnce(&WriteTxn, &mut Plan, Timestamp) -> Result<Option<Turn>, ServiceError>,
) -> Result<Plan, ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let mut plan = find(w, id)?;
        must_own(w, (grant, scope), &plan)?;
        if let Some((action, details)) = change(w, &mut plan, now)? {
            plan.note_change(now, grant.by().user());
            put(w, now, grant, &plan, action, &details)?;
        }
        Ok(plan)
    })
}

/// An action of the audit log and what it says.
type Turn = (&'static str, Value);

/// An action that says which plan it was.
fn named(action: &'static str, plan: &Plan) -> Turn {
    (action, json!({ "name": plan.name }))
}

/// Makes a plan the leader; the one that led does no more.
///
/// # Errors
/// [`ServiceError::Conflict`] where the leader is locked, or the plan is archived.
pub fn lead(services: &Services, who: (&Grant<EditPlans>, &Scope), id: PlanId) -> Result<Plan, ServiceError> {
    // Which plan counts concerns everybody.
    must_see_everything(who.1)?;
    turn(services, who, id, |w, plan, now| {
        find_open(w, id)?;
        if plan.is_leader {
            return Ok(None);
        }
        let mut before = None;
        for mut other in store_plans::list_plans(w)?.into_iter().filter(|other| other.is_leader) {
            if other.is_locked {
                let message = format!("“{}” leads and is locked; unlock it first", other.name);
                return Err(ServiceError::Conflict(message));
            }
            other.is_leader = false;
            other.note_change(now, who.0.by().user());
            store_plans::put_plan(w, &other)?;
            before = Some(other.name);
        }
        plan.is_leader = true;
        Ok(Some(("plan.lead", json!({ "name": plan.name, "before": before }))))
    })
}

/// Locks the leader, or unlocks it.
///
/// # Errors
/// [`ServiceError::Conflict`] for a plan that does not lead.
pub fn lock(
    services: &Services,
    who: (&Grant<EditPlans>, &Scope),
    id: PlanId,
    is_locked: bool,
) -> Result<Plan, ServiceError> {
    turn(services, who, id, |_, plan, _| {
        if !plan.is_leader {
            let message = format!("“{}” does not lead; only the leader is locked", plan.name);
            return Err(ServiceError::Conflict(message));
        }
        let was_locked = std::mem::replace(&mut plan.is_locked, is_locked);
        let action = if is_locked { "plan.lock" } else { "plan.unlock" };
        Ok((was_locked != is_locked).then(|| named(action, plan)))
    })
}

/// Refuses the leader, and what was deleted.
fn can_go(plan: &Plan) -> Result<(), ServiceError> {
    if plan.deleted_at.is_some() {
        return Err(no_plan(&plan.id.to_string()));
    }
    if plan.is_leader {
        let message = format!("“{}” leads; make another plan the leader first", plan.name);
        return Err(ServiceError::Conflict(message));
    }
    Ok(())
}

/// Puts a plan into the archive, or takes it out.
///
/// # Errors
/// [`ServiceError::Conflict`] for the leader.
pub fn archive(
    services: &Services,
    who: (&Grant<EditPlans>, &Scope),
    id: PlanId,
    is_archived: bool,
) -> Result<Plan, ServiceError> {
    turn(services, who, id, |_, plan, now| {
        can_go(plan)?;
        if plan.archived_at.is_some() == is_archived {
            return Ok(None);
        }
        plan.archived_at = is_archived.then_some(now);
        Ok(Some(named(if is_archived { "plan.archive" } else { "plan.unarchive" }, plan)))
    })
}

/// Deletes a plan; for a week it can be brought back.
///
/// # Errors
/// [`ServiceError::Conflict`] for the leader.
pub fn delete(
    services: &Services,
    who: (&Grant<EditPlans>, &Scope),
    id: PlanId,
) -> Result<Plan, ServiceError> {
    turn(services, who, id, |_, plan, now| {
        can_go(plan)?;
        plan.deleted_at = Some(now);
        Ok(Some(named("plan.delete", plan)))
    })
}

/// Brings a deleted plan back; where its name was given to another one meanwhile, it gets a number.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn restore(
    services: &Services,
    who: (&Grant<EditPlans>, &Scope),
    id: PlanId,
) -> Result<Plan, ServiceError> {
    turn(services, who, id, |w, plan, _| {
        if plan.deleted_at.is_none() {
            return Ok(None);
        }
        // One that was named before such names were refused loses what cannot be seen in it.
        let seen: String = plan.name.chars().filter(|c| !is_unseen(*c)).collect();
        let seen = Some(seen.trim()).filter(|name| !name.is_empty()).unwrap_or("Plan");
        let short: String = seen.chars().take(MAX_NAME_CHARS - 4).collect();
        let numbered = (2..=MAX_PLANS + 1).map(|n| format!("{short} {n}"));
        let mut names = std::iter::once(seen.to_owned()).chain(numbered);
        let free = names.find_map(|name| check_name(w, &name, Some(id)).ok());
        plan.name = free.ok_or_else(|| {
            ServiceError::Conflict(format!("there is no free name like “{seen}”; rename another plan first"))
        })?;
        plan.deleted_at = None;
        Ok(Some(named("plan.restore", plan)))
    })
}

/// Takes plans out that were deleted a week ago.
///
/// # Errors
/// The store.
pub fn purge(services: &Services) -> Result<(), ServiceError> {
    let now = services.now();
    let is_over = |plan: &Plan| plan.deleted_at.is_some_and(|at| now.duration_since(at) > KEPT);
    let plans = services.store.read(store_plans::list_plans)?;
    for plan in plans.iter().filter(|plan| is_over(plan)) {
        services.store.write(|w| store_plans::delete_plan(w, plan.id))?;
    }
    Ok(())
}
