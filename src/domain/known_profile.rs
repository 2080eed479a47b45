//! Profiles that a dataset remembers: one for each shape that its files have had.

use jiff::Timestamp;

use super::ids::{DatasetId, UserId};
use super::profile::{Fingerprint, Remembered};

/// A profile that is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownProfile {
    /// Whose.
    pub dataset_id: DatasetId,
    /// The shape of the files that it is for.
    pub fingerprint: Fingerprint,
    /// What the last of them was called.
    pub file_name: String,
    /// What is remembered.
    pub remembered: Remembered,
    /// How many were published.
    pub uses: u64,
    /// When the last of them was published, or the profile last changed by hand.
    pub used_at: Timestamp,
    /// Who changed it by hand; `None` where nobody has.
    pub changed_by: Option<UserId>,
}
