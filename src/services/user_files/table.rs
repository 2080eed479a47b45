//! Files of folders in the grid: each is built once into a generation of its own, by its content, and goes again when
//! nobody looked at it for a day. Derived, so no loss: it is built again when somebody opens the file.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use lru::LruCache;
use serde::{Deserialize, Serialize};

use crate::domain::scope::Scope;
use crate::domain::user_file::UserFile;
use crate::search::generation::Generation;
use crate::search::view::View;
use crate::services::error::ServiceError;
use crate::services::files::StoredFile;
use crate::services::imports::{Outcome, build_table};
use crate::services::{Services, jobs};

/// Name of the job that builds one.
pub const TABLE_JOB: &str = "file_table";
/// Tries of it: what cannot be read the second time cannot be read.
const MAX_ATTEMPTS: u32 = 2;
/// Tables held open.
const OPEN_TABLES: NonZeroUsize = NonZeroUsize::new(8).expect("not zero");
/// What the results of one may keep in memory.
const CACHE_BYTES: usize = 16 << 20;
/// Reasons that are remembered.
const KNOWN_FAILURES: NonZeroUsize = NonZeroUsize::new(64).expect("not zero");
/// Tables on disk.
const KEPT_TABLES: usize = 50;
/// How long one stays that nobody looks at.
const UNUSED: Duration = Duration::from_hours(24);
/// How long a page waits for a small one.
const PATIENCE: Duration = Duration::from_secs(3);

/// Payload of that job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableJob {
    /// SHA-256 of the file.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

/// The tables that are open, and those that could not be made.
pub struct Tables {
    open: Mutex<LruCache<String, Arc<Generation>>>,
    failed: Mutex<LruCache<String, String>>,
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            open: Mutex::new(LruCache::new(OPEN_TABLES)),
            failed: Mutex::new(LruCache::new(KNOWN_FAILURES)),
        }
    }
}

impl Tables {
    fn open(&self) -> MutexGuard<'_, LruCache<String, Arc<Generation>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self) -> MutexGuard<'_, LruCache<String, String>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where all of them lie beside the directories of datasets; deleted at start.
pub(in crate::services) const TABLES_DIR: &str = "files";

fn home(services: &Services) -> PathBuf {
    services.data_dir().join("index").join(TABLES_DIR)
}

fn dir_of(services: &Services, sha256: &str) -> PathBuf {
    home(services).join(sha256)
}

/// A file of a folder as a table of all its rows; `None` while it is being made.
///
/// # Errors
/// [`ServiceError::Invalid`] where it cannot be read; [`ServiceError::NotFound`] where it is no table.
pub fn open_table(services: &Services, file: &UserFile) -> Result<Option<View>, ServiceError> {
    if !file.kind.is_table() {
        return Err(ServiceError::NotFound("table in this file".to_owned()));
    }
    if let Some(view) = find(services, &file.sha256) {
        return Ok(Some(view));
    }
    enqueue(services, file)?;
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(view) = find(services, &file.sha256) {
            return Ok(Some(view));
        }
        if let Some(reason) = services.file_tables.failed().get(&file.sha256) {
            return Err(ServiceError::invalid("file", reason.clone()));
        }
        if Instant::now() > until {
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The table of a content where it is at hand.
fn find(services: &Services, sha256: &str) -> Option<View> {
    let open = services.file_tables.open().get(sha256).map(Arc::clone);
    let open = open.or_else(|| {
        let dir = dir_of(services, sha256);
        let found = Generation::open(&dir, None, CACHE_BYTES).ok()?;
        // When it was last looked at; one that cannot be marked goes earlier.
        let now = SystemTime::from(services.now());
        let _ = File::open(&dir).and_then(|dir| dir.set_modified(now));
        services.file_tables.open().put(sha256.to_owned(), Arc::clone(&found));
        Some(found)
    })?;
    // All of it is the user's own: who may see the file sees all its rows.
    Some(open.view(&Scope::everything()))
}

/// Queues the job unless one waits or is at work.
fn enqueue(services: &Services, file: &UserFile) -> Result<(), ServiceError> {
    let job = TableJob { sha256: file.sha256.clone(), bytes: file.bytes };
    let now = services.now();
    if services.store.write(|w| jobs::enqueue_once(w, now, TABLE_JOB, &job, MAX_ATTEMPTS))? {
        services.ring_job_bell();
    }
    Ok(())
}

/// Builds one, where somebody still has the file.
///
/// # Errors
/// What may go better at another time.
pub fn make_table(
    services: &Services,
    job: &TableJob,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Outcome, ServiceError> {
    let is_wanted = services.store.read(super::wanted)?.any(|sha256| sha256 == job.sha256);
    if !is_wanted || find(services, &job.sha256).is_some() {
        return Ok(Outcome::Finished);
    }
    let file = StoredFile { sha256: job.sha256.clone(), bytes: job.bytes };
    match build_table(services, &file, &dir_of(services, &job.sha256), stop) {
        Err(ServiceError::Invalid { message, .. }) => {
            table_failed(services, job, &message);
            Ok(Outcome::Finished)
        }
        other => other,
    }
}

/// It cannot be made, and why: who opens the file is told.
pub fn table_failed(services: &Services, job: &TableJob, reason: &str) {
    services.file_tables.failed().put(job.sha256.clone(), reason.to_owned());
}

/// Deletes the table of a content that nobody has any more.
pub(in crate::services) fn forget_table(services: &Services, sha256: &str) {
    services.file_tables.open().pop(sha256);
    services.file_tables.failed().pop(sha256);
    if let Err(error) = fs::remove_dir_all(dir_of(services, sha256))
        && error.kind() != ErrorKind::NotFound
    {
        tracing::warn!("The table of a file that nobody has could not be deleted: {error}");
    }
}

/// Deletes tables that nobody has, nobody looked at for a day, or that are too many.
///
/// # Errors
/// The store.
pub(super) fn drop_unused(services: &Services) -> Result<(), ServiceError> {
    let Ok(entries) = fs::read_dir(home(services)) else { return Ok(()) };
    let wanted: HashSet<String> = services.store.read(super::wanted)?.collect();
    let mut tables: Vec<(SystemTime, String)> = entries
        .flatten()
        .filter_map(|entry| {
            let used = entry.metadata().and_then(|meta| meta.modified()).ok()?;
            Some((used, entry.file_name().to_string_lossy().into_owned()))
        })
        .filter(|(_, name)| !name.contains('.'))
        .collect();
    let now = SystemTime::from(services.now());
    tables.sort_unstable_by(|one, other| other.cmp(one));
    for (place, (used, sha256)) in tables.iter().enumerate() {
        let is_unused = now.duration_since(*used).is_ok_and(|unused| unused > UNUSED);
        if place >= KEPT_TABLES || is_unused || !wanted.contains(sha256) {
            forget_table(services, sha256);
        }
    }
    Ok(())
}
