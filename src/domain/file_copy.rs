//! Copies of users' files in a store elsewhere.

use jiff::Timestamp;

use super::ids::{JobId, UserId};

/// The copy of a content of a user, wanted, made or on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileCopy {
    /// Whose.
    pub user_id: UserId,
    /// SHA-256 of the content, in hex.
    pub sha256: String,
    /// Size of the content.
    pub bytes: u64,
    /// The job that makes, compares or deletes it, until that is done; where it failed, the last one.
    pub job: Option<JobId>,
    /// Where it is, once it is.
    pub copied: Option<Copied>,
    /// No file of the user holds the content any more: it is to be deleted.
    pub is_leaving: bool,
}

/// A copy that was made and compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The store, as people read it.
    pub place: String,
    /// The store's mark of the content.
    pub etag: String,
    /// When it was sent.
    pub at: Timestamp,
    /// When it was last compared.
    pub checked_at: Timestamp,
}

/// How far a copy is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyState {
    /// Its first try is to come, or at work.
    Waiting,
    /// It is there and was compared.
    Copied(Copied),
    /// A try failed; another is to come.
    Retrying {
        /// What went wrong.
        why: String,
        /// When it is tried again.
        at: Timestamp,
    },
    /// All tries failed.
    Failed {
        /// What went wrong at last.
        why: String,
    },
}

impl CopyState {
    /// A part of texts' ids.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Copied(_) => "copied",
            Self::Retrying { .. } => "retrying",
            Self::Failed { .. } => "failed",
        }
    }
}
