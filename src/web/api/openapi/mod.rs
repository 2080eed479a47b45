//! The description of the API for programs (OpenAPI 3.1), made from the handlers and their types. [`rules`] adds what
//! holds for all; [`shapes`] are answers without a type of their own.

mod rules;
pub(in crate::web::api) mod shapes;

pub use rules::EXAMPLES;

use std::sync::OnceLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Stockroom",
        description = "Everything that the pages of a Stockroom site do, for programs. Sign in at `/api/v1/auth/login`, or send a token that a user made under Account: `Authorization: Bearer stockroom_…`. Every error is `application/problem+json` (RFC 9457) with a stable `type`.",
        license(name = "Proprietary", identifier = "LicenseRef-Stockroom"),
    ),
    paths(
        super::auth::login,
        super::auth::me,
        super::auth::logout,
        super::auth::change_password,
        super::tokens::list,
        super::tokens::make,
        super::tokens::revoke,
        super::users::list,
        super::users::add,
        super::users::covered,
        super::users::show,
        super::users::change,
        super::users::delete,
        super::users::approve,
        super::users::reject,
        super::users::disable,
        super::users::enable,
        super::users::unlock,
        super::users::reset_second_factor,
        super::users::require_second_factor,
        super::users::end_sessions,
        super::users::access,
        super::users::waiting,
        super::sessions::list,
        super::sessions::end,
        super::sessions::own,
        super::sessions::end_own,
        super::audit::list,
        super::audit::export,
        super::audit::verify,
        super::audit::show,
        super::files::list,
        super::files::add,
        super::files::show,
        super::files::change,
        super::files::delete,
        super::files::content,
        super::files::restore,
        super::site::settings,
        super::site::change_settings,
        super::site::health,
        super::site::retry_job,
        super::site::discard_job,
        super::site::outbound,
        super::site::backups,
        super::site::back_up,
        super::site::download_backup,
        super::datasets::list,
        super::datasets::show,
        super::datasets::set_owner,
        super::datasets::rows,
        super::datasets::facets,
        super::datasets::export,
        super::changes::list,
        super::changes::row,
        super::imports::upload,
        super::imports::list,
        super::imports::show,
        super::imports::confirm,
        super::imports::cancel,
        super::imports::rejects,
        super::links::list,
        super::links::make,
        super::links::revoke,
        super::webhooks::list,
        super::webhooks::make,
        super::webhooks::show,
        super::webhooks::change,
        super::webhooks::remove,
        super::webhooks::rotate,
        super::webhooks::ping,
        super::webhooks::messages,
        super::webhooks::resend,
        super::sources::list,
        super::sources::refresh,
        super::master_data::items,
        super::master_data::add_item,
        super::master_data::item,
        super::master_data::change_item,
        super::master_data::delete_item,
        super::master_data::export_items,
        super::master_data::import_items,
        super::master_data::take_items,
        super::master_data::list,
        super::master_data::save_code,
        super::master_data::code,
        super::master_data::change_code,
        super::master_data::delete_code,
        super::master_data::export_list,
        super::master_data::import_list,
        super::plans::manage::list,
        super::plans::manage::create,
        super::plans::manage::show,
        super::plans::manage::change,
        super::plans::manage::delete,
        super::plans::manage::restore,
        super::plans::manage::lead,
        super::plans::manage::lock,
        super::plans::manage::unlock,
        super::plans::manage::archive,
        super::plans::manage::unarchive,
        super::plans::manage::copy,
        super::plans::manage::stock,
        super::plans::lines::lines,
        super::plans::lines::add_line,
        super::plans::lines::line,
        super::plans::lines::remove_line,
        super::plans::lines::projection,
        super::plans::cells::show,
        super::plans::cells::change,
        super::plans::cells::undo,
        super::plans::cells::redo,
        super::plans::file::import,
        super::plans::file::export,
        super::plans::seeing::compare,
        super::plans::seeing::accuracy
    ),
    components(schemas(
        shapes::Problem,
        shapes::Match,
        shapes::RowsFormat,
        shapes::ChangeKind,
        shapes::PlanFormat,
        shapes::PlanShape,
        crate::domain::plan::Measure,
        crate::domain::plan::Bucket,
    ))
)]
struct Document;

/// The whole description, as JSON.
pub fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| rules::complete(serde_json::to_value(Document::openapi()).unwrap_or_default()))
}

/// `GET /api/openapi.json`
pub async fn show() -> Response {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| document().to_string());
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")], text.as_str()).into_response()
}
