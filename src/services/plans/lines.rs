//! Lines that are added to a plan and taken out of it without a file.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde_json::json;

use super::manage::target;
use super::{PlanReader, find_open, is_nobodys, items, line_to_change, lines_seen, no_line};
use crate::domain::ids::PlanId;
use crate::domain::plan::line::LineKey;
use crate::domain::plan::master::{CodeKind, Item};
use crate::domain::plan::{Cells, Given, Horizon, Line, LineId, MAX_LINES, Plan};
use crate::domain::scope::Scope;
use crate::services::Services;
use crate::services::audit;
use crate::services::authorize::{EditPlans, Grant};
use crate::services::error::ServiceError;
use crate::store::{StoreError, WriteTxn, master_data, plan_lines, plans as store_plans};

/// Most entries of each kind that are offered for a new line; any other is typed.
const MAX_OFFERED: usize = 200;

/// A line to be added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewLine {
    /// SKU of its item.
    pub item: String,
    /// Code of its location; blank for all of them.
    pub location: String,
    /// Code of its channel; blank for all of them.
    pub channel: String,
    /// The stock at the start of the plan's first day, where it is known.
    pub starting_inventory: Option<Decimal>,
}

/// What is offered for a new line, each a key with its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offered {
    /// Items, those first that the plan has no line of.
    pub items: Vec<(String, String)>,
    /// Locations.
    pub locations: Vec<(String, String)>,
    /// Channels.
    pub channels: Vec<(String, String)>,
}

fn words(key: &LineKey) -> String {
    let parts = [&key.item, &key.location, &key.channel];
    let parts: Vec<&str> = parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    parts.join(" · ")
}

/// What a new line of a plan can be about: what is offered for new lines, up to 200 of each kind.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn offered(services: &Services, reader: &PlanReader, id: PlanId) -> Result<Offered, ServiceError> {
    super::get(services, reader, id)?;
    services.store.read(|r| {
        let planned: BTreeSet<String> =
            plan_lines::list_lines(r, id)?.into_iter().map(|line| line.key.item).collect();
        let mut items = master_data::list_items(r)?;
        items.retain(|item| item.is_active && reader.changes_owner(item.owner.as_deref()));
        items.sort_by(|a, b| (planned.contains(&a.sku), &a.sku).cmp(&(planned.contains(&b.sku), &b.sku)));
        let codes = |kind| -> Result<Vec<(String, String)>, StoreError> {
            let codes = master_data::list_codes(r, kind)?.into_iter().filter(|code| code.is_active);
            Ok(codes.take(MAX_OFFERED).map(|code| (code.code, code.name)).collect())
        };
        Ok(Offered {
            items: items.into_iter().take(MAX_OFFERED).map(|item| (item.sku, item.name)).collect(),
            locations: codes(CodeKind::Location)?,
            channels: codes(CodeKind::Channel)?,
        })
    })
}

/// Sees that what a line is about is known.
fn know(w: &WriteTxn, reader: &PlanReader, plan: &Plan, key: &LineKey) -> Result<(), ServiceError> {
    if key.item.is_empty() {
        return Err(ServiceError::invalid("item", "is missing; give the SKU of an item"));
    }
    // One that belongs to somebody else is as unknown as one that is not there.
    let sees = |item: &Item| reader.sees_owner(plan, item.owner.as_deref());
    let Some(item) = master_data::find_item(w, &key.item)?.filter(sees) else {
        let message = format!("“{}” is not known; look for its SKU under Items, or make it there", key.item);
        return Err(ServiceError::invalid("item", message));
    };
    if !reader.changes_owner(item.owner.as_deref()) {
        return Err(is_nobodys(key));
    }
    let not_offered = |code: &str| {
        format!("“{code}” is not offered for new lines; offer it again under Items, or choose another")
    };
    if !item.is_active {
        return Err(ServiceError::invalid("item", not_offered(&key.item)));
    }
    for (field, kind, code) in
        [("location", CodeKind::Location, &key.location), ("channel", CodeKind::Channel, &key.channel)]
    {
        if code.is_empty() {
            continue;
        }
        let Some(found) = master_data::find_code(w, kind, code)? else {
            let message = format!(
                "“{code}” is not known; look for its code in the list of {}, or make it there",
                kind.plural()
            );
            return Err(ServiceError::invalid(field, message));
        };
        if !found.is_active {
            return Err(ServiceError::invalid(field, not_offered(code)));
        }
    }
    Ok(())
}

/// Adds a line without values. The days of the plan stay as they are.
///
/// # Errors
/// [`ServiceError::Invalid`] names the field of what is not known, or says that there are [`MAX_LINES`] lines;
/// [`ServiceError::Conflict`] where there is such a line, and for a plan that takes no edits.
pub fn add(
    services: &Services,
    (grant, scope): (&Grant<EditPlans>, &Scope),
    id: PlanId,
    new: &NewLine,
) -> Result<Line, ServiceError> {
    let reader = PlanReader::planner(grant, scope);
    let now = services.now();
    let key = LineKey {
        item: new.item.trim().to_owned(),
        location: new.location.trim().to_owned(),
        channel: new.channel.trim().to_owned(),
    };
    services.store.write(|w| {
        let mut plan = find_open(w, id)?;
        know(w, &reader, &plan, &key)?;
        let lines = plan_lines::list_lines(w, id)?;
        if lines.iter().any(|line| line.key == key) {
            let message =
                format!("this plan has a line “{}” already; change its values in the sheet", words(&key));
            return Err(ServiceError::Conflict(message));
        }
        if lines.len() >= MAX_LINES {
            let message = format!(
                "is one too many: a plan has at most {MAX_LINES} lines; remove one that is not needed"
            );
            return Err(ServiceError::invalid("item", message));
        }
        let line = Line {
            id: LineId(plan.next_line),
            key: key.clone(),
            given: new.starting_inventory.map(|amount| given_at_first(&plan, amount)),
            stock: None,
            version: 1,
        };
        plan_lines::put_line(w, id, &line)?;
        plan.next_line += 1;
        plan.note_change(now, grant.by().user());
        store_plans::put_plan(w, &plan)?;
        let details = json!({
            "name": plan.name, "item": key.item, "location": key.location, "channel": key.channel,
            "starting_inventory": line.given.map(|given| given.amount.to_string()),
        });
        audit::append(w, now, grant.by(), "plan.line.add", &target(id), &details)?;
        Ok(line)
    })
}

/// What is given for the first day of a plan; where it has none yet, for the first that it gets.
pub(super) fn given_at_first(plan: &Plan, amount: Decimal) -> Given {
    Given { amount, on: plan.horizon.map(|horizon| horizon.first) }
}

/// Once a plan that had no days has some, what was given without a day holds on the first of them, for good.
pub(super) fn hold_on_first_day(
    w: &WriteTxn,
    plan: &Plan,
    before: Option<Horizon>,
) -> Result<(), StoreError> {
    let (None, Some(horizon)) = (before, plan.horizon) else { return Ok(()) };
    for mut line in plan_lines::list_lines(w, plan.id)? {
        let Some(given) = line.given.as_mut().filter(|given| given.on.is_none()) else { continue };
        given.on = Some(horizon.first);
        plan_lines::put_line(w, plan.id, &line)?;
    }
    Ok(())
}

/// How many cells of a line have a value that was imported or typed.
fn values_of(cells: &Cells) -> usize {
    let typed = cells.typed.keys().filter(|place| !cells.base.contains_key(place));
    cells.base.len() + typed.count()
}

/// A line, and how many values were imported or typed into it.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn line_with_values(
    services: &Services,
    reader: &PlanReader,
    id: PlanId,
    line: LineId,
) -> Result<(Line, usize), ServiceError> {
    let plan = super::get(services, reader, id)?;
    services.store.read(|r| {
        let mut lines = lines_seen(r, reader, &plan, &items(r)?)?.into_iter();
        let found = lines.find(|seen| seen.id == line).ok_or_else(|| no_line(line))?;
        Ok((found, values_of(&plan_lines::find_cells(r, id, line)?)))
    })
}

/// Takes a line out with its values, of which it may have `most`; `None` for any number. What was typed in it stays in the
/// log of edits, and is not undone any more.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Conflict`] where it has more values, and for a plan that takes no edits.
pub fn remove(
    services: &Services,
    (grant, scope): (&Grant<EditPlans>, &Scope),
    id: PlanId,
    line: LineId,
    most: Option<usize>,
) -> Result<Line, ServiceError> {
    let reader = PlanReader::planner(grant, scope);
    let now = services.now();
    services.store.write(|w| {
        let mut plan = find_open(w, id)?;
        let found = line_to_change(w, &reader, &plan, line)?;
        let values = values_of(&plan_lines::find_cells(w, id, line)?);
        if most.is_some_and(|most| values > most) {
            let message = format!(
                "the line “{}” has {values} values that were imported or typed, and they would be gone with it; agree to that on the \
                 page that asks, or send `with_values=true` with the API",
                words(&found.key)
            );
            return Err(ServiceError::Conflict(message));
        }
        plan_lines::delete_line(w, id, line)?;
        plan.note_change(now, grant.by().user());
        store_plans::put_plan(w, &plan)?;
        let LineKey { item, location, channel } = &found.key;
        let details = json!({
            "name": plan.name, "item": item, "location": location, "channel": channel, "values": values,
            "starting_inventory": found.given.map(|given| given.amount.to_string()),
        });
        audit::append(w, now, grant.by(), "plan.line.remove", &target(id), &details)?;
        Ok(found)
    })
}
