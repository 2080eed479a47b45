//! Files that should have a copy and have none: those from before there was a store, or from when it was another.

use std::collections::BTreeMap;

use super::{is_wanted, queue};
use crate::domain::file_copy::FileCopy;
use crate::domain::job::JobState;
use crate::services::Services;
use crate::services::error::ServiceError;
use crate::store::{
    Read, StoreError, file_copies as store_copies, jobs as store_jobs, user_files as store_files,
};

/// Copies that wait at most before more of the old ones are queued: a look at the queue reads all that waits.
const MOST_WAITING: usize = 100;

/// Queues copies of files that have none, some at a time; how many. Called again and again.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn catch_up(services: &Services) -> Result<usize, ServiceError> {
    let Some(remote) = services.config().remote.clone() else { return Ok(0) };
    let place = remote.store.place();
    let missing = services.store.read(|r| {
        let copies: BTreeMap<_, _> = store_copies::list_all_copies(r)?
            .into_iter()
            .map(|copy| ((copy.user_id, copy.sha256.clone()), copy))
            .collect();
        let mut room = MOST_WAITING;
        for copy in copies.values() {
            room = room.saturating_sub(usize::from(is_under_way(r, copy)?));
        }
        let mut missing = Vec::new();
        for file in store_files::list_all_files(r)?.into_iter().filter(is_wanted) {
            if missing.len() >= room {
                break;
            }
            let copy = copies.get(&(file.user_id, file.sha256.clone()));
            if copy.is_none_or(|copy| is_missing(copy, &place)) {
                missing.push(file);
            }
        }
        Ok::<_, StoreError>(missing)
    })?;
    if missing.is_empty() {
        return Ok(0);
    }
    let mut queued = 0;
    services.store.write(|w| {
        queued = 0;
        for file in &missing {
            // Another file with the same content, or what happened meanwhile.
            let known = store_copies::find_copy(w, file.user_id, &file.sha256)?;
            let there = store_files::find_file(w, file.user_id, file.id)?;
            if there.is_some_and(|file| is_wanted(&file))
                && known.as_ref().is_none_or(|copy| is_missing(copy, &place))
            {
                queue(services, w, file, known)?;
                queued += 1;
            }
        }
        Ok::<_, ServiceError>(())
    })?;
    services.ring_job_bell();
    Ok(queued)
}

/// Nothing is being done about it, and it is not where copies are now.
fn is_missing(copy: &FileCopy, place: &str) -> bool {
    copy.job.is_none() && copy.copied.as_ref().is_none_or(|copied| copied.place != place)
}

fn is_under_way(r: &impl Read, copy: &FileCopy) -> Result<bool, StoreError> {
    let job = copy.job.map(|id| store_jobs::find_job(r, id)).transpose()?.flatten();
    Ok(job.is_some_and(|job| matches!(job.state, JobState::Queued | JobState::Running)))
}
