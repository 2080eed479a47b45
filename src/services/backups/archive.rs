//! The archive: writing members, and opening one that somebody else may have made. Nothing in it names a place: members
//! have the few names that a backup has, and whatever else is in there makes it none.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::bad;
use super::manifest::{DATABASE, FORMAT, KEYS, MANIFEST, Manifest, Member, Sum};
use crate::base::hex;
use crate::domain::ids::{DatasetId, GenerationId, ImportId};
use crate::services::error::ServiceError;

/// Largest manifest: some 300,000 files.
const MAX_MANIFEST_BYTES: u64 = 64 << 20;
/// Largest bundle of sealed keys.
pub const MAX_KEYS_BYTES: u64 = 4 << 20;
/// Bytes that are copied at once.
const BLOCK: usize = 1 << 18;

/// Name of a stored file in the archive.
pub fn file_member(sha256: &str) -> String {
    let (head, tail) = sha256.split_at(sha256.len().min(2));
    format!("files/{head}/{tail}.zst")
}

/// Name of the rows that could not be read.
pub fn rejects_member(import: ImportId) -> String {
    format!("files/rejects/{import}.csv")
}

/// Name of a file of an index.
pub fn index_member(dataset: DatasetId, generation: GenerationId, file: &str) -> String {
    format!("index/{dataset}/{generation}/{file}")
}

/// Whether a file of an index is called so: in its directory, or in the one of its words.
fn is_index_file(file: &str) -> bool {
    let name = file.strip_prefix("words/").unwrap_or(file);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    !name.is_empty() && name.len() <= 100 && name.chars().all(is_plain) && !name.chars().all(|c| c == '.')
}

/// What a member is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The database, packed.
    Database,
    /// Keys under a passphrase.
    Keys,
    /// A stored file, by the SHA-256 of its content.
    Content(String),
    /// Rows that could not be read.
    Rejects(ImportId),
    /// A file of an index.
    Index,
}

impl Kind {
    /// What a member of this name is; `None` for any other name.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            DATABASE => return Some(Self::Database),
            KEYS => return Some(Self::Keys),
            _ => {}
        }
        if let Some(rest) = name.strip_prefix("index/") {
            let (dataset, rest) = rest.split_once('/')?;
            let (generation, file) = rest.split_once('/')?;
            let ids = (dataset.parse().ok()?, GenerationId(generation.parse().ok()?));
            let is_one = is_index_file(file) && index_member(ids.0, ids.1, file) == name;
            return is_one.then_some(Self::Index);
        }
        let rest = name.strip_prefix("files/")?;
        if let Some(import) = rest.strip_prefix("rejects/") {
            let import: ImportId = import.strip_suffix(".csv")?.parse().ok()?;
            // An id has one spelling here.
            return (rejects_member(import) == name).then_some(Self::Rejects(import));
        }
        let (head, tail) = rest.strip_suffix(".zst")?.split_once('/')?;
        let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (head.len() == 2 && tail.len() == 62 && is_hex(head) && is_hex(tail))
            .then(|| Self::Content(format!("{head}{tail}")))
    }
}

/// Counts and hashes what passes.
pub struct Hashing<T> {
    inner: T,
    hasher: Sha256,
    bytes: u64,
}

impl<T> Hashing<T> {
    /// Around a reader or writer.
    pub fn new(inner: T) -> Self {
        Self { inner, hasher: Sha256::new(), bytes: 0 }
    }

    /// What passed.
    pub fn sum(self) -> Sum {
        Sum { bytes: self.bytes, sha256: hex::encode(&self.hasher.finalize()) }
    }

    /// What it is around.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.inner
    }

    fn note(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.note(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(bytes)?;
        self.note(&bytes[..read]);
        Ok(read)
    }
}

/// Copies everything, and asks now and then whether to go on: [`io::ErrorKind::Interrupted`] where not.
pub fn copy(from: &mut impl Read, to: &mut impl Write, stops: &dyn Fn() -> bool) -> io::Result<()> {
    let mut block = vec![0; BLOCK];
    loop {
        if stops() {
            return Err(stopped());
        }
        match from.read(&mut block)? {
            0 => return Ok(()),
            read => to.write_all(&block[..read])?,
        }
    }
}

/// A stop, as an error of the disk.
pub fn stopped() -> io::Error {
    io::Error::other("stopped")
}

/// The file, which takes no more once nobody wants it: the archive would else try to write its end, also on a full disk.
struct Target {
    file: File,
    is_over: Arc<AtomicBool>,
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_over.load(Ordering::Relaxed) { Ok(bytes.len()) } else { self.file.write(bytes) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Target {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// Says when it is dropped that nobody wants the file any more.
struct Over(Arc<AtomicBool>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// An archive that is being written.
pub struct Writer {
    /// Before the archive: dropped first.
    over: Over,
    zip: ZipWriter<BufWriter<Target>>,
    members: Vec<Member>,
}

impl Writer {
    /// Begins in an empty file.
    pub fn new(file: File) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Over(Arc::clone(&is_over));
        let target = Target { file, is_over };
        Self { over, zip: ZipWriter::new(BufWriter::with_capacity(BLOCK, target)), members: Vec::new() }
    }

    fn begin(&mut self, name: &str) -> io::Result<()> {
        // Packed already, and of any size.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(true)
            .unix_permissions(0o600);
        Ok(self.zip.start_file(name, options)?)
    }

    /// Adds a member that `write` writes.
    pub fn add(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        self.begin(name)?;
        let mut hashing = Hashing::new(&mut self.zip);
        write(&mut hashing)?;
        let sum = hashing.sum();
        self.members.push(Member { name: name.to_owned(), sum });
        Ok(())
    }

    /// What was added.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Adds the manifest and makes sure that all of it is on the disk.
    pub fn finish(mut self, manifest: &Manifest) -> io::Result<()> {
        self.begin(MANIFEST)?;
        serde_json::to_writer_pretty(&mut self.zip, manifest)?;
        let Self { over: _over, zip, .. } = self;
        let target = zip.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        target.file.sync_all()
    }
}

/// An archive whose members are those of its manifest, each of the size that it says.
pub struct Archive {
    zip: ZipArchive<BufReader<File>>,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Size of the file.
    pub bytes: u64,
}

impl Archive {
    /// Opens it and holds the list of members against the manifest. No content is read.
    ///
    /// # Errors
    /// [`ServiceError::BadBackup`] which says what is wrong; [`ServiceError::NotFound`].
    pub fn open(path: &Path) -> Result<Self, ServiceError> {
        let file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => ServiceError::NotFound(format!("file `{}`", path.display())),
            _ => ServiceError::Internal(format!("{}: {error}", path.display())),
        })?;
        let meta = file.metadata().map_err(|error| ServiceError::Internal(error.to_string()))?;
        if !meta.is_file() {
            return Err(bad(path, "it is no file"));
        }
        let bytes = meta.len();
        let zip = ZipArchive::new(BufReader::with_capacity(BLOCK, file))
            .map_err(|error| bad(path, format!("it is no backup, or its end is cut off ({error})")))?;
        Self::read(zip, bytes).map_err(|reason| bad(path, reason))
    }

    fn read(mut zip: ZipArchive<BufReader<File>>, bytes: u64) -> Result<Self, String> {
        if zip.has_duplicate_names() {
            return Err("a member is in it twice".to_owned());
        }
        let mut sizes = HashMap::new();
        for index in 0..zip.len() {
            let member = zip.by_index_raw(index).map_err(|error| format!("its list is damaged ({error})"))?;
            let name = String::from_utf8(member.name_raw().to_vec())
                .map_err(|_| "the name of a member is no text".to_owned())?;
            if name != MANIFEST && Kind::of(&name).is_none() {
                let shown: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
                return Err(format!("`{shown}` does not belong in a backup"));
            }
            let is_plain = member.is_file()
                && !member.is_symlink()
                && !member.encrypted()
                && member.compression() == CompressionMethod::Stored
                && member.compressed_size() == member.size();
            if !is_plain {
                return Err(format!("`{name}` is not stored as a plain file"));
            }
            sizes.insert(name, member.size());
        }
        // Members that lie over each other would be more than the file.
        if sizes.values().fold(0_u64, |sum, size| sum.saturating_add(*size)) > bytes {
            return Err("its members say that they are larger than it is".to_owned());
        }
        let manifest = read_manifest(&mut zip, sizes.remove(MANIFEST))?;
        let mut left = sizes;
        for member in &manifest.members {
            match left.remove(&member.name) {
                Some(size) if size == member.sum.bytes => {}
                Some(_) => return Err(format!("`{}` has not the size that its manifest says", member.name)),
                None => return Err(format!("`{}` is missing", member.name)),
            }
        }
        if let Some(name) = left.keys().next() {
            return Err(format!("`{name}` is not in its manifest"));
        }
        if manifest.find(DATABASE).is_none() {
            return Err("it has no database".to_owned());
        }
        Ok(Self { zip, manifest, bytes })
    }

    /// A member, to be read from its beginning.
    ///
    /// # Errors
    /// Where the archive cannot be read there.
    pub fn member(&mut self, name: &str) -> io::Result<impl Read + '_> {
        Ok(self.zip.by_name(name)?)
    }
}

fn read_manifest(zip: &mut ZipArchive<BufReader<File>>, size: Option<u64>) -> Result<Manifest, String> {
    let size = size.ok_or("it has no manifest")?;
    if size > MAX_MANIFEST_BYTES {
        return Err("its manifest is too large".to_owned());
    }
    let mut text = Vec::new();
    let member = zip.by_name(MANIFEST).map_err(|error| error.to_string())?;
    member
        .take(size)
        .read_to_end(&mut text)
        .map_err(|error| format!("its manifest cannot be read ({error})"))?;
    let value: serde_json::Value =
        serde_json::from_slice(&text).map_err(|_| "its manifest is none".to_owned())?;
    match value["format"].as_u64() {
        Some(format) if format > u64::from(FORMAT) => {
            Err(format!("it has format {format}, and this version knows {FORMAT}; take a newer version"))
        }
        _ => serde_json::from_value(value).map_err(|error| format!("its manifest is none ({error})")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, file_member};

    #[test]
    fn only_names_that_a_backup_has_mean_anything() {
        let sha256 = "ab".repeat(32);
        assert_eq!(Kind::of(&file_member(&sha256)), Some(Kind::Content(sha256.clone())));
        assert_eq!(
            Kind::of("index/00000000-0000-0000-0000-000000000003/4/words/.managed.json"),
            Some(Kind::Index)
        );
        for name in [
            "../stockroom.redb.zst",
            "/stockroom.redb.zst",
            "stockroom.redb",
            "keys/site.key",
            "files/../../etc/passwd.zst",
            "index/00000000-0000-0000-0000-000000000003/4/../../x",
            "index/00000000-0000-0000-0000-000000000003/4/words/..",
            "index/00000000-0000-0000-0000-000000000003/4/words/a/b",
            "index/00000000-0000-0000-0000-000000000003/04/columns.bin",
            "index/../4/columns.bin",
            "files/ab/../x.zst",
            "files/rejects/../../x.csv",
            "files\\ab\\x.zst",
            "C:\\x",
            "CON",
            &file_member(&sha256.to_uppercase()),
            &format!("{}\0", file_member(&sha256)),
        ] {
            assert_eq!(Kind::of(name), None, "{name}");
        }
    }
}
