//! Uploaded files: content-addressed by SHA-256, compressed, under `files/`. With its profile a file is the
//! truth that a generation can always be built from again.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::Services;
use super::error::ServiceError;
use crate::base::hex;
use crate::base::size::{limit, size, size_needed};

/// Space left alone, so that the store and the logs can still be written while an import runs (SECURITY §5).
const KEPT_FREE_BYTES: u64 = 256 << 20;
/// With less, the store can hardly write.
const ROOM_TO_WORK_BYTES: u64 = 8 << 20;
/// Fast: the file is written once and read seldom.
pub(super) const COMPRESSION_LEVEL: i32 = 1;

/// A file that was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// SHA-256 of its contents, in hex: its name.
    pub sha256: String,
    /// Size of its contents.
    pub bytes: u64,
}

/// A file on its way in. Dropped before [`Incoming::finish`], nothing of it stays.
pub struct Incoming {
    encoder: zstd::Encoder<'static, NamedTempFile>,
    hasher: Sha256,
    bytes: u64,
    max_bytes: u64,
    files: PathBuf,
}

/// A failed write, said so that a person knows what to do.
pub(super) fn disk(what: &str, error: &io::Error) -> ServiceError {
    if error.kind() == io::ErrorKind::StorageFull || error.kind() == io::ErrorKind::QuotaExceeded {
        ServiceError::DiskFull(format!(
            "{what}: the disk of the server is full and nothing was kept; free some space, or tell its operator, and \
             send the file again"
        ))
    } else {
        ServiceError::Internal(format!("{what}: {error}"))
    }
}

/// Refuses work that needs `bytes` more where the disk would then be nearly full.
///
/// # Errors
/// [`ServiceError::DiskFull`].
pub fn need_space(dir: &Path, bytes: u64) -> Result<(), ServiceError> {
    let free = free_bytes(dir)?;
    let needed = bytes.saturating_add(KEPT_FREE_BYTES);
    if free < needed {
        return Err(ServiceError::DiskFull(format!(
            "the disk of the server has {} left and this needs {}; free some space, or tell its operator, and \
             try again",
            size(free),
            size_needed(needed)
        )));
    }
    Ok(())
}

fn free_bytes(dir: &Path) -> Result<u64, ServiceError> {
    let stats = rustix::fs::statvfs(dir).map_err(|error| disk("asking for free space", &error.into()))?;
    Ok(stats.f_bavail.saturating_mul(stats.f_frsize))
}

/// Free and all bytes of the disk that the directory is on.
pub(super) fn disk_bytes(dir: &Path) -> Result<(u64, u64), ServiceError> {
    let stats = rustix::fs::statvfs(dir).map_err(|error| disk("asking for free space", &error.into()))?;
    Ok((stats.f_bavail.saturating_mul(stats.f_frsize), stats.f_blocks.saturating_mul(stats.f_frsize)))
}

/// Where a workbook is put together on its way out: beside the data, where it is deleted by the next start at the latest; where
/// nothing may be written there, in the system's directory for such things.
pub(super) fn workshop(services: &Services) -> io::Result<PathBuf> {
    if services.is_read_only() || services.store.is_fallen_back() {
        return Ok(std::env::temp_dir());
    }
    let incoming = services.data_dir().join("files").join("incoming");
    fs::create_dir_all(&incoming)?;
    Ok(incoming)
}

/// True where the disk cannot be written, as the system has it or as the store found out.
pub fn is_read_only(services: &Services) -> Result<bool, ServiceError> {
    let stats = rustix::fs::statvfs(services.data_dir());
    let stats = stats.map_err(|error| disk("asking for free space", &error.into()))?;
    Ok(stats.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY) || services.store.is_fallen_back())
}

/// True where there is room for what every request may write: sessions, counters, audit events.
pub fn has_room_to_work(dir: &Path) -> Result<bool, ServiceError> {
    Ok(free_bytes(dir)? >= ROOM_TO_WORK_BYTES)
}

impl Incoming {
    /// A place for a file of at most `max_bytes`, wherever it comes from, as long as the disk is not nearly full.
    ///
    /// # Errors
    /// [`ServiceError::DiskFull`].
    pub fn create(data_dir: &Path, max_bytes: u64) -> Result<Self, ServiceError> {
        let files = data_dir.join("files");
        let incoming = files.join("incoming");
        fs::create_dir_all(&incoming).map_err(|error| disk("storing the file", &error))?;
        need_space(&incoming, 0)?;
        let temp = NamedTempFile::new_in(&incoming).map_err(|error| disk("storing the file", &error))?;
        let mut encoder =
            zstd::Encoder::new(temp, COMPRESSION_LEVEL).map_err(|error| disk("storing the file", &error))?;
        // Without it a flipped bit in a block stored as it is comes out again as another cell.
        encoder.include_checksum(true).map_err(|error| disk("storing the file", &error))?;
        Ok(Self { encoder, hasher: Sha256::new(), bytes: 0, max_bytes, files })
    }

    /// Adds a stretch of the file.
    ///
    /// # Errors
    /// [`ServiceError::TooLarge`] past the limit; [`ServiceError::DiskFull`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), ServiceError> {
        self.bytes += bytes.len() as u64;
        if self.bytes > self.max_bytes {
            return Err(ServiceError::TooLarge(format!(
                "the file is larger than {}; split it, or raise `import.max_upload`",
                limit(self.max_bytes)
            )));
        }
        self.hasher.update(bytes);
        self.encoder.write_all(bytes).map_err(|error| disk("storing the file", &error))
    }

    /// Adds everything a reader has.
    ///
    /// # Errors
    /// As [`Incoming::write`], and [`ServiceError::Internal`] where reading fails.
    pub fn write_all_of(&mut self, mut source: impl Read) -> Result<(), ServiceError> {
        let mut buffer = vec![0; 1 << 18];
        loop {
            match source.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => self.write(&buffer[..read])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ServiceError::Internal(format!("reading the file: {error}"))),
            }
        }
    }

    /// Completes the file: from now on it survives a power cut.
    ///
    /// # Errors
    /// [`ServiceError::DiskFull`].
    pub fn finish(self) -> Result<StoredFile, ServiceError> {
        let failed = |error: io::Error| disk("storing the file", &error);
        let temp = self.encoder.finish().map_err(failed)?;
        temp.as_file().sync_all().map_err(failed)?;
        let sha256 = hex::encode(&self.hasher.finalize());
        let path = path_in(&self.files, &sha256);
        let parent = path.parent().unwrap_or(&self.files);
        fs::create_dir_all(parent).map_err(failed)?;
        temp.persist(&path).map_err(|error| failed(error.error))?;
        File::open(parent).and_then(|dir| dir.sync_all()).map_err(failed)?;
        Ok(StoredFile { sha256, bytes: self.bytes })
    }
}

/// A directory for what is needed while a file is looked at; it goes when it is dropped.
///
/// # Errors
/// [`ServiceError::DiskFull`].
pub(super) fn scratch(data_dir: &Path) -> Result<tempfile::TempDir, ServiceError> {
    let incoming = data_dir.join("files").join("incoming");
    let made = fs::create_dir_all(&incoming)
        .and_then(|()| tempfile::Builder::new().prefix("preview-").tempdir_in(&incoming));
    made.map_err(|error| disk("making room to look at the file", &error))
}

/// Puts bytes into a file of their own, which goes when it is dropped.
///
/// # Errors
/// [`ServiceError::DiskFull`].
pub(super) fn keep_apart(data_dir: &Path, bytes: &[u8]) -> Result<tempfile::NamedTempFile, ServiceError> {
    let incoming = data_dir.join("files").join("incoming");
    need_space(data_dir, bytes.len() as u64)?;
    let kept = fs::create_dir_all(&incoming).and_then(|()| tempfile::NamedTempFile::new_in(&incoming));
    let written = kept.and_then(|mut kept| kept.write_all(bytes).map(|()| kept));
    written.map_err(|error| disk("keeping the file", &error))
}

fn path_in(files: &Path, sha256: &str) -> PathBuf {
    let (head, tail) = sha256.split_at(sha256.len().min(2));
    files.join(head).join(format!("{tail}.zst"))
}

/// Where a stored file lies.
pub fn path_of(data_dir: &Path, sha256: &str) -> PathBuf {
    path_in(&data_dir.join("files"), sha256)
}

/// A stored file, to be read from the beginning.
pub(super) fn open(data_dir: &Path, sha256: &str) -> io::Result<impl Read + Send + use<>> {
    File::open(path_of(data_dir, sha256)).and_then(zstd::Decoder::new)
}

/// Deletes a stored file. One that stays is waste, not damage.
pub(super) fn delete(data_dir: &Path, sha256: &str) {
    if let Err(error) = fs::remove_file(path_of(data_dir, sha256))
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!("A file that nothing needs could not be deleted: {error}");
    }
}

/// What a stored file holds, where it is at most so large.
///
/// # Errors
/// [`ServiceError::NotFound`] where it is no longer kept, [`ServiceError::TooLarge`].
pub fn read_small(data_dir: &Path, sha256: &str, max_bytes: u64) -> Result<Vec<u8>, ServiceError> {
    let gone = |_| ServiceError::NotFound("file like that; send it again".to_owned());
    let stored = File::open(path_of(data_dir, sha256)).map_err(gone)?;
    let mut file = Vec::new();
    zstd::Decoder::new(stored)
        .and_then(|unpacked| unpacked.take(max_bytes + 1).read_to_end(&mut file))
        .map_err(|error| ServiceError::Internal(format!("the stored file cannot be read: {error}")))?;
    if file.len() as u64 > max_bytes {
        return Err(ServiceError::TooLarge(format!("such a file has at most {}", limit(max_bytes))));
    }
    Ok(file)
}

/// Where the rows of an import that could not be read lie, if there are any.
pub fn rejects_path(data_dir: &Path, import: crate::domain::ids::ImportId) -> PathBuf {
    data_dir.join("files").join("rejects").join(format!("{import}.csv"))
}

/// Stored files that were written before `until`.
pub(super) fn list_written_before(data_dir: &Path, until: SystemTime) -> Vec<String> {
    let entries = |path: &Path| fs::read_dir(path).into_iter().flatten().flatten();
    let mut found = Vec::new();
    for directory in entries(&data_dir.join("files")) {
        let head = directory.file_name().to_string_lossy().into_owned();
        if head.len() != 2 {
            continue;
        }
        for entry in entries(&directory.path()) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let written = entry.metadata().and_then(|meta| meta.modified());
            let is_old = written.is_ok_and(|at| at < until);
            if let Some(tail) = name.strip_suffix(".zst").filter(|_| is_old) {
                found.push(format!("{head}{tail}"));
            }
        }
    }
    found
}

/// What uploads and previews left behind, or are writing just now.
pub(super) fn incoming(data_dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(data_dir.join("files").join("incoming")).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// Deletes what uploads and previews that never ended left behind.
pub fn sweep(data_dir: &Path) {
    let Ok(entries) = fs::read_dir(data_dir.join("files").join("incoming")) else { return };
    for entry in entries.flatten() {
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let deleted =
            if is_directory { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) };
        if let Err(error) = deleted {
            tracing::warn!("A leftover of an upload could not be deleted: {error}");
        }
    }
}
