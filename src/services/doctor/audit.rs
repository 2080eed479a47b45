//! The audit log, event by event.

use super::Findings;
use crate::services::audit::verify;
use crate::services::{ServiceError, Services};

pub(super) fn check(services: &Services, findings: &mut Findings) -> Result<(), ServiceError> {
    let report = verify::verify(services, &[])?;
    match report.first_bad {
        None => {
            findings
                .ok(format!("{} events, all in order, with {} signed heads", report.events, report.heads));
        }
        Some((seq, reason)) => findings.damaged(
            reason,
            format!("the audit log, event {seq}"),
            "compare with the newest backup: somebody changed the file, or the disk did",
        ),
    }
    Ok(())
}
