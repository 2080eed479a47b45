//! What changed between two generations, and the history of a row.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::openapi::shapes;
use crate::domain::ids::GenerationId;
use crate::search::difference::{Change, ChangedRow, Difference, Selection};
use crate::search::view::SearchRequest;
use crate::services::changes::{self, Since};
use crate::services::row_history::{self, What};
use crate::services::rows::today;
use crate::services::{ServiceError, Services};
use crate::web::error::AppError;
use crate::web::extract::{CurrentSession, FormData, means_nothing};
use crate::web::state::AppState;

/// Rows of an answer unless others are asked for, and at the most.
const ROWS: usize = 100;
const MAX_ROWS: usize = 1_000;

/// What a list of changes can be asked for.
const PARAMETERS: [&str; 7] = ["from", "to", "kind", "field", "q", "offset", "limit"];

/// What changed between two generations.
#[utoipa::path(get, path = "/api/v1/datasets/{dataset}/changes", params(("from" = Option<String>, Query, description = "The generation to begin with, or `visit` for the last before one's last visit; the one before where nothing is said"), ("to" = Option<u64>, Query, description = "The generation to end with; the current one where nothing is said"), ("kind" = Option<shapes::ChangeKind>, Query, description = "Rows of this kind alone"), ("field" = Option<String>, Query, description = "Rows in which this column changed"), ("q" = Option<String>, Query, description = "Rows that this search finds"), ("offset" = Option<usize>, Query, description = "Entries to leave out at the beginning"), ("limit" = Option<usize>, Query, description = "Most entries of the answer")), responses((status = 200, description = "Done", body = shapes::Changes)))]
pub async fn list(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(dataset): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let (scope, visited) = (session.scope(), session.visited_before());
    query.only(&PARAMETERS)?;
    state
        .run(move |services| {
            let generation = |name: &'static str| number(&query, name).map(|number| number.map(GenerationId));
            let since = match query.text("from") {
                "visit" => visited.map_or(Since::Before, Since::Instant),
                _ => generation("from")?.map_or(Since::Before, Since::Generation),
            };
            let found = changes::in_dataset(services, &dataset, (since, generation("to")?), &scope)?;
            let difference = &*found.difference;
            let entries = difference.select(&selection(services, &query)?)?;
            let offset = number(&query, "offset")?.unwrap_or(0) as usize;
            let limit = number(&query, "limit")?.map_or(ROWS, |limit| (limit as usize).min(MAX_ROWS));
            let rows = entries.iter().skip(offset).take(limit);
            let rows: Vec<Value> = rows.map(|entry| row_of(difference, &difference.row(*entry))).collect();
            Ok(Json(json!({
                "from": found.before.0, "to": found.after.map(|after| after.0),
                "changed": difference.count(Change::Changed), "added": difference.count(Change::Added),
                "removed": difference.count(Change::Removed), "unchanged": difference.unchanged(),
                "has_key": difference.has_key(), "matched": entries.len(), "offset": offset, "rows": rows,
            }))
            .into_response())
        })
        .await
}

fn selection(services: &Services, query: &FormData) -> Result<Selection, ServiceError> {
    let text = |name: &str| Some(query.text(name).trim().to_owned()).filter(|text| !text.is_empty());
    let change = text("kind").map(|word| {
        let known = Change::ALL.into_iter().find(|change| change.as_str() == word);
        known.ok_or_else(|| ServiceError::invalid("kind", "expected changed, added or removed"))
    });
    let everything = SearchRequest::everything(today(services));
    Ok(Selection {
        change: change.transpose()?,
        field: text("field"),
        search: text("q").map(|query| SearchRequest { query, ..everything }),
    })
}

fn number(query: &FormData, name: &'static str) -> Result<Option<u64>, ServiceError> {
    match query.text(name) {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| ServiceError::invalid(name, "expected a whole number")),
    }
}

/// A row with what it was and what it is; of one that changed, `was` has the cells that differ alone.
fn row_of(difference: &Difference, row: &ChangedRow<'_>) -> Value {
    let (mut was, mut is) = (Map::new(), Map::new());
    for (at, field) in difference.fields().iter().enumerate() {
        let cell = |cell: Option<&str>| cell.map(|cell| Value::String(cell.to_owned()));
        if row.change != Change::Changed || row.differs(at) {
            was.extend(cell(row.before(at)).map(|cell| (field.name.clone(), cell)));
        }
        is.extend(cell(row.after(at)).map(|cell| (field.name.clone(), cell)));
    }
    match row.change {
        Change::Changed => json!({"change": row.change.as_str(), "was": was, "is": is}),
        Change::Added => json!({"change": row.change.as_str(), "is": is}),
        Change::Removed => json!({"change": row.change.as_str(), "was": was}),
    }
}

/// What became of a row, the newest first.
///
/// The row is named by its key columns: `?Part=A-1&Lot=7`.
#[utoipa::path(get, path = "/api/v1/datasets/{dataset}/row", responses((status = 200, description = "Done", body = shapes::RowHistory)))]
pub async fn row(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(dataset): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, AppError> {
    let scope = session.scope();
    let query = query.unwrap_or_default();
    let wanted: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    state
        .run(move |services| {
            let history = row_history::of(services, &dataset, &wanted, &scope)?;
            if let Some(name) = history.unknown.first() {
                let key: Vec<&str> = history.key.iter().map(|(name, _)| name.as_str()).collect();
                return Err(means_nothing(name, &key.join(", ")));
            }
            let steps = history.steps.iter().map(|step| {
                let mut told = match &step.what {
                    What::Came(cells) => json!({"what": "came", "is": object(cells)}),
                    What::Changed(changes) => {
                        let changes = changes.iter().map(|change| {
                            json!({"column": change.column, "was": change.before, "is": change.after})
                        });
                        json!({"what": "changed", "cells": changes.collect::<Vec<_>>()})
                    }
                    What::Went => json!({"what": "went"}),
                    What::Several(rows) => json!({"what": "several", "rows": rows}),
                };
                told["at"] = json!(step.at);
                told["generation"] = json!(step.generation.0);
                told
            });
            let amounts = history.amounts.iter();
            let amounts = amounts.map(|amount| json!({"at": amount.at, "sum": amount.sum.to_string()}));
            Ok(Json(json!({
                "key": object(&history.key), "steps": steps.collect::<Vec<_>>(),
                "quantity": amounts.collect::<Vec<_>>(), "looked_at": history.looked_at,
                "missing": history.missing, "has_older": history.has_older,
            }))
            .into_response())
        })
        .await
}

fn object(cells: &[(String, String)]) -> Value {
    cells.iter().map(|(name, cell)| (name.clone(), Value::String(cell.clone()))).collect::<Map<_, _>>().into()
}
