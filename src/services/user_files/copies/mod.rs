//! Copies of kept files in a store elsewhere, where the site has one: wanted in the transaction that keeps a file,
//! made by a job, let go in the transaction that deletes the last file with that content.
//!
//! One record is one content of one user. Its `job` is there as long as anything is still to be done or failed; how far
//! it is, is read from the job ([`state_of`]).

mod catch_up;
mod overview;
mod retry;
mod run;
mod trial;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::json;

pub use catch_up::catch_up;
pub use overview::{Overview, Trouble, overview};
pub use retry::retry_all;
pub use run::{Outcome, gave_up, make, remove};
pub use trial::{Step, Tested, test};

use super::{Office, find_in_folder, target};
use crate::domain::file_copy::{CopyState, FileCopy};
use crate::domain::ids::{JobId, UserFileId, UserId};
use crate::domain::job::JobState;
use crate::domain::user_file::UserFile;
use crate::services::error::ServiceError;
use crate::services::{Services, audit, jobs};
use crate::store::{
    Read, StoreError, WriteTxn, file_copies as store_copies, jobs as store_jobs, user_files as store_files,
};

/// The kind of job that makes a copy, or looks whether it is still good.
pub const COPY_JOB: &str = "copy_file";
/// The kind of job that deletes the copies of a user that are to go.
pub const UNCOPY_JOB: &str = "delete_file_copies";
/// Tries of either: with the queue's waits about ten hours.
const MAX_ATTEMPTS: u32 = 20;

/// The payload of [`COPY_JOB`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyJob {
    /// Whose.
    pub user: UserId,
    /// Which content.
    pub sha256: String,
}

/// The payload of [`UNCOPY_JOB`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UncopyJob {
    /// Whose.
    pub user: UserId,
}

/// True for a file that is copied where there is a store: kept and not deleted.
fn is_wanted(file: &UserFile) -> bool {
    file.is_kept && file.deleted_at.is_none()
}

/// Queues the copy of a file that is kept now, in the caller's transaction, unless its content has one. Ring the bell
/// afterwards.
pub(super) fn want(services: &Services, w: &WriteTxn, file: &UserFile) -> Result<(), ServiceError> {
    if services.config().remote.is_none() || !is_wanted(file) {
        return Ok(());
    }
    match store_copies::find_copy(w, file.user_id, &file.sha256)? {
        Some(copy) if !copy.is_leaving => Ok(()),
        // What is on its way out may be gone already.
        _ => queue(services, w, file, None),
    }
}

fn queue(
    services: &Services,
    w: &WriteTxn,
    file: &UserFile,
    known: Option<FileCopy>,
) -> Result<(), ServiceError> {
    let payload = CopyJob { user: file.user_id, sha256: file.sha256.clone() };
    let job = jobs::enqueue(w, services.now(), COPY_JOB, &payload, MAX_ATTEMPTS)?;
    let copy = FileCopy {
        user_id: file.user_id,
        sha256: file.sha256.clone(),
        bytes: file.bytes,
        job: Some(job),
        copied: known.and_then(|copy| copy.copied),
        is_leaving: false,
    };
    Ok(store_copies::put_copy(w, &copy)?)
}

/// Queues the deletion of copies that no file of their users needs any more, in the transaction that deleted the files.
/// Ring the bell afterwards.
pub(super) fn let_go<'f>(
    services: &Services,
    w: &WriteTxn,
    deleted: impl Iterator<Item = &'f UserFile>,
) -> Result<(), ServiceError> {
    let mut by_user: BTreeMap<UserId, BTreeSet<&str>> = BTreeMap::new();
    for file in deleted {
        by_user.entry(file.user_id).or_default().insert(&file.sha256);
    }
    for (user, contents) in by_user {
        let held: BTreeSet<String> =
            store_files::list_files_of(w, user)?.into_iter().map(|file| file.sha256).collect();
        let mut copies = Vec::new();
        for sha256 in contents.into_iter().filter(|sha256| !held.contains(*sha256)) {
            copies.extend(store_copies::find_copy(w, user, sha256)?);
        }
        leave(services, w, user, copies)?;
    }
    Ok(())
}

/// The same for all of a user who is deleted.
pub(in crate::services) fn let_all_go(
    services: &Services,
    w: &WriteTxn,
    user: UserId,
) -> Result<(), ServiceError> {
    let copies = store_copies::list_copies_of(w, user)?;
    leave(services, w, user, copies)
}

fn leave(services: &Services, w: &WriteTxn, user: UserId, copies: Vec<FileCopy>) -> Result<(), ServiceError> {
    if copies.is_empty() {
        return Ok(());
    }
    let job = jobs::enqueue(w, services.now(), UNCOPY_JOB, &UncopyJob { user }, MAX_ATTEMPTS)?;
    for copy in copies {
        store_copies::put_copy(w, &FileCopy { job: Some(job), is_leaving: true, ..copy })?;
    }
    Ok(())
}

/// How far a copy is.
fn state_of(r: &impl Read, copy: &FileCopy) -> Result<CopyState, StoreError> {
    let job = copy.job.map(|id| store_jobs::find_job(r, id)).transpose()?.flatten();
    let why = |error: &Option<String>| error.clone().unwrap_or_default();
    Ok(match job {
        // Somebody put it away among the jobs that were given up.
        None if copy.job.is_some() => CopyState::Failed { why: String::new() },
        Some(job) if job.state == JobState::Dead => CopyState::Failed { why: why(&job.last_error) },
        Some(job) if job.state == JobState::Queued && job.attempts > 0 => {
            CopyState::Retrying { why: why(&job.last_error), at: job.run_at }
        }
        _ => copy.copied.clone().map_or(CopyState::Waiting, CopyState::Copied),
    })
}

/// Copies of a user by content, for lists.
pub(super) fn states_of(r: &impl Read, user: UserId) -> Result<BTreeMap<String, CopyState>, StoreError> {
    let copies = store_copies::list_copies_of(r, user)?;
    let here = copies.into_iter().filter(|copy| !copy.is_leaving);
    here.map(|copy| Ok((copy.sha256.clone(), state_of(r, &copy)?))).collect()
}

/// How far the copy of this file is; `None` where there is none and none is wanted.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn find_state(services: &Services, file: &UserFile) -> Result<Option<CopyState>, ServiceError> {
    services.store.read(|r| {
        let copy = store_copies::find_copy(r, file.user_id, &file.sha256)?.filter(|copy| !copy.is_leaving);
        Ok(copy.map(|copy| state_of(r, &copy)).transpose()?)
    })
}

/// Has a file copied now, or its copy compared and made anew where it is not good.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Conflict`] where there is no store.
pub fn copy_again(
    services: &Services,
    office: &Office,
    user: UserId,
    id: UserFileId,
) -> Result<UserFile, ServiceError> {
    let file = find_in_folder(services, office, user, id)?;
    let remote = services.config().remote.clone();
    let Some(remote) = remote else {
        return Err(ServiceError::Conflict(
            "this site copies files nowhere; the settings can say where to".to_owned(),
        ));
    };
    services.store.write(|w| {
        let file = super::find(w, user, file.id)?;
        if !is_wanted(&file) {
            return Err(ServiceError::Conflict("the file was deleted meanwhile".to_owned()));
        }
        let known = store_copies::find_copy(w, user, &file.sha256)?.filter(|copy| !copy.is_leaving);
        if is_at_work(w, known.as_ref().and_then(|copy| copy.job))? {
            return Ok(());
        }
        queue(services, w, &file, known)?;
        let details = json!({ "file": file.name, "sha256": file.sha256, "place": remote.store.place() });
        audit::append(w, services.now(), office.by(), "file.copy-again", &target(&file), &details)?;
        Ok(())
    })?;
    services.ring_job_bell();
    Ok(file)
}

fn is_at_work(r: &impl Read, job: Option<JobId>) -> Result<bool, StoreError> {
    let job = job.map(|id| store_jobs::find_job(r, id)).transpose()?.flatten();
    Ok(job.is_some_and(|job| job.state == JobState::Running))
}
