//! Messages to webhooks on their way out.

use super::{JobFailure, JobKind};
use crate::base::shutdown::ShutdownSignal;
use crate::domain::job::Job;
use crate::services::webhooks::{self, DELIVER_JOB, Delivery, WebhookJob};
use crate::services::{ServiceError, Services};

/// Sends a message.
pub struct WebhookKind;

fn payload(job: &Job) -> Result<WebhookJob, JobFailure> {
    serde_json::from_str(&job.payload).map_err(|error| JobFailure::GiveUp(format!("its payload: {error}")))
}

impl JobKind for WebhookKind {
    fn name(&self) -> &'static str {
        DELIVER_JOB
    }

    fn run(&self, services: &Services, job: &Job, stop: &ShutdownSignal) -> Result<(), JobFailure> {
        match webhooks::deliver(services, payload(job)?.message, &|| stop.is_stopping())? {
            Delivery::Done => Ok(()),
            Delivery::Later(why) => Err(JobFailure::Retry(why)),
            Delivery::Stopped => Err(JobFailure::Interrupted),
        }
    }

    /// One after the other for each: one that takes its time holds up nobody else.
    fn lane(&self, job: &Job) -> Option<String> {
        Some(format!("{DELIVER_JOB}:{}", payload(job).ok()?.webhook))
    }

    fn waits_for_others(&self) -> bool {
        true
    }

    fn gave_up(&self, services: &Services, job: &Job, _reason: &str) -> Result<(), ServiceError> {
        match payload(job) {
            Ok(WebhookJob { message, .. }) => webhooks::give_up(services, message),
            Err(_) => Ok(()),
        }
    }
}
