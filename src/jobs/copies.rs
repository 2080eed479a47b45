//! Copies of users' files in a store elsewhere.

use super::{JobFailure, JobKind};
use crate::base::shutdown::ShutdownSignal;
use crate::domain::job::Job;
use crate::services::user_files::copies::{self, COPY_JOB, Outcome, UNCOPY_JOB};
use crate::services::{ServiceError, Services};

/// Makes a copy, or compares it.
pub struct CopyKind;

/// Deletes those of a user that are to go.
pub struct UncopyKind;

/// One after the other: a copy is not made and deleted at once, and a store that is slow holds nobody else up.
const LANE: &str = "remote";

fn payload<P: serde::de::DeserializeOwned>(job: &Job) -> Result<P, JobFailure> {
    serde_json::from_str(&job.payload).map_err(|error| JobFailure::GiveUp(format!("its payload: {error}")))
}

fn outcome(outcome: Outcome) -> Result<(), JobFailure> {
    match outcome {
        Outcome::Done => Ok(()),
        Outcome::Later(why) => Err(JobFailure::Retry(why)),
        Outcome::Hopeless(why) => Err(JobFailure::GiveUp(why)),
        Outcome::Stopped => Err(JobFailure::Interrupted),
    }
}

impl JobKind for CopyKind {
    fn name(&self) -> &'static str {
        COPY_JOB
    }

    fn run(&self, services: &Services, job: &Job, stop: &ShutdownSignal) -> Result<(), JobFailure> {
        outcome(copies::make(services, job.id, &payload(job)?, &|| stop.is_stopping())?)
    }

    fn lane(&self, _job: &Job) -> Option<String> {
        Some(LANE.to_owned())
    }

    fn gave_up(&self, services: &Services, job: &Job, reason: &str) -> Result<(), ServiceError> {
        copies::gave_up(services, job, reason)
    }
}

impl JobKind for UncopyKind {
    fn name(&self) -> &'static str {
        UNCOPY_JOB
    }

    fn run(&self, services: &Services, job: &Job, stop: &ShutdownSignal) -> Result<(), JobFailure> {
        outcome(copies::remove(services, &payload(job)?, &|| stop.is_stopping())?)
    }

    fn lane(&self, _job: &Job) -> Option<String> {
        Some(LANE.to_owned())
    }

    fn gave_up(&self, services: &Services, job: &Job, reason: &str) -> Result<(), ServiceError> {
        copies::gave_up(services, job, reason)
    }
}
