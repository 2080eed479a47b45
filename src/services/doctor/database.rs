//! The database: its schema, its pages and its values.

use super::{Findings, RESTORE};
use crate::services::{ServiceError, Services};
use crate::store::StoreError;
use crate::store::file::DATABASE_FILE;
use crate::store::migrations::{self, SCHEMA};

pub(super) fn schema(services: &Services, findings: &mut Findings) -> Result<(), ServiceError> {
    let found = services.store.read(migrations::schema)?;
    if found == SCHEMA {
        findings.ok(format!("schema {found}, which is what this version works with"));
    } else {
        findings.failed(
            format!("schema {found}, and this version works with {SCHEMA}"),
            DATABASE_FILE,
            "use the version that wrote it, or a newer one",
        );
    }
    Ok(())
}

/// Pages need the file for oneself; values are read beside everything else.
pub(super) fn check(services: &Services, alone: bool, findings: &mut Findings) -> Result<(), ServiceError> {
    if alone {
        match services.store.check_pages() {
            Ok(true) => findings.ok("every page is as it was written"),
            Ok(false) => findings.warn(
                "pages were not in order and were put in order just now",
                DATABASE_FILE,
                "make a backup, and look whether the disk reports errors",
            ),
            Err(error @ (StoreError::Damaged { .. } | StoreError::Record { .. })) => {
                findings.damaged(error.to_string(), DATABASE_FILE, RESTORE);
            }
            Err(error) => return Err(error.into()),
        }
    } else {
        findings
            .skipped("pages can be read through only while no server has the database; its values were read");
    }
    let damaged = services.store.verify_values()?;
    if damaged.is_empty() {
        findings.ok("every value is what was written");
    }
    for table in damaged {
        findings.damaged(
            format!("{} values are not what was written, the first: {}", table.records, table.first),
            format!("{DATABASE_FILE}, table {}", table.table),
            RESTORE,
        );
    }
    Ok(())
}
