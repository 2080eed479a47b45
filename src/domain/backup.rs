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
