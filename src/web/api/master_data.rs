//! What plans are about: items, locations, channels, customers.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::openapi::shapes;
use super::plans::Exact;
use super::versions::{Seen, tagged};
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

#[derive(Serialize, ToSchema)]
#[schema(as = Item)]
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

#[derive(Serialize, ToSchema)]
struct Items {
    items: Vec<ItemBody>,
    /// How many there are in all parts.
    total: usize,
}

/// The items that plans are about.
#[utoipa::path(get, path = "/api/v1/items", params(("q" = Option<String>, Query, description = "Words to look for"), ("active" = Option<bool>, Query, description = "Those in use, or those that are not"), ("sort" = Option<String>, Query, description = "`code`, `name` … as the pages sort; with `-` before it the other way round"), ("offset" = Option<usize>, Query, description = "Entries to leave out at the beginning"), ("limit" = Option<usize>, Query, description = "Most entries of the answer"), ("category" = Option<String>, Query, description = "Those of this category; blank for those of none")), responses((status = 200, description = "Done", body = Items)))]
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

/// One item.
#[utoipa::path(get, path = "/api/v1/items/{sku}", responses((status = 200, description = "Done", body = ItemBody)))]
pub async fn item(
    State(state): State<AppState>,
    Granted { session, .. }: Granted<EditPlans>,
    Path(sku): Path<String>,
    seen: Seen,
) -> Result<Response, AppError> {
    let scope = session.scope();
    state
        .run(move |services| {
            let item = service::item(services, &scope, &sku)?;
            Ok(seen.answer(item.version, ItemBody::from(item)))
        })
        .await
}

/// What is said of an item.
#[derive(Debug, Default, Deserialize, ToSchema)]
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

/// Makes an item.
#[utoipa::path(post, path = "/api/v1/items", request_body = ItemChange, responses((status = 201, description = "Made", body = ItemBody)))]
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
            let version = item.version;
            Ok(tagged(version, (StatusCode::CREATED, Json(ItemBody::from(item))).into_response()))
        })
        .await
}

/// Changes an item; what is not said stays.
///
/// `version`, or the header `If-Match`, is that of the item as it was seen.
#[utoipa::path(patch, path = "/api/v1/items/{sku}", request_body = ItemChange, responses((status = 200, description = "Done", body = ItemBody)))]
pub async fn change_item(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    Path(sku): Path<String>,
    known: Seen,
    ApiJson(body): ApiJson<ItemChange>,
) -> Result<Response, AppError> {
    let scope = session.scope();
    if body.sku.as_ref().is_some_and(|said| *said != sku) {
        return Err(AppError::invalid("An item's SKU does not change; make another item."));
    }
    state
        .run(move |services| {
            let now = service::item(services, &scope, &sku)?;
            known.must_be(now.version)?;
            let seen = body.version.unwrap_or(now.version);
            let item = service::save_item(services, (&grant, &scope), &body.draft(sku), Some(seen))?;
            Ok(tagged(item.version, Json(ItemBody::from(item)).into_response()))
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

/// Deletes an item that no plan is about.
#[utoipa::path(delete, path = "/api/v1/items/{sku}", params(("version" = Option<u64>, Query, description = "That of the item as it was seen")), responses((status = 204, description = "Done")))]
pub async fn delete_item(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    Path(sku): Path<String>,
    known: Seen,
    query: FormData,
) -> Result<Response, AppError> {
    let (scope, seen) = (session.scope(), seen(&query)?);
    state
        .run(move |services| {
            known.must_be(service::item(services, &scope, &sku)?.version)?;
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

/// Makes and changes items from CSV: the body itself, or the field `file` of a form.
#[utoipa::path(post, path = "/api/v1/items/import", request_body(content((String = "text/csv"), (shapes::FileForm = "multipart/form-data"))), responses((status = 200, description = "Done", body = FileReport)))]
pub async fn import_items(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, AppError> {
    let (scope, bytes) = (session.scope(), whole(&headers, body).await?);
    state.run(move |services| Ok(report(&service::import_items(services, (&grant, &scope), &bytes)?))).await
}

/// All items as CSV.
#[utoipa::path(get, path = "/api/v1/items/export", responses((status = 200, description = "The file", content((String = "text/csv")))))]
pub async fn export_items(
    State(state): State<AppState>,
    Granted { session, .. }: Granted<EditPlans>,
) -> Result<Response, AppError> {
    let scope = session.scope();
    state.run(move |services| Ok(csv(service::export_items(services, &scope)?, "items"))).await
}

/// Which inventory.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WhichDataset)]
pub struct TakeBody {
    dataset: Option<String>,
}

/// Makes an item of every part of the inventory that is none yet.
#[utoipa::path(post, path = "/api/v1/items/take", request_body = TakeBody, responses((status = 200, description = "Done", body = FileReport)))]
pub async fn take_items(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    ApiJson(body): ApiJson<TakeBody>,
) -> Result<Response, AppError> {
    let scope = session.scope();
    let dataset = body.dataset.unwrap_or_else(|| MAIN.to_owned());
    state.run(move |services| Ok(report(&service::take_items(services, (&grant, &scope), &dataset)?))).await
}

#[derive(Serialize, ToSchema)]
#[schema(as = Entry)]
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

#[derive(Serialize, ToSchema)]
#[schema(as = Entries)]
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

/// The entries of a list.
#[utoipa::path(get, path = "/api/v1/lists/{list}", params(("q" = Option<String>, Query, description = "Words to look for"), ("active" = Option<bool>, Query, description = "Those in use, or those that are not"), ("sort" = Option<String>, Query, description = "`code`, `name` … as the pages sort; with `-` before it the other way round"), ("offset" = Option<usize>, Query, description = "Entries to leave out at the beginning"), ("limit" = Option<usize>, Query, description = "Most entries of the answer")), responses((status = 200, description = "Done", body = Codes)))]
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

/// One entry of a list.
#[utoipa::path(get, path = "/api/v1/lists/{list}/{code}", responses((status = 200, description = "Done", body = CodeBody)))]
pub async fn code(
    State(state): State<AppState>,
    Granted { session, .. }: Granted<EditPlans>,
    Path((list, code)): Path<(String, String)>,
    seen: Seen,
) -> Result<Response, AppError> {
    let (scope, kind) = (session.scope(), kind_of(&list)?);
    state
        .run(move |services| {
            let code = service::code(services, &scope, kind, &code)?;
            Ok(seen.answer(code.version, CodeBody::from(code)))
        })
        .await
}

/// What changes of an entry of a list.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryChange {
    name: Option<String>,
    is_active: Option<bool>,
    version: Option<u64>,
}

/// Changes an entry of a list; what is not said stays.
#[utoipa::path(patch, path = "/api/v1/lists/{list}/{code}", request_body = EntryChange, responses((status = 200, description = "Done", body = CodeBody)))]
pub async fn change_code(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    Path((list, code)): Path<(String, String)>,
    known: Seen,
    ApiJson(body): ApiJson<EntryChange>,
) -> Result<Response, AppError> {
    let (scope, kind) = (session.scope(), kind_of(&list)?);
    state
        .run(move |services| {
            let now = service::code(services, &scope, kind, &code)?;
            known.must_be(now.version)?;
            let seen = body.version.unwrap_or(now.version);
            let draft = CodeDraft { code, name: body.name, is_active: body.is_active };
            let code = service::save_code(services, (&grant, &scope), kind, &draft, Some(seen))?;
            Ok(tagged(code.version, Json(CodeBody::from(code)).into_response()))
        })
        .await
}

/// Deletes an entry that no plan is about.
#[utoipa::path(delete, path = "/api/v1/lists/{list}/{code}", params(("version" = Option<u64>, Query, description = "That of the entry as it was seen")), responses((status = 204, description = "Done")))]
pub async fn delete_code(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    Path((list, code)): Path<(String, String)>,
    known: Seen,
    query: FormData,
) -> Result<Response, AppError> {
    let (scope, kind, seen) = (session.scope(), kind_of(&list)?, seen(&query)?);
    state
        .run(move |services| {
            known.must_be(service::code(services, &scope, kind, &code)?.version)?;
            service::delete_code(services, (&grant, &scope), kind, &code, seen)?;
            Ok(StatusCode::NO_CONTENT.into_response())
        })
        .await
}

/// What is said of an entry of a list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewEntry)]
pub struct CodeChange {
    code: String,
    name: Option<String>,
    is_active: Option<bool>,
    version: Option<u64>,
}

/// Makes an entry of a list, or changes it; `version` 0 to make one that must be new.
#[utoipa::path(post, path = "/api/v1/lists/{list}", request_body = CodeChange, responses((status = 200, description = "Done", body = CodeBody)))]
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
            Ok(tagged(code.version, Json(CodeBody::from(code)).into_response()))
        })
        .await
}

/// Makes and changes entries from CSV: the body itself, or the field `file` of a form.
#[utoipa::path(post, path = "/api/v1/lists/{list}/import", request_body(content((String = "text/csv"), (shapes::FileForm = "multipart/form-data"))), responses((status = 200, description = "Done", body = FileReport)))]
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

/// A list as CSV.
#[utoipa::path(get, path = "/api/v1/lists/{list}/export", responses((status = 200, description = "The file", content((String = "text/csv")))))]
pub async fn export_list(
    State(state): State<AppState>,
    Granted { session, .. }: Granted<EditPlans>,
    Path(list): Path<String>,
) -> Result<Response, AppError> {
    let (scope, kind) = (session.scope(), kind_of(&list)?);
    state.run(move |services| Ok(csv(service::export_list(services, &scope, kind)?, kind.plural()))).await
}
