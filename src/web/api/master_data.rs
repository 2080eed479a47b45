//! What plans are about: items, locations, channels, customers.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::plans::Exact;
use crate::domain::plan::master::{Code, CodeKind, Item};
use crate::services::authorize::EditPlans;
use crate::services::datasets::MAIN;
use crate::services::master_data::{self as service, CodeDraft, FileReport, ItemDraft, MAX_FILE_BYTES};
use crate::web::error::AppError;
use crate::web::extract::{ApiJson, FormData, Granted};
use crate::web::state::AppState;

#[derive(Serialize)]
struct ItemBody {
    sku: String,
    name: String,
    category: String,
    unit: String,
    safety_stock: Exact,
    minimum_order: Exact,
    lead_time_days: u32,
    owner: Option<String>,
    is_active: bool,
    version: u64,
}

impl From<Item> for ItemBody {
    fn from(item: Item) -> Self {
        Self {
            sku: item.sku,
            name: item.name,
            category: item.category,
            unit: item.unit,
            safety_stock: Exact(item.safety_stock),
            minimum_order: Exact(item.minimum_order),
            lead_time_days: item.lead_time_days,
            owner: item.owner,
            is_active: item.is_active,
            version: item.version,
        }
    }
}

#[derive(Serialize)]
struct Items {
    items: Vec<ItemBody>,
}

/// `GET /api/v1/items?q=`
pub async fn items(
    State(state): State<AppState>,
    Granted { session, .. }: Granted<EditPlans>,
    query: FormData,
) -> Result<Response, AppError> {
    let scope = session.scope();
    state
        .run(move |services| {
            let items = service::items(services, &scope, query.text("q"))?;
            Ok(Json(Items { items: items.into_iter().map(Into::into).collect() }).into_response())
        })
        .await
}

/// `GET /api/v1/items/{sku}`
pub async fn item(
    State(state): State<AppState>,
    Granted { session, .. }: Granted<EditPlans>,
    Path(sku): Path<String>,
) -> Result<Response, AppError> {
    let scope = session.scope();
    state
        .run(move |services| Ok(Json(ItemBody::from(service::item(services, &scope, &sku)?)).into_response()))
        .await
}

/// What is said of an item.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemChange {
    sku: Option<String>,
    name: Option<String>,
    category: Option<String>,
    unit: Option<String>,
    safety_stock: Option<Exact>,
    minimum_order: Option<Exact>,
    lead_time_days: Option<u32>,
    owner: Option<String>,
    is_active: Option<bool>,
    version: Option<u64>,
}

impl ItemChange {
    fn draft(self, sku: String) -> ItemDraft {
        ItemDraft {
            sku,
            name: self.name,
            category: self.category,
            unit: self.unit,
            safety_stock: self.safety_stock.map(|Exact(amount)| amount),
            minimum_order: self.minimum_order.map(|Exact(amount)| amount),
            lead_time_days: self.lead_time_days,
            owner: self.owner,
            is_active: self.is_active,
        }
    }
}

/// `POST /api/v1/items`: 201, and the item.
pub async fn add_item(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    ApiJson(mut body): ApiJson<ItemChange>,
) -> Result<Response, AppError> {
    let scope = session.scope();
    state
        .run(move |services| {
            let sku = body.sku.take().unwrap_or_default();
            let item = service::save_item(services, (&grant, &scope), &body.draft(sku), Some(0))?;
            Ok((StatusCode::CREATED, Json(ItemBody::from(item))).into_response())
        })
        .await
}

/// `PATCH /api/v1/items/{sku}`: what is not said stays. `version` is that of the item as it was seen.
pub async fn change_item(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    Path(sku): Path<String>,
    ApiJson(body): ApiJson<ItemChange>,
) -> Result<Response, AppError> {
    let scope = session.scope();
    if body.sku.as_ref().is_some_and(|said| *said != sku) {
        return Err(AppError::invalid("An item's SKU does not change; make another item."));
    }
    state
        .run(move |services| {
            let known = service::item(services, &scope, &sku)?;
            let seen = body.version.unwrap_or(known.version);
            let item = service::save_item(services, (&grant, &scope), &body.draft(sku), Some(seen))?;
            Ok(Json(ItemBody::from(item)).into_response())
        })
        .await
}

async fn whole(body: Body) -> Result<Vec<u8>, AppError> {
    let bytes = axum::body::to_bytes(body, MAX_FILE_BYTES).await;
    bytes.map(|bytes| bytes.to_vec()).map_err(|_| {
        AppError::too_large(format!(
            "Such a file has at most {} MiB, and arrives whole.",
            MAX_FILE_BYTES >> 20
        ))
    })
}

fn report(report: &FileReport) -> Response {
    Json(report).into_response()
}

fn csv(bytes: Vec<u8>, name: &str) -> Response {
    let disposition = format!("attachment; filename=\"{name}.csv\"");
    let headers = [
        ("content-type", "text/csv; charset=utf-8; header=present".to_owned()),
        ("content-disposition", disposition),
    ];
    (headers, bytes).into_response()
}

/// `POST /api/v1/items/import` with CSV as the body.
pub async fn import_items(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    body: Body,
) -> Result<Response, AppError> {
    let (scope, bytes) = (session.scope(), whole(body).await?);
    state.run(move |services| Ok(report(&service::import_items(services, (&grant, &scope), &bytes)?))).await
}

/// `GET /api/v1/items/export`
pub async fn export_items(
    State(state): State<AppState>,
    Granted { session, .. }: Granted<EditPlans>,
) -> Result<Response, AppError> {
    let scope = session.scope();
    state.run(move |services| Ok(csv(service::export_items(services, &scope)?, "items"))).await
}

/// Which inventory.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakeBody {
    dataset: Option<String>,
}

/// `POST /api/v1/items/take`: makes an item of every part of the inventory that is none yet.
pub async fn take_items(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    ApiJson(body): ApiJson<TakeBody>,
) -> Result<Response, AppError> {
    let scope = session.scope();
    let dataset = body.dataset.unwrap_or_else(|| MAIN.to_owned());
    state.run(move |services| Ok(report(&service::take_items(services, (&grant, &scope), &dataset)?))).await
}

#[derive(Serialize)]
struct CodeBody {
    code: String,
    name: String,
    is_active: bool,
    version: u64,
}

impl From<Code> for CodeBody {
    fn from(code: Code) -> Self {
        Self { code: code.code, name: code.name, is_active: code.is_active, version: code.version }
    }
}

#[derive(Serialize)]
struct Codes {
    entries: Vec<CodeBody>,
}

fn kind_of(list: &str) -> Result<CodeKind, AppError> {
    CodeKind::of_plural(list).ok_or_else(|| {
        AppError::not_found("There is no such list; there are locations, channels and customers.")
    })
}

/// `GET /api/v1/lists/{list}?q=`
pub async fn list(
    State(state): State<AppState>,
    _granted: Granted<EditPlans>,
    Path(list): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let kind = kind_of(&list)?;
    state
        .run(move |services| {
            let entries = service::list(services, kind, query.text("q"))?;
            Ok(Json(Codes { entries: entries.into_iter().map(Into::into).collect() }).into_response())
        })
        .await
}

/// What is said of an entry of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeChange {
    code: String,
    name: Option<String>,
    is_active: Option<bool>,
    version: Option<u64>,
}

/// `POST /api/v1/lists/{list}`: makes an entry or changes it; `version` 0 to make one that must be new.
pub async fn save_code(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    Path(list): Path<String>,
    ApiJson(body): ApiJson<CodeChange>,
) -> Result<Response, AppError> {
    let (scope, kind) = (session.scope(), kind_of(&list)?);
    state
        .run(move |services| {
            let draft = CodeDraft { code: body.code, name: body.name, is_active: body.is_active };
            let code = service::save_code(services, (&grant, &scope), kind, &draft, body.version)?;
            Ok(Json(CodeBody::from(code)).into_response())
        })
        .await
}

/// `POST /api/v1/lists/{list}/import` with CSV as the body.
pub async fn import_list(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    Path(list): Path<String>,
    body: Body,
) -> Result<Response, AppError> {
    let (scope, kind, bytes) = (session.scope(), kind_of(&list)?, whole(body).await?);
    state
        .run(move |services| Ok(report(&service::import_list(services, (&grant, &scope), kind, &bytes)?)))
        .await
}

/// `GET /api/v1/lists/{list}/export`
pub async fn export_list(
    State(state): State<AppState>,
    _granted: Granted<EditPlans>,
    Path(list): Path<String>,
) -> Result<Response, AppError> {
    let kind = kind_of(&list)?;
    state.run(move |services| Ok(csv(service::export_list(services, kind)?, kind.plural()))).await
}
