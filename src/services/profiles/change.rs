//! A person changes what is remembered of the files of one shape, or has it forgotten.

use super::check::{check_columns, check_reading};
use super::{forget_oldest, missing};
use crate::domain::column::{Column, ColumnRole, ColumnType};
use crate::domain::dataset::Dataset;
use crate::domain::known_profile::KnownProfile;
use crate::domain::profile::{Fingerprint, Profile, Reading};
use crate::domain::value::{DateFormat, NumberFormat};
use crate::services::authorize::{Grant, ImportData};
use crate::services::error::ServiceError;
use crate::services::imports::memory::Memory;
use crate::services::{Services, audit, datasets};
use crate::store::{WriteTxn, datasets as store_datasets, known_profiles as store_profiles};

/// Changed columns that an audit event names.
const LISTED: usize = 20;

/// What a person left the form of a profile with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// How the cells are found, where that is not left to be found.
    pub reading: Reading,
    /// One for each column of the profile.
    pub columns: Vec<DraftColumn>,
    /// [`version`] of the profile that was in view.
    pub version: String,
}

/// What a person left for one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftColumn {
    /// What the dataset calls it.
    pub name: String,
    /// What its cells are.
    pub column_type: ColumnType,
    /// What it means; the owner column stays what it is.
    pub role: Option<ColumnRole>,
    /// How numbers are written; `None` as it was.
    pub number_format: Option<NumberFormat>,
    /// How dates are written; `None` as it was.
    pub date_format: Option<DateFormat>,
    /// Part of the key.
    pub key: bool,
    /// A facet.
    pub facet: bool,
    /// Absent for customers.
    pub hidden: bool,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// It is remembered so from now on.
    Done,
    /// Nothing was different.
    Nothing,
    /// Nothing: the profile was changed elsewhere since it was in view.
    Elsewhere,
}

/// A short name of a profile as a page shows it.
pub fn version(known: &KnownProfile) -> String {
    let json = serde_json::to_vec(&known.remembered).unwrap_or_default();
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(&json))
}

/// Changes a profile: the next file of its shape is read so. What customers must not see is hidden from them at once;
/// what they may see again, they see in the next file.
///
/// # Errors
/// [`ServiceError::Invalid`] where a column cannot be called so or is not to be hidden; [`ServiceError::NotFound`].
pub fn save(
    services: &Services,
    grant: &Grant<ImportData>,
    dataset: &str,
    fingerprint: Fingerprint,
    draft: &Draft,
) -> Result<Saved, ServiceError> {
    let dataset = datasets::get(services, dataset)?;
    let now = services.now();
    services.store.write(|w| {
        let dataset = store_datasets::find_dataset(w, dataset.id)?.ok_or_else(|| missing(fingerprint))?;
        let known = store_profiles::find_profile(w, dataset.id, fingerprint)?;
        let mut known = as_it_stands(known.ok_or_else(|| missing(fingerprint))?, &dataset);
        if version(&known) != draft.version || known.remembered.profile.columns.len() != draft.columns.len() {
            return Ok(Saved::Elsewhere);
        }
        let before = known.remembered.clone();
        put_draft(&mut known, draft);
        check_columns(&known.remembered.profile)?;
        if known.remembered.reading != before.reading {
            check_reading(&known.remembered.reading)?;
        }
        if known.remembered == before {
            return Ok(Saved::Nothing);
        }
        (known.changed_by, known.used_at) = (grant.by().user(), now);
        store_profiles::put_profile(w, &known)?;
        let columns = || before.profile.columns.iter().zip(&known.remembered.profile.columns);
        let flipped: Vec<(String, bool)> = columns()
            .filter(|(before, after)| before.hidden != after.hidden)
            .flat_map(|(before, after)| [(before.name.clone(), after.hidden), (after.name.clone(), after.hidden)])
            .collect();
        hide(w, dataset.clone(), &flipped)?;
        let changed = || columns().filter(|(before, after)| before != after).take(LISTED);
        let details = serde_json::json!({
            "profile": fingerprint.to_string(),
            "before": {"reading": before.reading, "columns": changed().map(|(before, _)| before).collect::<Vec<_>>()},
            "after": {
                "reading": known.remembered.reading,
                "columns": changed().map(|(_, after)| after).collect::<Vec<_>>(),
            },
        });
        audit::append(w, now, grant.by(), "profile.change", &format!("dataset:{}", dataset.slug), &details)?;
        Ok(Saved::Done)
    })
}

/// A profile with what customers must not see now, whatever they saw when it was used last.
pub(super) fn as_it_stands(mut known: KnownProfile, dataset: &Dataset) -> KnownProfile {
    let standing =
        dataset.profile_json.as_deref().and_then(|json| serde_json::from_str::<Profile>(json).ok());
    let shapes = [known.remembered.clone()];
    let memory = Memory::of(standing.as_ref(), &shapes, &known.remembered.profile);
    for column in &mut known.remembered.profile.columns {
        // What nobody decided about in view of what is hidden now, the next file hides.
        column.hidden = memory.hides(&column.name).unwrap_or(standing.is_some());
    }
    known
}

/// Has a profile forgotten: the next file of its shape is asked about.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn forget(
    services: &Services,
    grant: &Grant<ImportData>,
    dataset: &str,
    fingerprint: Fingerprint,
) -> Result<(), ServiceError> {
    let dataset = datasets::get(services, dataset)?;
    let now = services.now();
    services.store.write(|w| {
        if !store_profiles::delete_profile(w, dataset.id, fingerprint)? {
            return Err(missing(fingerprint));
        }
        let details = serde_json::json!({"profile": fingerprint.to_string()});
        audit::append(w, now, grant.by(), "profile.forget", &format!("dataset:{}", dataset.slug), &details)?;
        Ok(())
    })
}

/// Remembers a profile that came from elsewhere.
pub(super) fn put_new(w: &WriteTxn, dataset: &Dataset, known: &KnownProfile) -> Result<(), ServiceError> {
    check_columns(&known.remembered.profile)?;
    store_profiles::put_profile(w, known)?;
    forget_oldest(w, dataset.id)?;
    // It can hide what readers see, and show nothing that is hidden from them.
    let hidden: Vec<(String, bool)> =
        known.remembered.profile.hidden_names().map(|name| (name.clone(), true)).collect();
    hide(w, dataset.clone(), &hidden)
}

/// A profile as a draft would have it, to be shown again where it cannot be saved.
pub fn put_draft(known: &mut KnownProfile, draft: &Draft) {
    known.remembered.reading = draft.reading.clone();
    for (column, draft) in known.remembered.profile.columns.iter_mut().zip(&draft.columns) {
        put(column, draft);
    }
}

fn put(column: &mut Column, draft: &DraftColumn) {
    column.call(&draft.name);
    if column.role != Some(ColumnRole::Owner) {
        column.role = draft.role.filter(|role| *role != ColumnRole::Owner);
    }
    column.column_type = draft.column_type;
    column.number_format = draft.number_format.unwrap_or(column.number_format);
    column.date_format = draft.date_format.unwrap_or(column.date_format);
    (column.key, column.facet, column.hidden) = (draft.key, draft.facet, draft.hidden);
}

/// Hides columns of what readers see now, or takes back that they are hidden. In a generation that was built with a column
/// hidden, it stays so.
fn hide(w: &WriteTxn, mut dataset: Dataset, columns: &[(String, bool)]) -> Result<(), ServiceError> {
    let standing =
        dataset.profile_json.as_deref().and_then(|json| serde_json::from_str::<Profile>(json).ok());
    let Some(mut standing) = standing else { return Ok(()) };
    let before = standing.clone();
    for (name, is_hidden) in columns {
        match standing.columns.iter_mut().find(|column| column.name == *name) {
            // An owner column is never hidden.
            Some(column) => column.hidden = *is_hidden && column.role != Some(ColumnRole::Owner),
            None => standing.hidden_elsewhere.retain(|known| known != name),
        }
        if *is_hidden && !standing.has_column(name) {
            standing.hidden_elsewhere.push(name.clone());
        }
    }
    if standing != before {
        let json =
            serde_json::to_string(&standing).map_err(|error| ServiceError::Internal(error.to_string()))?;
        dataset.profile_json = Some(json);
        store_datasets::put_dataset(w, &dataset)?;
    }
    Ok(())
}
