//! What was put away long ago is deleted, with its reports. Files without a report of ours are nobody's business.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use rustix::fs::{CWD, Mode, OFlags};

use super::{DONE, FAILED};
use crate::services::Services;

/// Ending of the report that says when a file was taken.
const REPORT: &str = ".report.json";
/// Bytes of a report that are read at most.
const REPORT_BYTES: u64 = 1 << 20;

/// Deletes what was taken before `import.inbox_keep`; how many files that were.
pub fn purge(services: &Services) -> usize {
    let keep = SignedDuration::try_from(services.config().feeds.inbox_keep).unwrap_or(SignedDuration::MAX);
    let Ok(before) = services.now().checked_sub(keep) else { return 0 };
    let mut deleted = 0;
    for folder in [DONE, FAILED] {
        let folder = services.data_dir().join(folder);
        match purge_folder(&folder, before) {
            Ok(files) => deleted += files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!("Old files in {} could not be deleted: {error}", folder.display());
            }
        }
    }
    if deleted > 0 {
        tracing::info!(deleted, "Deleted {deleted} files of the drop folder that were put away long ago");
    }
    deleted
}

fn purge_folder(folder: &Path, before: Timestamp) -> io::Result<usize> {
    let mut deleted = 0;
    for entry in fs::read_dir(folder)? {
        let report = entry?.path();
        let Some(file) = report.to_str().and_then(|path| path.strip_suffix(REPORT)) else { continue };
        if taken_at(&report).is_none_or(|at| at >= before) {
            continue;
        }
        // The report that says so goes last: what is left over by a crash is found again.
        for path in [file.to_owned(), format!("{file}.report.txt")] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fs::remove_file(&report)?;
        deleted += 1;
    }
    Ok(deleted)
}

/// When the file of a report was taken; `None` for what is no report of ours.
fn taken_at(report: &Path) -> Option<Timestamp> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = fs::File::from(rustix::fs::openat(CWD, report, flags, Mode::empty()).ok()?);
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    file.take(REPORT_BYTES).read_to_string(&mut text).ok()?;
    let report: serde_json::Value = serde_json::from_str(&text).ok()?;
    report["taken_at"].as_str()?.parse().ok()
}
