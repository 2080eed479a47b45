//! Room for data and for files, and whether anything can be written at all.

use std::io::Write;
use std::path::Path;

use super::Findings;
use crate::base::size::size;
use crate::services::ServiceError;
use crate::services::files;

/// Below this share of the disk it is told.
const LITTLE: f64 = 0.1;

pub(super) fn check(data_dir: &Path, findings: &mut Findings) -> Result<(), ServiceError> {
    let place = data_dir.display().to_string();
    let (free, all) = files::disk_bytes(data_dir)?;
    let said = format!("{} of {} are free", size(free), size(all));
    let next = "free some space, or move the data directory to a larger disk";
    if !files::has_room_to_work(data_dir)? {
        findings.failed(format!("the disk is full: {said}"), &place, next);
    } else if (free as f64) < all as f64 * LITTLE {
        findings.warn(format!("the disk is nearly full: {said}"), &place, next);
    } else {
        findings.ok(said);
    }
    let stats = rustix::fs::statvfs(data_dir)
        .map_err(|error| ServiceError::Internal(format!("asking for free space: {error}")))?;
    // File systems that make them as they are needed say 0 of both.
    if stats.f_files > 0 {
        let said = format!("{} of {} files more can be made", stats.f_favail, stats.f_files);
        let next = "delete files on that disk: it has room for their contents but not for their names";
        if stats.f_favail == 0 {
            findings.failed(said, &place, next);
        } else if (stats.f_favail as f64) < stats.f_files as f64 * LITTLE {
            findings.warn(said, &place, next);
        } else {
            findings.ok(said);
        }
    }
    let written = tempfile::Builder::new().prefix(".doctor-").tempfile_in(data_dir).and_then(|mut file| {
        file.write_all(b"x")?;
        file.as_file().sync_all()
    });
    match written {
        Ok(()) => findings.ok("it can be written to"),
        Err(error) => findings.failed(
            format!("nothing can be written: {error}"),
            &place,
            "look whether the disk is mounted for reading only, or the directory belongs to another account",
        ),
    }
    Ok(())
}
