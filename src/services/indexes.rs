//! Indexes as whoever runs the machine sees them: how each is, building them again from their files, and giving back the room
//! of what is not kept any more.

use std::fs;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::authorize::{Grant, ManageSite};
use super::doctor::{Standing, index_standing};
use super::error::ServiceError;
use super::imports::{self, Outcome, RebuildJob};
use super::{Services, audit, datasets, import_rules};
use crate::domain::dataset::{Dataset, Generation};
use crate::domain::ids::GenerationId;
use crate::search::generation::segments;
use crate::store::datasets as store_datasets;
use crate::store::file::DATABASE_FILE;

/// The index of one generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexView {
    /// Slug of the dataset.
    pub dataset: String,
    /// Its number.
    pub generation: u64,
    /// Readers see it.
    pub current: bool,
    /// Rows that were published.
    pub rows: u64,
    /// Size on disk; 0 where it is not there.
    pub bytes: u64,
    /// Segments of its word index; 0 where it does not open.
    pub segments: usize,
    /// `ok`, `away` (built again when somebody asks) or `damaged`.
    pub state: String,
    /// What is wrong with a damaged one.
    pub why: Option<String>,
    /// Its file is kept, so that it can be built again.
    pub has_file: bool,
}

fn all(services: &Services) -> Result<Vec<(Dataset, Generation)>, ServiceError> {
    services.store.read(|r| {
        let mut all = Vec::new();
        for dataset in store_datasets::list_datasets(r)? {
            for generation in store_datasets::list_generations(r, dataset.id)? {
                all.push((dataset.clone(), generation));
            }
        }
        Ok(all)
    })
}

/// How every index is. Each is opened, none is read whole: that is the doctor's.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn status(services: &Services, _grant: &Grant<ManageSite>) -> Result<Vec<IndexView>, ServiceError> {
    Ok(all(services)?.iter().map(|(dataset, generation)| view(services, dataset, generation)).collect())
}

fn view(services: &Services, dataset: &Dataset, generation: &Generation) -> IndexView {
    let dir = datasets::generation_dir(services, dataset.id, generation.id);
    let (state, why) = match index_standing(services, dataset, generation, true) {
        Standing::Good => ("ok", None),
        Standing::Away => ("away", None),
        Standing::Wrong(why) => ("damaged", Some(why)),
    };
    IndexView {
        dataset: dataset.slug.clone(),
        generation: generation.id.0,
        current: dataset.current_generation == Some(generation.id),
        rows: generation.rows,
        bytes: if dir.exists() { generation.index_bytes } else { 0 },
        segments: segments(&dir).unwrap_or(0),
        state: state.to_owned(),
        why,
        has_file: datasets::has_file(services, generation),
    }
}

/// Builds indexes again from their files, those that readers see, or one generation of one dataset; what comes out takes the
/// place of what is there only where it has the rows that were published. Readers go on meanwhile.
///
/// # Errors
/// [`ServiceError::NotFound`] for a dataset or generation that is not there; [`ServiceError::Conflict`] where its file is
/// not kept any more; what the build says.
pub fn rebuild(
    services: &Services,
    grant: &Grant<ManageSite>,
    dataset: Option<&str>,
    generation: Option<u64>,
) -> Result<Vec<IndexView>, ServiceError> {
    let slug = dataset.map(|name| datasets::get(services, name)).transpose()?.map(|dataset| dataset.slug);
    let is_wanted = |(of, record): &(Dataset, Generation)| {
        let is_of = slug.as_ref().is_none_or(|slug| of.slug == *slug);
        let wanted = generation.map(GenerationId).or(of.current_generation);
        is_of && wanted == Some(record.id)
    };
    let found: Vec<_> = all(services)?.into_iter().filter(is_wanted).collect();
    if found.is_empty() && (dataset.is_some() || generation.is_some()) {
        let which = generation.map_or("a generation to build".to_owned(), |id| format!("generation {id}"));
        return Err(ServiceError::NotFound(which));
    }
    let mut built = Vec::new();
    for (dataset, record) in &found {
        if !datasets::has_file(services, record) {
            return Err(ServiceError::Conflict(format!(
                "the file of {}, generation {}, is not kept any more: import it again",
                dataset.slug, record.id
            )));
        }
        let job = RebuildJob { dataset: dataset.id, generation: record.id };
        if imports::rebuild(services, &job, &|| false)? == Outcome::Interrupted {
            return Err(ServiceError::Conflict("the build was stopped; run the command again".to_owned()));
        }
        let now = services.now();
        let details = json!({ "generation": record.id.0, "rows": record.rows });
        let target = format!("dataset:{}", dataset.slug);
        services.store.write(|w| audit::append(w, now, grant.by(), "index.rebuild", &target, &details))?;
        built.push(view(services, dataset, record));
    }
    Ok(built)
}

/// What giving back room came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compacted {
    /// Indexes that were deleted, because their dataset keeps fewer. Their files stay.
    pub indexes: usize,
    /// Bytes of the database before and after; `None` where a server has it, and it stays as large as it is.
    pub database: Option<(u64, u64)>,
}

/// Deletes indexes beyond those that are kept and, where nobody else has the store, makes its file as small as it can be.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn compact(
    services: &Services,
    grant: &Grant<ManageSite>,
    alone: bool,
) -> Result<Compacted, ServiceError> {
    let there = || -> Result<usize, ServiceError> {
        let is_there = |(dataset, record): &(Dataset, Generation)| {
            datasets::generation_dir(services, dataset.id, record.id).exists()
        };
        Ok(all(services)?.iter().filter(|each| is_there(each)).count())
    };
    let before = there()?;
    import_rules::drop_old(services)?;
    let mut done = Compacted { indexes: before.saturating_sub(there()?), database: None };
    let now = services.now();
    let details = json!({ "indexes": done.indexes, "database": alone });
    services.store.write(|w| audit::append(w, now, grant.by(), "index.compact", "site", &details))?;
    if alone {
        let path = services.data_dir().join(DATABASE_FILE);
        let bytes = || fs::metadata(&path).map_or(0, |meta| meta.len());
        let large = bytes();
        services.store.compact()?;
        done.database = Some((large, bytes()));
    }
    Ok(done)
}
