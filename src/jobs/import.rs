//! Imports, generations that are built again, and files of folders that are opened in the grid.

use serde::de::DeserializeOwned;

use super::{JobFailure, JobKind};
use crate::base::shutdown::ShutdownSignal;
use crate::domain::ids::DatasetId;
use crate::domain::job::Job;
use crate::services::imports::{self, IMPORT_JOB, ImportJob, Outcome, REBUILD_JOB, RebuildJob};
use crate::services::user_files::{self, TABLE_JOB, TableJob};
use crate::services::{ServiceError, Services};

/// Runs an import to its end.
pub struct ImportKind;

/// Builds a damaged generation again.
pub struct RebuildKind;

/// Makes a table of a file in a folder.
pub struct TableKind;

fn payload<P: DeserializeOwned>(job: &Job) -> Result<P, JobFailure> {
    serde_json::from_str(&job.payload).map_err(|error| JobFailure::GiveUp(format!("its payload: {error}")))
}

/// One build of a dataset at a time: [`imports::run`] would wait for its turn and hold up other datasets.
fn lane(dataset: DatasetId) -> String {
    format!("dataset:{dataset}")
}

fn outcome(outcome: Result<Outcome, ServiceError>) -> Result<(), JobFailure> {
    match outcome? {
        Outcome::Finished => Ok(()),
        Outcome::Interrupted => Err(JobFailure::Interrupted),
    }
}

impl JobKind for ImportKind {
    fn name(&self) -> &'static str {
        IMPORT_JOB
    }

    fn run(&self, services: &Services, job: &Job, stop: &ShutdownSignal) -> Result<(), JobFailure> {
        let ImportJob { import, .. } = payload(job)?;
        outcome(imports::run(services, import, job.created_at, &|| stop.is_stopping()))
    }

    fn lane(&self, job: &Job) -> Option<String> {
        let ImportJob { import, dataset, checks } = payload(job).ok()?;
        Some(if checks { format!("import:{import}") } else { lane(dataset) })
    }

    fn gave_up(&self, services: &Services, job: &Job, reason: &str) -> Result<(), ServiceError> {
        match payload::<ImportJob>(job) {
            Ok(ImportJob { import, .. }) => imports::give_up(services, import, reason),
            Err(_) => Ok(()),
        }
    }
}

impl JobKind for RebuildKind {
    fn name(&self) -> &'static str {
        REBUILD_JOB
    }

    fn run(&self, services: &Services, job: &Job, stop: &ShutdownSignal) -> Result<(), JobFailure> {
        let job: RebuildJob = payload(job)?;
        outcome(imports::rebuild(services, &job, &|| stop.is_stopping()))
    }

    fn lane(&self, job: &Job) -> Option<String> {
        Some(lane(payload::<RebuildJob>(job).ok()?.dataset))
    }
}

impl JobKind for TableKind {
    fn name(&self) -> &'static str {
        TABLE_JOB
    }

    fn run(&self, services: &Services, job: &Job, stop: &ShutdownSignal) -> Result<(), JobFailure> {
        let job: TableJob = payload(job)?;
        outcome(user_files::make_table(services, &job, &|| stop.is_stopping()))
    }

    /// One at a time: imports go before what somebody only looks at.
    fn lane(&self, _job: &Job) -> Option<String> {
        Some(TABLE_JOB.to_owned())
    }

    fn gave_up(&self, services: &Services, job: &Job, reason: &str) -> Result<(), ServiceError> {
        if let Ok(job) = payload::<TableJob>(job) {
            user_files::table_failed(services, &job, reason);
        }
        Ok(())
    }
}
