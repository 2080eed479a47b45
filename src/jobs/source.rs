//! Runs of sources.

use super::{JobFailure, JobKind};
use crate::base::shutdown::ShutdownSignal;
use crate::domain::job::Job;
use crate::services::imports::Outcome;
use crate::services::sources::{self, SOURCE_JOB, SourceJob};
use crate::services::{ServiceError, Services};

/// Asks a source.
pub struct SourceKind;

impl JobKind for SourceKind {
    fn name(&self) -> &'static str {
        SOURCE_JOB
    }

    fn run(&self, services: &Services, job: &Job, stop: &ShutdownSignal) -> Result<(), JobFailure> {
        let SourceJob { source } = serde_json::from_str(&job.payload)
            .map_err(|error| JobFailure::GiveUp(format!("its payload: {error}")))?;
        match sources::run(services, source, &|| stop.is_stopping())? {
            Outcome::Finished => Ok(()),
            Outcome::Interrupted => Err(JobFailure::Interrupted),
        }
    }

    /// A source is asked once at a time; the others are asked meanwhile.
    fn lane(&self, job: &Job) -> Option<String> {
        let SourceJob { source } = serde_json::from_str(&job.payload).ok()?;
        Some(format!("{SOURCE_JOB}:{source}"))
    }

    fn waits_for_others(&self) -> bool {
        true
    }

    fn gave_up(&self, services: &Services, job: &Job, reason: &str) -> Result<(), ServiceError> {
        match serde_json::from_str::<SourceJob>(&job.payload) {
            Ok(SourceJob { source }) => sources::gave_up(services, source, reason),
            Err(_) => Ok(()),
        }
    }
}
