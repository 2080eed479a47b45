//! Imports: a file becomes a dataset's next generation (DESIGN decision 1).
//!
//! [`begin`] notes a stored file and queues the job; [`run`] is the job: it lets a child process read and build,
//! renames what the child made, and one transaction makes it current. Whatever dies on the way, the generation
//! before keeps serving and [`sweep`] clears what was left.

mod advice;
mod again;
mod at_work;
mod checks;
mod child;
pub mod guard;
pub(super) mod memory;
mod merge;
mod names;
mod original;
pub mod preview;
mod publish;
pub mod sample;
mod seen;
pub mod settings;
mod source;
mod staged;
mod sweep;
mod table;
pub mod unpacking;
mod view;
pub mod worker;

use std::collections::HashMap;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::authorize::{Grant, ImportData};
use super::error::ServiceError;
use super::files::StoredFile;
use super::{Services, audit, datasets, import_rules, jobs};
use crate::domain::dataset::{Dataset, Import, ImportState};
use crate::domain::feed::CameBy;
use crate::domain::guard::{ImportRules, Judgement, Severity};
use crate::domain::ids::{DatasetId, GenerationId, ImportId, UserId};
use crate::store::{
    StoreError, WriteTxn, datasets as store_datasets, imports as store_imports, users as store_users,
};

pub use advice::{WithoutOwner, shrinks_by, without_owner};
pub use again::{can_read_again, read_again};
pub(crate) use at_work::Builds;
pub use at_work::{Progress, Running, at_work, peak_bytes, progress, running};
use at_work::{Run, Turn, stop_run};
pub(super) use names::file_name;
pub use names::slug_for;
pub use original::{has_original, has_rejects, open_original};
pub(crate) use publish::current_import;
pub use publish::{Outcome, give_up, give_up_abandoned, rebuild, run};
pub use seen::{
    Anyway, Confirmed, Meant, Seen, confirm_seen, findings_word, only_empty, rows_to_publish, version,
    was_set,
};
use settings::ImportSettings;
use sweep::forget_files;
pub(super) use sweep::going;
pub(super) use sweep::unknown_indexes;
pub use sweep::{sweep, sweep_files};
pub(in crate::services) use table::{build_table, count_built};
pub use view::{ImportView, findings_for, may_see_cells};

/// Name of the import job.
pub const IMPORT_JOB: &str = "import";
/// Name of the job that builds a damaged generation anew.
pub const REBUILD_JOB: &str = "rebuild";
/// Imports whose child's memory is remembered.
const REMEMBERED_PEAKS: usize = 32;
/// A job that took the server down with it is not tried for ever.
const MAX_ATTEMPTS: u32 = 10;

/// Payload of an import job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportJob {
    /// Which import.
    pub import: ImportId,
    /// Its dataset: one build at a time each.
    pub dataset: DatasetId,
    /// It was queued to be checked alone, which is in no other import's way.
    #[serde(default)]
    pub checks: bool,
}

/// Payload of a rebuild job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RebuildJob {
    /// Which dataset.
    pub dataset: DatasetId,
    /// Which generation.
    pub generation: GenerationId,
}

/// How the child process is started.
#[derive(Debug, Clone)]
pub struct WorkerProgram(pub PathBuf);

impl Default for WorkerProgram {
    fn default() -> Self {
        // The very file that runs, also where a newer one was put in its place meanwhile.
        let running = PathBuf::from("/proc/self/exe");
        if running.exists() {
            return Self(running);
        }
        // Without /proc not even `current_exe` knows; then it is what was typed.
        let typed = || std::env::args_os().next().map(PathBuf::from).filter(|path| path.is_absolute());
        Self(std::env::current_exe().ok().or_else(typed).unwrap_or(running))
    }
}

/// A file to import.
#[derive(Debug, Clone)]
pub struct NewImport {
    /// Name or slug of the dataset; made where there is none.
    pub dataset: String,
    /// What the sender calls the file.
    pub file_name: String,
    /// The stored file.
    pub file: StoredFile,
    /// `name=value` pairs.
    pub set: Vec<String>,
    /// Publish without asking.
    pub confirm: bool,
}

/// Notes an import and queues it.
///
/// # Errors
/// [`ServiceError::Invalid`] where a setting or the dataset's name makes no sense.
pub fn begin(
    services: &Services,
    grant: &Grant<ImportData>,
    new: &NewImport,
) -> Result<Import, ServiceError> {
    let settings =
        ImportSettings::parse(&new.set).map_err(|message| ServiceError::invalid("set", message))?;
    begin_with(services, grant, new, &settings, Into::Any)
}

/// Notes an import of a feed and queues it, together with what the feed remembers of it: both or neither. `is_own` where the
/// site wrote the file itself, of the rows of a query.
///
/// # Errors
/// As [`begin`].
pub(crate) fn begin_for_feed(
    services: &Services,
    new: &NewImport,
    (came_by, is_own): (CameBy, bool),
    beside: Beside<'_>,
) -> Result<Import, ServiceError> {
    let settings = ImportSettings { is_own, ..ImportSettings::default() };
    begin_beside(services, &Grant::system(), new, &settings, Into::Any, (Some(came_by), beside))
}

/// Which dataset a file goes into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Into {
    /// The one that is meant, made where there is none.
    Any,
    /// One that is not there yet.
    New,
}

fn begin_with(
    services: &Services,
    grant: &Grant<ImportData>,
    new: &NewImport,
    settings: &ImportSettings,
    into: Into,
) -> Result<Import, ServiceError> {
    begin_beside(services, grant, new, settings, into, (None, &|_, _| Ok(())))
}

/// What is written in the transaction that begins an import.
type Beside<'b> = &'b dyn Fn(&WriteTxn, &Import) -> Result<(), StoreError>;

fn begin_beside(
    services: &Services,
    grant: &Grant<ImportData>,
    new: &NewImport,
    settings: &ImportSettings,
    into: Into,
    (came_by, beside): (Option<CameBy>, Beside<'_>),
) -> Result<Import, ServiceError> {
    let slug = slug_for(&new.dataset)?;
    let settings_json =
        serde_json::to_string(settings).map_err(|error| ServiceError::Internal(error.to_string()))?;
    let now = services.now();
    let files = services.builds.lock_files();
    if !super::files::path_of(services.data_dir(), &new.file.sha256).exists() {
        return Err(ServiceError::Conflict(
            "another import of the same file was just put away; send it again".to_owned(),
        ));
    }
    let import = services.store.write(|w| {
        if into == Into::New {
            names::must_be_new(w, &new.dataset, &slug)?;
        }
        let dataset = match store_datasets::find_dataset_by_slug(w, &slug)? {
            Some(dataset) if names::means(&new.dataset, &dataset) => dataset,
            Some(dataset) => {
                return Err(ServiceError::Conflict(format!(
                    "`{}` would have the address `{slug}`, which is that of the dataset `{}`; choose another name, or say \
                     `{slug}` to import into that one",
                    new.dataset, dataset.name
                )));
            }
            None => {
                let dataset = Dataset {
                    id: DatasetId::new(now),
                    name: new.dataset.trim().to_owned(),
                    slug: slug.clone(),
                    created_at: now,
                    current_generation: None,
                    next_generation: GenerationId(1),
                    owner_column: None,
                    profile_json: None,
                    keep_generations: Some(import_rules::KEPT_BY_DEFAULT),
                    rules: ImportRules::default(),
                    checked_at: None,
                };
                store_datasets::put_dataset(w, &dataset)?;
                let details = serde_json::json!({"name": dataset.name});
                audit::append(w, now, grant.by(), "dataset.add", &format!("dataset:{slug}"), &details)?;
                dataset
            }
        };
        let import = Import {
            id: ImportId::new(now),
            dataset_id: dataset.id,
            dataset_slug: dataset.slug,
            file_name: names::file_name(&new.file_name),
            file_sha256: new.file.sha256.clone(),
            file_bytes: new.file.bytes,
            state: ImportState::Stored,
            generation: None,
            rows_read: 0,
            rows_published: 0,
            rows_rejected: 0,
            problem_count: 0,
            problems_json: "[]".to_owned(),
            untyped_cells: Vec::new(),
            error: None,
            created_by: grant.by().user(),
            came_by: came_by.clone(),
            created_at: now,
            updated_at: now,
            profile_json: None,
            settings_json: settings_json.clone(),
            confirm: new.confirm,
            judgement: None,
            accepted: None,
            worked_ms: 0,
        };
        store_imports::put_import(w, &import)?;
        let details = serde_json::json!({
            "file": import.file_name, "sha256": import.file_sha256, "bytes": import.file_bytes, "set": new.set,
        });
        audit::append(w, now, grant.by(), "import.begin", &target(import.id), &and_feed(details, &import))?;
        enqueue(w, now, &import)?;
        beside(w, &import)?;
        Ok::<_, ServiceError>(import)
    })?;
    drop(files);
    services.ring_job_bell();
    Ok(import)
}

fn enqueue(w: &WriteTxn, now: Timestamp, import: &Import) -> Result<(), ServiceError> {
    let job = ImportJob { import: import.id, dataset: import.dataset_id, checks: !import.confirm };
    jobs::enqueue(w, now, IMPORT_JOB, &job, MAX_ATTEMPTS).map(|_| ())
}

/// What an event of an import says, with the feed that brought it, if one did.
fn and_feed(mut details: serde_json::Value, import: &Import) -> serde_json::Value {
    if let Some(feed) = &import.came_by {
        details["came_by"] = serde_json::json!(feed);
    }
    details
}

fn target(id: ImportId) -> String {
    format!("import:{id}")
}

/// One import.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn get(services: &Services, _grant: &Grant<ImportData>, id: ImportId) -> Result<Import, ServiceError> {
    find(services, id)
}

fn find(services: &Services, id: ImportId) -> Result<Import, ServiceError> {
    let found = services.store.read(|r| store_imports::find_import(r, id))?;
    found.ok_or_else(|| ServiceError::NotFound(format!("import `{id}`")))
}

/// The newest imports.
pub fn list(
    services: &Services,
    _grant: &Grant<ImportData>,
    limit: usize,
) -> Result<Vec<Import>, ServiceError> {
    Ok(services.store.read(|r| store_imports::list_imports(r, limit))?)
}

/// A page of imports, newest first, and how many there are in all.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn list_page(
    services: &Services,
    _grant: &Grant<ImportData>,
    skip: usize,
    limit: usize,
) -> Result<(Vec<Import>, usize), ServiceError> {
    Ok(services.store.read(|r| store_imports::page_of_imports(r, skip, limit))?)
}

/// What the senders of these imports are called; the command line and feeds have no name.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn senders(
    services: &Services,
    _grant: &Grant<ImportData>,
    imports: &[Import],
) -> Result<HashMap<UserId, String>, ServiceError> {
    services.store.read(|r| {
        let mut names = HashMap::new();
        for id in imports.iter().filter_map(|import| import.created_by) {
            if !names.contains_key(&id)
                && let Some(user) = store_users::find_user(r, id)?
            {
                names.insert(id, user.shown_name());
            }
        }
        Ok(names)
    })
}

/// Publishes an import that was only checked.
///
/// # Errors
/// [`ServiceError::Conflict`] where it is not waiting for that, or is held back and that was not decided about.
pub fn confirm(
    services: &Services,
    grant: &Grant<ImportData>,
    id: ImportId,
    anyway: &Anyway,
) -> Result<Import, ServiceError> {
    let import = change(services, grant, id, "import.confirm", |import| {
        seen::must_be_checked(import)?;
        seen::accept(import, anyway)?;
        import.confirm = true;
        Ok(true)
    })?;
    services.ring_job_bell();
    Ok(import)
}

/// The directory of an import's staged generation and its owner column, where there is one that fits its settings.
pub(super) fn staged_dir(services: &Services, import: &Import) -> Option<(PathBuf, Option<String>)> {
    let base = import.judgement.as_ref().and_then(Judgement::base);
    let stage = staged::find(services, import, base)?;
    Some((staged::dir_of(services, import), stage.report.owner))
}

/// Ends an import: one at work is stopped, one that waits is put away.
///
/// # Errors
/// [`ServiceError::Conflict`] where it has ended already.
pub fn cancel(services: &Services, grant: &Grant<ImportData>, id: ImportId) -> Result<Import, ServiceError> {
    let import = change(services, grant, id, "import.cancel", |import| {
        if import.state.is_final() {
            return Err(ServiceError::Conflict(format!(
                "the import has ended already: it is {}",
                import.state
            )));
        }
        import.state = ImportState::Cancelled;
        Ok(false)
    })?;
    if !stop_run(services, id, |_| true) {
        staged::discard(services, &import);
        discard(services, &import.file_sha256)?;
    }
    Ok(import)
}

/// Puts a stored file away that no import was begun with.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn discard(services: &Services, sha256: &str) -> Result<(), ServiceError> {
    discard_all(services, [sha256])
}

/// As [`discard`], of several: what is still needed is looked up once.
///
/// # Errors
/// As there.
pub fn discard_all<'f>(
    services: &Services,
    files: impl IntoIterator<Item = &'f str>,
) -> Result<(), ServiceError> {
    forget_files(services, files)
}

/// Changes an import in one transaction with its audit event and, where `change` says so, its job.
fn change(
    services: &Services,
    grant: &Grant<ImportData>,
    id: ImportId,
    action: &str,
    change: impl FnOnce(&mut Import) -> Result<bool, ServiceError>,
) -> Result<Import, ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let mut import = store_imports::find_import(w, id)?
            .ok_or_else(|| ServiceError::NotFound(format!("import `{id}`")))?;
        let before = import.state;
        let enqueue = change(&mut import)?;
        import.updated_at = now;
        store_imports::put_import(w, &import)?;
        let mut details = serde_json::json!({"before": before.as_str(), "after": import.state.as_str()});
        if import.accepted.is_some()
            && let Some(judgement) = &import.judgement
        {
            let stops = judgement.findings.iter().filter(|finding| finding.severity == Severity::Stop);
            details["anyway"] = stops.map(|finding| finding.rule.word()).collect();
        }
        audit::append(w, now, grant.by(), action, &target(id), &details)?;
        if enqueue {
            self::enqueue(w, now, &import)?;
        }
        Ok(import)
    })
}

/// At start: queues the build of live generations whose index is not there, as after a restore, from their files.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn rebuild_missing(services: &Services) -> Result<(), ServiceError> {
    let live = services.store.read(|r| {
        let mut live = Vec::new();
        for dataset in store_datasets::list_datasets(r)? {
            if let Some(generation) = dataset.current_generation {
                live.extend(store_datasets::find_generation(r, dataset.id, generation)?);
            }
        }
        Ok::<_, StoreError>(live)
    })?;
    for generation in live {
        let dir = datasets::generation_dir(services, generation.dataset_id, generation.id);
        if !dir.exists() && datasets::has_file(services, &generation) {
            tracing::info!(dataset = %generation.dataset_id, "The index of a dataset is not there: it is built again from its file");
            rebuild_later(services, generation.dataset_id, generation.id)?;
        }
    }
    Ok(())
}

/// Queues the build of a damaged generation from its file, once.
pub(crate) fn rebuild_later(
    services: &Services,
    dataset: DatasetId,
    generation: GenerationId,
) -> Result<(), ServiceError> {
    let job = RebuildJob { dataset, generation };
    {
        let mut at_work = services.builds.lock();
        if at_work.rebuilds.contains(&job) {
            return Ok(());
        }
        at_work.rebuilds.push(job.clone());
    }
    let now = services.now();
    services.store.write(|w| jobs::enqueue(w, now, REBUILD_JOB, &job, MAX_ATTEMPTS))?;
    services.ring_job_bell();
    Ok(())
}
