//! Indexes in a backup, where that is wanted. A backup is whole without them: they are used only where they are the ones that
//! the restored database speaks of, and are built again else.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::archive::{Writer, copy, index_member};
use super::failed;
use super::manifest::{IndexEntry, Manifest};
use crate::domain::dataset::{Dataset, Generation as Record};
use crate::search::generation::Generation;
use crate::services::error::ServiceError;
use crate::store::{Read, StoreError, datasets as store_datasets};

/// Directory of indexes in the data directory.
const INDEX_DIRECTORY: &str = "index";
/// What results of an index that is only looked at may keep in memory.
const CACHE_BYTES: usize = 1 << 20;

/// What readers see: datasets, each with its live generation.
pub fn live(r: &impl Read) -> Result<Vec<(Dataset, Record)>, StoreError> {
    let mut live = Vec::new();
    for dataset in store_datasets::list_datasets(r)? {
        let Some(current) = dataset.current_generation else { continue };
        if let Some(record) = store_datasets::find_generation(r, dataset.id, current)? {
            live.push((dataset, record));
        }
    }
    Ok(live)
}

fn place(data_dir: &Path, record: &Record) -> PathBuf {
    data_dir.join(INDEX_DIRECTORY).join(record.dataset_id.to_string()).join(record.id.to_string())
}

/// Bytes that these take.
pub fn bytes(data_dir: &Path, live: &[(Dataset, Record)]) -> u64 {
    let there = live.iter().filter(|(_, record)| place(data_dir, record).exists());
    there.map(|(_, record)| record.index_bytes).sum()
}

/// Adds them to the archive and says which are whole in it: one that is replaced or deleted meanwhile is none of them.
pub fn add(
    archive: &mut Writer,
    data_dir: &Path,
    live: &[(Dataset, Record)],
    stops: &dyn Fn() -> bool,
) -> io::Result<Vec<IndexEntry>> {
    let mut entries = Vec::new();
    for (_, record) in live {
        match add_one(archive, &place(data_dir, record), record, stops) {
            Ok(files) => entries.push(IndexEntry {
                dataset: record.dataset_id,
                generation: record.id,
                rows: record.rows,
                file_sha256: record.file_sha256.clone(),
                files,
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(entries)
}

fn add_one(
    archive: &mut Writer,
    dir: &Path,
    record: &Record,
    stops: &dyn Fn() -> bool,
) -> io::Result<Vec<String>> {
    let mut files = Vec::new();
    for part in ["", "words/"] {
        for entry in fs::read_dir(dir.join(part))? {
            let entry = entry?;
            let name = entry.file_name().into_string().unwrap_or_default();
            if entry.file_type()?.is_file() && name.strip_suffix(".lock").is_none() {
                files.push(format!("{part}{name}"));
            }
        }
    }
    files.sort();
    for file in &files {
        let mut from = File::open(dir.join(file))?;
        let name = index_member(record.dataset_id, record.id, file);
        archive.add(&name, |mut out| copy(&mut from, &mut out, stops))?;
    }
    Ok(files)
}

/// True where the backup says of this generation what its database says.
fn is_of(entry: &IndexEntry, record: &Record) -> bool {
    (entry.dataset, entry.generation) == (record.dataset_id, record.id)
        && (entry.rows, &entry.file_sha256) == (record.rows, &record.file_sha256)
}

/// How many of these are in the backup, as far as it says so.
pub fn count(manifest: &Manifest, live: &[(Dataset, Record)]) -> u64 {
    let is_in = |record: &Record| manifest.indexes.iter().any(|entry| is_of(entry, record));
    live.iter().filter(|(_, record)| is_in(record)).count() as u64
}

/// Keeps what was unpacked to `directory` where it is the index of a live generation of the restored database, opens, has its
/// rows, and every checksum is right. Everything else goes, and is built again. Says how many stay.
///
/// # Errors
/// The disk.
pub fn keep_fitting(
    directory: &Path,
    manifest: &Manifest,
    live: &[(Dataset, Record)],
) -> Result<u64, ServiceError> {
    let mut fitting = HashSet::new();
    for (dataset, record) in live {
        let dir = place(directory, record);
        let entry = manifest.indexes.iter().find(|entry| is_of(entry, record));
        let is_whole = entry.is_some_and(|entry| entry.files.iter().all(|file| dir.join(file).exists()));
        if is_whole && is_good(&dir, dataset, record) {
            fitting.insert(dir);
        }
    }
    let cleaning = |error: io::Error| failed("unpacking the indexes", &error);
    let datasets = match fs::read_dir(directory.join(INDEX_DIRECTORY)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries.map_err(cleaning)?,
    };
    for dataset in datasets {
        for generation in fs::read_dir(dataset.map_err(cleaning)?.path()).map_err(cleaning)? {
            let dir = generation.map_err(cleaning)?.path();
            if !fitting.contains(&dir) {
                tracing::warn!("An index in the backup is not the one of its database; it is built again");
                fs::remove_dir_all(&dir).map_err(cleaning)?;
            }
        }
    }
    Ok(fitting.len() as u64)
}

fn is_good(dir: &Path, dataset: &Dataset, record: &Record) -> bool {
    let opened = Generation::open(dir, dataset.owner_column.as_deref(), CACHE_BYTES).and_then(|opened| {
        opened.verify()?;
        Ok(u64::from(opened.rows()))
    });
    opened.is_ok_and(|rows| rows == record.rows)
}
