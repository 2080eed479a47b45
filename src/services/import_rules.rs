//! The rules by which a dataset's files are taken: what the guard stops, what becomes of live rows, how much is kept.

use std::fs;

use super::authorize::{Grant, ImportData};
use super::error::ServiceError;
use super::{Services, audit, datasets};
use crate::domain::dataset::Dataset;
use crate::domain::guard::ImportRules;
use crate::store::{datasets as store_datasets, publications as store_publications};

/// Generations whose index is kept by default; older ones are built again when somebody asks for them.
pub const KEPT_BY_DEFAULT: u32 = 30;

/// Changes the rules. `before` is what the form was made from.
///
/// # Errors
/// [`ServiceError::Conflict`] where they were changed meanwhile; [`ServiceError::Invalid`] where fewer than one generation
/// would be kept.
pub fn save(
    services: &Services,
    grant: &Grant<ImportData>,
    dataset: &str,
    (rules, keep): (&ImportRules, Option<u32>),
    before: &str,
) -> Result<Dataset, ServiceError> {
    if keep == Some(0) {
        return Err(ServiceError::invalid(
            "keep",
            "keep at least one generation, or leave it blank to keep all",
        ));
    }
    let dataset = datasets::get(services, dataset)?;
    let now = services.now();
    services.store.write(|w| {
        let missing = || ServiceError::NotFound(format!("dataset `{}`", dataset.slug));
        let mut dataset = store_datasets::find_dataset(w, dataset.id)?.ok_or_else(missing)?;
        if version(&dataset) != before {
            return Err(ServiceError::Conflict(
                "somebody else changed these rules meanwhile; look at them again".to_owned(),
            ));
        }
        if (&dataset.rules, dataset.keep_generations) == (rules, keep) {
            return Ok(dataset);
        }
        let details = serde_json::json!({
            "before": {"rules": dataset.rules, "keep_generations": dataset.keep_generations},
            "after": {"rules": rules, "keep_generations": keep},
        });
        dataset.rules = rules.clone();
        dataset.keep_generations = keep;
        store_datasets::put_dataset(w, &dataset)?;
        let target = format!("dataset:{}", dataset.slug);
        audit::append(w, now, grant.by(), "dataset.rules", &target, &details)?;
        Ok(dataset)
    })
}

/// A short name of the rules as they are.
pub fn version(dataset: &Dataset) -> String {
    let json = serde_json::to_vec(&(&dataset.rules, dataset.keep_generations)).unwrap_or_default();
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(&json))
}

/// Deletes the indexes of generations beyond those that are kept. Their files stay, and build them again when somebody asks.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn drop_old(services: &Services) -> Result<(), ServiceError> {
    for dataset in datasets::list(services)? {
        let Some(keep) = dataset.keep_generations else { continue };
        let (publications, generations) = services.store.read(|r| {
            Ok::<_, ServiceError>((
                store_publications::list_publications(r, dataset.id, usize::MAX)?,
                store_datasets::list_generations(r, dataset.id)?,
            ))
        })?;
        let mut kept = Vec::new();
        for publication in publications {
            if !kept.contains(&publication.generation) && kept.len() < keep as usize {
                kept.push(publication.generation);
            }
        }
        for generation in generations {
            let dir = datasets::generation_dir(services, dataset.id, generation.id);
            let is_current = dataset.current_generation == Some(generation.id);
            if is_current || kept.contains(&generation.id) || !dir.exists() {
                continue;
            }
            datasets::close(services, dataset.id, generation.id);
            // Renamed first: what is half deleted must not look like a generation.
            let away = dir.with_extension("old.tmp");
            if let Err(error) = fs::rename(&dir, &away).and_then(|()| fs::remove_dir_all(&away)) {
                tracing::warn!("The index of an old generation could not be deleted: {error}");
            }
        }
    }
    Ok(())
}
