//! What work that did not end left behind: files on their way in, indexes of builds, backups that were not finished.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Findings, Wanted};
use crate::services::{ServiceError, Services, backups, files, imports};

/// Beside a server what is younger may be at work.
const AT_WORK: Duration = Duration::from_hours(24);
/// What is listed by name.
const MAX_NAMED: usize = 5;

pub(super) fn check(
    services: &Services,
    wanted: &Wanted,
    findings: &mut Findings,
) -> Result<(), ServiceError> {
    let found = list(services, wanted.alone)?;
    let data_dir = services.data_dir();
    let Some(first) = found.first() else {
        findings.ok("nothing was left behind");
        return Ok(());
    };
    let named: Vec<String> = found.iter().take(MAX_NAMED).map(|path| shown(path, data_dir)).collect();
    let more = if found.len() > MAX_NAMED { ", …" } else { "" };
    let what = format!("{} leftovers of work that did not end: {}{more}", found.len(), named.join(", "));
    if !wanted.fix {
        let next =
            "stockroom doctor leftovers --fix without a server, or start the server anew, which sweeps, too";
        findings.warn(what, shown(first, data_dir), next);
    } else if wanted.alone {
        imports::sweep(services)?;
        backups::sweep(data_dir);
        let left = list(services, true)?;
        match left.first() {
            None => {
                findings.ok(format!("{} leftovers were deleted: {}{more}", found.len(), named.join(", ")));
            }
            Some(path) => findings.failed(
                format!("{} leftovers could not be deleted", left.len()),
                shown(path, data_dir),
                "look whose they are, and delete them",
            ),
        }
    } else {
        let next = "start the server anew, which sweeps: beside one at work nothing is deleted";
        findings.warn(what, shown(first, data_dir), next);
    }
    Ok(())
}

fn shown(path: &Path, data_dir: &Path) -> String {
    path.strip_prefix(data_dir).unwrap_or(path).display().to_string()
}

fn list(services: &Services, alone: bool) -> Result<Vec<PathBuf>, ServiceError> {
    let mut found = files::incoming(services.data_dir());
    found.extend(imports::unknown_indexes(services)?);
    found.extend(backups::leftovers(services.data_dir()));
    if !alone {
        let is_old = |path: &PathBuf| {
            let written = fs::symlink_metadata(path).and_then(|meta| meta.modified());
            written.ok().and_then(|at| at.elapsed().ok()).is_some_and(|age| age > AT_WORK)
        };
        found.retain(is_old);
    }
    Ok(found)
}
