//! A stored file that published nothing, read once more.

use super::preview;
use super::{
    Grant, Import, ImportData, ImportId, Into, NewImport, ServiceError, Services, StoredFile, has_original,
    may_see_cells,
};
use crate::domain::dataset::ImportState;
use crate::domain::scope::Scope;

/// True where an import ended without publishing and its file is still kept: that of a failed one is, that of a
/// cancelled one only where another import came from the same file.
pub fn can_read_again(services: &Services, import: &Import) -> bool {
    matches!(import.state, ImportState::Failed | ImportState::Cancelled) && has_original(services, import)
}

/// Begins an import of the same stored file anew; it waits for a person like any other.
///
/// # Errors
/// [`ServiceError::Conflict`] where the file is no longer kept, or is somebody else's: whoever begins an import sees
/// the cells of its file. Else as [`preview::begin`].
pub fn read_again(
    services: &Services,
    grant: &Grant<ImportData>,
    scope: &Scope,
    id: ImportId,
) -> Result<Import, ServiceError> {
    let import = super::find(services, id)?;
    if !may_see_cells(&import, grant, scope) {
        return Err(ServiceError::OutOfScope("somebody else sent this file; send it yourself".to_owned()));
    }
    if !can_read_again(services, &import) {
        return Err(ServiceError::Conflict("the file is no longer kept here; send it again".to_owned()));
    }
    let is_own = super::publish::settings_of(&import)?.is_own;
    let new = NewImport {
        dataset: import.dataset_slug,
        file_name: import.file_name,
        file: StoredFile { sha256: import.file_sha256, bytes: import.file_bytes },
        set: Vec::new(),
        confirm: false,
    };
    preview::begin_as(services, grant, &new, Into::Any, is_own)
}
