//! Backups and restore drills on the schedule, and those that were asked for on the page.

use super::{JobFailure, JobKind};
use crate::base::shutdown::ShutdownSignal;
use crate::domain::job::Job;
use crate::services::Services;
use crate::services::authorize::Grant;
use crate::services::backups::drill::{self, DRILL_JOB};
use crate::services::backups::elsewhere::{self, COPY_JOB};
use crate::services::backups::schedule::{self, BACKUP_JOB};

/// Makes a backup.
pub struct BackupKind;

impl JobKind for BackupKind {
    fn name(&self) -> &'static str {
        BACKUP_JOB
    }

    fn run(&self, services: &Services, _job: &Job, stop: &ShutdownSignal) -> Result<(), JobFailure> {
        match schedule::run(services, &|| stop.is_stopping()) {
            Err(_) if stop.is_stopping() => Err(JobFailure::Interrupted),
            // Somebody makes one by hand: that is over after a while.
            Err(error) => Err(JobFailure::Retry(error.to_string())),
            Ok(()) => Ok(()),
        }
    }

    fn lane(&self, _job: &Job) -> Option<String> {
        Some(BACKUP_JOB.to_owned())
    }
}

/// Tries out the newest backup.
pub struct DrillKind;

impl JobKind for DrillKind {
    fn name(&self) -> &'static str {
        DRILL_JOB
    }

    fn run(&self, services: &Services, _job: &Job, stop: &ShutdownSignal) -> Result<(), JobFailure> {
        match drill::run(services, &Grant::system(), &|| stop.is_stopping()) {
            Err(_) if stop.is_stopping() => Err(JobFailure::Interrupted),
            Err(error) => Err(JobFailure::Retry(error.to_string())),
            // A drill that failed was made: that it failed is written down.
            Ok(_) => Ok(()),
        }
    }

    /// After a backup that is being made: both have the same turn.
    fn lane(&self, _job: &Job) -> Option<String> {
        Some(BACKUP_JOB.to_owned())
    }
}

/// Copies backups elsewhere.
pub struct BackupCopyKind;

impl JobKind for BackupCopyKind {
    fn name(&self) -> &'static str {
        COPY_JOB
    }

    fn run(&self, services: &Services, _job: &Job, stop: &ShutdownSignal) -> Result<(), JobFailure> {
        match elsewhere::run(services, &|| stop.is_stopping()) {
            Err(_) if stop.is_stopping() => Err(JobFailure::Interrupted),
            Err(error) => Err(JobFailure::Retry(error.to_string())),
            Ok(()) => Ok(()),
        }
    }

    fn lane(&self, _job: &Job) -> Option<String> {
        Some(COPY_JOB.to_owned())
    }

    fn waits_for_others(&self) -> bool {
        true
    }
}
