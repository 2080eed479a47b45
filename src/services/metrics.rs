//! What is counted, and what there is to count: figures of the site for whoever watches it. No name of a user or an owner
//! is among them.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

use super::backups;
use super::error::ServiceError;
use super::{Services, files, signed_in_now};
use crate::domain::job::JobState;
use crate::domain::mail::MailState;
use crate::store::file::DATABASE_FILE;
use crate::store::{StoreError, datasets as store_datasets, jobs as store_jobs, outbox as store_outbox};

/// How an import ended, as far as this process did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportOutcome {
    /// Its rows are live.
    Published,
    /// It waits in quarantine.
    Held,
    /// Nothing of it was published.
    Failed,
}

impl ImportOutcome {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Published, Self::Held, Self::Failed];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Held => "held",
            Self::Failed => "failed",
        }
    }
}

/// Imports since the process began.
#[derive(Debug, Default)]
pub struct ImportCounts {
    ended: [AtomicU64; 3],
    rows: AtomicU64,
    milliseconds: AtomicU64,
}

impl ImportCounts {
    /// Counts one that ended, with the rows that went live and the time that it was worked on.
    pub(crate) fn note(&self, outcome: ImportOutcome, rows: u64, milliseconds: u64) {
        self.ended[outcome as usize].fetch_add(1, Ordering::Relaxed);
        self.rows.fetch_add(rows, Ordering::Relaxed);
        self.milliseconds.fetch_add(milliseconds, Ordering::Relaxed);
    }

    /// How many ended so.
    pub fn ended(&self, outcome: ImportOutcome) -> u64 {
        self.ended[outcome as usize].load(Ordering::Relaxed)
    }

    /// Rows that went live.
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Seconds of reading and building.
    pub fn seconds(&self) -> f64 {
        self.milliseconds.load(Ordering::Relaxed) as f64 / 1e3
    }
}

/// The generations of one dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetFigures {
    /// Where addresses know it.
    pub slug: String,
    /// Generations that are listed.
    pub generations: u64,
    /// Bytes of their indexes.
    pub index_bytes: u64,
    /// Rows of the live one.
    pub rows: u64,
    /// When that was published.
    pub published_at: Option<Timestamp>,
}

/// One look.
#[derive(Debug, Clone)]
pub struct Figures {
    /// When it was looked.
    pub at: Timestamp,
    /// The datasets.
    pub datasets: Vec<DatasetFigures>,
    /// Sessions that are good now.
    pub sessions: usize,
    /// Jobs by state.
    pub jobs: [(&'static str, usize); 3],
    /// Mails that wait.
    pub mails_waiting: usize,
    /// When the newest backup was made.
    pub backup_made_at: Option<Timestamp>,
    /// Bytes of the database's file.
    pub database_bytes: u64,
    /// Free and all bytes of the disk.
    pub disk: (u64, u64),
}

/// Looks.
///
/// # Errors
/// Where store or disk cannot be read.
pub fn look(services: &Services) -> Result<Figures, ServiceError> {
    let (datasets, jobs, mails_waiting) = services.store.read(|r| {
        let mut datasets = Vec::new();
        for dataset in store_datasets::list_datasets(r)? {
            let generations = store_datasets::list_generations(r, dataset.id)?;
            let live =
                generations.iter().find(|generation| Some(generation.id) == dataset.current_generation);
            datasets.push(DatasetFigures {
                generations: generations.len() as u64,
                index_bytes: generations.iter().map(|generation| generation.index_bytes).sum(),
                rows: live.map_or(0, |live| live.rows),
                published_at: live.map(|live| live.published_at),
                slug: dataset.slug,
            });
        }
        let jobs = [
            ("waiting", store_jobs::count_jobs(r, JobState::Queued)?),
            ("running", store_jobs::count_jobs(r, JobState::Running)?),
            ("failed", store_jobs::count_jobs(r, JobState::Dead)?),
        ];
        Ok::<_, StoreError>((datasets, jobs, store_outbox::count_mails(r, MailState::Waiting)?))
    })?;
    let data_dir = services.data_dir();
    Ok(Figures {
        at: services.now(),
        datasets,
        jobs,
        mails_waiting,
        sessions: signed_in_now::count(services)?,
        backup_made_at: backups::list(data_dir).first().map(|backup| backup.made_at),
        database_bytes: std::fs::metadata(data_dir.join(DATABASE_FILE)).map_or(0, |file| file.len()),
        disk: files::disk_bytes(data_dir)?,
    })
}
