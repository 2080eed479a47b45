//! A disk in memory. It keeps apart what was synced and what was not, so that its power can be cut; it fails when told.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;
use stockroom::store::Medium;

use crate::rng::Rng;

/// What a disk writes whole or not at all.
const SECTOR_BYTES: usize = 512;

/// One thing that was done to the disk.
#[derive(Debug, Clone)]
enum Change {
    Write {
        offset: usize,
        data: Vec<u8>,
    },
    SetLen(usize),
    Sync,
    /// The system may forget what a failed sync was to write, and still show it to whoever reads.
    FailedSync,
}

/// How a disk fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Nothing more can be written.
    Full,
    /// Nothing works.
    Broken,
}

/// What is to fail.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// The operation that fails, 1 for the next one that can fail like this.
    pub at: u64,
    pub failure: Failure,
    /// Those after it fail, too.
    pub lasts: bool,
}

#[derive(Debug, Default)]
struct State {
    /// What lay on the disk when it was switched on; `None` without a file.
    base: Option<Vec<u8>>,
    /// What reads see.
    seen: Vec<u8>,
    log: Vec<Change>,
    fault: Option<Fault>,
    /// Operations since the fault was set that could fail.
    operations: u64,
    failed: u64,
    bytes_read: u64,
}

/// A handle to the disk; clones are the same disk.
#[derive(Debug, Clone, Default)]
pub struct PowerDisk(Arc<Mutex<State>>);

impl PowerDisk {
    /// A disk without a file.
    pub fn new() -> Self {
        Self::default()
    }

    /// A disk that was switched on again.
    pub fn holding(image: Vec<u8>) -> Self {
        let state = State { seen: image.clone(), base: Some(image), ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How much was done to it since it was switched on.
    pub fn position(&self) -> usize {
        self.state().log.len()
    }

    /// Bytes read since it was switched on.
    pub fn bytes_read(&self) -> u64 {
        self.state().bytes_read
    }

    pub fn set_fault(&self, fault: Fault) {
        let mut state = self.state();
        (state.fault, state.operations, state.failed) = (Some(fault), 0, 0);
    }

    /// Makes the disk well again; how many operations failed.
    pub fn heal(&self) -> u64 {
        let mut state = self.state();
        state.fault = None;
        state.failed
    }

    /// What a power cut leaves after the first `at` changes: what was synced, and of the rest a random part, in sectors.
    /// From change `lies_from` on a sync does nothing.
    pub fn cut(&self, at: usize, lies_from: usize, rng: &mut Rng) -> Vec<u8> {
        let state = self.state();
        let mut content = state.base.clone().unwrap_or_default();
        let mut unsynced = Vec::new();
        for (number, change) in state.log[..at].iter().enumerate() {
            match change {
                Change::Sync if number >= lies_from => {}
                Change::Sync => unsynced.drain(..).for_each(|change| apply(&mut content, change)),
                Change::FailedSync => survive(&mut content, &std::mem::take(&mut unsynced), rng),
                Change::Write { .. } | Change::SetLen(_) => unsynced.push(change),
            }
        }
        survive(&mut content, &unsynced, rng);
        content
    }
}

fn apply(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::SetLen(bytes) => content.resize(*bytes, 0),
        Change::Write { offset, data } => put(content, *offset, data, true),
        Change::Sync | Change::FailedSync => {}
    }
}

/// Writes; past the end of the file only where `grows` says so, else what lies behind it is lost.
fn put(content: &mut Vec<u8>, offset: usize, data: &[u8], grows: bool) {
    let end = offset + data.len();
    if grows && end > content.len() {
        content.resize(end, 0);
    }
    let kept = content.len().clamp(offset.min(content.len()), end).saturating_sub(offset);
    if kept > 0 {
        content[offset..offset + kept].copy_from_slice(&data[..kept]);
    }
}

/// Lets a random part of what was not synced reach the disk.
fn survive(content: &mut Vec<u8>, unsynced: &[&Change], rng: &mut Rng) {
    let percent = rng.pick(&[0, 10, 50, 90, 100]);
    let (torn, grows) = (rng.percent(60), rng.percent(50));
    // Either any of them, or the first few.
    let reached = if rng.percent(30) { rng.below(unsynced.len() + 1) } else { unsynced.len() };
    for change in &unsynced[..reached] {
        match change {
            Change::Write { offset, data } if torn => {
                let mut at = *offset;
                while at < offset + data.len() {
                    let end = ((at / SECTOR_BYTES + 1) * SECTOR_BYTES).min(offset + data.len());
                    if rng.percent(percent) {
                        put(content, at, &data[at - offset..end - offset], grows);
                    }
                    at = end;
                }
            }
            Change::Write { offset, data } if rng.percent(percent) => put(content, *offset, data, grows),
            Change::SetLen(bytes) if rng.percent(percent) => content.resize(*bytes, 0),
            _ => {}
        }
    }
}

impl State {
    fn step(&mut self, writes: bool) -> io::Result<()> {
        let Some(fault) = self.fault else { return Ok(()) };
        if fault.failure == Failure::Full && !writes {
            return Ok(());
        }
        self.operations += 1;
        if self.operations == fault.at || (fault.lasts && self.operations > fault.at) {
            self.failed += 1;
            let errno = match fault.failure {
                Failure::Full => rustix::io::Errno::NOSPC,
                Failure::Broken => rustix::io::Errno::IO,
            };
            return Err(errno.into());
        }
        Ok(())
    }

    fn write(&mut self, offset: usize, data: &[u8]) {
        put(&mut self.seen, offset, data, true);
        self.log.push(Change::Write { offset, data: data.to_vec() });
    }
}

impl StorageBackend for PowerDisk {
    fn len(&self) -> io::Result<u64> {
        let mut state = self.state();
        state.step(false)?;
        Ok(state.seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut state = self.state();
        state.step(false)?;
        state.bytes_read += out.len() as u64;
        let offset = offset as usize;
        let found = state.seen.get(offset..offset + out.len());
        out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.state();
        state.step(true)?;
        state.seen.resize(len as usize, 0);
        state.log.push(Change::SetLen(len as usize));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state();
        let synced = state.step(false);
        state.log.push(if synced.is_ok() { Change::Sync } else { Change::FailedSync });
        synced
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        let written = state.step(true);
        // A write that fails may have begun.
        let begun = data.len() / 2 / SECTOR_BYTES * SECTOR_BYTES;
        let reached = if written.is_ok() { data.len() } else { begun };
        state.write(offset as usize, &data[..reached]);
        written
    }
}

impl Medium for PowerDisk {
    type File = Self;

    fn open(&self, _path: &Path, make: bool) -> io::Result<Self> {
        let mut state = self.state();
        if state.base.is_none() {
            if !make {
                return Err(io::ErrorKind::NotFound.into());
            }
            state.base = Some(Vec::new());
        }
        drop(state);
        Ok(self.clone())
    }
}
