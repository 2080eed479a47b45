//! What is kept of backups beside the files themselves.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A backup that was restored aside, to see that it can be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drill {
    /// When it ended.
    pub at: Timestamp,
    /// Name of the backup.
    pub backup: String,
    /// How long it took.
    pub took: Duration,
    /// Slug of the dataset whose index was built from its file, and the rows it has; `None` where nothing was published.
    pub built: Option<(String, u64)>,
    /// What went wrong; `None` where the backup is good.
    pub problem: Option<String>,
}

/// A copy of a backup in a store elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupCopy {
    /// Name of the backup, here and there.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of all of it, in hex.
    pub sha256: String,
    /// The store, as people are told.
    pub place: String,
    /// The store's own mark of the content.
    pub etag: String,
    /// When it was made and compared.
    pub at: Timestamp,
}
