//! The sample inventory, for the demo and for a site that has no file of its own yet. It is in the binary, so that
//! neither needs anything else.

use super::Services;
use super::authorize::{Grant, ImportData};
use super::error::ServiceError;
use super::files::Incoming;
use super::imports::{self, NewImport};
use crate::domain::dataset::Import;

const SAMPLE: &[u8] = include_bytes!("../../data/samples/inventory.csv");
/// What the sample is imported as.
const DATASET: &str = "Inventory";

/// Queues its import, like any other.
pub fn import(services: &Services, grant: &Grant<ImportData>) -> Result<Import, ServiceError> {
    let mut incoming = Incoming::create(services.data_dir(), services.config().import.max_upload_bytes)?;
    incoming.write(SAMPLE)?;
    let new = NewImport {
        dataset: DATASET.to_owned(),
        file_name: "inventory.csv".to_owned(),
        file: incoming.finish()?,
        set: ["owner=customer", "key=part,lot", "facet=status,uom,customer,bin", "hidden=unit_cost"]
            .map(str::to_owned)
            .to_vec(),
        confirm: true,
    };
    imports::begin(services, grant, &new)
}
