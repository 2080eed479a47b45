//! Imports: every file that came, and what became of it.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};

use super::codec::damaged;
use super::convert::{from_word, micros, timestamp, to_word};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::{IMPORT_BY_DATASET, IMPORTS};
use super::transaction::{Order, Read, WriteTxn, get, visit, visit_keys};
use crate::domain::dataset::Import;
use crate::domain::ids::{DatasetId, GenerationId, ImportId, UserId};

#[derive(Encode, Decode)]
enum ImportRecord {
    V1(ImportV1),
}

#[derive(Encode, Decode)]
struct ImportV1 {
    dataset_id: [u8; 16],
    dataset_slug: String,
    file_name: String,
    file_sha256: String,
    file_bytes: u64,
    state: String,
    generation: Option<u64>,
    rows_read: u64,
    rows_published: u64,
    rows_rejected: u64,
    problem_count: u64,
    problems_json: String,
    untyped_cells: Vec<(String, u64)>,
    error: Option<String>,
    created_by: Option<[u8; 16]>,
    came_by_json: Option<String>,
    created_at: i64,
    updated_at: i64,
    profile_json: Option<String>,
    settings_json: String,
    confirm: bool,
    judgement_json: Option<String>,
    accepted: Option<String>,
    worked_ms: u64,
}

fn from_record(key: &[u8], record: ImportRecord) -> Result<Import, StoreError> {
    let ImportRecord::V1(v1) = record;
    let id = KeyParts::of(key).uuid().ok_or_else(|| damaged(IMPORTS, key, "its key is no id"))?;
    Ok(Import {
        id: ImportId(id),
        dataset_id: DatasetId(uuid::Uuid::from_bytes(v1.dataset_id)),
        dataset_slug: v1.dataset_slug,
        file_name: v1.file_name,
        file_sha256: v1.file_sha256,
        file_bytes: v1.file_bytes,
        state: from_word(IMPORTS, key, &v1.state)?,
        generation: v1.generation.map(GenerationId),
        rows_read: v1.rows_read,
        rows_published: v1.rows_published,
        rows_rejected: v1.rows_rejected,
        problem_count: v1.problem_count,
        problems_json: v1.problems_json,
        untyped_cells: v1.untyped_cells,
        error: v1.error,
        created_by: v1.created_by.map(|id| UserId(uuid::Uuid::from_bytes(id))),
        came_by: v1.came_by_json.map(|json| from_word(IMPORTS, key, &json)).transpose()?,
        created_at: timestamp(v1.created_at),
        updated_at: timestamp(v1.updated_at),
        profile_json: v1.profile_json,
        settings_json: v1.settings_json,
        confirm: v1.confirm,
        judgement: v1.judgement_json.map(|json| from_word(IMPORTS, key, &json)).transpose()?,
        accepted: v1.accepted,
        worked_ms: v1.worked_ms,
    })
}

/// The import with this id.
pub fn find_import(r: &impl Read, id: ImportId) -> Result<Option<Import>, StoreError> {
    let key = Key::id(id.0);
    get(r, IMPORTS, &key)?.map(|record| from_record(&key, record)).transpose()
}

/// Adds an import or replaces it.
pub fn put_import(w: &WriteTxn, import: &Import) -> Result<(), StoreError> {
    let record = ImportRecord::V1(ImportV1 {
        dataset_id: *import.dataset_id.0.as_bytes(),
        dataset_slug: import.dataset_slug.clone(),
        file_name: import.file_name.clone(),
        file_sha256: import.file_sha256.clone(),
        file_bytes: import.file_bytes,
        state: to_word(&import.state),
        generation: import.generation.map(|generation| generation.0),
        rows_read: import.rows_read,
        rows_published: import.rows_published,
        rows_rejected: import.rows_rejected,
        problem_count: import.problem_count,
        problems_json: import.problems_json.clone(),
        untyped_cells: import.untyped_cells.clone(),
        error: import.error.clone(),
        created_by: import.created_by.map(|id| *id.0.as_bytes()),
        came_by_json: import.came_by.as_ref().map(to_word),
        created_at: micros(import.created_at),
        updated_at: micros(import.updated_at),
        profile_json: import.profile_json.clone(),
        settings_json: import.settings_json.clone(),
        confirm: import.confirm,
        judgement_json: import.judgement.as_ref().map(to_word),
        accepted: import.accepted.clone(),
        worked_ms: import.worked_ms,
    });
    w.put(IMPORTS, &Key::id(import.id.0), &record)?;
    w.put_raw(IMPORT_BY_DATASET, &Key::new().uuid(import.dataset_id.0).uuid(import.id.0).done(), &[])
}

/// Up to `limit` imports of the dataset, newest first.
pub fn list_imports_of(
    r: &impl Read,
    dataset_id: DatasetId,
    limit: usize,
) -> Result<Vec<Import>, StoreError> {
    let mut ids = Vec::new();
    visit_keys(r, IMPORT_BY_DATASET, &Key::id(dataset_id.0), Order::Descending, &mut |key, _| {
        let mut parts = KeyParts::of(key);
        if let (Some(_), Some(id)) = (parts.uuid(), parts.uuid()) {
            ids.push(ImportId(id));
        }
        Ok(if ids.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    let mut imports = Vec::with_capacity(ids.len());
    for id in ids {
        imports.extend(find_import(r, id)?);
    }
    Ok(imports)
}

/// Up to `limit` imports of any dataset after the newest `skip`, newest first, and how many there are in all.
pub fn page_of_imports(r: &impl Read, skip: usize, limit: usize) -> Result<(Vec<Import>, usize), StoreError> {
    let (mut ids, mut total) = (Vec::new(), 0);
    // Only what is shown is decoded: an import may list a thousand problems.
    visit_keys(r, IMPORTS, &[], Order::Descending, &mut |key, _| {
        if (skip..skip.saturating_add(limit)).contains(&total) {
            ids.extend(KeyParts::of(key).uuid().map(ImportId));
        }
        total += 1;
        Ok(ControlFlow::Continue(()))
    })?;
    let mut imports = Vec::with_capacity(ids.len());
    for id in ids {
        imports.extend(find_import(r, id)?);
    }
    Ok((imports, total))
}

/// Up to `limit` imports of any dataset, newest first.
pub fn list_imports(r: &impl Read, limit: usize) -> Result<Vec<Import>, StoreError> {
    let mut imports = Vec::new();
    visit(r, IMPORTS, &[], Order::Descending, &mut |key, record| {
        imports.push(from_record(key, record)?);
        Ok(if imports.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(imports)
}
