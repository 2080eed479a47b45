//! All that failed is tried again at once: once the store is mended, nobody goes through the files one by one.

use std::collections::BTreeMap;

use serde_json::json;

use super::{COPY_JOB, CopyJob, MAX_ATTEMPTS, UNCOPY_JOB, UncopyJob, state_of};
use crate::domain::file_copy::{CopyState, FileCopy};
use crate::domain::ids::{JobId, UserId};
use crate::services::authorize::{Grant, ManageSite};
use crate::services::error::ServiceError;
use crate::services::{Services, audit, jobs};
use crate::store::{Read, StoreError, WriteTxn, file_copies as store_copies, jobs as store_jobs};

/// Those of one request: it is one transaction, and the queue is read whole at each look.
const MOST_AT_ONCE: usize = 1_000;

fn failed(r: &impl Read) -> Result<Vec<FileCopy>, StoreError> {
    let mut failed = Vec::new();
    for copy in store_copies::list_all_copies(r)? {
        if failed.len() >= MOST_AT_ONCE {
            break;
        }
        if matches!(state_of(r, &copy)?, CopyState::Retrying { .. } | CopyState::Failed { .. }) {
            failed.push(copy);
        }
    }
    Ok(failed)
}

/// Queues copies and deletions anew whose last try failed; how many.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn retry_all(services: &Services, grant: &Grant<ManageSite>) -> Result<usize, ServiceError> {
    let count = services.store.write(|w| {
        let failed = failed(w)?;
        let mut deletions: BTreeMap<UserId, JobId> = BTreeMap::new();
        for copy in &failed {
            let job = queue_anew(services, w, copy, &mut deletions)?;
            if let Some(before) = copy.job.filter(|before| *before != job) {
                store_jobs::delete_job(w, before)?;
            }
            store_copies::put_copy(w, &FileCopy { job: Some(job), ..copy.clone() })?;
        }
        if !failed.is_empty() {
            let details = json!({ "copies": failed.len() });
            audit::append(w, services.now(), grant.by(), "file.copy-retry", "site", &details)?;
        }
        Ok::<_, ServiceError>(failed.len())
    })?;
    services.ring_job_bell();
    Ok(count)
}

/// A job for a copy; one for all deletions of a user.
fn queue_anew(
    services: &Services,
    w: &WriteTxn,
    copy: &FileCopy,
    deletions: &mut BTreeMap<UserId, JobId>,
) -> Result<JobId, ServiceError> {
    let (now, user) = (services.now(), copy.user_id);
    if !copy.is_leaving {
        let payload = CopyJob { user, sha256: copy.sha256.clone() };
        return jobs::enqueue(w, now, COPY_JOB, &payload, MAX_ATTEMPTS);
    }
    if let Some(job) = deletions.get(&user) {
        return Ok(*job);
    }
    let job = jobs::enqueue(w, now, UNCOPY_JOB, &UncopyJob { user }, MAX_ATTEMPTS)?;
    deletions.insert(user, job);
    Ok(job)
}
