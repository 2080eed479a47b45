//! The rules by which a dataset's files are taken: what the guard stops, what becomes of live rows, how much is kept.

use std::collections::HashSet;
use std::fs;

use super::authorize::{Grant, ImportData};
use super::error::ServiceError;
use super::users::reach;
use super::{Services, audit, datasets, imports};
use crate::domain::dataset::{Dataset, Publication};
use crate::domain::guard::ImportRules;
use crate::domain::ids::GenerationId;
use crate::store::{datasets as store_datasets, publications as store_publications};

/// Generations whose index is kept by default; older ones are built again when somebody asks for them.
pub const KEPT_BY_DEFAULT: u32 = 30;

/// Why who sees single owners leaves the rules alone: they decide about rows and files of all.
const EVERY_OWNER: &str =
    "these rules hold for rows of every owner: somebody who sees every owner changes them";

/// What came of a change.
#[derive(Debug)]
pub enum Saved {
    /// The rules hold.
    Done(Dataset),
    /// Nothing was changed: this would be lost, and nobody agreed to just that.
    Loses(Loss),
}

/// What a change of the rules would lose within the hour.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loss {
    /// Stored files that would go, by their hash.
    pub files: Vec<String>,
    /// Generations whose files are among them, oldest first.
    pub of: Vec<GenerationId>,
    /// Imports whose rows that could not be read would go.
    pub rejects: usize,
    /// Generations that can be shown now and could not be then, oldest first.
    pub generations: Vec<GenerationId>,
}

impl Loss {
    fn is_none(&self) -> bool {
        self.files.is_empty() && self.rejects == 0 && self.generations.is_empty()
    }

    /// Names it: who agrees to it says this.
    pub fn word(&self) -> String {
        let json = serde_json::to_vec(&(&self.files, self.rejects, &self.generations)).unwrap_or_default();
        format!("{:016x}", xxhash_rust::xxh3::xxh3_64(&json))
    }
}

/// Changes the rules. `before` is what the form was made from, `agreed` names what may be lost ([`Loss::word`]).
///
/// # Errors
/// [`ServiceError::Conflict`] where they were changed meanwhile, or somebody changes them who does not see every owner;
/// [`ServiceError::Invalid`] where fewer than one generation, or files for less than a day, would be kept.
pub fn save(
    services: &Services,
    grant: &Grant<ImportData>,
    dataset: &str,
    (rules, keep): (&ImportRules, Option<u32>),
    (before, agreed): (&str, &str),
) -> Result<Saved, ServiceError> {
    services.store.read(|r| reach::must_see_all(r, grant.by(), EVERY_OWNER))?;
    if rules.keep_files_days == Some(0) {
        return Err(ServiceError::invalid(
            "keep_files",
            "keep files for one day at least, or leave it blank to keep all",
        ));
    }
    if keep == Some(0) {
        return Err(ServiceError::invalid(
            "keep",
            "keep at least one generation, or leave it blank to keep all",
        ));
    }
    let dataset = datasets::get(services, dataset)?;
    if version(&dataset) == before {
        let loss = loss(services, &dataset, (rules, keep))?;
        if !loss.is_none() && loss.word() != agreed {
            return Ok(Saved::Loses(loss));
        }
    }
    let now = services.now();
    services.store.write(|w| {
        reach::must_see_all(w, grant.by(), EVERY_OWNER)?;
        let missing = || ServiceError::NotFound(format!("dataset `{}`", dataset.slug));
        let mut dataset = store_datasets::find_dataset(w, dataset.id)?.ok_or_else(missing)?;
        if version(&dataset) != before {
            return Err(ServiceError::Conflict(
                "somebody else changed these rules meanwhile; look at them again".to_owned(),
            ));
        }
        if (&dataset.rules, dataset.keep_generations) == (rules, keep) {
            return Ok(Saved::Done(dataset));
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
        Ok(Saved::Done(dataset))
    })
}

/// What these rules would lose that is there as long as the rules are as they are.
fn loss(
    services: &Services,
    dataset: &Dataset,
    (rules, keep): (&ImportRules, Option<u32>),
) -> Result<Loss, ServiceError> {
    let going = imports::going(services, &dataset.slug, rules.keep_files_days)?;
    let (publications, generations) = services.store.read(|r| {
        Ok::<_, ServiceError>((
            store_publications::list_publications(r, dataset.id, usize::MAX)?,
            store_datasets::list_generations(r, dataset.id)?,
        ))
    })?;
    let (ready_now, ready_then) =
        (ready(&publications, dataset.keep_generations), ready(&publications, keep));
    let (mut of, mut lost) = (Vec::new(), Vec::new());
    for generation in generations {
        let is_current = dataset.current_generation == Some(generation.id);
        let has_file = datasets::has_file(services, &generation);
        let has_index = datasets::generation_dir(services, dataset.id, generation.id).exists();
        let is_ready = |ready: &Option<HashSet<GenerationId>>| {
            has_index && (is_current || ready.as_ref().is_none_or(|ready| ready.contains(&generation.id)))
        };
        let keeps_file = has_file && !going.files.contains(&generation.file_sha256);
        if has_file && !keeps_file {
            of.push(generation.id);
        }
        if (has_file || is_ready(&ready_now)) && !(keeps_file || is_ready(&ready_then)) {
            lost.push(generation.id);
        }
    }
    of.sort_unstable();
    lost.sort_unstable();
    let files = going.files.into_iter().collect();
    Ok(Loss { files, of, rejects: going.rejects, generations: lost })
}

/// The generations whose indexes are kept, the last that were live; `None` for all.
fn ready(publications: &[Publication], keep: Option<u32>) -> Option<HashSet<GenerationId>> {
    let keep = keep? as usize;
    let mut kept = HashSet::new();
    for publication in publications {
        if kept.len() < keep {
            kept.insert(publication.generation);
        }
    }
    Some(kept)
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
        if dataset.keep_generations.is_none() {
            continue;
        }
        let (publications, generations) = services.store.read(|r| {
            Ok::<_, ServiceError>((
                store_publications::list_publications(r, dataset.id, usize::MAX)?,
                store_datasets::list_generations(r, dataset.id)?,
            ))
        })?;
        let kept = ready(&publications, dataset.keep_generations).unwrap_or_default();
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
