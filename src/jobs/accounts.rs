//! What visitors asked for: an account, a new password. What comes of it is found out here, past their eyes.

use super::{JobFailure, JobKind};
use crate::base::shutdown::ShutdownSignal;
use crate::domain::job::Job;
use crate::services::Services;
use crate::services::access::forgot::{self, RESET_JOB};
use crate::services::sign_up::{self, SIGN_UP_JOB};

/// Mails whoever asked for an account.
pub struct SignUpKind;

/// Mails whoever forgot a password.
pub struct ResetKind;

fn payload<P: serde::de::DeserializeOwned>(job: &Job) -> Result<P, JobFailure> {
    serde_json::from_str(&job.payload).map_err(|error| JobFailure::GiveUp(format!("its payload: {error}")))
}

impl JobKind for SignUpKind {
    fn name(&self) -> &'static str {
        SIGN_UP_JOB
    }

    fn run(&self, services: &Services, job: &Job, _stop: &ShutdownSignal) -> Result<(), JobFailure> {
        Ok(sign_up::mail(services, payload(job)?)?)
    }

    fn is_quick(&self) -> bool {
        true
    }
}

impl JobKind for ResetKind {
    fn name(&self) -> &'static str {
        RESET_JOB
    }

    fn run(&self, services: &Services, job: &Job, _stop: &ShutdownSignal) -> Result<(), JobFailure> {
        Ok(forgot::work(services, payload(job)?)?)
    }

    fn is_quick(&self) -> bool {
        true
    }
}
