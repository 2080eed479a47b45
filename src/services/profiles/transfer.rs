//! A profile as a file, to be taken to another dataset or another site.

use serde::{Deserialize, Serialize};

use super::change::put_new;
use super::check::check_brought;
use super::{MAX_COLUMNS, missing};
use crate::domain::excerpt::excerpt;
use crate::domain::ids::UserId;
use crate::domain::known_profile::KnownProfile;
use crate::domain::profile::{Fingerprint, Remembered};
use crate::services::authorize::{Grant, ImportData};
use crate::services::error::ServiceError;
use crate::services::{Services, audit, datasets, files, imports};
use crate::store::{datasets as store_datasets, known_profiles as store_profiles};

/// Largest file of a profile, in bytes.
const MAX_BYTES: u64 = 4 << 20;
/// What such a file says it is.
const KIND: &str = "stockroom profile";

#[derive(Serialize, Deserialize)]
struct ProfileFile {
    kind: String,
    version: u32,
    /// What the file was called that it was last used with.
    file_name: String,
    #[serde(flatten)]
    remembered: Remembered,
}

/// A profile as the text of a file (JSON).
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn take(
    services: &Services,
    grant: &Grant<ImportData>,
    dataset: &str,
    fingerprint: Fingerprint,
) -> Result<String, ServiceError> {
    let (_, known) = super::get(services, grant, dataset, fingerprint)?;
    let KnownProfile { file_name, remembered, .. } = known;
    let file = ProfileFile { kind: KIND.to_owned(), version: 1, file_name, remembered };
    serde_json::to_string_pretty(&file).map_err(|error| ServiceError::Internal(error.to_string()))
}

/// Remembers what a stored file of [`take`] says, in the place of what was remembered of its shape. What is hidden from customers
/// stays hidden, whatever the file says. Returns the shape.
///
/// # Errors
/// [`ServiceError::Invalid`] with field `file` where it is no such file, or the field that is not what one can be.
pub fn bring(
    services: &Services,
    grant: &Grant<ImportData>,
    dataset: &str,
    sha256: &str,
) -> Result<Fingerprint, ServiceError> {
    let text = files::read_small(services.data_dir(), sha256, MAX_BYTES);
    imports::discard(services, sha256)?;
    let text = text?;
    let refused = |message: String| ServiceError::invalid("file", message);
    let file: ProfileFile = serde_json::from_slice(&text).map_err(|error| {
        refused(format!(
            "this is no profile as “Export” writes it ({}); export it again and send that file",
            excerpt(&error.to_string())
        ))
    })?;
    if file.kind != KIND || file.version != 1 {
        return Err(refused(format!(
            "this is a `{}` of version {}, not a `{KIND}` of version 1",
            excerpt(&file.kind),
            file.version
        )));
    }
    let profile = &file.remembered.profile;
    if profile.columns.is_empty() || profile.columns.len() > MAX_COLUMNS {
        return Err(refused(format!("a profile has between 1 and {MAX_COLUMNS} columns")));
    }
    check_brought(&file.remembered, &services.config().import)?;
    let dataset = datasets::get(services, dataset)?;
    let fingerprint = profile.fingerprint();
    let now = services.now();
    let by: Option<UserId> = grant.by().user();
    services.store.write(|w| {
        let dataset = store_datasets::find_dataset(w, dataset.id)?.ok_or_else(|| missing(fingerprint))?;
        let before = store_profiles::find_profile(w, dataset.id, fingerprint)?;
        let known = KnownProfile {
            dataset_id: dataset.id,
            fingerprint,
            file_name: crate::services::imports::file_name(&file.file_name),
            remembered: file.remembered.clone(),
            uses: before.as_ref().map_or(0, |before| before.uses),
            used_at: now,
            changed_by: by,
        };
        put_new(w, &dataset, &known)?;
        let details = serde_json::json!({
            "profile": fingerprint.to_string(), "columns": known.remembered.profile.columns.len(),
            "replaces": before.is_some(),
        });
        audit::append(w, now, grant.by(), "profile.bring", &format!("dataset:{}", dataset.slug), &details)?;
        Ok(fingerprint)
    })
}
