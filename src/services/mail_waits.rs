//! Mails that wait: what was tried and not taken, and when each is tried next.

use std::collections::HashMap;
use std::ops::ControlFlow;

use jiff::{SignedDuration, Timestamp};

use super::outbox::{DELIVER_JOB, MailJob};
use crate::domain::ids::MailId;
use crate::domain::job::JobState;
use crate::domain::mail::MailState;
use crate::store::{Read, StoreError, jobs as store_jobs, outbox as store_outbox};

/// A mail that is not taken for so long is news: a server that is started anew is back by then.
const NEWS_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// Mails and jobs that are looked through.
const LOOKED_THROUGH: usize = 2_000;

/// Mails that were tried and not taken so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refused {
    /// How many.
    pub mails: usize,
    /// What was said of the one that was tried last.
    pub answer: Option<String>,
    /// When the first of them is tried again.
    pub next: Option<Timestamp>,
    /// Since when the oldest of them is news, if it is.
    pub news_at: Option<Timestamp>,
}

/// What was tried and not taken so far.
pub(super) fn refused(r: &impl Read, now: Timestamp) -> Result<Refused, StoreError> {
    let mut refused = Refused::default();
    let (mut looked, mut tried_at, mut ids) = (0, Timestamp::MIN, Vec::new());
    store_outbox::visit_mails(r, Some(MailState::Waiting), None, &mut |mail| {
        looked += 1;
        if mail.attempts > 0 {
            let news_at = mail.created_at + NEWS_AFTER;
            if news_at <= now {
                refused.news_at = Some(refused.news_at.map_or(news_at, |known| known.min(news_at)));
            }
            if mail.updated_at >= tried_at {
                tried_at = mail.updated_at;
                refused.answer.clone_from(&mail.answer);
            }
            ids.push(mail.id);
        }
        if looked < LOOKED_THROUGH { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    refused.mails = ids.len();
    if !ids.is_empty() {
        let next = next_tries(r)?;
        refused.next = ids.iter().filter_map(|id| next.get(id)).min().copied();
    }
    Ok(refused)
}

/// When mails are tried next.
pub(super) fn next_tries(r: &impl Read) -> Result<HashMap<MailId, Timestamp>, StoreError> {
    let mut next: HashMap<MailId, Timestamp> = HashMap::new();
    for job in store_jobs::list_jobs(r, JobState::Queued, Timestamp::MAX, LOOKED_THROUGH)? {
        if job.kind == DELIVER_JOB
            && let Ok(MailJob { mail }) = serde_json::from_str(&job.payload)
        {
            // The first of several: they come in the order in which they are due.
            next.entry(mail).or_insert(job.run_at);
        }
    }
    Ok(next)
}
