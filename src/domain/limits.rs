//! How much of everything a file may hold (DESIGN §6). Over a limit means a clear refusal, early and in little
//! memory.

use serde::{Deserialize, Serialize};

/// Bytes that any file may unpack to, before anybody asks how many times its size that is.
pub const FREE_UNPACKED_BYTES: u64 = 10 << 20;

/// Limits of one import. All are configurable; the defaults are DESIGN §6's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImportLimits {
    /// Bytes of the uploaded file.
    pub max_upload_bytes: u64,
    /// Columns of a table.
    pub max_columns: usize,
    /// Rows of a table.
    pub max_rows: u64,
    /// Bytes of one cell, as UTF-8.
    pub max_cell_bytes: usize,
    /// Bytes of one record, as UTF-8.
    pub max_record_bytes: usize,
    /// Bytes that a compressed file or a workbook may unpack to.
    pub max_unpacked_bytes: u64,
    /// How many times its size it may unpack to, once that is more than [`FREE_UNPACKED_BYTES`].
    pub max_unpacked_ratio: u32,
    /// Heap of the child process that reads files, in bytes.
    pub max_worker_bytes: u64,
    /// Seconds that process gets for any file, and once more for each 10 MiB of it.
    pub max_worker_seconds: u32,
}

impl Default for ImportLimits {
    fn default() -> Self {
        Self {
            max_upload_bytes: 1 << 30,
            max_columns: 1_000,
            max_rows: 20_000_000,
            max_cell_bytes: 1 << 20,
            max_record_bytes: 16 << 20,
            max_unpacked_bytes: 2 << 30,
            max_unpacked_ratio: 200,
            max_worker_bytes: 4 << 30,
            max_worker_seconds: 20,
        }
    }
}
