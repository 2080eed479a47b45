//! The whole route table.

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{self, MethodRouter};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::api::{
    audit as api_audit, auth, changes as api_changes, datasets, files as api_files, health, imports,
    links as api_links, master_data, openapi, plans as api_plans, sessions as api_sessions, site as api_site,
    sources as api_sources, tokens as api_tokens, users as api_users, webhooks as api_webhooks,
};
use super::error::AppError;
use super::extract::Page;
use super::middleware::{
    self, access_log, headers, host, on_behalf, panic, problem, read_only, reader, request_id, session_watch,
};
use super::pages::{
    account, analytics, approvals, audit, changes, copies, directory, docs, files, forgot, help, history,
    home, imports as imports_pages, inventory, items, keys, mail, news, office, password, plan, profiles,
    sessions, settings, setup, sign_in, sign_up, sources, trust, users, view_as, webhooks,
};
use super::plain::{self, Way};
use super::state::AppState;
use super::{admin_socket, assets, gate, live, metrics};

/// How long a browser may keep what it was told of other origins.
const PREFLIGHT: Duration = Duration::from_mins(10);

/// An address that is answered over the network.
struct Route {
    method: &'static str,
    path: &'static str,
    answer: MethodRouter<AppState>,
}

fn get<H: Handler<T, AppState>, T: 'static>(path: &'static str, handler: H) -> Route {
    Route { method: "GET", path, answer: routing::get(handler) }
}

fn patch<H: Handler<T, AppState>, T: 'static>(path: &'static str, handler: H) -> Route {
    Route { method: "PATCH", path, answer: routing::patch(handler) }
}

fn delete<H: Handler<T, AppState>, T: 'static>(path: &'static str, handler: H) -> Route {
    Route { method: "DELETE", path, answer: routing::delete(handler) }
}

fn post<H: Handler<T, AppState>, T: 'static>(path: &'static str, handler: H) -> Route {
    Route { method: "POST", path, answer: routing::post(handler) }
}

/// The table. A line here without one in `tests/app/tenancy.rs`, which says who may go there, fails that test.
fn routes() -> Vec<Route> {
    vec![
        get("/", home::home),
        get("/a/{hash}/{*path}", assets::show),
        get("/site.css", settings::style),
        get("/logo/{logo}", settings::logo),
        get("/login", sign_in::show),
        post("/login", sign_in::submit),
        get("/login/code", sign_in::show_code),
        post("/login/code", sign_in::submit_code),
        get("/admin-login", sign_in::show_admin),
        post("/admin-login", sign_in::submit_admin),
        post("/logout", sign_in::sign_out),
        get("/register", sign_up::show),
        post("/register", sign_up::submit),
        get("/register/sent", sign_up::sent),
        post("/register/code", sign_up::code),
        post("/register/resend", sign_up::resend),
        get("/confirm", sign_up::look),
        post("/confirm", sign_up::confirm),
        get("/forgot", forgot::show),
        post("/forgot", forgot::submit),
        get("/reset", forgot::show_link),
        post("/reset", forgot::set),
        post("/reset/code", forgot::check),
        post("/reset/resend", forgot::resend),
        get("/welcome", forgot::show_link),
        post("/welcome", forgot::set),
        post("/password-strength", password::show_strength),
        get("/code", forgot::show_slip),
        post("/code", forgot::submit_slip),
        get("/session", sign_in::extend),
        get("/activity", news::show),
        post("/activity/read", news::mark_read),
        get("/imports", imports_pages::list),
        post("/imports", imports_pages::upload),
        get("/imports/activity", imports_pages::activity),
        get("/imports/{import}", imports_pages::show),
        get("/imports/{import}/status", imports_pages::status),
        get("/imports/{import}/original", imports_pages::original),
        get("/imports/{import}/difference", changes::import),
        get("/imports/{import}/difference.csv", changes::import_file),
        get("/imports/{import}/settings", imports_pages::back),
        get("/imports/{import}/publish", imports_pages::back),
        get("/imports/{import}/cancel", imports_pages::back),
        get("/imports/{import}/again", imports_pages::back),
        post("/imports/{import}/settings", imports_pages::settings),
        post("/imports/{import}/publish", imports_pages::publish),
        post("/imports/{import}/cancel", imports_pages::cancel),
        post("/imports/{import}/again", imports_pages::again),
        get("/files", files::list),
        get("/files/upload", files::list),
        post("/files/upload", files::upload),
        get("/files/folders", files::folders),
        get("/files/folders/{folder}", files::folder),
        get("/files/folders/{folder}/{file}", files::show_of),
        get("/files/folders/{folder}/{file}/download", files::download_of),
        get("/files/folders/{folder}/{file}/table", files::table_of),
        get("/files/folders/{folder}/{file}/rows", files::rows_of),
        get("/files/folders/{folder}/{file}/import", files::ask_import),
        post("/files/folders/{folder}/{file}/import", files::import),
        post("/files/folders/{folder}/{file}/copy", files::copy_again),
        get("/files/{file}", files::show),
        get("/files/{file}/download", files::download),
        get("/files/{file}/table", files::table),
        get("/files/{file}/rows", files::rows),
        get("/files/{file}/{action}", files::back),
        post("/files/{file}/{action}", files::act),
        get("/keys", keys::show),
        get("/inventory", inventory::inventory),
        get("/datasets/{dataset}", inventory::dataset),
        get("/datasets/{dataset}/rows", inventory::rows),
        get("/datasets/{dataset}/generation", inventory::generation),
        get("/datasets/{dataset}/history", history::show),
        post("/datasets/{dataset}/history/{generation}", history::roll_back),
        get("/datasets/{dataset}/row", changes::row),
        get("/datasets/{dataset}/profiles", profiles::list),
        post("/datasets/{dataset}/profiles", profiles::bring),
        get("/datasets/{dataset}/profiles/{profile}", profiles::show),
        post("/datasets/{dataset}/profiles/{profile}", profiles::save),
        get("/datasets/{dataset}/profiles/{profile}/export", profiles::export),
        post("/datasets/{dataset}/profiles/{profile}/forget", profiles::forget),
        get("/datasets/{dataset}/rules", history::rules),
        post("/datasets/{dataset}/rules", history::save_rules),
        get("/datasets/{dataset}/changes", changes::dataset),
        get("/datasets/{dataset}/changes.csv", changes::dataset_file),
        get("/setup", setup::show),
        post("/setup", setup::submit),
        get("/setup/data", setup::data),
        post("/setup/sample", setup::sample),
        get("/change-password", account::show_change),
        post("/change-password", account::change),
        get("/account", account::show),
        post("/account/name", account::rename),
        get("/account/password", account::show_password),
        post("/account/password", account::set_password),
        post("/account/avatar", account::set_avatar),
        post("/account/avatar/remove", account::remove_avatar),
        get("/avatars/{avatar}", account::avatar),
        post("/account/question", account::set_question),
        post("/account/question/remove", account::remove_question),
        get("/account/data", account::own_data),
        get("/account/second-factor", account::show_second_factor),
        post("/account/second-factor/begin", account::begin_second_factor),
        post("/account/second-factor/confirm", account::confirm_second_factor),
        get("/account/second-factor/codes", account::ask_codes),
        post("/account/second-factor/codes", account::renew_codes),
        get("/account/second-factor/off", account::ask_off),
        post("/account/second-factor/off", account::switch_second_factor_off),
        post("/account/second-factor/trusted/end", account::distrust_all),
        post("/account/second-factor/trusted/{browser}/end", account::distrust),
        post("/account/password/code", account::send_password_code),
        get("/account/email", account::show_email),
        post("/account/email", account::send_email_codes),
        post("/account/email/confirm", account::set_email),
        get("/account/tokens", account::show_tokens),
        post("/account/tokens", account::make_token),
        post("/account/tokens/{token}/revoke", account::revoke_token),
        get("/account/links", account::show_links),
        post("/account/links", account::make_link),
        post("/account/links/{link}/revoke", account::revoke_link),
        get("/live/{token}/{name}", live::show),
        post("/account/preferences", account::set_preferences),
        post("/account/theme", account::set_theme),
        post("/account/density", account::set_density),
        post("/account/sessions/end-others", account::end_others),
        post("/account/sessions/{session}/end", account::end_one),
        get("/admin/customers", users::list),
        post("/admin/customers", users::create),
        get("/admin/customers/new", users::new),
        get("/admin/customers/owners", users::owners),
        get("/admin/customers/import", users::show_import),
        post("/admin/customers/import", users::check_import),
        post("/admin/customers/import/run", users::run_import),
        get("/admin/customers/bulk", users::ask_bulk),
        post("/admin/customers/bulk", users::act_bulk),
        get("/admin/customers/coverage", users::show_coverage),
        get("/admin/customers/coverage.csv", users::coverage_csv),
        get("/admin/customers/{user}", users::show),
        post("/admin/customers/{user}", users::save),
        get("/admin/customers/{user}/{action}", users::ask),
        post("/admin/customers/{user}/{action}", users::act),
        post("/admin/customers/{user}/tokens/{token}", users::revoke_token),
        post("/admin/customers/{user}/links/{link}", users::revoke_link),
        get("/admin/users", users::moved),
        get("/admin/users/{*rest}", users::moved),
        get("/admin/approvals", approvals::list),
        get("/admin/approvals/bulk", approvals::ask_many),
        post("/admin/approvals/bulk", approvals::decide_many),
        get("/admin/approvals/{request}", approvals::ask),
        post("/admin/approvals/{request}", approvals::decide),
        post("/admin/approvals/dismiss", approvals::dismiss),
        get("/admin/audit", audit::list),
        get("/admin/audit/export", audit::export),
        get("/admin/audit/head", audit::show_head),
        post("/admin/audit/head", audit::sign_head),
        post("/admin/audit/verify", audit::verify),
        get("/admin/audit/{seq}", audit::show),
        get("/admin/sessions", sessions::list),
        post("/admin/sessions/end-others", sessions::end_others),
        get("/admin/sessions/{session}/end", sessions::ask_end),
        post("/admin/sessions/{session}/end", sessions::end),
        get("/admin/sessions/{session}/end-all", sessions::ask_end_all),
        post("/admin/sessions/{session}/end-all", sessions::end_all),
        get("/admin/view-as", view_as::show),
        post("/admin/view-as/end", view_as::end),
        post("/admin/view-as/{target}", view_as::begin),
        get("/admin/analytics", analytics::show),
        get("/admin/analytics/{table}", analytics::table),
        get("/admin", office::dashboard),
        get("/admin/system", office::system),
        get("/admin/doctor", office::doctor),
        get("/admin/outbound", office::outbound),
        post("/admin/system/bundle", office::bundle),
        post("/admin/system/backups", office::back_up),
        post("/admin/system/backups/drill", office::try_backup),
        get("/admin/system/backups/{name}", office::download_backup),
        post("/admin/system/jobs/{job}/{action}", office::act_on_job),
        get("/admin/settings", settings::show),
        post("/admin/settings", settings::save),
        post("/admin/settings/logo", settings::set_logo),
        post("/admin/settings/logo/remove", settings::remove_logo),
        get("/admin/webhooks", webhooks::list),
        get("/admin/webhooks/new", webhooks::new),
        post("/admin/webhooks/new", webhooks::create),
        get("/admin/webhooks/{webhook}", webhooks::show),
        post("/admin/webhooks/{webhook}", webhooks::save),
        post("/admin/webhooks/{webhook}/ping", webhooks::ping),
        post("/admin/webhooks/{webhook}/rotate", webhooks::rotate),
        post("/admin/webhooks/{webhook}/remove", webhooks::remove),
        get("/admin/webhooks/{webhook}/{action}", webhooks::back),
        post("/admin/webhooks/{webhook}/messages/{message}", webhooks::again),
        get("/admin/outbox", mail::list),
        post("/admin/outbox/test", mail::test),
        get("/admin/outbox/{mail}", mail::show),
        post("/admin/outbox/{mail}/{action}", mail::act),
        get("/admin/copies", copies::show),
        post("/admin/copies/test", copies::test),
        post("/admin/copies/retry", copies::retry),
        get("/admin/directory", directory::show),
        post("/admin/directory/test", directory::test),
        get("/admin/sources", sources::list),
        get("/admin/sources/new", sources::new),
        post("/admin/sources/new", sources::create),
        get("/admin/sources/{source}", sources::show),
        post("/admin/sources/{source}", sources::save),
        post("/admin/sources/{source}/refresh", sources::refresh),
        post("/admin/sources/{source}/test", sources::test),
        post("/admin/sources/{source}/delete", sources::delete),
        get("/trust", trust::show),
        get("/trust/ca.crt", trust::certificate),
        get("/healthz", health::healthz),
        get("/readyz", health::readyz),
        get("/metrics", metrics::show),
        get("/plan", plan::list),
        post("/plan", plan::create),
        get("/plan/items", items::list),
        post("/plan/items", items::save),
        post("/plan/items/take", items::take),
        post("/plan/items/import", items::import),
        get("/plan/locations", items::list_codes),
        post("/plan/locations", items::save_code),
        post("/plan/locations/import", items::import_codes),
        get("/plan/channels", items::list_codes),
        post("/plan/channels", items::save_code),
        post("/plan/channels/import", items::import_codes),
        get("/plan/customers", items::list_codes),
        post("/plan/customers", items::save_code),
        post("/plan/customers/import", items::import_codes),
        get("/plan/{plan}", plan::sheet),
        post("/plan/{plan}", plan::act),
        post("/plan/{plan}/cell", plan::cell),
        post("/plan/{plan}/import", plan::import),
        post("/plan/{plan}/lines", plan::add_line),
        get("/plan/{plan}/lines/{line}/remove", plan::ask_remove_line),
        post("/plan/{plan}/lines/{line}/remove", plan::remove_line),
        get("/plan/{plan}/chart", plan::chart),
        get("/plan/{plan}/chart.svg", plan::chart_file),
        get("/plan/{plan}/overview", plan::overview),
        get("/plan/{plan}/overview.xlsx", plan::overview_file),
        get("/plan/{plan}/sheet.xlsx", plan::sheet_file),
        get("/plan/{plan}/compare", plan::compare),
        get("/plan/{plan}/accuracy", plan::accuracy),
        get("/plan/{plan}/settings", plan::settings),
        post("/plan/{plan}/settings", plan::change_settings),
        get("/plan/{plan}/delete", plan::ask_delete),
        post("/plan/{plan}/delete", plan::delete),
        post("/plan/{plan}/restore", plan::restore),
        get("/api/openapi.json", openapi::show),
        get("/help", help::index),
        get("/help/{topic}", help::show_topic),
        get("/api/docs", docs::show),
        get("/api/docs/try", docs::try_it),
        post("/api/v1/auth/login", auth::login),
        post("/api/v1/auth/logout", auth::logout),
        get("/api/v1/auth/me", auth::me),
        post("/api/v1/auth/password", auth::change_password),
        // The short forms.
        post("/auth/login", auth::login),
        post("/auth/logout", auth::logout),
        get("/auth/me", auth::me),
        get("/api/v1/tokens", api_tokens::list),
        post("/api/v1/tokens", api_tokens::make),
        delete("/api/v1/tokens/{token}", api_tokens::revoke),
        get("/api/v1/links", api_links::list),
        post("/api/v1/links", api_links::make),
        delete("/api/v1/links/{link}", api_links::revoke),
        get("/api/v1/users", api_users::list),
        post("/api/v1/users", api_users::add),
        get("/api/v1/users/coverage", api_users::covered),
        get("/api/v1/users/{user}", api_users::show),
        patch("/api/v1/users/{user}", api_users::change),
        delete("/api/v1/users/{user}", api_users::delete),
        post("/api/v1/users/{user}/approve", api_users::approve),
        post("/api/v1/users/{user}/reject", api_users::reject),
        post("/api/v1/users/{user}/disable", api_users::disable),
        post("/api/v1/users/{user}/enable", api_users::enable),
        post("/api/v1/users/{user}/unlock", api_users::unlock),
        post("/api/v1/users/{user}/reset-second-factor", api_users::reset_second_factor),
        post("/api/v1/users/{user}/require-second-factor", api_users::require_second_factor),
        post("/api/v1/users/{user}/end-sessions", api_users::end_sessions),
        post("/api/v1/users/{user}/access", api_users::access),
        get("/api/v1/approvals", api_users::waiting),
        get("/api/v1/sessions", api_sessions::list),
        delete("/api/v1/sessions/{session}", api_sessions::end),
        get("/api/v1/auth/sessions", api_sessions::own),
        delete("/api/v1/auth/sessions/{session}", api_sessions::end_own),
        get("/api/v1/audit", api_audit::list),
        get("/api/v1/audit/export", api_audit::export),
        post("/api/v1/audit/verify", api_audit::verify),
        get("/api/v1/audit/{seq}", api_audit::show),
        get("/api/v1/files", api_files::list),
        post("/api/v1/files", api_files::add),
        get("/api/v1/files/{file}", api_files::show),
        patch("/api/v1/files/{file}", api_files::change),
        delete("/api/v1/files/{file}", api_files::delete),
        get("/api/v1/files/{file}/content", api_files::content),
        post("/api/v1/files/{file}/restore", api_files::restore),
        get("/api/v1/settings", api_site::settings),
        patch("/api/v1/settings", api_site::change_settings),
        get("/api/v1/health", api_site::health),
        post("/api/v1/jobs/{job}/retry", api_site::retry_job),
        delete("/api/v1/jobs/{job}", api_site::discard_job),
        get("/api/v1/outbound", api_site::outbound),
        get("/api/v1/backups", api_site::backups),
        post("/api/v1/backups", api_site::back_up),
        get("/api/v1/backups/{backup}", api_site::download_backup),
        get("/api/v1/datasets", datasets::list),
        get("/api/v1/datasets/{dataset}", datasets::show),
        get("/api/v1/datasets/{dataset}/rows", datasets::rows),
        get("/api/v1/datasets/{dataset}/changes", api_changes::list),
        get("/api/v1/datasets/{dataset}/row", api_changes::row),
        get("/api/v1/datasets/{dataset}/facets", datasets::facets),
        get("/api/v1/datasets/{dataset}/export", datasets::export),
        post("/api/v1/datasets/{dataset}/owner", datasets::set_owner),
        post("/api/v1/datasets/{dataset}/imports", imports::upload),
        get("/api/v1/imports", imports::list),
        get("/api/v1/imports/{import}", imports::show),
        post("/api/v1/imports/{import}/confirm", imports::confirm),
        post("/api/v1/imports/{import}/cancel", imports::cancel),
        get("/api/v1/imports/{import}/rejects", imports::rejects),
        get("/api/v1/webhooks", api_webhooks::list),
        post("/api/v1/webhooks", api_webhooks::make),
        get("/api/v1/webhooks/{webhook}", api_webhooks::show),
        patch("/api/v1/webhooks/{webhook}", api_webhooks::change),
        delete("/api/v1/webhooks/{webhook}", api_webhooks::remove),
        post("/api/v1/webhooks/{webhook}/rotate", api_webhooks::rotate),
        post("/api/v1/webhooks/{webhook}/ping", api_webhooks::ping),
        get("/api/v1/webhooks/{webhook}/messages", api_webhooks::messages),
        post("/api/v1/webhooks/{webhook}/messages/{message}/resend", api_webhooks::resend),
        get("/api/v1/sources", api_sources::list),
        post("/api/v1/sources/{source}/refresh", api_sources::refresh),
        get("/api/v1/items", master_data::items),
        post("/api/v1/items", master_data::add_item),
        get("/api/v1/items/export", master_data::export_items),
        post("/api/v1/items/import", master_data::import_items),
        post("/api/v1/items/take", master_data::take_items),
        get("/api/v1/items/{sku}", master_data::item),
        patch("/api/v1/items/{sku}", master_data::change_item),
        delete("/api/v1/items/{sku}", master_data::delete_item),
        get("/api/v1/lists/{list}", master_data::list),
        post("/api/v1/lists/{list}", master_data::save_code),
        post("/api/v1/lists/{list}/import", master_data::import_list),
        get("/api/v1/lists/{list}/export", master_data::export_list),
        get("/api/v1/lists/{list}/{code}", master_data::code),
        patch("/api/v1/lists/{list}/{code}", master_data::change_code),
        delete("/api/v1/lists/{list}/{code}", master_data::delete_code),
        get("/api/v1/plans", api_plans::list),
        post("/api/v1/plans", api_plans::create),
        get("/api/v1/plans/{plan}", api_plans::show),
        patch("/api/v1/plans/{plan}", api_plans::change),
        delete("/api/v1/plans/{plan}", api_plans::delete),
        post("/api/v1/plans/{plan}/restore", api_plans::restore),
        post("/api/v1/plans/{plan}/leader", api_plans::lead),
        post("/api/v1/plans/{plan}/lock", api_plans::lock),
        post("/api/v1/plans/{plan}/unlock", api_plans::unlock),
        post("/api/v1/plans/{plan}/archive", api_plans::archive),
        post("/api/v1/plans/{plan}/unarchive", api_plans::unarchive),
        post("/api/v1/plans/{plan}/copy", api_plans::copy),
        post("/api/v1/plans/{plan}/stock", api_plans::stock),
        get("/api/v1/plans/{plan}/lines", api_plans::lines),
        post("/api/v1/plans/{plan}/lines", api_plans::add_line),
        patch("/api/v1/plans/{plan}/lines/{line}", api_plans::line),
        delete("/api/v1/plans/{plan}/lines/{line}", api_plans::remove_line),
        get("/api/v1/plans/{plan}/projection", api_plans::projection),
        get("/api/v1/plans/{plan}/cells", api_plans::cells),
        patch("/api/v1/plans/{plan}/cells", api_plans::change_cells),
        post("/api/v1/plans/{plan}/undo", api_plans::undo),
        post("/api/v1/plans/{plan}/redo", api_plans::redo),
        post("/api/v1/plans/{plan}/import", api_plans::import),
        get("/api/v1/plans/{plan}/export", api_plans::export),
        get("/api/v1/plans/{plan}/compare", api_plans::compare),
        get("/api/v1/plans/{plan}/accuracy", api_plans::accuracy),
    ]
}

/// Method and path of everything that is answered over the network.
pub fn addresses() -> Vec<(&'static str, &'static str)> {
    routes().iter().map(|route| (route.method, route.path)).collect()
}

/// Everything that is answered over the network.
pub fn router(state: AppState) -> Router {
    let (api, others): (Vec<Route>, Vec<Route>) = routes().into_iter().partition(|route| is_api(route.path));
    let table = |routes: Vec<Route>| {
        routes.into_iter().fold(Router::new(), |router, route| router.route(route.path, route.answer))
    };
    let api = table(api)
        // Before the layers, so that a question beforehand from another origin comes to them.
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(state.clone(), middleware::once::middleware))
        .layer(from_fn(middleware::api::middleware))
        .layer(compressed())
        .layer(other_origins(&state));
    let table =
        table(others).merge(api).fallback(no_such_page).method_not_allowed_fallback(method_not_allowed);
    around(table.layer(from_fn_with_state(state.clone(), headers::strict_transport)), state)
}

/// True for what programs ask.
fn is_api(path: &str) -> bool {
    path.starts_with("/api/v1/") || path.starts_with("/auth/") || path == "/api/openapi.json"
}

/// Answers are made smaller for who asks, but for files that are already.
fn compressed() -> CompressionLayer<impl Predicate> {
    let plain = DefaultPredicate::new()
        .and(NotForContentType::const_new("application/vnd.openxmlformats"))
        .and(NotForContentType::const_new("application/zip"))
        .and(NotForContentType::const_new("application/octet-stream"));
    CompressionLayer::new().quality(CompressionLevel::Precise(4)).compress_when(plain)
}

/// Lets pages of the listed origins use the API, with the cookies of who is signed in (the Fetch standard's CORS protocol).
fn other_origins(state: &AppState) -> CorsLayer {
    let config = state.config();
    let origins =
        config.server.allowed_origins.iter().filter_map(|origin| origin.parse::<HeaderValue>().ok());
    let names =
        |names: &[&'static str]| names.iter().map(|name| HeaderName::from_static(name)).collect::<Vec<_>>();
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_credentials(true)
        .allow_private_network(true)
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::PUT, Method::DELETE])
        .allow_headers(names(&[
            "authorization",
            "content-type",
            "if-match",
            "if-none-match",
            "idempotency-key",
            "x-csrf-token",
        ]))
        .expose_headers(names(&[
            "content-disposition",
            "etag",
            "idempotency-replayed",
            "ratelimit",
            "ratelimit-policy",
            "retry-after",
            "x-csrf-token",
            "x-request-id",
        ]))
        .max_age(PREFLIGHT)
}

/// What is answered over plain HTTP where the site speaks TLS.
pub fn plain_router(state: AppState, way: Way) -> Router {
    let mode = state.config().tls.mode;
    let open = routes().into_iter().filter(|route| plain::is_open(mode, route.path));
    let table = open.fold(Router::new(), |router, route| router.route(route.path, route.answer));
    let leading = state.clone();
    around(table.fallback(async move |request: Request| way.lead(&leading, &request)), state)
}

/// Everything that is answered over `admin.sock`, to the command line of the same user.
pub fn admin_router(state: AppState) -> Router {
    // Streams (an import's file, an export's rows) get routes of their own here: a command is one small object.
    let routes = Router::new()
        .route("/alive", routing::get(admin_socket::alive))
        .route("/command", routing::post(admin_socket::command))
        .route("/imports", routing::post(admin_socket::import))
        .route("/users", routing::post(admin_socket::import_users))
        .route("/plans/import", routing::post(admin_socket::import_plan))
        .route("/plans/export", routing::get(admin_socket::export_plan))
        .route("/export", routing::get(admin_socket::export))
        .route("/audit", routing::get(admin_socket::export_audit));
    routes
        .fallback(not_found)
        .layer(from_fn(gate::middleware))
        .layer(from_fn(panic::middleware))
        .layer(from_fn_with_state(state.clone(), problem::middleware))
        .layer(from_fn_with_state(state.clone(), request_id::middleware))
        .with_state(state)
}

/// What is answered where nothing but figures is.
pub fn metrics_router(state: AppState) -> Router {
    let table = Router::new().route("/metrics", routing::get(metrics::tell));
    table
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(from_fn(gate::middleware))
        .layer(from_fn(panic::middleware))
        .with_state(state)
}

/// What stands around every request from the network; the last layer is the outermost.
fn around(routes: Router<AppState>, state: AppState) -> Router {
    routes
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(state.clone(), session_watch::middleware))
        .layer(from_fn(on_behalf::middleware))
        .layer(from_fn_with_state(state.clone(), read_only::middleware))
        .layer(from_fn_with_state(state.clone(), host::middleware))
        .layer(from_fn(gate::middleware))
        .layer(from_fn(panic::middleware))
        .layer(from_fn_with_state(state.clone(), problem::middleware))
        .layer(from_fn_with_state(state.clone(), headers::middleware))
        .layer(from_fn_with_state(state.clone(), reader::middleware))
        .layer(from_fn_with_state(state.clone(), access_log::middleware))
        .layer(from_fn_with_state(state.clone(), request_id::middleware))
        .with_state(state)
}

async fn not_found() -> AppError {
    AppError::not_found("There is nothing at this address.")
}

/// With the reader's page around it, if they are signed in.
async fn no_such_page(_reader: Result<Page, AppError>) -> AppError {
    not_found().await
}

async fn method_not_allowed() -> Response {
    StatusCode::METHOD_NOT_ALLOWED.into_response()
}
