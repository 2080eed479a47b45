//! Profiles that datasets remember: how files of a shape are read and what their columns are. Publishing a file remembers
//! its profile; a person can change one, take one elsewhere, or have one forgotten.

mod change;
mod check;
mod transfer;

pub use change::{Draft, DraftColumn, Saved, forget, put_draft, save, version};
pub use transfer::{bring, take};

use super::authorize::{Grant, ImportData};
use super::error::ServiceError;
use super::{Services, datasets};
use crate::domain::dataset::{Dataset, Import};
use crate::domain::ids::DatasetId;
use crate::domain::known_profile::KnownProfile;
use crate::domain::profile::{Fingerprint, Profile, Reading, Remembered};
use crate::store::{StoreError, WriteTxn, known_profiles as store_profiles};

/// Shapes remembered of a dataset; the one that did not come for longest is forgotten first.
pub const MAX_KNOWN: usize = 32;
/// Columns of a profile.
const MAX_COLUMNS: usize = 4_096;

/// A dataset and what it remembers, the shape that came last first.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn list(
    services: &Services,
    _grant: &Grant<ImportData>,
    dataset: &str,
) -> Result<(Dataset, Vec<KnownProfile>), ServiceError> {
    let dataset = datasets::get(services, dataset)?;
    let known = services.store.read(|r| store_profiles::list_profiles(r, dataset.id))?;
    Ok((dataset, known))
}

/// One of them, with what customers must not see now.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn get(
    services: &Services,
    _grant: &Grant<ImportData>,
    dataset: &str,
    fingerprint: Fingerprint,
) -> Result<(Dataset, KnownProfile), ServiceError> {
    let dataset = datasets::get(services, dataset)?;
    let known = services.store.read(|r| store_profiles::find_profile(r, dataset.id, fingerprint))?;
    let known = change::as_it_stands(known.ok_or_else(|| missing(fingerprint))?, &dataset);
    Ok((dataset, known))
}

fn missing(fingerprint: Fingerprint) -> ServiceError {
    ServiceError::NotFound(format!("profile `{fingerprint}`"))
}

/// What whoever reads a file of the dataset has to know.
pub(super) fn known(services: &Services, dataset: DatasetId) -> Result<Vec<Remembered>, ServiceError> {
    let known = services.store.read(|r| store_profiles::list_profiles(r, dataset))?;
    Ok(known.into_iter().map(|known| known.remembered).collect())
}

/// Remembers how a file was read that is just being published. `by_hand` is what was said about its cells.
pub(super) fn remember(
    w: &WriteTxn,
    import: &Import,
    by_hand: Reading,
    now: jiff::Timestamp,
) -> Result<Option<Fingerprint>, StoreError> {
    let profile: Option<Profile> =
        import.profile_json.as_deref().and_then(|json| serde_json::from_str(json).ok());
    let Some(profile) = profile else { return Ok(None) };
    let fingerprint = profile.fingerprint();
    let before = store_profiles::find_profile(w, import.dataset_id, fingerprint)?;
    let (reading, uses, changed_by) = match before {
        Some(before) => (by_hand.or(&before.remembered.reading), before.uses, before.changed_by),
        None => (by_hand, 0, None),
    };
    let known = KnownProfile {
        dataset_id: import.dataset_id,
        fingerprint,
        file_name: import.file_name.clone(),
        remembered: Remembered { reading, profile },
        uses: uses + 1,
        used_at: now,
        changed_by,
    };
    store_profiles::put_profile(w, &known)?;
    forget_oldest(w, import.dataset_id)?;
    Ok(Some(fingerprint))
}

fn forget_oldest(w: &WriteTxn, dataset: DatasetId) -> Result<(), StoreError> {
    for known in store_profiles::list_profiles(w, dataset)?.iter().skip(MAX_KNOWN) {
        store_profiles::delete_profile(w, dataset, known.fingerprint)?;
    }
    Ok(())
}

/// The datasets of which a file with these headers was published before.
pub(super) fn with_headers<'d>(
    services: &Services,
    datasets: &'d [Dataset],
    headers: &[String],
) -> Result<Vec<&'d Dataset>, ServiceError> {
    let fingerprint = Fingerprint::of(headers.iter().map(String::as_str));
    services.store.read(|r| {
        let mut found = Vec::new();
        for dataset in datasets {
            if store_profiles::find_profile(r, dataset.id, fingerprint)?.is_some() {
                found.push(dataset);
            }
        }
        Ok(found)
    })
}
