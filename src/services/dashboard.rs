//! What waits for the office, and how the site is: one look, each figure leading to where it is dealt with.

use std::time::Duration;

use jiff::Timestamp;

use super::authorize::{Grant, ManageSite, ManageUsers};
use super::backups::schedule;
use super::datasets::LATE;
use super::error::ServiceError;
use super::mail_waits::{self, Refused};
use super::{Services, approvals, audit, files, tls};
use crate::config::mail::MailMode;
use crate::domain::dataset::{Import, ImportState};
use crate::domain::job::JobState;
use crate::domain::mail::MailState;
use crate::store::{
    StoreError, datasets as store_datasets, imports as store_imports, jobs as store_jobs,
    outbox as store_outbox,
};

/// Imports that are looked through for what waits and what failed.
const LATEST_IMPORTS: usize = 200;
/// Less free than this share of the disk is worth a look.
const LITTLE_FREE: f64 = 0.1;
/// Dead jobs that are counted.
const MAX_DEAD: usize = 1_000;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// As it should be.
    Good,
    /// Worth a look.
    Warning,
    /// Something does not work.
    Bad,
    /// Nobody knows yet: it was not tried.
    Unknown,
    /// Not there, on purpose.
    Off,
}

/// What waits for somebody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Accounts that were asked for.
    pub accounts: usize,
    /// Forgotten passwords on a site without mail.
    pub resets: usize,
    /// Mails that were tried and not taken so far.
    pub refused_mails: usize,
    /// Mails that could not be sent.
    pub failed_mails: usize,
    /// Imports that were stopped because something looks wrong.
    pub quarantined: usize,
    /// Imports that wait to be published or cancelled.
    pub to_publish: usize,
    /// Jobs that were given up.
    pub dead_jobs: usize,
}

/// How current a dataset is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freshness {
    /// Its name.
    pub name: String,
    /// Where addresses know it.
    pub slug: String,
    /// Rows now.
    pub rows: u64,
    /// When they were published.
    pub published_at: Option<Timestamp>,
    /// When they were last found to be what their source has.
    pub checked_at: Option<Timestamp>,
    /// The last import into it failed.
    pub last_failed: bool,
    /// All of it together.
    pub health: Health,
}

/// How mail is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailHealth {
    /// All of it together.
    pub health: Health,
    /// Mails that wait.
    pub waiting: usize,
    /// Those of them that were tried and not taken.
    pub refused: Refused,
    /// When the last one left.
    pub sent_at: Option<Timestamp>,
}

/// How the company's directory is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryHealth {
    /// All of it together.
    pub health: Health,
    /// How long ago it was asked last.
    pub asked: Option<Duration>,
    /// Why there was no answer.
    pub why_not: Option<String>,
}

/// How the audit log is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHealth {
    /// All of it together.
    pub health: Health,
    /// Up to which event it was checked, and when; `None` before the first check.
    pub checked: Option<(u64, Timestamp)>,
}

/// How backups are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupHealth {
    /// All of it together.
    pub health: Health,
    /// When the newest was made.
    pub made_at: Option<Timestamp>,
    /// Why none was made since.
    pub why_not: Option<String>,
}

/// One look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dashboard {
    /// What waits.
    pub waiting: Waiting,
    /// The datasets, by name.
    pub datasets: Vec<Freshness>,
    /// Free and all bytes of the disk.
    pub disk: (u64, u64),
    /// How full that is.
    pub disk_health: Health,
    /// Mail.
    pub mail: MailHealth,
    /// The company's directory.
    pub directory: DirectoryHealth,
    /// The audit log.
    pub audit: AuditHealth,
    /// Backups.
    pub backup: BackupHealth,
    /// The site is reached over https.
    pub is_https: bool,
    /// How it speaks TLS itself.
    pub tls: tls::Standing,
}

/// Looks.
///
/// # Errors
/// Where store or disk cannot be read.
pub fn look(
    services: &Services,
    users: &Grant<ManageUsers>,
    _site: &Grant<ManageSite>,
) -> Result<Dashboard, ServiceError> {
    let now = services.now();
    let waits = approvals::list(services, users)?;
    let (imports, datasets, mails, dead_jobs) = services.store.read(|r| {
        let imports = store_imports::list_imports(r, LATEST_IMPORTS)?;
        let mut datasets = Vec::new();
        for dataset in store_datasets::list_datasets(r)? {
            let current = dataset
                .current_generation
                .map(|id| store_datasets::find_generation(r, dataset.id, id))
                .transpose()?
                .flatten();
            datasets.push((dataset, current));
        }
        let mut sent_at = None;
        store_outbox::visit_mails(r, Some(MailState::Sent), None, &mut |mail| {
            sent_at = Some(mail.updated_at);
            std::ops::ControlFlow::Break(())
        })?;
        let failed = store_outbox::count_mails(r, MailState::Failed)?;
        let waiting = store_outbox::count_mails(r, MailState::Waiting)?;
        let refused = mail_waits::refused(r, now)?;
        let dead = store_jobs::list_jobs(r, JobState::Dead, now, MAX_DEAD)?.len();
        Ok::<_, StoreError>((imports, datasets, (failed, waiting, refused, sent_at), dead))
    })?;
    let (failed_mails, waiting_mails, refused, sent_at) = mails;
    let in_state = |state: ImportState| imports.iter().filter(|import| import.state == state).count();
    let waiting = Waiting {
        accounts: waits.accounts.len(),
        resets: waits.resets.len(),
        refused_mails: refused.mails,
        failed_mails,
        quarantined: in_state(ImportState::Quarantined),
        to_publish: in_state(ImportState::Checked),
        dead_jobs,
    };
    let mut datasets: Vec<Freshness> = datasets
        .into_iter()
        .map(|(dataset, current)| {
            let last = imports.iter().find(|import| import.dataset_id == dataset.id);
            let last_failed = last.is_some_and(|import: &Import| import.state == ImportState::Failed);
            let published_at = current.as_ref().map(|generation| generation.published_at);
            let checked_at = dataset.checked_at;
            let good_at = published_at.max(checked_at);
            let is_late = good_at.is_none_or(|at| now.duration_since(at) > LATE);
            let health = match (last_failed, is_late) {
                (true, _) => Health::Bad,
                (false, true) => Health::Warning,
                (false, false) => Health::Good,
            };
            let rows = current.map_or(0, |generation| generation.rows);
            Freshness {
                name: dataset.name,
                slug: dataset.slug,
                rows,
                published_at,
                checked_at,
                last_failed,
                health,
            }
        })
        .collect();
    datasets.sort_by(|one, other| one.name.cmp(&other.name));
    let disk = files::disk_bytes(services.data_dir())?;
    let disk_health = if !files::has_room_to_work(services.data_dir())? {
        Health::Bad
    } else if (disk.0 as f64) < disk.1 as f64 * LITTLE_FREE {
        Health::Warning
    } else {
        Health::Good
    };
    let mail_is_off = matches!(services.config().mail.mode, MailMode::Off);
    let mail_health = match (mail_is_off, failed_mails + refused.mails, sent_at) {
        (true, ..) => Health::Off,
        (false, 0, Some(_)) => Health::Good,
        (false, 0, None) => Health::Unknown,
        (false, ..) => Health::Warning,
    };
    let mail = MailHealth { health: mail_health, waiting: waiting_mails, refused, sent_at };
    Ok(Dashboard {
        waiting,
        datasets,
        disk,
        disk_health,
        mail,
        directory: directory(services),
        audit: audit_log(services)?,
        backup: backup(services)?,
        is_https: services.config().is_https(),
        tls: tls::standing(services)?,
    })
}

fn audit_log(services: &Services) -> Result<AuditHealth, ServiceError> {
    let checks = audit::verify::last_checks(services)?;
    let marks = [checks.so_far, checks.whole];
    let is_wrong = marks.iter().flatten().any(|mark| mark.wrong.is_some());
    let checked = marks.into_iter().flatten().map(|mark| (mark.seq, mark.at)).max();
    let health = match (is_wrong, checked) {
        (true, _) => Health::Bad,
        (false, Some(_)) => Health::Good,
        (false, None) => Health::Unknown,
    };
    Ok(AuditHealth { health, checked })
}

fn backup(services: &Services) -> Result<BackupHealth, ServiceError> {
    let standing = schedule::standing(services)?;
    let made_at = standing.backups.first().map(|backup| backup.made_at);
    let why_not = standing.failure.map(|(_, why)| why);
    let health = match (&why_not, standing.is_late, made_at) {
        (Some(_), ..) => Health::Bad,
        (None, true, _) | (None, _, None) => Health::Warning,
        (None, false, Some(_)) => Health::Good,
    };
    Ok(BackupHealth { health, made_at, why_not })
}

fn directory(services: &Services) -> DirectoryHealth {
    let Some(directory) = services.directory() else {
        return DirectoryHealth { health: Health::Off, asked: None, why_not: None };
    };
    let (asked, why_not) = directory.last_answer().map_or((None, None), |(ago, why)| (Some(ago), why));
    let health = match (&why_not, asked) {
        (Some(_), _) => Health::Bad,
        (None, Some(_)) => Health::Good,
        (None, None) => Health::Unknown,
    };
    DirectoryHealth { health, asked, why_not }
}
