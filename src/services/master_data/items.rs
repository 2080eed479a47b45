//! Items.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde_json::json;

use super::{ListQuery, Who, is_free, key, label, name, not_in_plans, text};
use crate::domain::plan::master::{Item, MAX_LEAD_DAYS, MAX_TEXT_CHARS};
use crate::domain::plan::quantity;
use crate::domain::scope::{OwnerScope, Scope};
use crate::services::error::ServiceError;
use crate::services::{Services, audit, plans};
use crate::store::{WriteTxn, master_data};

/// An item as somebody says it should be; what is `None` stays, or is blank in a new one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ItemDraft {
    /// Its key.
    pub sku: String,
    /// See [`Item`].
    pub name: Option<String>,
    /// See [`Item`].
    pub category: Option<String>,
    /// See [`Item`].
    pub unit: Option<String>,
    /// See [`Item`].
    pub safety_stock: Option<Decimal>,
    /// See [`Item`].
    pub minimum_order: Option<Decimal>,
    /// See [`Item`].
    pub lead_time_days: Option<u32>,
    /// Whose it is; blank for nobody's.
    pub owner: Option<String>,
    /// See [`Item`].
    pub is_active: Option<bool>,
}

/// Items that somebody of this scope sees and that are looked for, in the order that is wished.
///
/// # Errors
/// The store.
pub fn items(services: &Services, scope: &Scope, query: &ListQuery) -> Result<Vec<Item>, ServiceError> {
    let mut items = services.store.read(master_data::list_items)?;
    items.retain(|item| scope.has_owner(item.owner.as_deref()) && query.has_item(item));
    query.sort_items(&mut items);
    Ok(items)
}

/// The categories of the items that somebody of this scope sees.
///
/// # Errors
/// The store.
pub fn categories(services: &Services, scope: &Scope) -> Result<BTreeSet<String>, ServiceError> {
    let items = services.store.read(master_data::list_items)?;
    let seen = items.into_iter().filter(|item| scope.has_owner(item.owner.as_deref()));
    Ok(seen.map(|item| item.category).filter(|category| !category.is_empty()).collect())
}

/// The owners that items have which somebody of this scope sees, and those that they may give.
///
/// # Errors
/// The store.
pub fn owners(services: &Services, scope: &Scope) -> Result<BTreeSet<String>, ServiceError> {
    if let OwnerScope::Owners(owners) = &scope.owners {
        return Ok(owners.iter().cloned().collect());
    }
    let items = services.store.read(master_data::list_items)?;
    Ok(items.into_iter().filter_map(|item| item.owner).collect())
}

/// Deletes an item that no plan is about. `seen` is its version as it was seen.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Conflict`] where somebody changed it meanwhile, or names a plan that has it.
pub fn delete_item(
    services: &Services,
    who: Who<'_>,
    sku: &str,
    seen: Option<u64>,
) -> Result<(), ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let item = master_data::find_item(w, sku)?
            .filter(|item| who.1.has_owner(item.owner.as_deref()))
            .ok_or_else(|| no_item(sku))?;
        if seen.is_some_and(|seen| seen != item.version) {
            return Err(changed_meanwhile(sku));
        }
        not_in_plans(w, &format!("“{sku}”"), |key| key.item == sku)?;
        master_data::remove_item(w, sku)?;
        let details = json!({ "name": item.name, "owner": item.owner });
        audit::append(w, now, who.0.by(), "item.delete", &format!("item:{sku}"), &details)?;
        Ok(())
    })
}

fn changed_meanwhile(sku: &str) -> ServiceError {
    ServiceError::Conflict(format!(
        "“{sku}” was changed by somebody else since you opened it; look at it again"
    ))
}

/// One item.
///
/// # Errors
/// [`ServiceError::NotFound`], also for somebody else's.
pub fn item(services: &Services, scope: &Scope, sku: &str) -> Result<Item, ServiceError> {
    let item = services.store.read(|r| master_data::find_item(r, sku))?;
    item.filter(|item| scope.has_owner(item.owner.as_deref())).ok_or_else(|| no_item(sku))
}

fn no_item(sku: &str) -> ServiceError {
    ServiceError::NotFound(format!("item `{}`", crate::domain::excerpt::excerpt(sku)))
}

/// Makes an item or changes it. `seen` is its version as it was seen, 0 for one that is to be new; `None` for either.
///
/// # Errors
/// [`ServiceError::Invalid`] names the field; [`ServiceError::Conflict`] where somebody changed it meanwhile, or it is there
/// already.
pub fn save_item(
    services: &Services,
    who: Who<'_>,
    draft: &ItemDraft,
    seen: Option<u64>,
) -> Result<Item, ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let (item, before) = put_draft(w, who.1, draft, seen, now)?;
        plans::forget_stock(w, &changed_hands(before.as_ref(), &item).into_iter().collect())?;
        if before.as_ref() != Some(&item) {
            let says = |item: &Item| {
                json!({
                    "name": item.name, "category": item.category, "unit": item.unit,
                    "safety_stock": item.safety_stock.to_string(), "minimum_order": item.minimum_order.to_string(),
                    "lead_time_days": item.lead_time_days, "owner": item.owner, "is_active": item.is_active,
                })
            };
            let action = if before.is_some() { "item.change" } else { "item.add" };
            let details = json!({ "before": before.as_ref().map(says), "after": says(&item) });
            audit::append(w, now, who.0.by(), action, &format!("item:{}", item.sku), &details)?;
        }
        Ok(item)
    })
}

/// The key of an item that belongs to somebody else than before.
pub(super) fn changed_hands(before: Option<&Item>, item: &Item) -> Option<String> {
    before.filter(|before| before.owner != item.owner).map(|_| item.sku.clone())
}

/// Puts what a draft says over the item that is there; says what was there.
pub(super) fn put_draft(
    w: &WriteTxn,
    scope: &Scope,
    draft: &ItemDraft,
    seen: Option<u64>,
    now: jiff::Timestamp,
) -> Result<(Item, Option<Item>), ServiceError> {
    let sku = key("sku", &draft.sku)?;
    let before = master_data::find_item(w, &sku)?;
    if before.as_ref().is_some_and(|item| !scope.has_owner(item.owner.as_deref())) {
        // As if it were not there, but its key is taken.
        return Err(ServiceError::Conflict(format!("“{sku}” is taken; choose another SKU")));
    }
    match (&before, seen) {
        (Some(_), Some(0)) => {
            return Err(ServiceError::Conflict(format!("there is an item “{sku}” already")));
        }
        (Some(item), Some(seen)) if seen != item.version => {
            return Err(changed_meanwhile(&sku));
        }
        (None, Some(seen)) if seen > 0 => return Err(no_item(&sku)),
        _ => {}
    }
    if before.is_none() {
        is_free("sku", &sku)?;
    }
    let mut item = before.clone().unwrap_or_else(|| Item::new(&sku, now));
    if let Some(new) = &draft.name {
        item.name = name("name", new, MAX_TEXT_CHARS)?;
    }
    for (field, new, old) in
        [("category", &draft.category, &mut item.category), ("unit", &draft.unit, &mut item.unit)]
    {
        if let Some(new) = new {
            *old = label(field, new, MAX_TEXT_CHARS)?;
        }
    }
    for (field, new, old) in [
        ("safety_stock", draft.safety_stock, &mut item.safety_stock),
        ("minimum_order", draft.minimum_order, &mut item.minimum_order),
    ] {
        let Some(new) = new else { continue };
        *old = quantity::check(new).map_err(|why| ServiceError::invalid(field, why.to_string()))?;
        if old.is_sign_negative() && !old.is_zero() {
            return Err(ServiceError::invalid(field, "must not be negative"));
        }
    }
    if let Some(days) = draft.lead_time_days {
        if days > MAX_LEAD_DAYS {
            return Err(ServiceError::invalid("lead_time_days", format!("is more than {MAX_LEAD_DAYS}")));
        }
        item.lead_time_days = days;
    }
    if let Some(owner) = &draft.owner {
        item.owner = Some(text("owner", owner, MAX_TEXT_CHARS)?).filter(|owner| !owner.is_empty());
    }
    item.is_active = draft.is_active.unwrap_or(item.is_active);
    if !scope.has_owner(item.owner.as_deref()) {
        return Err(ServiceError::invalid("owner", "is none of those whose items you see; name one of them"));
    }
    if before.as_ref() != Some(&item) {
        if before.is_some() {
            item.version += 1;
        }
        item.updated_at = now;
        master_data::put_item(w, &item)?;
    }
    Ok((item, before))
}
