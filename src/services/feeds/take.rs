//! A file is read, stored and decided about.

use super::{folder, inbox_dir};
use crate::domain::dataset::Dataset;
use crate::domain::feed::{CameBy, FileLooks, TakenFile, Verdict};
use crate::domain::ids::TakenFileId;
use crate::services::authorize::By;
use crate::services::error::ServiceError;
use crate::services::files::{Incoming, StoredFile};
use crate::services::imports::{self, NewImport, preview};
use crate::services::{Services, audit, profiles};
use crate::store::{StoreError, WriteTxn, datasets as store_datasets, taken_files as store_taken};

/// Takes the file at `path`, if it still is the one that was seen. One that is another by now waits for the next look.
pub(super) fn take(
    services: &Services,
    datasets: &[Dataset],
    path: &[u8],
    looks: &FileLooks,
) -> Result<(), ServiceError> {
    let failed = |error: std::io::Error| ServiceError::Internal(error.to_string());
    let file = folder::open(&inbox_dir(services), path).map_err(failed)?;
    if folder::looks_of(&file).map_err(failed)? != *looks {
        return Ok(());
    }
    let (folder_name, name) = folder::split(path);
    let mut taken = TakenFile {
        id: TakenFileId::new(services.now()),
        path: path.to_vec(),
        looks: *looks,
        sha256: String::new(),
        dataset: None,
        verdict: Verdict::Same,
        target: None,
        taken_at: services.now(),
    };
    let mut incoming = Incoming::create(services.data_dir(), services.config().import.max_upload_bytes)?;
    match incoming.write_all_of(&file) {
        Err(ServiceError::TooLarge(why)) => return refuse(services, taken, &why),
        other => other?,
    }
    if folder::looks_of(&file).map_err(failed)? != *looks {
        return Ok(());
    }
    let stored = incoming.finish()?;
    taken.sha256.clone_from(&stored.sha256);
    let dataset = match folder_name.map(|name| name.to_string_lossy()) {
        Some(slug) => datasets.iter().find(|dataset| dataset.slug == slug).ok_or_else(|| {
            format!(
                "there is no dataset `{slug}`; import a file into it once on the page, then drop files here"
            )
        }),
        None => by_headers(services, datasets, &stored)?,
    };
    let dataset = match dataset {
        Ok(dataset) => dataset,
        Err(why) => {
            imports::discard(services, &stored.sha256)?;
            return refuse(services, taken, &why);
        }
    };
    taken.dataset = Some(dataset.slug.clone());
    if came_from(services, dataset, &stored.sha256)? {
        let now = services.now();
        services.store.write(|w| {
            renew(w, &dataset.slug, now)?;
            store_taken::put_taken(w, &taken)?;
            let target = format!("dataset:{}", dataset.slug);
            let details = serde_json::json!({"file": name.to_string_lossy(), "sha256": taken.sha256});
            audit::append(w, now, By::SYSTEM, "feed.unchanged", &target, &details)
        })?;
        return Ok(());
    }
    let new = NewImport {
        dataset: dataset.slug.clone(),
        file_name: name.to_string_lossy().into_owned(),
        file: stored,
        set: Vec::new(),
        confirm: true,
    };
    imports::begin_for_feed(services, &new, (CameBy::DropFolder, false), &|w, import| {
        store_taken::put_taken(w, &TakenFile { verdict: Verdict::Import(import.id), ..taken.clone() })
    })
    .map(|_| ())
}

fn refuse(services: &Services, taken: TakenFile, why: &str) -> Result<(), ServiceError> {
    let now = services.now();
    let name = String::from_utf8_lossy(&taken.path).into_owned();
    let details = serde_json::json!({"file": name, "reason": why});
    let refused = TakenFile { verdict: Verdict::Refused(why.to_owned()), ..taken };
    services.store.write(|w| {
        store_taken::put_taken(w, &refused)?;
        audit::append(w, now, By::SYSTEM, "feed.refuse", "inbox", &details)
    })?;
    Ok(())
}

/// True where a dataset's live data came from just this file.
pub(crate) fn came_from(services: &Services, dataset: &Dataset, sha256: &str) -> Result<bool, ServiceError> {
    Ok(imports::current_import(services, dataset.id)?.is_some_and(|import| import.file_sha256 == sha256))
}

/// Notes that a dataset's live data are what their source has now.
pub(crate) fn renew(w: &WriteTxn, slug: &str, now: jiff::Timestamp) -> Result<(), StoreError> {
    if let Some(mut dataset) = store_datasets::find_dataset_by_slug(w, slug)? {
        dataset.checked_at = Some(now);
        store_datasets::put_dataset(w, &dataset)?;
    }
    Ok(())
}

/// The dataset that knows files of these columns, or why there is none.
fn by_headers<'d>(
    services: &Services,
    datasets: &'d [Dataset],
    file: &StoredFile,
) -> Result<Result<&'d Dataset, String>, ServiceError> {
    let headers = match preview::headers(services, file, false) {
        Ok(headers) => headers,
        Err(ServiceError::Invalid { message, .. }) => return Ok(Err(message)),
        Err(other) => return Err(other),
    };
    let fitting = profiles::with_headers(services, datasets, &headers)?;
    Ok(match fitting.as_slice() {
        [one] => Ok(one),
        [] => Err(format!(
            "no dataset has these columns: {}; drop the file into the folder of its dataset",
            headers.join(", ")
        )),
        several => Err(format!(
            "several datasets have these columns ({}); drop the file into the folder of its dataset",
            several.iter().map(|dataset| dataset.slug.as_str()).collect::<Vec<_>>().join(", ")
        )),
    })
}
