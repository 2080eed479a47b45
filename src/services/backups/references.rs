//! Which stored files a database refers to.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::ids::ImportId;
use crate::store::{
    Read, StoreError, datasets as store_datasets, imports as store_imports, user_files as store_files,
};

/// What is known of a content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Content {
    /// Its size without packing, where the database says it.
    pub bytes: Option<u64>,
    /// The site cannot do without it: live data, or a user's file.
    pub is_needed: bool,
}

/// All that a database refers to.
#[derive(Debug, Clone, Default)]
pub struct References {
    /// Contents by SHA-256.
    pub contents: BTreeMap<String, Content>,
    /// Imports with rows that could not be read.
    pub rejects: BTreeSet<ImportId>,
}

impl References {
    /// Walks the database.
    ///
    /// # Errors
    /// A record that cannot be read.
    pub fn of(r: &impl Read) -> Result<Self, StoreError> {
        let mut found = Self::default();
        for import in store_imports::list_imports(r, usize::MAX)? {
            found.note(import.file_sha256, Some(import.file_bytes), false);
            if import.rows_rejected > 0 {
                found.rejects.insert(import.id);
            }
        }
        for dataset in store_datasets::list_datasets(r)? {
            for generation in store_datasets::list_generations(r, dataset.id)? {
                let is_live = dataset.current_generation == Some(generation.id);
                found.note(generation.file_sha256, None, is_live);
            }
        }
        for file in store_files::list_all_files(r)? {
            found.note(file.sha256, Some(file.bytes), true);
        }
        Ok(found)
    }

    fn note(&mut self, sha256: String, bytes: Option<u64>, is_needed: bool) {
        let known = self.contents.entry(sha256).or_default();
        known.bytes = known.bytes.or(bytes);
        known.is_needed |= is_needed;
    }
}
