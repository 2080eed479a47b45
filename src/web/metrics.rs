//! `/metrics`: what the site does, for Prometheus. On an address of its own whoever reaches it may look; on the usual one
//! only who has the token (`server.metrics_token`). Labels are of bounded number and hold no name of a user or owner:
//! routes are those of the table, never paths.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::error::AppError;
use super::state::AppState;
use crate::base::exposition::{Exposition, Kind, MEDIA_TYPE};
use crate::services::Services;
use crate::services::metrics::{self, Figures, ImportOutcome};

/// Upper bounds of the times that answers take, in seconds.
const BOUNDS: [(&str, f64); 11] = [
    ("0.005", 0.005),
    ("0.01", 0.01),
    ("0.025", 0.025),
    ("0.05", 0.05),
    ("0.1", 0.1),
    ("0.25", 0.25),
    ("0.5", 0.5),
    ("1", 1.0),
    ("2.5", 2.5),
    ("5", 5.0),
    ("10", 10.0),
];
/// Classes of statuses.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
/// The route of what has none.
const NO_ROUTE: &str = "none";

/// Requests of one method to one route.
#[derive(Debug, Clone, Copy, Default)]
struct Series {
    of_class: [u64; CLASSES.len()],
    upto: [u64; BOUNDS.len()],
    count: u64,
    seconds: f64,
}

/// Requests since the process began.
#[derive(Debug, Default)]
pub struct Requests(Mutex<HashMap<&'static str, HashMap<String, Series>>>);

impl Requests {
    /// Counts an answer whose head took `elapsed`; `route` is a pattern of the route table.
    pub fn note(&self, method: &Method, route: Option<&str>, status: u16, elapsed: Duration) {
        let route = route.unwrap_or(NO_ROUTE);
        let seconds = elapsed.as_secs_f64();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_method = all.entry(method_word(method)).or_default();
        if !of_method.contains_key(route) {
            of_method.insert(route.to_owned(), Series::default());
        }
        let Some(series) = of_method.get_mut(route) else { return };
        series.of_class[usize::from(status / 100).clamp(1, CLASSES.len()) - 1] += 1;
        for ((_, bound), upto) in BOUNDS.iter().zip(&mut series.upto) {
            *upto += u64::from(seconds <= *bound);
        }
        series.count += 1;
        series.seconds += seconds;
    }

    /// All of them, in a fixed order.
    fn all(&self) -> Vec<(&'static str, String, Series)> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut listed: Vec<_> = all
            .iter()
            .flat_map(|(method, routes)| {
                routes.iter().map(|(route, series)| (*method, route.clone(), *series))
            })
            .collect();
        drop(all);
        listed.sort_by(|(method, route, _), (other, other_route, _)| {
            (route, method).cmp(&(other_route, other))
        });
        listed
    }
}

/// A client may call its method anything.
fn method_word(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// `GET /metrics` on the usual address: for who has the token.
pub async fn show(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, AppError> {
    let config = state.config();
    let Some(token) = &config.server.metrics_token else {
        return Err(AppError::not_found("There is nothing at this address."));
    };
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| {
        // RFC 9110 §11.1: a scheme is the same in any case.
        scheme.eq_ignore_ascii_case("bearer")
    });
    // Of hashes, which are of one length, so that not even that is told by the time it takes.
    let hash = |text: &str| Sha256::digest(text.as_bytes());
    let is_right = given.is_some_and(|(_, given)| hash(given.trim()).ct_eq(&hash(token.expose())).into());
    if is_right {
        return tell(State(state)).await;
    }
    let refusal = AppError::new(
        StatusCode::UNAUTHORIZED,
        "metrics-token-required",
        "Only with the token",
        "Send `Authorization: Bearer …` with the token of `server.metrics_token_file`.",
    );
    let mut response = refusal.into_response();
    response.headers_mut().insert(WWW_AUTHENTICATE, axum::http::HeaderValue::from_static("Bearer"));
    Ok(response)
}

/// `GET /metrics` on the address that is for nothing else.
pub async fn tell(State(state): State<AppState>) -> Result<Response, AppError> {
    let figures = state.run(metrics::look).await;
    let text = write(&state, figures.ok().as_ref());
    Ok(([(CONTENT_TYPE, MEDIA_TYPE), (CACHE_CONTROL, "no-store")], text).into_response())
}

/// Everything; of the store only what could be read: a site that is broken is watched, too.
fn write(state: &AppState, figures: Option<&Figures>) -> String {
    let mut text = Exposition::default();
    text.family("stockroom_build_info", Kind::Gauge, "Version of the program.");
    text.sample(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    process(&mut text, state);
    requests(&mut text, state.requests());
    imports(&mut text, state.services());
    text.single("stockroom_up", Kind::Gauge, "1 where the store could be read.", flag(figures.is_some()));
    if let Some(figures) = figures {
        site(&mut text, figures);
    }
    text.finish()
}

fn flag(is_so: bool) -> f64 {
    if is_so { 1.0 } else { 0.0 }
}

fn unix_seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1e3
}

fn process(text: &mut Exposition, state: &AppState) {
    let started = unix_seconds(state.services().started_at());
    text.single("process_start_time_seconds", Kind::Gauge, "When the process began, in Unix time.", started);
    if let Some(bytes) = resident_bytes() {
        text.single("process_resident_memory_bytes", Kind::Gauge, "Resident memory.", bytes as f64);
    }
    let draining = flag(state.is_draining());
    text.single("stockroom_stopping", Kind::Gauge, "1 while the server stops.", draining);
    let read_only = flag(state.services().is_read_only() || state.services().store.is_fallen_back());
    text.single("stockroom_read_only", Kind::Gauge, "1 where nothing can be changed.", read_only);
    let open = state.connections().count() as f64;
    text.single("stockroom_connections_open", Kind::Gauge, "Connections over the network.", open);
}

/// Memory that the process has in use (proc_pid_statm(5)); `None` where the system does not tell.
fn resident_bytes() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = pages.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

fn requests(text: &mut Exposition, requests: &Requests) {
    let all = requests.all();
    text.family(
        "stockroom_http_requests_total",
        Kind::Counter,
        "Answered requests by method, pattern of the route and class of the status.",
    );
    for (method, route, series) in &all {
        for (class, count) in CLASSES.iter().zip(series.of_class).filter(|(_, count)| *count > 0) {
            text.sample(&[("method", method), ("route", route), ("status", class)], count as f64);
        }
    }
    text.family(
        "stockroom_http_request_duration_seconds",
        Kind::Histogram,
        "Time from a request's head to the head of its answer.",
    );
    for (method, route, series) in &all {
        let upto: Vec<_> = BOUNDS.iter().zip(series.upto).map(|((bound, _), upto)| (*bound, upto)).collect();
        text.histogram(&[("method", method), ("route", route)], &upto, series.count, series.seconds);
    }
}

fn imports(text: &mut Exposition, services: &Services) {
    let counts = services.import_counts();
    text.family("stockroom_imports_total", Kind::Counter, "Imports by how they ended.");
    for outcome in ImportOutcome::ALL {
        text.sample(&[("outcome", outcome.word())], counts.ended(outcome) as f64);
    }
    let rows = counts.rows() as f64;
    text.single("stockroom_import_rows_total", Kind::Counter, "Rows that went live.", rows);
    let help = "Time of reading and building imports.";
    text.single("stockroom_import_seconds_total", Kind::Counter, help, counts.seconds());
}

fn site(text: &mut Exposition, figures: &Figures) {
    type Value = fn(&metrics::DatasetFigures) -> Option<f64>;
    let of_datasets: [(&'static str, &str, Value); 4] = [
        ("stockroom_index_generations", "Generations of a dataset.", |of| Some(of.generations as f64)),
        ("stockroom_index_bytes", "Bytes of a dataset's indexes.", |of| Some(of.index_bytes as f64)),
        ("stockroom_dataset_rows", "Rows that are live.", |of| Some(of.rows as f64)),
        (
            "stockroom_dataset_published_time_seconds",
            "When the live rows were published, in Unix time.",
            |of| of.published_at.map(unix_seconds),
        ),
    ];
    for (name, help, value) in of_datasets {
        text.family(name, Kind::Gauge, help);
        for dataset in &figures.datasets {
            if let Some(value) = value(dataset) {
                text.sample(&[("dataset", &dataset.slug)], value);
            }
        }
    }
    text.single("stockroom_sessions", Kind::Gauge, "Sessions that are good now.", figures.sessions as f64);
    text.family("stockroom_jobs", Kind::Gauge, "Jobs by state; failed ones were given up.");
    for (state, count) in figures.jobs {
        text.sample(&[("state", state)], count as f64);
    }
    let waiting = figures.mails_waiting as f64;
    text.single("stockroom_mails_waiting", Kind::Gauge, "Mails that wait to be sent.", waiting);
    if let Some(made_at) = figures.backup_made_at {
        let help = "When the newest backup was made, in Unix time.";
        text.single("stockroom_backup_made_time_seconds", Kind::Gauge, help, unix_seconds(made_at));
        let age = (figures.at.as_millisecond() - made_at.as_millisecond()).max(0) as f64 / 1e3;
        text.single("stockroom_backup_age_seconds", Kind::Gauge, "Age of the newest backup.", age);
    }
    let bytes = figures.database_bytes as f64;
    text.single("stockroom_database_bytes", Kind::Gauge, "Bytes of the database's file.", bytes);
    let (free, all) = figures.disk;
    text.single("stockroom_disk_free_bytes", Kind::Gauge, "Free bytes of the disk.", free as f64);
    text.single("stockroom_disk_bytes", Kind::Gauge, "Bytes of the disk.", all as f64);
}
