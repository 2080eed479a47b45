//! How far anything may unpack (DESIGN §6): bombs end here, early and in little memory.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::rc::Rc;

use super::super::IngestError;
use super::{damaged, refused};
use crate::base::size::limit;
use crate::domain::limits::{FREE_UNPACKED_BYTES, ImportLimits};

/// Entries of an archive.
pub const MAX_ENTRIES: usize = 2_000;

/// What of a file may still come out, over all of its parts.
#[derive(Debug, Clone)]
pub struct Budget {
    left: Rc<Cell<u64>>,
    max: u64,
}

impl Budget {
    /// For a file of this size.
    pub fn of(file_bytes: u64, limits: &ImportLimits) -> Self {
        let by_ratio = file_bytes.saturating_mul(u64::from(limits.max_unpacked_ratio));
        let max = limits.max_unpacked_bytes.min(FREE_UNPACKED_BYTES.max(by_ratio));
        Self { left: Rc::new(Cell::new(max)), max }
    }

    /// Counts what comes out of `inner`; an error once it is too much.
    pub fn read<R: Read>(&self, inner: R) -> Bounded<R> {
        Bounded { inner, left: Rc::clone(&self.left) }
    }

    /// Refuses what says by itself that it is too much.
    pub fn must_fit(&self, bytes: u64) -> Result<(), IngestError> {
        if bytes > self.max { Err(self.bomb()) } else { Ok(()) }
    }

    /// The error for a read that failed: too much, or damaged.
    pub fn explain(&self, error: &io::Error) -> IngestError {
        if self.left.get() == 0 { self.bomb() } else { damaged(error) }
    }

    fn bomb(&self) -> IngestError {
        refused(format!(
            "The file unpacks to more than {}, the limit for its size: it may have been made to fill the disk. If it \
             is what it should be, unpack it and send the table itself, save the workbook as CSV, or raise \
             `import.max_unpacked_ratio` or `import.max_unpacked`.",
            limit(self.max)
        ))
    }
}

/// A reader that counts.
pub struct Bounded<R> {
    inner: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let left = self.left.get();
        if read as u64 >= left {
            self.left.set(0);
            return Err(io::Error::other("it unpacks to too much"));
        }
        self.left.set(left - read as u64);
        Ok(read)
    }
}

/// Writes all of `from` to a new file at `to`.
pub fn inflate(from: impl Read, budget: &Budget, to: &Path) -> Result<(), IngestError> {
    let mut from = budget.read(from);
    let mut out = BufWriter::with_capacity(1 << 20, File::create(to)?);
    let mut buffer = vec![0; 128 << 10];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => break,
            // The disk's fault, not the file's.
            Ok(read) => out.write_all(&buffer[..read])?,
            Err(error) => return Err(budget.explain(&error)),
        }
    }
    Ok(out.flush()?)
}
