//! What plans are about: items, locations, channels, customers.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Deserializer, Serialize};

use super::plans::Exact;
use crate::domain::plan::master::{Code, CodeKind, Item};
use crate::services::ServiceError;
use crate::services::authorize::EditPlans;
use crate::services::datasets::MAIN;
use crate::services::master_data::{
    self as service, CodeDraft, FileReport, ItemDraft, ListOrder, ListQuery, MAX_FILE_BYTES,
};
use crate::web::error::AppError;
use crate::web::extract::{ApiJson, FormData, Granted};
use crate::web::sent_file::SentFile;
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

/// Entries of an answer, where the address does not say how many.
const ENTRIES: usize = 1_000;
/// Most entries of an answer.
const MAX_ENTRIES: usize = 10_000;

/// Which part of a list is answered.
struct Part {
    query: ListQuery,
    offset: usize,
    limit: usize,
}

impl Part {
    /// Reads `q`, `active`, `sort` (`-name` for the other way round), `offset`, `limit` and, where they are items, `category`.
    fn of(query: &FormData, are_items: bool) -> Result<Self, ServiceError> {
        let known = ["q", "active", "sort", "offset", "limit", "category"];
        query.only(&known[..known.len() - usize::from(!are_items)])?;
        let number = |name: &'static str, default: usize| match query.text(name) {
            "" => Ok(default),
            text => text.parse().map_err(|_| ServiceError::invalid(name, "expected a whole number")),
        };
        let (sort, is_descending) =
            query.text("sort").strip_prefix('-').map_or((query.text("sort"), false), |word| (word, true));
        let order = match sort {
            "" => ListOrder::default(),
            word => ListOrder::of_word(word).ok_or_else(|| {
                let words = ListOrder::WORDS.map(|(_, word)| word).join(", ");
                ServiceError::invalid("sort", format!("expected one of {words}, or that with `-` before it"))
            })?,
        };
        let active = match query.text("active") {
            "" => None,
            "true" => Some(true),
            "false" => Some(false),
            _ => return Err(ServiceError::invalid("active", "expected true or false")),
        };
        Ok(Self {
            query: ListQuery {
                words: query.text("q").to_owned(),
                category: query.has("category").then(|| query.text("category").to_owned()),
                active,
                order,
                is_descending,
            },
            offset: number("offset", 0)?,
            limit: number("limit", ENTRIES)?.min(MAX_ENTRIES),
        })
    }

    fn cut<F, T: From<F>>(&self, all: Vec<F>) -> Vec<T> {
        all.into_iter().skip(self.offset).take(self.limit).map(Into::into).collect()
    }
}

#[derive(Serialize)]
struct Items {
    items: Vec<ItemBody>,
    /// How many there are in all parts.
    total: usize,
}

/// `GET /api/v1/items?q=&category=&active=&sort=&offset=&limit=`
pub async fn items(
    State(state): State<AppState>,
    Granted { session, .. }: Granted<EditPlans>,
    query: FormData,
) -> Result<Response, AppError> {
    let scope = session.scope();
    state
        .run(move |services| {
            let part = Part::of(&query, true)?;
            let items = service::items(services, &scope, &part.query)?;
            Ok(Json(Items { total: items.len(), items: part.cut(items) }).into_response())
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
    /// `null` or blank for nobody's.
    #[serde(default, deserialize_with = "said")]
    owner: Option<String>,
    is_active: Option<bool>,
    version: Option<u64>,
}

/// A text that was said; `null` is blank.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Some(Option::deserialize(deserializer)?.unwrap_or_default()))
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

/// The version that was seen, where the address says it.
fn seen(query: &FormData) -> Result<Option<u64>, ServiceError> {
    query.only(&["version"])?;
    match query.text("version") {
        "" => Ok(None),
        text => {
            let seen = text.parse();
            seen.map(Some).map_err(|_| ServiceError::invalid("version", "expected a whole number"))
        }
    }
}

/// `DELETE /api/v1/items/{sku}?version=`: 204; 409 for one that a plan is about.
pub async fn delete_item(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    Path(sku): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let (scope, seen) = (session.scope(), seen(&query)?);
    state
        .run(move |services| {
            service::delete_item(services, (&grant, &scope), &sku, seen)?;
            Ok(StatusCode::NO_CONTENT.into_response())
        })
        .await
}

async fn whole(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, AppError> {
    let too_large = || AppError::too_large(format!("Such a file has at most {} MiB.", MAX_FILE_BYTES >> 20));
    SentFile::open(headers, body).await?.whole(MAX_FILE_BYTES, too_large).await
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

/// `POST /api/v1/items/import` with CSV as the body, or in the field `file` of a form.
pub async fn import_items(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, AppError> {
    let (scope, bytes) = (session.scope(), whole(&headers, body).await?);
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
    /// How many there are in all parts.
    total: usize,
}

fn kind_of(list: &str) -> Result<CodeKind, AppError> {
    CodeKind::of_plural(list).ok_or_else(|| {
        AppError::not_found("There is no such list; there are locations, channels and customers.")
    })
}

/// `GET /api/v1/lists/{list}?q=&active=&sort=&offset=&limit=`
pub async fn list(
    State(state): State<AppState>,
    Granted { session, .. }: Granted<EditPlans>,
    Path(list): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let (scope, kind) = (session.scope(), kind_of(&list)?);
    state
        .run(move |services| {
            let part = Part::of(&query, false)?;
            let entries = service::list(services, &scope, kind, &part.query)?;
            Ok(Json(Codes { total: entries.len(), entries: part.cut(entries) }).into_response())
        })
        .await
}

/// `GET /api/v1/lists/{list}/{code}`
pub async fn code(
    State(state): State<AppState>,
    Granted { session, .. }: Granted<EditPlans>,
    Path((list, code)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let (scope, kind) = (session.scope(), kind_of(&list)?);
    state
        .run(move |services| {
            Ok(Json(CodeBody::from(service::code(services, &scope, kind, &code)?)).into_response())
        })
        .await
}

/// What changes of an entry of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryChange {
    name: Option<String>,
    is_active: Option<bool>,
    version: Option<u64>,
}

/// `PATCH /api/v1/lists/{list}/{code}`: what is not said stays; `version` is that of the entry as it was seen.
pub async fn change_code(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    Path((list, code)): Path<(String, String)>,
    ApiJson(body): ApiJson<EntryChange>,
) -> Result<Response, AppError> {
    let (scope, kind) = (session.scope(), kind_of(&list)?);
    state
        .run(move |services| {
            let known = service::code(services, &scope, kind, &code)?;
            let seen = body.version.unwrap_or(known.version);
            let draft = CodeDraft { code, name: body.name, is_active: body.is_active };
            let code = service::save_code(services, (&grant, &scope), kind, &draft, Some(seen))?;
            Ok(Json(CodeBody::from(code)).into_response())
        })
        .await
}

/// `DELETE /api/v1/lists/{list}/{code}?version=`: 204; 409 for one that a plan is about.
pub async fn delete_code(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    Path((list, code)): Path<(String, String)>,
    query: FormData,
) -> Result<Response, AppError> {
    let (scope, kind, seen) = (session.scope(), kind_of(&list)?, seen(&query)?);
    state
        .run(move |services| {
            service::delete_code(services, (&grant, &scope), kind, &code, seen)?;
            Ok(StatusCode::NO_CONTENT.into_response())
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

/// `POST /api/v1/lists/{list}/import` with CSV as the body, or in the field `file` of a form.
pub async fn import_list(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    Path(list): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, AppError> {
    let (scope, kind, bytes) = (session.scope(), kind_of(&list)?, whole(&headers, body).await?);
    state
        .run(move |services| Ok(report(&service::import_list(services, (&grant, &scope), kind, &bytes)?)))
        .await
}

/// `GET /api/v1/lists/{list}/export`
pub async fn export_list(
    State(state): State<AppState>,
    Granted { session, .. }: Granted<EditPlans>,
    Path(list): Path<String>,
) -> Result<Response, AppError> {
    let (scope, kind) = (session.scope(), kind_of(&list)?);
    state.run(move |services| Ok(csv(service::export_list(services, &scope, kind)?, kind.plural()))).await
}
