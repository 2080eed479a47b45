//! Mails on their way out.

use super::{JobFailure, JobKind};
use crate::base::shutdown::ShutdownSignal;
use crate::domain::job::Job;
use crate::services::outbox::{self, DELIVER_JOB, Delivery, MailJob};
use crate::services::{ServiceError, Services};

/// Sends a mail.
pub struct MailKind;

fn mail(job: &Job) -> Result<MailJob, JobFailure> {
    serde_json::from_str(&job.payload).map_err(|error| JobFailure::GiveUp(format!("its payload: {error}")))
}

impl JobKind for MailKind {
    fn name(&self) -> &'static str {
        DELIVER_JOB
    }

    fn run(&self, services: &Services, job: &Job, _stop: &ShutdownSignal) -> Result<(), JobFailure> {
        match outbox::deliver(services, mail(job)?.mail)? {
            Delivery::Done => Ok(()),
            Delivery::Later(why) => Err(JobFailure::Retry(why)),
        }
    }

    /// One after the other: a mail server that takes its time holds up mails and nothing else.
    fn lane(&self, _job: &Job) -> Option<String> {
        Some("mail".to_owned())
    }

    fn is_quick(&self) -> bool {
        true
    }

    fn gave_up(&self, services: &Services, job: &Job, _reason: &str) -> Result<(), ServiceError> {
        match mail(job) {
            Ok(MailJob { mail }) => outbox::give_up(services, mail),
            Err(_) => Ok(()),
        }
    }
}
