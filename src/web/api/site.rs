//! The site itself, for those who look after it: settings, how it is, its jobs and backups.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::openapi::shapes;
use crate::base::secret::SecretString;
use crate::config::setting::Control;
use crate::domain::ids::JobId;
use crate::domain::job::{Job, JobState};
use crate::services::authorize::{ManageSite, ReadAudit};
use crate::services::backups::schedule;
use crate::services::outbound::{self, Outbound};
use crate::services::settings::{self, Change, Saved, SettingView};
use crate::services::{ServiceError, system};
use crate::web::attachment::as_sent;
use crate::web::error::AppError;
use crate::web::extract::{ApiJson, Granted, NoBody};
use crate::web::state::AppState;

/// A setting.
#[derive(Serialize, ToSchema)]
#[schema(as = Setting)]
struct SettingBody {
    /// As in `stockroom.toml`.
    name: &'static str,
    about: &'static str,
    /// Null where it is the default, and for a secret.
    value: Option<String>,
    /// It is set.
    is_set: bool,
    is_secret: bool,
    /// It is set outside, in a file or the environment, and cannot be changed here.
    is_locked: bool,
    /// Where it is set; blank for the default.
    origin: String,
}

impl From<SettingView> for SettingBody {
    fn from(view: SettingView) -> Self {
        let is_secret = matches!(view.control, Control::Secret) || view.setting.secret;
        Self {
            name: view.setting.name,
            about: view.setting.help,
            is_set: view.value.is_some(),
            value: view.value.filter(|_| !is_secret),
            is_secret,
            is_locked: view.is_locked,
            origin: view.origin,
        }
    }
}

/// Settings in a list.
#[derive(Serialize, ToSchema)]
struct Settings {
    settings: Vec<SettingBody>,
}

/// The settings that can be changed here.
#[utoipa::path(get, path = "/api/v1/settings", responses((status = 200, description = "Done", body = Settings)))]
pub async fn settings(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageSite>,
) -> Result<Response, AppError> {
    state
        .run(move |services| {
            let settings = settings::list(services, &grant).into_iter().map(SettingBody::from).collect();
            Ok(Json(Settings { settings }).into_response())
        })
        .await
}

/// What a setting becomes; with what it was, where that is to be still so.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingChange {
    /// As it is written in `stockroom.toml`; `null` for the default.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(value_type = Option<String>)]
    value: Option<SecretString>,
    /// What it was before one's eyes; where it is another value now, nothing is changed.
    #[serde(default)]
    seen: Option<String>,
}

/// What settings become, by their names.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct SettingChanges(BTreeMap<String, SettingChange>);

/// Changes settings, all of them or none.
#[utoipa::path(patch, path = "/api/v1/settings", request_body = SettingChanges, responses((status = 200, description = "Done", body = Settings)))]
pub async fn change_settings(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageSite>,
    ApiJson(SettingChanges(body)): ApiJson<SettingChanges>,
) -> Result<Response, AppError> {
    let saved = state
        .run(move |services| {
            let known: BTreeMap<&str, SettingView> =
                settings::list(services, &grant).into_iter().map(|view| (view.setting.name, view)).collect();
            let mut changes = Vec::new();
            for (name, change) in body {
                let Some(view) = known.get(name.as_str()) else {
                    return Ok(Err((name, "is no setting that can be changed here".to_owned())));
                };
                let now = view.value.clone().unwrap_or_default();
                let before = (!view.setting.secret).then(|| change.seen.unwrap_or(now));
                let after = change.value.unwrap_or_else(|| SecretString::new(String::new()));
                changes.push(Change { setting: view.setting, before, after });
            }
            match settings::save(services, &grant, &changes)? {
                Saved::Done(_) => Ok(Ok(settings::list(services, &grant))),
                Saved::Refused(mut wrong) => Ok(Err(wrong.swap_remove(0))),
            }
        })
        .await?;
    match saved {
        Ok(settings) => {
            let settings = settings.into_iter().map(SettingBody::from).collect();
            Ok(Json(Settings { settings }).into_response())
        }
        Err((name, message)) => Err(AppError::invalid_field(&name, format!("`{name}` {message}."))),
    }
}

/// How the site is.
#[derive(Serialize, ToSchema)]
struct Health {
    version: &'static str,
    started_at: Timestamp,
    disk_free_bytes: u64,
    disk_bytes: u64,
    /// What the data directory holds, in bytes.
    bytes: BTreeMap<String, u64>,
    jobs: Vec<JobBody>,
    /// Requests that failed by a fault of the site, the newest first.
    errors: Vec<NotedError>,
    /// The newest backup is much older than it is to be, or there is none.
    backup_is_late: bool,
}

/// A request that failed by a fault of the site.
#[derive(Serialize, ToSchema)]
struct NotedError {
    at: Timestamp,
    /// Its id, under which the log has more.
    request: String,
    route: String,
    status: u16,
    kind: String,
}

/// A job.
#[derive(Serialize, ToSchema)]
#[schema(as = Job)]
struct JobBody {
    id: JobId,
    kind: String,
    state: JobState,
    attempts: u32,
    max_attempts: u32,
    created_at: Timestamp,
    updated_at: Timestamp,
    run_at: Timestamp,
    last_error: Option<String>,
}

impl From<Job> for JobBody {
    fn from(job: Job) -> Self {
        let Job {
            id, kind, state, attempts, max_attempts, created_at, updated_at, run_at, last_error, ..
        } = job;
        Self { id, kind, state, attempts, max_attempts, created_at, updated_at, run_at, last_error }
    }
}

/// How the site is: disk, jobs, faults, backups.
#[utoipa::path(get, path = "/api/v1/health", responses((status = 200, description = "Done", body = Health)))]
pub async fn health(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageSite>,
) -> Result<Response, AppError> {
    state
        .run(move |services| {
            let looked = system::look(services, &grant)?;
            let (disk_free_bytes, disk_bytes) = looked.disk;
            let errors = looked.errors.into_iter().map(|error| NotedError {
                at: error.at,
                request: error.request,
                route: error.route,
                status: error.status,
                kind: error.kind,
            });
            Ok(Json(Health {
                version: env!("CARGO_PKG_VERSION"),
                started_at: looked.started_at,
                disk_free_bytes,
                disk_bytes,
                bytes: looked.sizes.into_iter().collect(),
                jobs: looked.jobs.into_iter().flat_map(|(_, jobs)| jobs).map(JobBody::from).collect(),
                errors: errors.collect(),
                backup_is_late: looked.backups.is_late,
            })
            .into_response())
        })
        .await
}

fn job_of(id: &str) -> Result<JobId, AppError> {
    id.parse().map_err(|_| AppError::not_found("There is no such job."))
}

/// Tries a job again that was given up.
#[utoipa::path(post, path = "/api/v1/jobs/{job}/retry", responses((status = 204, description = "Done")))]
pub async fn retry_job(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageSite>,
    Path(job): Path<String>,
    _: NoBody,
) -> Result<Response, AppError> {
    let id = job_of(&job)?;
    state.run(move |services| system::retry_job(services, &grant, id)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Lets go of a job that was given up.
#[utoipa::path(delete, path = "/api/v1/jobs/{job}", responses((status = 204, description = "Done")))]
pub async fn discard_job(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageSite>,
    Path(job): Path<String>,
) -> Result<Response, AppError> {
    let id = job_of(&job)?;
    state.run(move |services| system::discard_job(services, &grant, id)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A backup.
#[derive(Serialize, ToSchema)]
#[schema(as = Backup)]
struct BackupBody {
    name: String,
    bytes: u64,
    made_at: Timestamp,
}

/// BackupList in a list.
#[derive(Serialize, ToSchema)]
struct BackupList {
    /// The newest first.
    backups: Vec<BackupBody>,
    /// One is being made, or waits for it.
    is_at_work: bool,
    /// Why the last one failed, after the newest was made.
    failure: Option<String>,
}

fn backups_now(services: &crate::services::Services) -> Result<BackupList, ServiceError> {
    let standing = schedule::standing(services)?;
    let backups = standing.backups.into_iter();
    Ok(BackupList {
        backups: backups
            .map(|backup| BackupBody { name: backup.name, bytes: backup.bytes, made_at: backup.made_at })
            .collect(),
        is_at_work: standing.is_at_work,
        failure: standing.failure.map(|(_, why)| why),
    })
}

/// What the site talks to, in a list.
#[derive(Serialize, ToSchema)]
struct OutboundList {
    outbound: Vec<Outbound>,
}

/// Everything outside this machine that the site connects to by itself.
#[utoipa::path(get, path = "/api/v1/outbound", responses((status = 200, description = "Done", body = OutboundList)))]
pub async fn outbound(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ReadAudit>,
) -> Result<Response, AppError> {
    let outbound = state.run(move |services| outbound::list(services, &grant)).await?;
    Ok(Json(OutboundList { outbound }).into_response())
}

/// The backups in the site's own place.
#[utoipa::path(get, path = "/api/v1/backups", responses((status = 200, description = "Done", body = BackupList)))]
pub async fn backups(
    State(state): State<AppState>,
    Granted { .. }: Granted<ManageSite>,
) -> Result<Response, AppError> {
    state.run(|services| Ok(Json(backups_now(services)?).into_response())).await
}

/// Makes a backup now; the list says when it is there.
#[utoipa::path(post, path = "/api/v1/backups", responses((status = 202, description = "Begun", body = BackupList)))]
pub async fn back_up(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageSite>,
    _: NoBody,
) -> Result<Response, AppError> {
    state
        .run(move |services| {
            schedule::ask(services, &grant)?;
            Ok((StatusCode::ACCEPTED, Json(backups_now(services)?)).into_response())
        })
        .await
}

/// A backup as a file.
#[utoipa::path(get, path = "/api/v1/backups/{backup}", responses((status = 200, description = "The file", content((shapes::Bytes = "application/octet-stream")))))]
pub async fn download_backup(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<ManageSite>,
    Path(name): Path<String>,
) -> Result<Response, AppError> {
    let place = state.downloads().enter(session.user().id)?;
    state
        .run(move |services| {
            let (backup, file) = schedule::open(services, &grant, &name)?;
            Ok(as_sent(&backup.name, backup.bytes, file, place))
        })
        .await
}
