//! What a backup says of itself.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::ids::{DatasetId, GenerationId};

/// The format this version writes, and the newest it reads.
pub const FORMAT: u32 = 1;
/// Name of the manifest in the archive.
pub const MANIFEST: &str = "manifest.json";
/// Name of the database in the archive, packed with zstd.
pub const DATABASE: &str = "stockroom.redb.zst";
/// Name of the sealed keys in the archive.
pub const KEYS: &str = "keys.sealed";

/// Size and hash of bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sum {
    /// How many bytes.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// One member of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// What it is in the archive.
    #[serde(flatten)]
    pub sum: Sum,
}

/// The manifest. Fields that a later version of the same format adds are passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// Version of the program that made it.
    pub program: String,
    /// Schema of the database.
    pub schema: u32,
    /// When.
    pub made_at: Timestamp,
    /// What the site is called.
    pub site: String,
    /// Number and hash of the newest event of the audit log.
    pub audit_head: Option<(u64, String)>,
    /// The keys with which signed heads of the audit log are checked, as PASERK; the first is the one of the time, and says
    /// which site it is.
    pub audit_keys: Vec<String>,
    /// The database without its packing.
    pub database: Sum,
    /// Accounts.
    pub users: u64,
    /// Datasets.
    pub datasets: u64,
    /// Everything in the archive but this manifest.
    pub members: Vec<Member>,
    /// Contents that the database refers to and the site had no more, by SHA-256: dropped by rules, or lost.
    pub absent: Vec<String>,
    /// Indexes that are whole in it.
    #[serde(default)]
    pub indexes: Vec<IndexEntry>,
}

/// The index of a live generation, with what the database said of it when it was put in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexEntry {
    /// Of which dataset.
    pub dataset: DatasetId,
    /// Which generation.
    pub generation: GenerationId,
    /// Rows that were published.
    pub rows: u64,
    /// SHA-256 of the content that it was built from.
    pub file_sha256: String,
    /// Its files, below its directory.
    pub files: Vec<String>,
}

impl Manifest {
    /// The member of this name.
    pub fn find(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }
}
