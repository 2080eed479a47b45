//! The file that an import came from, as it was sent.

use std::io::Read;

use super::{Grant, Import, ImportData, ImportId, ServiceError, Services, may_see_cells};
use crate::domain::scope::Scope;
use crate::services::{audit, files, user_files};

/// True where the file that an import came from is still kept.
pub fn has_original(services: &Services, import: &Import) -> bool {
    files::path_of(services.data_dir(), &import.file_sha256).exists()
}

/// True where the rows of an import that could not be read are still kept.
pub fn has_rejects(services: &Services, import: &Import) -> bool {
    import.rows_rejected > 0 && files::rejects_path(services.data_dir(), import.id).exists()
}

/// The file that an import came from, for whoever may see all its cells; the audit log says who took it. The import has the
/// name that it is downloaded as.
///
/// # Errors
/// [`ServiceError::NotFound`] where there is no such import, its cells are not the reader's to see, or the file is no
/// longer kept.
pub fn open_original(
    services: &Services,
    grant: &Grant<ImportData>,
    scope: &Scope,
    id: ImportId,
) -> Result<(Import, impl Read + Send + use<>), ServiceError> {
    let mut import = super::find(services, id)?;
    if !may_see_cells(&import, grant, scope) {
        return Err(ServiceError::NotFound("file that your account may read".to_owned()));
    }
    let gone = |_| ServiceError::NotFound("file of this import: it is no longer kept".to_owned());
    let content = files::open(services.data_dir(), &import.file_sha256).map_err(gone)?;
    let details = serde_json::json!({ "file": import.file_name, "sha256": import.file_sha256 });
    let now = services.now();
    services
        .store
        .write(|w| audit::append(w, now, grant.by(), "import.read", &format!("import:{id}"), &details))?;
    // Named by whoever sent it, and opened by name where it is downloaded to.
    import.file_name = user_files::download_name(services, &import.file_sha256, &import.file_name)?;
    Ok((import, content))
}
