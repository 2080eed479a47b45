//! A file whose import has ended leaves the drop folder.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::RenameFlags;

use super::report::{Outcome, report};
use super::{DONE, FAILED, folder, inbox_dir};
use crate::domain::dataset::{Import, ImportState};
use crate::domain::feed::{TakenFile, Verdict};
use crate::services::Services;
use crate::services::error::ServiceError;
use crate::store::{imports as store_imports, taken_files as store_taken};

/// Longest beginning of a name that is kept: the report's name is longer, and 255 bytes are all there is.
const MAX_NAME: usize = 180;

/// Puts away whatever has ended.
pub(super) fn all(services: &Services) -> Result<(), ServiceError> {
    for taken in services.store.read(store_taken::list_taken)? {
        let name = String::from_utf8_lossy(&taken.path).into_owned();
        let Some((outcome, import)) = ended(services, &taken)? else { continue };
        if let Err(error) = put_away(services, taken, outcome, import.as_ref()) {
            tracing::warn!("`{name}` could not be put away and will be tried again: {error}");
        }
    }
    Ok(())
}

/// What came of a file, once that is known.
fn ended(services: &Services, taken: &TakenFile) -> Result<Option<(Outcome, Option<Import>)>, ServiceError> {
    let id = match &taken.verdict {
        Verdict::Same => return Ok(Some((Outcome::Unchanged, None))),
        Verdict::Refused(_) => return Ok(Some((Outcome::Refused, None))),
        Verdict::Import(id) => *id,
    };
    let Some(import) = services.store.read(|r| store_imports::find_import(r, id))? else {
        return Ok(Some((Outcome::Failed, None)));
    };
    let outcome = match import.state {
        ImportState::Published => Outcome::Published,
        ImportState::Failed => Outcome::Failed,
        ImportState::Cancelled => Outcome::Cancelled,
        ImportState::Quarantined if !import.confirm => Outcome::Quarantined,
        _ => return Ok(None),
    };
    Ok(Some((outcome, Some(import))))
}

fn put_away(
    services: &Services,
    mut taken: TakenFile,
    outcome: Outcome,
    import: Option<&Import>,
) -> Result<(), ServiceError> {
    let failed = |error: io::Error| ServiceError::Internal(error.to_string());
    let inbox = inbox_dir(services);
    let is_there = folder::looks_at(&inbox, &taken.path).map_err(failed)? == Some(taken.looks);
    let known = taken.target.clone();
    let is_settled = known.as_ref().is_some_and(|(is_good, _)| *is_good == outcome.is_good());
    // One that lies there no more has been moved by us, or by whoever put another in its place.
    if !is_settled || (is_there && known.as_ref().is_some_and(|target| place(services, target).exists())) {
        let target = free_name(services, outcome.is_good(), &taken);
        taken.target = Some(target);
        services.store.write(|w| store_taken::put_taken(w, &taken))?;
    }
    let Some(target) = &taken.target else { return Ok(()) };
    let to = place(services, target);
    if is_there {
        let from = folder::open_folder(&inbox, &taken.path).map_err(failed)?;
        let name = folder::split(&taken.path).1;
        rename(&from, name, &to).map_err(failed)?;
    }
    let (json, text) = report(&taken, outcome, import);
    write(&beside(&to, "json"), &json).map_err(failed)?;
    write(&beside(&to, "txt"), &text).map_err(failed)?;
    if let Some(parent) = to.parent() {
        File::open(parent).and_then(|parent| parent.sync_all()).map_err(failed)?;
    }
    services.store.write(|w| store_taken::delete_taken(w, taken.id))?;
    Ok(())
}

fn place(services: &Services, (is_good, name): &(bool, Vec<u8>)) -> PathBuf {
    let dir = services.data_dir().join(if *is_good { DONE } else { FAILED });
    dir.join(folder::os(name.clone()))
}

fn beside(to: &Path, ending: &str) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(format!(".report.{ending}"));
    PathBuf::from(name)
}

/// A name that nothing has yet: neither the file nor its reports take another's place.
fn free_name(services: &Services, is_good: bool, taken: &TakenFile) -> (bool, Vec<u8>) {
    let name = folder::split(&taken.path).1.as_bytes();
    let dot = name.iter().rposition(|byte| *byte == b'.').filter(|at| *at > 0 && name.len() - at <= 12);
    let (stem, ending) = name.split_at(dot.unwrap_or(name.len()));
    let stem = &stem[..stem.len().min(MAX_NAME)];
    let time = taken.taken_at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut middle = Vec::new();
    for turn in 1.. {
        let target = (is_good, [stem, &middle, ending].concat());
        let to = place(services, &target);
        let is_free = |path: &Path| fs::symlink_metadata(path).is_err();
        if is_free(&to) && is_free(&beside(&to, "json")) && is_free(&beside(&to, "txt")) {
            return target;
        }
        middle = if turn == 1 { format!(".{time}") } else { format!(".{time}-{turn}") }.into_bytes();
    }
    (is_good, name.to_vec())
}

/// Moves without taking anything's place, also where the folder lies on another disk.
fn rename(from: &impl std::os::fd::AsFd, name: &std::ffi::OsStr, to: &Path) -> io::Result<()> {
    match rustix::fs::renameat_with(from, name, rustix::fs::CWD, to, RenameFlags::NOREPLACE) {
        Err(error) if error == rustix::io::Errno::INVAL && fs::symlink_metadata(to).is_err() => {
            // A file system that cannot do it in one step.
            Ok(rustix::fs::renameat(from, name, rustix::fs::CWD, to)?)
        }
        Err(error) if error == rustix::io::Errno::XDEV => {
            let flags =
                rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::CLOEXEC;
            let mut source = File::from(rustix::fs::openat(from, name, flags, rustix::fs::Mode::empty())?);
            let parent = to.parent().unwrap_or(Path::new("."));
            let mut copy = tempfile::NamedTempFile::new_in(parent)?;
            io::copy(&mut source, &mut copy)?;
            copy.as_file().sync_all()?;
            copy.persist_noclobber(to).map_err(|error| error.error)?;
            Ok(rustix::fs::unlinkat(from, name, rustix::fs::AtFlags::empty())?)
        }
        other => Ok(other?),
    }
}

/// Writes a report whole or not at all.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(parent)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
