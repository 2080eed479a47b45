//! A database that is read where it lies, while what is written to it stays in memory and is gone with the process: for a
//! site that is served from a disk that cannot be written, or is not to be.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

use super::file::Medium;

/// Bytes that are kept together once one of them was written: redb's own page.
const PAGE: usize = 4_096;

/// Opens files so.
#[derive(Debug, Clone, Copy, Default)]
pub struct Aside;

/// A file, and what was written to it.
#[derive(Debug)]
pub struct AsideFile {
    file: File,
    pages: Mutex<Pages>,
}

#[derive(Debug)]
struct Pages {
    /// Bytes that there seem to be.
    len: u64,
    /// Bytes of the file that are still to be seen: what was cut off is gone, also where it grows again.
    of_file: u64,
    written: HashMap<u64, Box<[u8; PAGE]>>,
}

impl Medium for Aside {
    type File = AsideFile;

    /// Whoever would write to the file meanwhile is kept out by the same lock that keeps writers from each other.
    fn open(&self, path: &Path, _make: bool) -> io::Result<AsideFile> {
        let file = File::open(path)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => io::ErrorKind::ResourceBusy.into(),
            TryLockError::Error(error) => error,
        })?;
        let len = file.metadata()?.len();
        let pages = Pages { len, of_file: len, written: HashMap::new() };
        Ok(AsideFile { file, pages: Mutex::new(pages) })
    }
}

impl AsideFile {
    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the file has there, and zeros behind its end.
    fn read_file(&self, of_file: u64, offset: u64, out: &mut [u8]) -> io::Result<()> {
        out.fill(0);
        let there = of_file.saturating_sub(offset).min(out.len() as u64) as usize;
        self.file.read_exact_at(&mut out[..there], offset)
    }
}

/// Where a stretch of bytes lies: page, place in it, and how many of them.
fn pieces(offset: u64, bytes: usize) -> impl Iterator<Item = (u64, usize, usize)> {
    let end = offset + bytes as u64;
    let mut at = offset;
    std::iter::from_fn(move || {
        (at < end).then(|| {
            let (page, within) = (at / PAGE as u64, (at % PAGE as u64) as usize);
            let length = (PAGE - within).min((end - at) as usize);
            at += length as u64;
            (page, within, length)
        })
    })
}

impl StorageBackend for AsideFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.lock().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let pages = self.lock();
        if offset + out.len() as u64 > pages.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut done = 0;
        for (page, within, length) in pieces(offset, out.len()) {
            let piece = &mut out[done..done + length];
            match pages.written.get(&page) {
                Some(written) => piece.copy_from_slice(&written[within..within + length]),
                None => self.read_file(pages.of_file, page * PAGE as u64 + within as u64, piece)?,
            }
            done += length;
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut pages = self.lock();
        pages.of_file = pages.of_file.min(len);
        pages.written.retain(|page, _| page * (PAGE as u64) < len);
        if let Some(cut) = pages.written.get_mut(&(len / PAGE as u64)) {
            cut[(len % PAGE as u64) as usize..].fill(0);
        }
        pages.len = len;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut pages = self.lock();
        let mut done = 0;
        for (page, within, length) in pieces(offset, data.len()) {
            if !pages.written.contains_key(&page) {
                let mut bytes = Box::new([0; PAGE]);
                self.read_file(pages.of_file, page * PAGE as u64, &mut bytes[..])?;
                pages.written.insert(page, bytes);
            }
            if let Some(written) = pages.written.get_mut(&page) {
                written[within..within + length].copy_from_slice(&data[done..done + length]);
            }
            done += length;
        }
        pages.len = pages.len.max(offset + data.len() as u64);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use redb::StorageBackend;

    use super::Aside;
    use crate::store::file::Medium;

    /// Against a plain vector, at places that cross pages and ends.
    #[test]
    fn what_is_written_is_read_again_and_the_file_stays() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut expected: Vec<u8> = (0..10_000_u32).map(|byte| (byte % 251) as u8).collect();
        file.write_all(&expected).unwrap();
        let before = expected.clone();
        let aside = Aside.open(file.path(), false).unwrap();
        let mut state = 7_u64;
        for round in 0..2_000_u64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (offset, bytes) = ((state >> 33) as usize % 20_000, (state >> 17) as usize % 9_000);
            match round % 5 {
                0 => {
                    aside.set_len(offset as u64).unwrap();
                    expected.resize(offset, 0);
                }
                1 | 2 => {
                    let data = vec![round as u8; bytes];
                    let end = offset + bytes;
                    if end > expected.len() {
                        aside.set_len(end as u64).unwrap();
                        expected.resize(end, 0);
                    }
                    aside.write(offset as u64, &data).unwrap();
                    expected[offset..end].copy_from_slice(&data);
                }
                _ => {
                    let mut read = vec![0; bytes];
                    let is_there = offset + bytes <= expected.len();
                    assert_eq!(aside.read(offset as u64, &mut read).is_ok(), is_there);
                    if is_there {
                        assert_eq!(read, expected[offset..offset + bytes]);
                    }
                }
            }
            assert_eq!(aside.len().unwrap(), expected.len() as u64);
        }
        assert_eq!(std::fs::read(file.path()).unwrap(), before);
        assert!(Aside.open(file.path(), false).is_err(), "it is locked");
    }
}
