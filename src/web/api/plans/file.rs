//! Plans as files.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::{plan_at, reader};
use crate::domain::audit::Actor;
use crate::domain::excerpt::excerpt;
use crate::domain::plan::Measure;
use crate::domain::plan::line::LineKey;
use crate::services::ServiceError;
use crate::services::authorize::{By, EditPlans};
use crate::services::export::ExportFormat;
use crate::services::files::StoredFile;
use crate::services::plans::{self as service, Imported, MAX_FILE_BYTES, NewImport, Shape};
use crate::web::api::datasets::stream;
use crate::web::api::openapi::shapes;
use crate::web::error::AppError;
use crate::web::extract::{CurrentSession, FormData, Granted, means_nothing};
use crate::web::sent_file::SentFile;
use crate::web::state::AppState;
use crate::web::upload::{Storing, announced_bytes};

/// What the address says of a file.
fn options(query: &FormData) -> Result<NewImport, ServiceError> {
    let mut new = NewImport { file_name: "plan".to_owned(), ..NewImport::default() };
    let mut line = LineKey { item: String::new(), location: String::new(), channel: String::new() };
    for (name, value) in query.pairs() {
        let value = value.trim();
        match name.as_str() {
            "file" => new.file_name = excerpt(value),
            "item" => value.clone_into(&mut line.item),
            "location" => value.clone_into(&mut line.location),
            "channel" => value.clone_into(&mut line.channel),
            "create_items" => new.create_items = matches!(value, "true" | "1"),
            "keep_outside" => new.keep_outside = matches!(value, "true" | "1"),
            "numbers" => new.choices.numbers = Some(service::numbers_of(value)?),
            "measure" => {
                let measure = Measure::of_word(value);
                let expected = "expected production, sales, inventory or safety_stock";
                new.choices.measure =
                    Some(measure.ok_or_else(|| ServiceError::invalid("measure", expected))?);
            }
            name => {
                let expected = "file, measure, item, location, channel, numbers, create_items, keep_outside";
                return Err(means_nothing(name, expected));
            }
        }
    }
    for (field, code) in [("location", &line.location), ("channel", &line.channel)] {
        if line.item.is_empty() && !code.is_empty() {
            return Err(ServiceError::invalid(field, "goes with `item`, the item of a file that names none"));
        }
    }
    new.choices.line = Some(line).filter(|line| !line.item.is_empty());
    Ok(new)
}

/// Reads a file into a plan: the body itself, or the field `file` of a form; CSV or a workbook.
#[utoipa::path(post, path = "/api/v1/plans/{plan}/import", params(("file" = Option<String>, Query, description = "What the file is called"), ("measure" = Option<Measure>, Query, description = "What its values are, where the file does not say it"), ("item" = Option<String>, Query, description = "What it is about, where the file does not say it"), ("location" = Option<String>, Query, description = "Goes with `item`"), ("channel" = Option<String>, Query, description = "Goes with `item`"), ("numbers" = Option<String>, Query, description = "`point` or `comma`: how decimals are written, where nothing in the file decides it"), ("create_items" = Option<bool>, Query, description = "Make items, locations and channels that are not known yet"), ("keep_outside" = Option<bool>, Query, description = "Keep values on days that the plan does not show")), request_body(content((String = "text/csv"), (shapes::Bytes = "application/octet-stream"), (shapes::FileForm = "multipart/form-data"))), responses((status = 200, description = "Done", body = Imported)))]
pub async fn import(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    Path(plan): Path<String>,
    query: FormData,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, AppError> {
    let mut new = options(&query)?;
    let (reader, scope) = (reader(&session), session.scope());
    let asked = reader.clone();
    // Whoever names no plan need not send the file.
    let plan = state.run(move |services| plan_at(services, &asked, &plan)).await?;
    let (name, file) = store(&state, &headers, body).await?;
    if let Some(name) = name.filter(|_| !query.has("file")) {
        new.file_name = excerpt(&name);
    }
    state
        .run(move |services| {
            let imported = service::import_stored(services, (&grant, &scope), plan.id, &file, &new)?;
            Ok(Json(imported).into_response())
        })
        .await
}

/// The file, on disk and not in memory, and what a form calls it.
async fn store(
    state: &AppState,
    headers: &HeaderMap,
    body: Body,
) -> Result<(Option<String>, StoredFile), AppError> {
    let too_large =
        || AppError::too_large(format!("A file of a plan has at most {} MiB.", MAX_FILE_BYTES >> 20));
    let mut file = SentFile::open(headers, body).await?;
    let announced = announced_bytes(state, headers)?;
    if announced.is_some_and(|bytes| bytes > MAX_FILE_BYTES) {
        file.hear_out().await;
        return Err(too_large());
    }
    let mut storing = Storing::begin(state, announced).await?;
    let mut bytes = 0;
    while let Some(chunk) = file.chunk().await? {
        bytes += chunk.len() as u64;
        if bytes > MAX_FILE_BYTES {
            file.hear_out().await;
            return Err(too_large());
        }
        storing.write(chunk).await?;
    }
    Ok((file.name, storing.finish().await?))
}

/// A plan as a file.
#[utoipa::path(get, path = "/api/v1/plans/{plan}/export", params(("format" = Option<shapes::PlanFormat>, Query, description = "How the file is written; csv where nothing is said"), ("shape" = Option<shapes::PlanShape>, Query, description = "A row a value, or a column a day; long where nothing is said")), responses((status = 200, description = "The file", content((String = "text/csv"), (shapes::Bytes = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
pub async fn export(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(plan): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let reader = reader(&session);
    query.only(&["format", "shape"])?;
    let shape = Shape::of_word(query.text("shape"))?;
    let format = match query.text("format") {
        "" | "csv" => ExportFormat::Csv,
        "xlsx" => ExportFormat::Xlsx,
        _ => return Err(ServiceError::invalid("format", "expected csv or xlsx").into()),
    };
    let by = By { actor: Actor::User(session.user().id), address: session.address() };
    let (plan, reader) = state.run(move |services| Ok((plan_at(services, &reader, &plan)?, reader))).await?;
    let services = Arc::clone(state.services());
    let name = format!("{}.{}", plan.name, format.extension());
    Ok(stream(format.content_type(), Some(&name), move |out| {
        service::export(&services, &reader, by, (plan.id, format, shape), out)
            .map_err(std::io::Error::other)?
    }))
}
