//! Work that survives a restart.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ids::JobId;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Waits for its time.
    Queued,
    /// A worker has it.
    Running,
    /// Finished well.
    Done,
    /// Failed for good, after all tries; an admin decides.
    Dead,
}

/// One piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Names the job.
    pub id: JobId,
    /// What to do: `import`, `purge`.
    pub kind: String,
    /// What to do it with, as JSON in the kind's own shape.
    pub payload: String,
    /// Where it stands.
    pub state: JobState,
    /// Tries begun so far.
    pub attempts: u32,
    /// Tries allowed.
    pub max_attempts: u32,
    /// Not before this instant.
    pub run_at: Timestamp,
    /// When it was queued.
    pub created_at: Timestamp,
    /// When it last changed state.
    pub updated_at: Timestamp,
    /// Why the last try failed.
    pub last_error: Option<String>,
}
