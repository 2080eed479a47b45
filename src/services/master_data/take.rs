//! New items out of the inventory.

use std::collections::BTreeMap;

use serde_json::json;

use super::{FileReport, ItemDraft, Who, items};
use crate::domain::column::ColumnRole;
use crate::domain::plan::master::{MAX_CODE_CHARS, MAX_TEXT_CHARS};
use crate::search::view::SearchRequest;
use crate::services::error::ServiceError;
use crate::services::rows::today;
use crate::services::{Services, audit, datasets};
use crate::store::master_data;

/// Makes an item of every part in `dataset` that is none yet, with its description, its unit, and its owner where all its rows
/// have the same one. Those that are there stay as they are.
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
    let mut found: BTreeMap<String, (String, String, Option<String>)> = BTreeMap::new();
    let all = open.view.search(&SearchRequest::everything(today(services)))?;
    open.view.for_each_row(&all, |row| {
        let cell = |place: Option<usize>, most: usize| -> String {
            place
                .map(|place| row.cell(place).trim().chars().filter(|c| !c.is_control()).take(most).collect())
                .unwrap_or_default()
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
            if master_data::find_item(w, sku)?.is_some() {
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
                Err(ServiceError::Invalid { .. } | ServiceError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let details = json!({ "dataset": open.dataset.name, "parts": report.rows, "added": report.added });
        audit::append(w, now, who.0.by(), "item.take", "items", &details)?;
        Ok(report)
    })
}
