//! Indexes: whether each opens and has the rows that were published.

use super::Findings;
use crate::domain::dataset::{Dataset, Generation as Record};
use crate::search::generation::Generation;
use crate::services::{ServiceError, Services, datasets};
use crate::store::{StoreError, datasets as store_datasets};

/// What results of a generation that is only looked at may keep in memory.
const CACHE_BYTES: usize = 1 << 20;

/// `quick` leaves out the checksums.
pub(super) fn check(services: &Services, quick: bool, findings: &mut Findings) -> Result<(), ServiceError> {
    let all = services.store.read(|r| {
        let mut all = Vec::new();
        for dataset in store_datasets::list_datasets(r)? {
            let records = store_datasets::list_generations(r, dataset.id)?;
            all.push((dataset, records));
        }
        Ok::<_, StoreError>(all)
    })?;
    if all.is_empty() {
        findings.skipped("there is no dataset yet");
    }
    for (dataset, records) in &all {
        let (mut good, mut away) = (0, 0);
        for record in records {
            match standing(services, dataset, record, quick) {
                Standing::Good => good += 1,
                Standing::Away if dataset.current_generation != Some(record.id) => away += 1,
                Standing::Away => missing(services, dataset, record, findings),
                Standing::Wrong(why) => wrong(services, dataset, record, &why, findings),
            }
        }
        if records.is_empty() {
            findings.ok(format!("{}: nothing was published yet", dataset.name));
        } else if good > 0 {
            let away = match away {
                0 => String::new(),
                n => format!(", {n} more are built again when somebody asks for them"),
            };
            let all = records.len();
            findings.ok(format!("{}: {good} of {all} indexes open and have their rows{away}", dataset.name));
        }
    }
    Ok(())
}

/// How the index of a generation is.
pub(in crate::services) enum Standing {
    /// It opens, and has the rows that were published.
    Good,
    /// It is not there.
    Away,
    /// It is something else, and this is why.
    Wrong(String),
}

/// Looks at one index; `quick` leaves out its checksums.
pub(in crate::services) fn standing(
    services: &Services,
    dataset: &Dataset,
    record: &Record,
    quick: bool,
) -> Standing {
    let dir = datasets::generation_dir(services, record.dataset_id, record.id);
    if !dir.exists() {
        return Standing::Away;
    }
    let opened = Generation::open(&dir, dataset.owner_column.as_deref(), CACHE_BYTES).and_then(|opened| {
        if !quick {
            opened.verify()?;
        }
        Ok(u64::from(opened.rows()))
    });
    match opened {
        Ok(rows) if rows == record.rows => Standing::Good,
        Ok(rows) => Standing::Wrong(format!("it has {rows} rows, and {} were published", record.rows)),
        Err(error) => Standing::Wrong(error.to_string()),
    }
}

fn place(dataset: &Dataset, record: &Record) -> String {
    format!("{}, generation {}", dataset.slug, record.id)
}

fn next(services: &Services, dataset: &Dataset, record: &Record) -> String {
    if datasets::has_file(services, record) {
        format!("stockroom index rebuild {} builds it again from its file", dataset.slug)
    } else {
        "its file is not kept any more: import it again, or restore a backup".to_owned()
    }
}

fn missing(services: &Services, dataset: &Dataset, record: &Record, findings: &mut Findings) {
    let next = next(services, dataset, record);
    findings.failed("the index that readers see is not there", place(dataset, record), next);
}

fn wrong(services: &Services, dataset: &Dataset, record: &Record, why: &str, findings: &mut Findings) {
    findings.damaged(why, place(dataset, record), next(services, dataset, record));
}
