//! Making a backup, while everything else goes on.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use rustix::fs::RenameFlags;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::archive::{Hashing, Writer, copy, file_member, rejects_member};
use super::manifest::{DATABASE, FORMAT, KEYS, Manifest, Sum};
use super::references::References;
use super::verify::verify_in;
use super::{
    AtWork, BACKUPS_DIRECTORY, MAKING, PARTIAL, failed, indexes, name_at, scratch_in, sealed_keys, sweep,
};
use crate::base::hex;
use crate::base::secret::SecretString;
use crate::domain::dataset::{Dataset, Generation};
use crate::services::audit::heads;
use crate::services::authorize::{Grant, ManageSite};
use crate::services::error::ServiceError;
use crate::services::keys::{PublicKey, audit_keys};
use crate::services::{Services, audit, files, site};
use crate::store::file::DATABASE_FILE;
use crate::store::migrations::SCHEMA;
use crate::store::{
    ReadTxn, StoreError, audit as store_audit, datasets as store_datasets, users as store_users,
};

/// How hard the database is packed: it is full of air.
const PACKING: i32 = 3;

/// What is wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Where it is to lie: a file, or a directory for one with the usual name. `None` for the usual place.
    pub output: Option<PathBuf>,
    /// Seals the keys, which are left out without one.
    pub passphrase: Option<SecretString>,
    /// Indexes go in, too, so that nothing is built after a restore.
    pub with_index: bool,
}

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Where it lies.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Stored files in it.
    pub files: u64,
    /// Keys are in it, under the passphrase.
    pub has_keys: bool,
    /// Live data and files of users whose contents the site has lost.
    pub lost: u64,
}

/// Somebody asked for the end.
pub(super) fn stopped() -> ServiceError {
    ServiceError::Conflict("the backup was stopped; nothing of it stays".to_owned())
}

/// Stored files stay where they are as long as this is there.
struct KeepsFiles<'s>(&'s AtWork);

impl<'s> KeepsFiles<'s> {
    fn begin(services: &'s Services) -> Self {
        // Under the lock of the stored files, so that whoever deletes some is through with it.
        let _files = services.builds.lock_files();
        services.backups.keeps_files.store(true, Ordering::Release);
        Self(&services.backups)
    }
}

impl Drop for KeepsFiles<'_> {
    fn drop(&mut self) {
        self.0.keeps_files.store(false, Ordering::Release);
    }
}

/// Deletes the file unless it got its name.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// What the copied database says of itself.
struct Facts {
    references: References,
    audit_head: Option<(u64, String)>,
    users: u64,
    datasets: u64,
    live: Vec<(Dataset, Generation)>,
}

fn facts(r: &ReadTxn) -> Result<Facts, StoreError> {
    Ok(Facts {
        references: References::of(r)?,
        audit_head: store_audit::last_event(r)?.map(|event| (event.seq, hex::encode(&event.hash))),
        users: store_users::list_users(r)?.len() as u64,
        datasets: store_datasets::list_datasets(r)?.len() as u64,
        live: indexes::live(r)?,
    })
}

/// Makes a backup, reads it back whole, and gives it its name.
///
/// # Errors
/// [`ServiceError::Conflict`] where one is being made, the file is there already, or `stops` said so;
/// [`ServiceError::DiskFull`]; a value of the store that is damaged.
pub fn create(
    services: &Services,
    grant: &Grant<ManageSite>,
    wanted: &Wanted,
    stops: &dyn Fn() -> bool,
) -> Result<Made, ServiceError> {
    let Ok(_turn) = services.backups.turn.try_lock() else {
        return Err(ServiceError::Conflict(super::BUSY.to_owned()));
    };
    let data_dir = services.data_dir();
    let own = data_dir.join(BACKUPS_DIRECTORY);
    let making = |error: io::Error| failed("making the backup", &error);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&own).map_err(making)?;
    sweep(data_dir);
    let path = place(services, &own, wanted.output.as_deref())?;
    if let Err(error) = heads::sign(services) {
        tracing::warn!("The audit log was not signed before the backup: {error}");
    }
    let database_bytes = fs::metadata(data_dir.join(DATABASE_FILE)).map_err(making)?.len();
    files::need_space(&own, database_bytes.saturating_mul(2))?;
    let scratch = scratch_in(&own, MAKING).map_err(making)?;
    let keeps_files = KeepsFiles::begin(services);
    let made_at = services.now();
    let facts = services.store.copy_to(scratch.path(), facts, stops)?.ok_or_else(stopped)?;
    let mut name = path.clone().into_os_string();
    name.push(PARTIAL);
    let partial = Partial(PathBuf::from(name));
    let mut about = Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        schema: SCHEMA,
        made_at,
        site: site::name(services),
        audit_head: facts.audit_head,
        audit_keys: audit_keys(data_dir)?.iter().map(PublicKey::to_text).collect(),
        database: Sum::default(),
        users: facts.users,
        datasets: facts.datasets,
        members: Vec::new(),
        absent: Vec::new(),
        indexes: Vec::new(),
    };
    let live: &[_] = if wanted.with_index { &facts.live } else { &[] };
    write(services, &partial.0, scratch.path(), (&facts.references, live), &mut about, wanted, stops)?;
    drop(keeps_files);
    drop(scratch);
    // In the data directory: the place of the backup may be a slow one.
    let scratch = scratch_in(&own, MAKING).map_err(making)?;
    let verified = verify_in(&partial.0, scratch.path(), wanted.passphrase.as_ref(), stops)?;
    verified.must_be_whole()?;
    give_name(&partial.0, &path)?;
    let made = Made {
        path: path.clone(),
        bytes: verified.bytes,
        files: verified.files,
        has_keys: verified.has_keys,
        lost: verified.lost,
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let details = json!({
        "bytes": made.bytes, "files": made.files, "keys": made.has_keys, "lost": made.lost,
        "audit_head": about.audit_head,
    });
    services.store.write(|w| {
        audit::append(w, services.now(), grant.by(), "backup.create", &format!("backup:{name}"), &details)
    })?;
    tracing::info!(bytes = made.bytes, files = made.files, "Made the backup {}", path.display());
    Ok(made)
}

/// Where the backup is to lie; nothing lies there yet.
fn place(services: &Services, own: &Path, output: Option<&Path>) -> Result<PathBuf, ServiceError> {
    let usual = name_at(services.now());
    let path = match output {
        None => own.join(usual),
        Some(output) if output.is_dir() => output.join(usual),
        Some(output) => output.to_owned(),
    };
    // Whoever asked may have another working directory.
    let path = std::path::absolute(&path).map_err(|error| failed("making the backup", &error))?;
    if fs::symlink_metadata(&path).is_ok() {
        return Err(ServiceError::Conflict(format!(
            "`{}` is there already; name another file",
            path.display()
        )));
    }
    Ok(path)
}

/// Writes the whole archive and makes sure that it is on the disk.
fn write(
    services: &Services,
    path: &Path,
    scratch: &Path,
    (references, live): (&References, &[(Dataset, Generation)]),
    about: &mut Manifest,
    wanted: &Wanted,
    stops: &dyn Fn() -> bool,
) -> Result<(), ServiceError> {
    let data_dir = services.data_dir();
    let (present, absent): (Vec<&String>, Vec<&String>) =
        references.contents.keys().partition(|sha256| files::path_of(data_dir, sha256).exists());
    let bytes: u64 = present
        .iter()
        .filter_map(|sha256| fs::metadata(files::path_of(data_dir, sha256)).ok())
        .map(|meta| meta.len())
        .sum();
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    files::need_space(parent, bytes.saturating_add(indexes::bytes(data_dir, live)))?;
    about.absent = absent.into_iter().cloned().collect();
    let keys = match &wanted.passphrase {
        Some(passphrase) => sealed_keys::seal(data_dir, passphrase)?,
        None => None,
    };
    let written = (|| {
        // Whatever was left there by one that was killed.
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = fs::OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)?;
        let mut archive = Writer::new(file);
        archive.add(DATABASE, |out| {
            let mut from = Hashing::new(File::open(scratch.join(DATABASE_FILE))?);
            let mut packing = zstd::Encoder::new(out, PACKING)?;
            packing.include_checksum(true)?;
            copy(&mut from, &mut packing, stops)?;
            packing.finish()?;
            about.database = from.sum();
            Ok(())
        })?;
        for sha256 in present {
            let mut from = File::open(files::path_of(data_dir, sha256))?;
            archive.add(&file_member(sha256), |mut out| copy(&mut from, &mut out, stops))?;
        }
        for import in &references.rejects {
            match File::open(files::rejects_path(data_dir, *import)) {
                Ok(mut from) => {
                    archive.add(&rejects_member(*import), |mut out| copy(&mut from, &mut out, stops))?;
                }
                // They go when the rules say so, and nothing else needs them.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        about.indexes = indexes::add(&mut archive, data_dir, live, stops)?;
        if let Some(keys) = &keys {
            let text = serde_json::to_vec(keys)?;
            archive.add(KEYS, |out| out.write_all(&text))?;
        }
        about.members = archive.members().to_vec();
        archive.finish(about)
    })();
    written.map_err(|error| if stops() { stopped() } else { failed("writing the backup", &error) })
}

/// Gives the finished file its name, so that a power cut leaves either nothing of that name or all of it.
fn give_name(partial: &Path, path: &Path) -> Result<(), ServiceError> {
    let naming = |error: io::Error| failed("giving the backup its name", &error);
    let here = rustix::fs::CWD;
    match rustix::fs::renameat_with(here, partial, here, path, RenameFlags::NOREPLACE) {
        Ok(()) => {}
        // Some file systems know no such rename.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
            fs::rename(partial, path).map_err(naming)?;
        }
        Err(error) => return Err(naming(error.into())),
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent).and_then(|directory| directory.sync_all()).map_err(naming)
}
