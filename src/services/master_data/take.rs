//! New items out of the inventory.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{FileReport, ItemDraft, Who, items};
use crate::domain::column::ColumnRole;
use crate::domain::plan::master::{MAX_CODE_CHARS, MAX_TEXT_CHARS};
use crate::domain::scope::{OwnerScope, Scope};
use crate::search::view::SearchRequest;
use crate::services::error::ServiceError;
use crate::services::rows::today;
use crate::services::{Services, audit, datasets};
use crate::store::master_data;

/// Makes an item of every part in `dataset` that is none yet, with its description, its unit, and its owner where all its rows
/// have the same one. Those that are there stay as they are, and so do, for who sees some owners alone, parts that others have
/// too: those are nobody's in particular.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Conflict`] for a dataset that does not say which column is the part.
pub fn take_items(services: &Services, who: Who<'_>, dataset: &str) -> Result<FileReport, ServiceError> {
    let open = datasets::open(services, dataset, who.1)?;
    let columns = open.view.columns();
    let place = |role| columns.iter().position(|column| column.role == Some(role));
    let part = place(ColumnRole::Part).ok_or_else(|| {
        ServiceError::Conflict(format!(
            "“{}” does not say which column is the part; choose it where a file of it is imported",
            open.dataset.name
        ))
    })?;
    let (name, unit, owner) =
        (place(ColumnRole::Description), place(ColumnRole::Uom), place(ColumnRole::Owner));
    let of_others = of_others(services, dataset, who.1)?;
    let mut found: BTreeMap<String, (String, String, Option<String>)> = BTreeMap::new();
    let all = open.view.search(&SearchRequest::everything(today(services)))?;
    open.view.for_each_row(&all, |row| {
        let cell = |place: Option<usize>, most: usize| -> String {
            place.map(|place| text(row.cell(place), most)).unwrap_or_default()
        };
        let sku = cell(Some(part), MAX_CODE_CHARS + 1);
        if sku.is_empty() || sku.chars().count() > MAX_CODE_CHARS {
            return Ok(());
        }
        let of = owner.map(|owner| row.cell(owner).to_owned());
        let known = found
            .entry(sku)
            .or_insert_with(|| (cell(name, MAX_TEXT_CHARS), cell(unit, MAX_TEXT_CHARS), of.clone()));
        if known.2 != of {
            // Of several owners: nobody's.
            known.2 = Some(String::new());
        }
        Ok::<_, ServiceError>(())
    })?;
    let now = services.now();
    services.store.write(|w| {
        let mut report = FileReport { rows: found.len(), ..FileReport::default() };
        for (sku, (name, unit, owner)) in &found {
            if of_others.contains(sku) || master_data::find_item(w, sku)?.is_some() {
                continue;
            }
            let draft = ItemDraft {
                sku: sku.clone(),
                name: Some(name.clone()),
                unit: Some(unit.clone()),
                owner: owner.clone(),
                ..ItemDraft::default()
            };
            match items::put_draft(w, who.1, &draft, None, now) {
                Ok(_) => report.added += 1,
                // What cannot be one, or is none of theirs.
                Err(
                    ServiceError::Invalid { .. } | ServiceError::Conflict(_) | ServiceError::OutOfScope(_),
                ) => {}
                Err(error) => return Err(error),
            }
        }
        let details = json!({ "dataset": open.dataset.name, "parts": report.rows, "added": report.added });
        audit::append(w, now, who.0.by(), "item.take", "items", &details)?;
        Ok(report)
    })
}

/// A cell as a text of an item.
fn text(cell: &str, most: usize) -> String {
    cell.trim().chars().filter(|c| !c.is_control()).take(most).collect()
}

/// Parts that owners have whom this scope does not see; none for one that sees all.
fn of_others(services: &Services, dataset: &str, scope: &Scope) -> Result<BTreeSet<String>, ServiceError> {
    let OwnerScope::Owners(own) = &scope.owners else { return Ok(BTreeSet::new()) };
    // Read for the site, of which only the parts are kept, and only to leave them out.
    let open = datasets::open(services, dataset, &Scope::everything())?;
    let columns = open.view.columns();
    let place = |role| columns.iter().position(|column| column.role == Some(role));
    let (Some(part), Some(owner)) = (place(ColumnRole::Part), place(ColumnRole::Owner)) else {
        return Ok(BTreeSet::new());
    };
    let mut parts = BTreeSet::new();
    let all = open.view.search(&SearchRequest::everything(today(services)))?;
    open.view.for_each_row(&all, |row| {
        if !own.contains(row.cell(owner)) {
            parts.insert(text(row.cell(part), MAX_CODE_CHARS + 1));
        }
        Ok::<_, ServiceError>(())
    })?;
    Ok(parts)
}
