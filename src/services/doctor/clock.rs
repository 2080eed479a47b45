//! Whether the machine's time can be right: sessions, links and second factors end by it.

use std::fs;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Findings;
use crate::services::{ServiceError, Services};
use crate::store::audit as store_audit;
use crate::store::file::DATABASE_FILE;

/// How far ahead something may lie that was written just now.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);
/// A site where nothing happened for this long was switched off, or its clock leapt.
const SILENT: SignedDuration = SignedDuration::from_hours(24 * 400);
const NEXT: &str = "set the machine's time (`timedatectl`), and let it be kept by NTP";

fn said(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

pub(super) fn check(services: &Services, findings: &mut Findings) -> Result<(), ServiceError> {
    let now = services.now();
    let shown = said(now);
    let place = "the machine's clock";
    if let Some(event) = services.store.read(store_audit::last_event)? {
        let since = now.duration_since(event.at);
        if since < -AHEAD {
            findings.failed(
                format!("it is {shown}, and the newest event of the audit log is of {}", said(event.at)),
                place,
                NEXT,
            );
        } else if since > SILENT {
            findings.warn(
                format!("it is {shown}, and nothing happened here since {}", said(event.at)),
                place,
                format!("if the site was at work meanwhile: {NEXT}"),
            );
        }
    }
    let written = fs::metadata(services.data_dir().join(DATABASE_FILE)).and_then(|meta| meta.modified());
    // What was written in the future is what `elapsed` refuses.
    let ahead = written.ok().and_then(|at| at.elapsed().err()).map(|error| error.duration());
    if ahead.is_some_and(|ahead| ahead > Duration::try_from(AHEAD).unwrap_or_default()) {
        findings.failed("the database was written in what is the future now", place, NEXT);
    }
    if findings.is_good() {
        findings.ok(format!("it is {shown}, later than everything that was written down"));
    }
    Ok(())
}
