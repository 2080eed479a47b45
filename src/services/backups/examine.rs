//! Reading a backup whole: every member against its hash, every stored file against the hash of its content, the
//! database in a directory of its own, page by page and value by value, its audit log, and what it refers to.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use super::archive::{Archive, Hashing, Kind, MAX_KEYS_BYTES, file_member};
use super::failed;
use super::manifest::{KEYS, Member, Sum};
use super::references::References;
use super::sealed_keys::{Keys, SealedKeys};
use crate::base::secret::SecretString;
use crate::services::audit::AuditReport;
use crate::services::audit::verify::verify_store;
use crate::services::error::ServiceError;
use crate::services::files;
use crate::services::keys::PublicKey;
use crate::store::Store;
use crate::store::file::DATABASE_FILE;

/// Largest content whose size the database does not say.
const MAX_CONTENT_BYTES: u64 = 1 << 40;
/// Problems that are told.
const MAX_PROBLEMS: usize = 20;

/// What to do with stored files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Files {
    /// They are read and not kept.
    Checked,
    /// They are put where they belong in the directory.
    Kept,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Examined {
    /// What is wrong; empty where everything is as it was written.
    pub problems: Vec<String>,
    /// The audit log's check.
    pub audit: AuditReport,
    /// The keys, where a passphrase was given and they are in it.
    pub keys: Option<Keys>,
    /// Live data and files of users that the site had lost already.
    pub lost: u64,
}

impl Examined {
    fn blame(&mut self, problem: String) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }
}

/// Reads all of it into `into`, an empty directory; the database stays there, stored files where they are to be kept.
///
/// # Errors
/// The disk; a passphrase that does not fit; never what is wrong with the backup.
pub fn examine(
    archive: &mut Archive,
    into: &Path,
    keep: Files,
    passphrase: Option<&SecretString>,
    stops: &dyn Fn() -> bool,
) -> Result<Examined, ServiceError> {
    let mut found = Examined::default();
    let manifest = archive.manifest.clone();
    let kept: u64 = match keep {
        Files::Checked => 0,
        Files::Kept => manifest.members.iter().map(|member| member.sum.bytes).sum(),
    };
    files::need_space(into, manifest.database.bytes.saturating_add(kept))?;
    for member in &manifest.members {
        let Some(kind) = Kind::of(&member.name) else { continue };
        let read = match &kind {
            Kind::Database => unpack_database(archive, member, &manifest.database, into, stops),
            Kind::Content(sha256) => {
                let place = place_of(into, member, keep);
                read_content(archive, member, sha256, place.as_deref(), stops)
            }
            Kind::Rejects(_) | Kind::Index => {
                let place = place_of(into, member, keep);
                read_plain(archive, member, place.as_deref(), stops)
            }
            Kind::Keys => match read_keys(archive, member) {
                Ok(sealed) => {
                    found.keys = passphrase.map(|passphrase| sealed.open(passphrase)).transpose()?;
                    Ok(())
                }
                Err(wrong) => Err(wrong),
            },
        };
        match read {
            Ok(()) => {}
            Err(Wrong::Content(reason)) => found.blame(format!("`{}`: {reason}", member.name)),
            Err(Wrong::Disk(error)) => return Err(failed("unpacking the backup", &error)),
            Err(Wrong::Stopped) => return Err(super::create::stopped()),
        }
    }
    if found.problems.is_empty() {
        look_at_database(archive, into, &mut found)?;
    }
    Ok(found)
}

fn place_of(into: &Path, member: &Member, keep: Files) -> Option<std::path::PathBuf> {
    // One of the few names that a backup has: no path of somebody else.
    (keep == Files::Kept).then(|| into.join(&member.name))
}

/// Why a member was not read.
enum Wrong {
    Content(String),
    Disk(io::Error),
    Stopped,
}

fn content(error: &io::Error) -> Wrong {
    Wrong::Content(format!("it cannot be read: {error}"))
}

/// Passes on what it reads to a file, where there is one.
struct Tee<R> {
    from: R,
    to: Option<File>,
    failed: Option<io::Error>,
}

impl<R: Read> Read for Tee<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(bytes)?;
        if let Some(to) = &mut self.to
            && let Err(error) = to.write_all(&bytes[..read])
        {
            self.failed = Some(error);
            return Err(io::Error::other("the copy failed"));
        }
        Ok(read)
    }
}

/// Makes a new file with its directory; whatever is there already is not followed.
fn make(path: &Path) -> Result<File, Wrong> {
    use std::os::unix::fs::OpenOptionsExt;
    let parent = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(Wrong::Disk)?;
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(Wrong::Disk)
}

/// Reads to the end, at most `limit` bytes.
fn pour(
    from: &mut impl Read,
    to: &mut impl Write,
    limit: u64,
    stops: &dyn Fn() -> bool,
) -> Result<(), Wrong> {
    let mut block = vec![0; 1 << 18];
    let mut left = limit;
    loop {
        if stops() {
            return Err(Wrong::Stopped);
        }
        let read = from.read(&mut block).map_err(|error| content(&error))?;
        if read == 0 {
            return Ok(());
        }
        left = left
            .checked_sub(read as u64)
            .ok_or_else(|| Wrong::Content("it unpacks to more than it is to be".to_owned()))?;
        to.write_all(&block[..read]).map_err(Wrong::Disk)?;
    }
}

fn must_be(found: &Sum, expected: &Sum) -> Result<(), Wrong> {
    if found == expected {
        Ok(())
    } else {
        Err(Wrong::Content(format!(
            "it is not what was written: {} bytes with SHA-256 {}, and the manifest says {} bytes with {}",
            found.bytes, found.sha256, expected.bytes, expected.sha256
        )))
    }
}

fn unpack_database(
    archive: &mut Archive,
    member: &Member,
    expected: &Sum,
    into: &Path,
    stops: &dyn Fn() -> bool,
) -> Result<(), Wrong> {
    let packed = Hashing::new(archive.member(&member.name).map_err(|error| content(&error))?);
    let mut target = Hashing::new(make(&into.join(DATABASE_FILE))?);
    let mut decoder = zstd::Decoder::new(packed).map_err(|error| content(&error))?;
    pour(&mut decoder, &mut target, expected.bytes, stops)?;
    must_be(&decoder.finish().into_inner().sum(), &member.sum)?;
    must_be(&target.sum(), expected)
}

fn read_content(
    archive: &mut Archive,
    member: &Member,
    sha256: &str,
    place: Option<&Path>,
    stops: &dyn Fn() -> bool,
) -> Result<(), Wrong> {
    let to = place.map(make).transpose()?;
    let from = archive.member(&member.name).map_err(|error| content(&error))?;
    let packed = Hashing::new(Tee { from, to, failed: None });
    let mut decoder = zstd::Decoder::new(packed).map_err(|error| content(&error))?;
    let mut hashing = Hashing::new(io::sink());
    let poured = pour(&mut decoder, &mut hashing, MAX_CONTENT_BYTES, stops);
    let mut packed = decoder.finish().into_inner();
    if let Some(error) = packed.get_mut().failed.take() {
        return Err(Wrong::Disk(error));
    }
    poured?;
    must_be(&packed.sum(), &member.sum)?;
    if hashing.sum().sha256 == sha256 {
        Ok(())
    } else {
        Err(Wrong::Content("its content is not what was stored under this name".to_owned()))
    }
}

fn read_plain(
    archive: &mut Archive,
    member: &Member,
    place: Option<&Path>,
    stops: &dyn Fn() -> bool,
) -> Result<(), Wrong> {
    let mut from = Hashing::new(archive.member(&member.name).map_err(|error| content(&error))?);
    match place {
        Some(place) => pour(&mut from, &mut make(place)?, member.sum.bytes, stops)?,
        None => pour(&mut from, &mut io::sink(), member.sum.bytes, stops)?,
    }
    must_be(&from.sum(), &member.sum)
}

fn read_keys(archive: &mut Archive, member: &Member) -> Result<SealedKeys, Wrong> {
    if member.sum.bytes > MAX_KEYS_BYTES {
        return Err(Wrong::Content("it is too large for keys".to_owned()));
    }
    let mut text = Vec::new();
    let mut from = Hashing::new(archive.member(KEYS).map_err(|error| content(&error))?);
    from.read_to_end(&mut text).map_err(|error| content(&error))?;
    must_be(&from.sum(), &member.sum)?;
    serde_json::from_slice(&text).map_err(|error| Wrong::Content(format!("it holds no sealed keys: {error}")))
}

/// Opens the database and holds it against the manifest.
fn look_at_database(archive: &Archive, into: &Path, found: &mut Examined) -> Result<(), ServiceError> {
    let manifest = &archive.manifest;
    let store = match Store::open_copy(into) {
        Ok(store) => store,
        Err(error) => {
            found.blame(format!("the database does not open: {error}"));
            return Ok(());
        }
    };
    for table in store.verify_values()? {
        found.blame(format!(
            "the database: {} values of table `{}` are damaged, the first: {}",
            table.records, table.table, table.first
        ));
    }
    let keys: Vec<PublicKey> = manifest.audit_keys.iter().filter_map(|key| PublicKey::parse(key)).collect();
    found.audit = verify_store(&store, &keys)?;
    if let Some((seq, reason)) = found.audit.first_bad.clone() {
        found.blame(format!("the audit log: event {seq}: {reason}"));
    } else if found.audit.head != manifest.audit_head {
        let seq = |head: &Option<(u64, String)>| head.as_ref().map_or(0, |(seq, _)| *seq);
        found.blame(format!(
            "the audit log ends with event {}, and the manifest says {}",
            seq(&found.audit.head),
            seq(&manifest.audit_head)
        ));
    }
    let references = match store.read(References::of) {
        Ok(references) => references,
        Err(error) => {
            found.blame(format!("the database: {error}"));
            return Ok(());
        }
    };
    let members: HashSet<&str> = manifest.members.iter().map(|member| member.name.as_str()).collect();
    let absent: HashSet<&String> = manifest.absent.iter().collect();
    for (sha256, content) in &references.contents {
        if members.contains(file_member(sha256).as_str()) {
            continue;
        }
        if absent.contains(sha256) {
            found.lost += u64::from(content.is_needed);
        } else {
            found.blame(format!("the stored file {sha256} is missing, and the database refers to it"));
        }
    }
    Ok(())
}
