//! Datasets, their slugs and their generations.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};

use super::codec::damaged;
use super::convert::{from_word, micros, timestamp, to_word};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::{DATASET_BY_SLUG, DATASETS, GENERATIONS};
use super::transaction::{Order, Read, WriteTxn, get, visit};
use crate::domain::dataset::{Dataset, Generation};
use crate::domain::ids::{DatasetId, GenerationId, ImportId};

#[derive(Encode, Decode)]
enum DatasetRecord {
    V1(DatasetV1),
}

#[derive(Encode, Decode)]
struct DatasetV1 {
    name: String,
    slug: String,
    created_at: i64,
    current_generation: Option<u64>,
    next_generation: u64,
    owner_column: Option<String>,
    profile_json: Option<String>,
    keep_generations: Option<u32>,
    rules_json: String,
    checked_at: Option<i64>,
}

#[derive(Encode, Decode)]
enum GenerationRecord {
    V1(GenerationV1),
}

#[derive(Encode, Decode)]
struct GenerationV1 {
    import_id: [u8; 16],
    rows: u64,
    published_at: i64,
    profile_json: String,
    file_sha256: String,
    index_bytes: u64,
}

fn from_record(key: &[u8], record: DatasetRecord) -> Result<Dataset, StoreError> {
    let DatasetRecord::V1(v1) = record;
    let id = KeyParts::of(key).uuid().ok_or_else(|| damaged(DATASETS, key, "its key is no id"))?;
    Ok(Dataset {
        id: DatasetId(id),
        name: v1.name,
        slug: v1.slug,
        created_at: timestamp(v1.created_at),
        current_generation: v1.current_generation.map(GenerationId),
        next_generation: GenerationId(v1.next_generation),
        owner_column: v1.owner_column,
        profile_json: v1.profile_json,
        keep_generations: v1.keep_generations,
        rules: from_word(DATASETS, key, &v1.rules_json)?,
        checked_at: v1.checked_at.map(timestamp),
    })
}

fn generation_from_record(key: &[u8], record: GenerationRecord) -> Result<Generation, StoreError> {
    let GenerationRecord::V1(v1) = record;
    let mut parts = KeyParts::of(key);
    let (Some(dataset), Some(number)) = (parts.uuid(), parts.number()) else {
        return Err(damaged(GENERATIONS, key, "its key is cut short"));
    };
    Ok(Generation {
        dataset_id: DatasetId(dataset),
        id: GenerationId(number),
        import_id: ImportId(uuid::Uuid::from_bytes(v1.import_id)),
        rows: v1.rows,
        published_at: timestamp(v1.published_at),
        profile_json: v1.profile_json,
        file_sha256: v1.file_sha256,
        index_bytes: v1.index_bytes,
    })
}

/// The dataset with this id.
pub fn find_dataset(r: &impl Read, id: DatasetId) -> Result<Option<Dataset>, StoreError> {
    let key = Key::id(id.0);
    get(r, DATASETS, &key)?.map(|record| from_record(&key, record)).transpose()
}

/// The dataset with this slug.
pub fn find_dataset_by_slug(r: &impl Read, slug: &str) -> Result<Option<Dataset>, StoreError> {
    let Some(bytes) = r.get_raw(DATASET_BY_SLUG, slug.as_bytes())? else { return Ok(None) };
    match KeyParts::of(&bytes).uuid() {
        Some(id) => find_dataset(r, DatasetId(id)),
        None => Err(damaged(DATASET_BY_SLUG, slug.as_bytes(), "it names no dataset")),
    }
}

/// All datasets in order of creation.
pub fn list_datasets(r: &impl Read) -> Result<Vec<Dataset>, StoreError> {
    let mut datasets = Vec::new();
    visit(r, DATASETS, &[], Order::Ascending, &mut |key, record| {
        datasets.push(from_record(key, record)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(datasets)
}

/// Adds a dataset or replaces it, moving its slug along.
///
/// # Errors
/// [`StoreError::Taken`] where the slug is another dataset's.
pub fn put_dataset(w: &WriteTxn, dataset: &Dataset) -> Result<(), StoreError> {
    let slug = dataset.slug.as_bytes();
    if w.get_raw(DATASET_BY_SLUG, slug)?.is_some_and(|holder| holder != dataset.id.0.as_bytes()) {
        return Err(StoreError::Taken { table: DATASET_BY_SLUG.0, value: dataset.slug.clone() });
    }
    if let Some(before) = find_dataset(w, dataset.id)? {
        w.remove(DATASET_BY_SLUG, before.slug.as_bytes())?;
    }
    w.put_raw(DATASET_BY_SLUG, slug, dataset.id.0.as_bytes())?;
    let record = DatasetRecord::V1(DatasetV1 {
        name: dataset.name.clone(),
        slug: dataset.slug.clone(),
        created_at: micros(dataset.created_at),
        current_generation: dataset.current_generation.map(|generation| generation.0),
        next_generation: dataset.next_generation.0,
        owner_column: dataset.owner_column.clone(),
        profile_json: dataset.profile_json.clone(),
        keep_generations: dataset.keep_generations,
        rules_json: to_word(&dataset.rules),
        checked_at: dataset.checked_at.map(micros),
    });
    w.put(DATASETS, &Key::id(dataset.id.0), &record)
}

fn generation_key(dataset_id: DatasetId, id: GenerationId) -> Vec<u8> {
    Key::new().uuid(dataset_id.0).number(id.0).done()
}

/// One generation.
pub fn find_generation(
    r: &impl Read,
    dataset_id: DatasetId,
    id: GenerationId,
) -> Result<Option<Generation>, StoreError> {
    let key = generation_key(dataset_id, id);
    get(r, GENERATIONS, &key)?.map(|record| generation_from_record(&key, record)).transpose()
}

/// The dataset's generations, oldest first.
pub fn list_generations(r: &impl Read, dataset_id: DatasetId) -> Result<Vec<Generation>, StoreError> {
    let mut generations = Vec::new();
    visit(r, GENERATIONS, &Key::id(dataset_id.0), Order::Ascending, &mut |key, record| {
        generations.push(generation_from_record(key, record)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(generations)
}

/// Adds a generation or replaces it.
pub fn put_generation(w: &WriteTxn, generation: &Generation) -> Result<(), StoreError> {
    let record = GenerationRecord::V1(GenerationV1 {
        import_id: *generation.import_id.0.as_bytes(),
        rows: generation.rows,
        published_at: micros(generation.published_at),
        profile_json: generation.profile_json.clone(),
        file_sha256: generation.file_sha256.clone(),
        index_bytes: generation.index_bytes,
    });
    w.put(GENERATIONS, &generation_key(generation.dataset_id, generation.id), &record)
}

/// Forgets a generation; true where it was there.
pub fn delete_generation(w: &WriteTxn, dataset_id: DatasetId, id: GenerationId) -> Result<bool, StoreError> {
    w.remove(GENERATIONS, &generation_key(dataset_id, id))
}
