//! What the jobs do: make a copy, compare it, delete it. All of it can be done twice.

use serde_json::json;

use super::{COPY_JOB, CopyJob, UncopyJob};
use crate::domain::file_copy::{Copied, FileCopy};
use crate::domain::ids::{JobId, UserId};
use crate::domain::job::Job;
use crate::remote::{Name, Object, Proof, Remote, RemoteError, Stops};
use crate::services::authorize::By;
use crate::services::error::ServiceError;
use crate::services::user_files::content;
use crate::services::{Services, audit};
use crate::store::{StoreError, file_copies as store_copies};

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// There is nothing left to do.
    Done,
    /// Not this time.
    Later(String),
    /// Another try cannot help.
    Hopeless(String),
    /// The server is stopping: the next start goes on.
    Stopped,
}

fn failed(error: &RemoteError) -> Outcome {
    match error {
        RemoteError::Content(_) => Outcome::Hopeless(error.to_string()),
        RemoteError::Stopped => Outcome::Stopped,
        _ => Outcome::Later(error.to_string()),
    }
}

fn object(copy: &FileCopy) -> Object {
    Object { name: Name::User(copy.user_id), sha256: copy.sha256.clone(), bytes: copy.bytes }
}

/// Makes a copy, or compares the one that is there and makes it anew where it is not good.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn make(
    services: &Services,
    id: JobId,
    job: &CopyJob,
    stops: &Stops<'_>,
) -> Result<Outcome, ServiceError> {
    let copy = services.store.read(|r| store_copies::find_copy(r, job.user, &job.sha256))?;
    // Another job was queued for it, or it is to go.
    let Some(copy) = copy.filter(|copy: &FileCopy| copy.job == Some(id) && !copy.is_leaving) else {
        return Ok(Outcome::Done);
    };
    let Some(config) = services.config().remote.clone() else {
        not_wanted(services, &copy)?;
        return Ok(Outcome::Done);
    };
    let (remote, object) = (Remote::new(config), object(&copy));
    let place = remote.place();
    if let Some(copied) = copy.copied.as_ref().filter(|copied| copied.place == place) {
        match remote.check(&object, &copied.etag, stops) {
            Ok(Some(proof)) => {
                note(services, id, &copy, &place, &proof, Some(copied))?;
                return Ok(Outcome::Done);
            }
            Ok(None) => {}
            Err(RemoteError::Damaged(why)) => {
                tracing::warn!(
                    user.id = %copy.user_id,
                    "The copy of a user's file at {place} is not good and is made anew: {why}"
                );
            }
            Err(error) => return Ok(failed(&error)),
        }
    }
    let mut content = match content(services, &copy.sha256) {
        Ok(content) => content,
        Err(error) => return Ok(Outcome::Hopeless(error.to_string())),
    };
    match remote.put(&object, &mut content, services.now(), stops) {
        Ok(proof) => {
            note(services, id, &copy, &place, &proof, None)?;
            Ok(Outcome::Done)
        }
        Err(error) => Ok(failed(&error)),
    }
}

/// The site has no store any more: what was copied stays noted, what was not is not wanted.
fn not_wanted(services: &Services, copy: &FileCopy) -> Result<(), StoreError> {
    services.store.write(|w| match &copy.copied {
        Some(_) => store_copies::put_copy(w, &FileCopy { job: None, ..copy.clone() }),
        None => store_copies::delete_copy(w, copy.user_id, &copy.sha256).map(|_| ()),
    })
}

fn note(
    services: &Services,
    id: JobId,
    copy: &FileCopy,
    place: &str,
    proof: &Proof,
    before: Option<&Copied>,
) -> Result<(), StoreError> {
    let now = services.now();
    services.store.write(|w| {
        let found = store_copies::find_copy(w, copy.user_id, &copy.sha256)?;
        // Where it is to go by now, or is to be looked at again, the job that says so comes next.
        let Some(found) = found else { return Ok(()) };
        let is_mine = found.job == Some(id);
        let copied = Copied {
            place: place.to_owned(),
            etag: proof.etag.clone(),
            at: before.map_or(now, |before| before.at),
            checked_at: now,
        };
        let job = if is_mine { None } else { found.job };
        store_copies::put_copy(w, &FileCopy { copied: Some(copied), job, ..found })
    })
}

/// Deletes the copies of a user that are to go.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn remove(services: &Services, job: &UncopyJob, stops: &Stops<'_>) -> Result<Outcome, ServiceError> {
    let copies = services.store.read(|r| store_copies::list_copies_of(r, job.user))?;
    let remote = services.config().remote.clone().map(Remote::new);
    let place = remote.as_ref().map(Remote::place);
    let mut worst = Outcome::Done;
    for copy in copies.into_iter().filter(|copy| copy.is_leaving) {
        if stops() {
            return Ok(Outcome::Stopped);
        }
        let elsewhere = copy.copied.as_ref().filter(|there| Some(&there.place) != place.as_ref());
        match (&remote, elsewhere) {
            (Some(remote), None) => match remote.delete(&object(&copy), services.now(), stops) {
                Ok(()) => forget(services, &copy, None)?,
                Err(error) => worst = failed(&error),
            },
            // A store that the site does not know any more.
            (_, Some(former)) => forget(services, &copy, Some(&former.place))?,
            (None, None) => forget(services, &copy, None)?,
        }
    }
    Ok(worst)
}

/// Takes out what is gone, or left where it is, unless the content came back meanwhile.
fn forget(services: &Services, copy: &FileCopy, left_at: Option<&str>) -> Result<(), ServiceError> {
    services.store.write(|w| {
        let found = store_copies::find_copy(w, copy.user_id, &copy.sha256)?;
        if !found.is_some_and(|found| found.is_leaving) {
            return Ok(());
        }
        store_copies::delete_copy(w, copy.user_id, &copy.sha256)?;
        if let Some(place) = left_at {
            let details = json!({ "sha256": copy.sha256, "place": place });
            let target = format!("user:{}", copy.user_id);
            audit::append(w, services.now(), By::SYSTEM, "file.copy-left", &target, &details)?;
        }
        Ok(())
    })
}

/// Writes down that a copy was not made, or not deleted, after all tries.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn gave_up(services: &Services, job: &Job, reason: &str) -> Result<(), ServiceError> {
    let (action, user, sha256) = if job.kind == COPY_JOB {
        let Ok(CopyJob { user, sha256 }) = serde_json::from_str(&job.payload) else { return Ok(()) };
        ("file.copy-fail", user, Some(sha256))
    } else {
        let Ok(UncopyJob { user }) = serde_json::from_str(&job.payload) else { return Ok(()) };
        ("file.uncopy-fail", user, None)
    };
    told(services, action, user, sha256.as_deref(), reason)
}

fn told(
    services: &Services,
    action: &str,
    user: UserId,
    sha256: Option<&str>,
    reason: &str,
) -> Result<(), ServiceError> {
    let reason: String = reason.chars().take(500).collect();
    let details = json!({ "sha256": sha256, "reason": reason });
    services
        .store
        .write(|w| audit::append(w, services.now(), By::SYSTEM, action, &format!("user:{user}"), &details))?;
    Ok(())
}
