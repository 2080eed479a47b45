//! Backups: how old the newest is, whether it is one, and how the last drill went.

use super::Findings;
use crate::base::size::size;
use crate::services::backups::{BACKUPS_DIRECTORY, drill, elsewhere, restore, schedule};
use crate::services::{ServiceError, Services};

pub(super) fn check(services: &Services, findings: &mut Findings) -> Result<(), ServiceError> {
    let standing = schedule::standing(services)?;
    let now = services.now();
    if let Some((at, why)) = &standing.failure {
        findings.failed(
            format!("the last try, at {at}, failed: {why}"),
            BACKUPS_DIRECTORY,
            "mend that, then `stockroom backup create`",
        );
    }
    let Some(newest) = standing.backups.first() else {
        let what = "there is no backup in the data directory";
        let next = "stockroom backup create -o FILE, best to another disk";
        match services.config().backup.every {
            Some(_) => findings.warn(what, BACKUPS_DIRECTORY, next),
            None => findings.warn(
                format!("{what}, and none is made by itself (`backup.every`)"),
                BACKUPS_DIRECTORY,
                next,
            ),
        }
        return Ok(());
    };
    let hours = now.duration_since(newest.made_at).as_hours();
    let said = format!("{} of {hours} hours ago, {}", newest.name, size(newest.bytes));
    let place = newest.path.display().to_string();
    if standing.is_late {
        findings.warn(
            format!("the newest backup is late: {said}"),
            &place,
            "stockroom backup create; a server that is at work makes one by itself",
        );
    }
    match restore::look(&newest.path) {
        Ok(manifest) => findings.ok(format!(
            "{said}, opens, made by stockroom {}; `stockroom backup verify` reads all of it",
            manifest.program
        )),
        Err(error) => findings.damaged(
            error.to_string(),
            &place,
            "make another: stockroom backup create; then look for errors of the disk",
        ),
    }
    check_drill(services, findings)?;
    check_copies(services, findings)
}

fn check_copies(services: &Services, findings: &mut Findings) -> Result<(), ServiceError> {
    let Some(standing) = elsewhere::standing(services)? else { return Ok(()) };
    let (place, waiting) = (&standing.place, standing.waiting);
    let next =
        "look at backup.remote and section s3 of the settings; a server that is at work tries it again";
    if let Some((at, why)) = &standing.failure {
        findings.warn(format!("copying a backup elsewhere failed at {at}: {why}"), place, next);
    } else if standing.is_late {
        findings.warn(format!("{waiting} backups wait to be copied elsewhere"), place, next);
    } else {
        findings.ok(format!("{} backups are copied to {place}, {waiting} wait", standing.copies.len()));
    }
    Ok(())
}

fn check_drill(services: &Services, findings: &mut Findings) -> Result<(), ServiceError> {
    let standing = drill::standing(services)?;
    let again = "stockroom backup drill";
    match &standing.last {
        Some(last) if last.problem.is_some() => findings.warn(
            format!(
                "the last restore drill, at {}, failed: {}",
                last.at,
                last.problem.as_deref().unwrap_or_default()
            ),
            &last.backup,
            format!("make another backup or more room, then {again}"),
        ),
        last if standing.is_late => findings.warn(
            match last {
                Some(last) => format!("the last restore drill was at {}", last.at),
                None => "no backup was ever restored for a trial".to_owned(),
            },
            BACKUPS_DIRECTORY,
            again,
        ),
        Some(last) => findings.ok(format!("the last restore drill, at {}, went well", last.at)),
        None => {}
    }
    Ok(())
}
