//! What is being read and built right now: how far it is, whose turn it is, and how it is stopped.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::{Grant, Import, ImportData, RebuildJob, ServiceError, Services, preview};
use crate::domain::ids::ImportId;
use crate::store::imports as store_imports;

/// How far a build has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Rows read.
    pub rows: u64,
    /// Bytes of the file read.
    pub bytes: u64,
    /// Bytes of the file.
    pub of: u64,
    /// Since its process was started.
    pub elapsed: Duration,
}

impl Progress {
    /// Rows a second, once that can be said.
    pub fn rows_per_second(&self) -> Option<u64> {
        let seconds = self.elapsed.as_secs_f64();
        (self.rows > 0 && seconds > 0.2).then(|| (self.rows as f64 / seconds) as u64)
    }

    /// How long reading goes on at this rate, once that can be said.
    pub fn left(&self) -> Option<Duration> {
        let left = self.of.saturating_sub(self.bytes) as f64 / self.bytes.max(1) as f64;
        (self.bytes > 0).then(|| self.elapsed.mul_f64(left))
    }
}

/// A build or check under way.
pub(super) struct Run {
    /// How far it is.
    pub progress: Progress,
    /// Under which settings.
    pub settings_json: String,
    /// Somebody asked for its end.
    pub is_stopped: bool,
}

/// All that is at work.
#[derive(Default)]
pub(super) struct AtWork {
    /// Datasets with a build under way and imports at work: one at a time each.
    turns: Vec<Uuid>,
    /// Builds and checks under way.
    pub builds: HashMap<ImportId, Run>,
    /// Memory of the last few children.
    pub peaks: Vec<(ImportId, u64)>,
    /// Rebuilds that were asked for and are not done.
    pub rebuilds: Vec<RebuildJob>,
}

/// What is being built right now.
#[derive(Default)]
pub(crate) struct Builds {
    at_work: Mutex<AtWork>,
    freed: Condvar,
    /// Held while a stored file gets an import or is deleted for having none.
    files: Mutex<()>,
    pub(super) previews: preview::Previews,
}

impl Builds {
    pub(super) fn lock(&self) -> std::sync::MutexGuard<'_, AtWork> {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::services) fn lock_files(&self) -> std::sync::MutexGuard<'_, ()> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn of one dataset or import; the next of it waits until this is dropped.
pub(super) struct Turn<'s> {
    builds: &'s Builds,
    of: Uuid,
}

impl<'s> Turn<'s> {
    pub fn wait(builds: &'s Builds, of: Uuid) -> Self {
        let mut at_work = builds.lock();
        while at_work.turns.contains(&of) {
            at_work = builds.freed.wait(at_work).unwrap_or_else(PoisonError::into_inner);
        }
        at_work.turns.push(of);
        Self { builds, of }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.builds.lock().turns.retain(|turn| *turn != self.of);
        self.builds.freed.notify_all();
    }
}

/// How many imports are being read or built right now. Asks no store.
pub fn at_work(services: &Services) -> usize {
    services.builds.lock().builds.len()
}

/// An import that is being read or built right now.
pub struct Running {
    /// Which.
    pub import: Import,
    /// How far.
    pub progress: Progress,
}

/// All that are, in the order in which they were begun.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn running(services: &Services, _grant: &Grant<ImportData>) -> Result<Vec<Running>, ServiceError> {
    let mut at_work: Vec<(ImportId, Progress)> =
        services.builds.lock().builds.iter().map(|(id, run)| (*id, run.progress)).collect();
    at_work.sort_unstable_by_key(|(id, _)| id.0);
    services.store.read(|r| {
        let mut running = Vec::new();
        for (id, progress) in at_work {
            running.extend(store_imports::find_import(r, id)?.map(|import| Running { import, progress }));
        }
        Ok(running)
    })
}

/// How far an import's build has come, while there is one.
pub fn progress(services: &Services, id: ImportId) -> Option<Progress> {
    services.builds.lock().builds.get(&id).map(|run| run.progress)
}

/// Most memory the child of a recent import had.
pub fn peak_bytes(services: &Services, id: ImportId) -> Option<u64> {
    services.builds.lock().peaks.iter().find(|(import, _)| *import == id).map(|(_, bytes)| *bytes)
}

/// Stops what is at work on an import, where `unwanted` says so; false where nothing is at work.
pub(super) fn stop_run(services: &Services, id: ImportId, unwanted: impl FnOnce(&Run) -> bool) -> bool {
    let mut at_work = services.builds.lock();
    let Some(run) = at_work.builds.get_mut(&id) else { return false };
    run.is_stopped |= unwanted(run);
    true
}
