//! What comes by itself through the drop folder: `inbox/<dataset>/FILE`, or `inbox/FILE` for the dataset whose last file
//! had the same columns.
//!
//! A file that has held still is read and stored; its import and a note of it are one transaction ([`take`]). When the
//! import has ended, the file is put into `done/` or `failed/` with a report beside it ([`put_away`]), and the note goes
//! last: whatever ends the process in between, the next start goes on from the note, or finds the file untouched.

mod folder;
mod put_away;
mod report;
mod take;
mod tidy;

pub(crate) use take::{came_from, renew};
pub use tidy::purge;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::Services;
use super::error::ServiceError;
use crate::domain::feed::FileLooks;
use crate::services::datasets;
use crate::store::taken_files as store_taken;

/// The drop folder.
pub const INBOX: &str = "inbox";
/// Files that were published, or were there already.
pub const DONE: &str = "done";
/// Files that were not.
pub const FAILED: &str = "failed";

/// What is remembered between two looks at the drop folder.
#[derive(Default)]
pub struct Watch {
    /// Files by their place, as they looked at the last look.
    seen: HashMap<Vec<u8>, FileLooks>,
}

/// What is wrong with the drop folder, for pages.
#[derive(Default)]
pub(crate) struct Trouble(Mutex<Option<String>>);

impl Trouble {
    fn set(&self, trouble: Option<String>) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *now != trouble {
            match &trouble {
                Some(trouble) => tracing::warn!("The drop folder cannot be used: {trouble}"),
                None => tracing::info!("The drop folder can be used again"),
            }
        }
        *now = trouble;
    }
}

/// What is wrong with the drop folder, if something is.
pub fn trouble(services: &Services) -> Option<String> {
    services.inbox_trouble.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Where the drop folder is.
pub fn inbox_dir(services: &Services) -> PathBuf {
    services.data_dir().join(INBOX)
}

/// Looks at the drop folder once: puts away what has ended, takes what has held still since the last look.
///
/// # Errors
/// The store. What is wrong with the folder itself is [`trouble`].
pub fn poll(services: &Services, watch: &mut Watch) -> Result<(), ServiceError> {
    let datasets = datasets::list(services)?;
    if let Err(error) = folder::make(services, &datasets) {
        services.inbox_trouble.set(Some(error.to_string()));
        return Ok(());
    }
    put_away::all(services)?;
    let found = match folder::list(&inbox_dir(services)) {
        Ok(found) => found,
        Err(error) => {
            services.inbox_trouble.set(Some(error.to_string()));
            return Ok(());
        }
    };
    services.inbox_trouble.set(None);
    let taken = services.store.read(store_taken::list_taken)?;
    for (path, looks) in &found {
        let holds_still = watch.seen.get(path) == Some(looks);
        let is_taken = taken.iter().any(|taken| taken.path == *path && taken.looks == *looks);
        if holds_still
            && !is_taken
            && let Err(error) = take::take(services, &datasets, path, looks)
        {
            // It lies where it lay: the next look tries again.
            tracing::warn!("`{}` could not be taken: {error}", String::from_utf8_lossy(path));
        }
    }
    watch.seen = found.into_iter().collect();
    put_away::all(services)
}
