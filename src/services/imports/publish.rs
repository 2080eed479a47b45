//! The import job: from a stored file to the dataset's current generation.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::child::{End, carry_out};
use super::settings::ImportSettings;
use super::staged::{self, Stage};
use super::table::build_alone;
use super::worker::{Event, MergeOrder, Order};
use super::{
    IMPORT_JOB, ImportJob, Progress, REMEMBERED_PEAKS, RebuildJob, Run, Services, Turn, and_feed, find,
    guard, seen, target,
};
use crate::domain::column::ColumnRole;
use crate::domain::dataset::{Dataset, Generation, Import, ImportState, Publication};
use crate::domain::guard::{Judgement, Mode};
use crate::domain::ids::{DatasetId, GenerationId, ImportId};
use crate::domain::job::JobState;
use crate::domain::profile::Profile;
use crate::domain::scope::OwnerScope;
use crate::domain::webhook::WebhookEvent;
use crate::services::authorize::By;
use crate::services::error::ServiceError;
use crate::services::metrics::ImportOutcome;
use crate::services::stock;
use crate::services::{audit, datasets, files, profiles, webhooks};
use crate::store::{
    StoreError, datasets as store_datasets, imports as store_imports, jobs as store_jobs,
    publications as store_publications, users as store_users,
};

/// Room an import needs beside the compressed file, for each byte of the file: itself once more while it is
/// read, and its generation (1.8 bytes for each byte of the sample inventory).
const SPACE_FACTOR: u64 = 3;

/// When to try again where other data became live in the last moment.
const MOVED_WAIT: Duration = Duration::from_secs(1);

/// How a job ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing more to do.
    Finished,
    /// The server is stopping; the job is to be run again.
    Interrupted,
}

/// A directory that goes when it is dropped, unless it was renamed before.
pub(super) struct TemporaryDir(pub(super) PathBuf);

impl Drop for TemporaryDir {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!("A directory of an import could not be deleted; the next start will: {error}");
        }
    }
}

/// An empty directory for the child to work in, and where in it the generation is made.
pub(super) fn make_workshop(index: &Path, name: &str) -> Result<(TemporaryDir, PathBuf), ServiceError> {
    let temporary = TemporaryDir(index.join(format!("{name}.tmp")));
    let _ = fs::remove_dir_all(&temporary.0);
    fs::create_dir_all(&temporary.0)
        .map_err(|error| files::disk("making the generation's directory", &error))?;
    let built = temporary.0.join("built");
    Ok((temporary, built))
}

/// What a build reported.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Report {
    /// How the file is read that the generation can be built from again.
    pub profile: Option<Profile>,
    /// The owner column.
    pub owner: Option<String>,
    /// Records of the file.
    pub rows_read: u64,
    /// Records that are no rows.
    pub rows_rejected: u64,
    /// Problems, listed or not.
    pub problem_count: u64,
    /// Rows and bytes of the generation.
    pub built: Option<(u64, u64)>,
    /// The most memory that the child had.
    pub peak_bytes: Option<u64>,
    /// SHA-256 of the file that came of a merge.
    pub merged: Option<String>,
    /// How long the child worked.
    pub worked_ms: u64,
}

/// Runs an import to its end. Safe to run twice: what is published is not published again. `decided_at` is when
/// somebody decided to publish it: a try that comes late does not put an older file over a newer one.
///
/// # Errors
/// [`ServiceError::DiskFull`] and [`ServiceError::Store`] where trying again may help. A file that cannot be
/// imported is no error: the import says why.
pub fn run(
    services: &Services,
    id: ImportId,
    decided_at: Timestamp,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Outcome, ServiceError> {
    let _own_turn = Turn::wait(&services.builds, id.0);
    let waiting = find(services, id)?;
    // One that only checks makes nothing that another could be in the way of.
    let _turn = waiting.confirm.then(|| Turn::wait(&services.builds, waiting.dataset_id.0));
    let import = find(services, id)?;
    if import.state.is_final() || waits_for_somebody(&import) {
        return Ok(Outcome::Finished);
    }
    if import.confirm
        && let Some(newer) = current_import(services, import.dataset_id)?
        && newer.created_at > decided_at
    {
        let (file, newer) = (&import.file_name, &newer.file_name);
        let message = format!(
            "{file}: `{newer}` came later and is published already; import {file} again to replace it"
        );
        fail(services, &import, &message)?;
        return Ok(Outcome::Finished);
    }
    let settings_json = import.settings_json.clone();
    let new = Run { progress: Progress::default(), settings_json, is_stopped: false };
    services.builds.lock().builds.insert(id, new);
    let outcome = build(services, &import, stop);
    let ended = services.builds.lock().builds.remove(&id);
    if ended.is_some_and(|run| run.is_stopped) {
        // Whoever cancelled it left the file to us, because we were reading it.
        staged::discard(services, &import);
        super::discard(services, &import.file_sha256)?;
    }
    match outcome {
        Err(error @ (ServiceError::DiskFull(_) | ServiceError::Internal(_))) => {
            fail(services, &import, &error.to_string())?;
            Ok(Outcome::Finished)
        }
        other => other,
    }
}

/// Why whoever sees single owners cannot have a file put over live rows.
const NOT_ALL_OWNERS: &str = "the rules of this dataset put a file over the live rows, by key, and your account does not see \
     all of them: a cell that the file leaves out would show what is not yours. Somebody who sees every owner can send it";

/// True where whoever sent a file may see every live row that it is put over: what a merge fills in comes from there.
fn sees_every_owner(services: &Services, import: &Import) -> Result<bool, ServiceError> {
    let Some(sender) = import.created_by else { return Ok(true) };
    let sender = services.store.read(|r| store_users::find_user(r, sender))?;
    Ok(sender.is_some_and(|sender| sender.owners == OwnerScope::All))
}

/// True where all that can be done without a person is done.
fn waits_for_somebody(import: &Import) -> bool {
    !import.confirm && matches!(import.state, ImportState::Checked | ImportState::Quarantined)
}

fn build(
    services: &Services,
    import: &Import,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Outcome, ServiceError> {
    let index = datasets::dataset_dir(services, import.dataset_id);
    fs::create_dir_all(&index).map_err(|error| files::disk("making the dataset's directory", &error))?;
    let dataset = find_dataset(services, import)?;
    if let Some(stage) = staged::find(services, import, dataset.current_generation) {
        return finish(services, import, &stage);
    }
    files::need_space(&index, import.file_bytes.saturating_mul(SPACE_FACTOR))?;
    let (temporary, built_dir) = make_workshop(&index, &format!("build-{}", import.id))?;
    let settings = settings_of(import)?;
    let mode = settings.mode.unwrap_or(dataset.rules.mode);
    let base = dataset.current_generation;
    let merge = base.filter(|_| mode != Mode::Replace).map(|base| MergeOrder {
        base: datasets::generation_dir(services, dataset.id, base),
        keeps_others: mode == Mode::Merge,
        merged: staged::merged_beside(&built_dir),
    });
    if merge.is_some() && !sees_every_owner(services, import)? {
        drop(temporary);
        fail(services, import, &format!("{}: {NOT_ALL_OWNERS}", import.file_name))?;
        return Ok(Outcome::Finished);
    }
    let order = Order {
        preview: false,
        source: files::path_of(services.data_dir(), &import.file_sha256),
        file_bytes: import.file_bytes,
        scratch: temporary.0.clone(),
        generation: Some(built_dir.clone()),
        merge,
        rejects: files::rejects_path(services.data_dir(), import.id),
        settings,
        standing: profile_of(dataset.profile_json.as_deref()),
        known: profiles::known(services, dataset.id)?,
        owner: dataset.owner_column.clone(),
        profile: None,
        limits: services.config().import,
        from: own_pid(),
    };
    let began = Instant::now();
    let mut report = Report::default();
    let unwanted = || services.builds.lock().builds.get(&import.id).is_some_and(|run| run.is_stopped);
    let end = carry_out(services, &order, import.file_bytes, &|| stop() || unwanted(), |event| {
        note(services, import, (&mut report, began), event)
    })?;
    match end {
        End::Stopped if unwanted() => Ok(Outcome::Finished),
        End::Stopped => Ok(Outcome::Interrupted),
        End::DiskFull(_) => Err(ServiceError::DiskFull(
            "the disk was full before the generation was complete; free some space and import the file again"
                .to_owned(),
        )),
        End::Refused(message) => {
            // First: whoever reads that it failed finds nothing left of it.
            drop(temporary);
            fail(services, import, &format!("{}: {message}", import.file_name))?;
            Ok(Outcome::Finished)
        }
        End::Done => {
            if report.built.is_none() {
                return Ok(Outcome::Finished);
            }
            report.worked_ms = began.elapsed().as_millis() as u64;
            let mode = if order.merge.is_some() { mode } else { Mode::Replace };
            let version = seen::version(import);
            let stage = Stage { version, base: base.map(|base| base.0), mode, report };
            staged::put(services, import, &built_dir, &stage)?;
            // First: whoever reads that it is published finds nothing half-made.
            drop(temporary);
            finish(services, import, &stage)
        }
    }
}

/// Judges a staged generation, and publishes it where that is wanted and nothing speaks against it.
fn finish(services: &Services, import: &Import, stage: &Stage) -> Result<Outcome, ServiceError> {
    let dataset = find_dataset(services, import)?;
    let judgement = guard::judge_staged(services, import, &dataset, &stage.report)?;
    let is_let_pass = !judgement.stops() || import.accepted == Some(seen::findings_word(&judgement));
    if !import.confirm || !is_let_pass {
        wait(services, import, judgement, stage)?;
        return Ok(Outcome::Finished);
    }
    let Some((rows, bytes)) = stage.report.built else { return Ok(Outcome::Finished) };
    let (dataset, generation) = number(services, import)?;
    let index = datasets::dataset_dir(services, dataset.id);
    let dir = index.join(generation.to_string());
    staged::release(services, import, stage, &dir)?;
    let published = publish(services, import, generation, stage, (rows, bytes), judgement);
    let is_nobodys = match &published {
        Ok(published) => !published,
        // A commit that failed may have reached the disk all the same, and then readers need the directory.
        // Where the store cannot tell, the next start deletes what nobody knows.
        Err(_) => services
            .store
            .read(|r| store_datasets::find_generation(r, dataset.id, generation))
            .is_ok_and(|known: Option<Generation>| known.is_none()),
    };
    if is_nobodys {
        drop(TemporaryDir(dir));
    }
    if published? {
        services.import_counts.note(ImportOutcome::Published, rows, stage.report.worked_ms);
        services.ring_job_bell();
        stock::note_generation(services, &dataset.slug);
    }
    Ok(Outcome::Finished)
}

/// Leaves an import to whoever decides about it: in quarantine where the guard found something that stops it.
fn wait(
    services: &Services,
    begun: &Import,
    judgement: Judgement,
    stage: &Stage,
) -> Result<(), ServiceError> {
    let now = services.now();
    let is_held = judgement.stops();
    let was_to_be_published = begun.confirm;
    let waits = services.store.write(|w| {
        let Some(mut import) = store_imports::find_import(w, begun.id)? else { return Ok(false) };
        if import.state.is_final() || import.settings_json != begun.settings_json {
            return Ok(false);
        }
        // Somebody may have decided while it was judged: their decision has a job of its own.
        if import.confirm != begun.confirm || import.accepted != begun.accepted {
            return Ok(true);
        }
        import.state = if is_held { ImportState::Quarantined } else { ImportState::Checked };
        import.confirm = false;
        import.worked_ms = stage.report.worked_ms;
        if is_held && (was_to_be_published || import.judgement.as_ref() != Some(&judgement)) {
            let rules: Vec<String> = judgement.findings.iter().map(|finding| finding.rule.word()).collect();
            let details = serde_json::json!({
                "findings": rules, "base": judgement.base,
            });
            audit::append(
                w,
                now,
                By::SYSTEM,
                "import.quarantine",
                &target(import.id),
                &and_feed(details, &import),
            )?;
            let data = serde_json::json!({
                "import": import.id, "dataset": import.dataset_slug, "findings": rules.len(),
                "rows_read": import.rows_read, "rows_rejected": import.rows_rejected,
            });
            webhooks::tell(services, w, WebhookEvent::ImportHeld, &data, &page(import.id))?;
        }
        import.judgement = Some(judgement);
        import.updated_at = now;
        store_imports::put_import(w, &import)?;
        Ok::<_, StoreError>(true)
    })?;
    if waits && is_held {
        services.import_counts.note(ImportOutcome::Held, 0, stage.report.worked_ms);
    }
    if !waits {
        staged::discard(services, begun);
    }
    services.ring_job_bell();
    Ok(())
}

/// Where people look at an import.
fn page(id: ImportId) -> String {
    format!("/imports/{id}")
}

fn find_dataset(services: &Services, import: &Import) -> Result<Dataset, ServiceError> {
    let found = services.store.read(|r| store_datasets::find_dataset(r, import.dataset_id))?;
    found.ok_or_else(|| ServiceError::NotFound(format!("dataset `{}`", import.dataset_slug)))
}

/// The import that the dataset's current generation came from.
pub(crate) fn current_import(
    services: &Services,
    dataset: DatasetId,
) -> Result<Option<Import>, ServiceError> {
    services.store.read(|r| {
        let current =
            store_datasets::find_dataset(r, dataset)?.and_then(|dataset| dataset.current_generation);
        let Some(current) = current else { return Ok(None) };
        let Some(generation) = store_datasets::find_generation(r, dataset, current)? else { return Ok(None) };
        Ok(store_imports::find_import(r, generation.import_id)?)
    })
}

pub(super) fn own_pid() -> i32 {
    rustix::process::getpid().as_raw_pid()
}

pub(super) fn settings_of(import: &Import) -> Result<ImportSettings, ServiceError> {
    serde_json::from_str(&import.settings_json)
        .map_err(|error| ServiceError::Internal(format!("the settings of an import: {error}")))
}

pub(super) fn profile_of(json: Option<&str>) -> Option<Profile> {
    json.and_then(|json| serde_json::from_str(json).ok())
}

/// Takes the dataset's next number. Numbers are not used again, also where the build fails.
fn number(services: &Services, import: &Import) -> Result<(Dataset, GenerationId), ServiceError> {
    services.store.write(|w| {
        let mut dataset = store_datasets::find_dataset(w, import.dataset_id)?
            .ok_or_else(|| ServiceError::NotFound(format!("dataset `{}`", import.dataset_slug)))?;
        let number = dataset.next_generation;
        dataset.next_generation = GenerationId(number.0 + 1);
        store_datasets::put_dataset(w, &dataset)?;
        Ok((dataset, number))
    })
}

/// Takes an event of the child's into the report and, where it is a step, into the store.
fn note(
    services: &Services,
    import: &Import,
    (report, began): (&mut Report, Instant),
    event: Event,
) -> Result<(), ServiceError> {
    match event {
        Event::Progress { rows, bytes, of } => {
            if let Some(run) = services.builds.lock().builds.get_mut(&import.id) {
                run.progress = Progress { rows, bytes, of, elapsed: began.elapsed() };
            }
        }
        Event::Inspected { profile, owner } => {
            let json =
                serde_json::to_string(&profile).map_err(|error| ServiceError::Internal(error.to_string()))?;
            (report.profile, report.owner) = (Some(profile), owner);
            step(services, import, |import| {
                import.state = ImportState::Inspected;
                import.profile_json = Some(json);
            })?;
        }
        Event::Checked { rows_read, rows_rejected, problem_count, problems, untyped } => {
            let problems_json = serde_json::to_string(&problems)
                .map_err(|error| ServiceError::Internal(error.to_string()))?;
            (report.rows_rejected, report.problem_count) = (rows_rejected, problem_count);
            report.rows_read = rows_read;
            step(services, import, |import| {
                import.state = ImportState::Indexing;
                import.rows_read = rows_read;
                import.rows_rejected = rows_rejected;
                import.problem_count = problem_count;
                import.problems_json = problems_json;
                import.untyped_cells = untyped;
            })?;
        }
        Event::Built { rows, bytes, peak_bytes } => {
            report.built = Some((rows, bytes));
            if let Some(bytes) = peak_bytes {
                let peaks = &mut services.builds.lock().peaks;
                peaks.truncate(REMEMBERED_PEAKS - 1);
                peaks.insert(0, (import.id, bytes));
            }
            report.peak_bytes = peak_bytes;
        }
        Event::Merged { profile, sha256 } => {
            // The file alone may not say whose its rows are: those that are live do.
            let owner = profile.columns.iter().find(|column| column.role == Some(ColumnRole::Owner));
            report.owner = report.owner.take().or_else(|| owner.map(|column| column.name.clone()));
            (report.profile, report.merged) = (Some(profile), Some(sha256));
        }
        Event::Memory { .. } | Event::Previewed { .. } | Event::Failed { .. } => {}
    }
    Ok(())
}

/// Notes a step of an import that is still wanted, and wanted like this: its settings may have been changed.
fn step(services: &Services, begun: &Import, change: impl FnOnce(&mut Import)) -> Result<(), ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        if let Some(mut import) = store_imports::find_import(w, begun.id)?
            && !import.state.is_final()
            && import.settings_json == begun.settings_json
        {
            change(&mut import);
            import.updated_at = now;
            store_imports::put_import(w, &import)?;
        }
        Ok::<_, StoreError>(())
    })?;
    Ok(())
}

fn fail(services: &Services, import: &Import, message: &str) -> Result<(), ServiceError> {
    let (now, settings_json) = (services.now(), import.settings_json.as_str());
    let failed = services.store.write(|w| {
        let Some(mut import) = store_imports::find_import(w, import.id)? else { return Ok(false) };
        if import.state.is_final() || import.settings_json != settings_json {
            return Ok(false);
        }
        import.state = ImportState::Failed;
        import.error = Some(message.to_owned());
        import.updated_at = now;
        store_imports::put_import(w, &import)?;
        let details = serde_json::json!({"reason": message});
        audit::append(w, now, By::SYSTEM, "import.fail", &target(import.id), &and_feed(details, &import))?;
        let data = serde_json::json!({ "import": import.id, "dataset": import.dataset_slug });
        webhooks::tell(services, w, WebhookEvent::ImportFailed, &data, &page(import.id))?;
        Ok::<_, StoreError>(true)
    })?;
    if failed {
        services.import_counts.note(ImportOutcome::Failed, 0, import.worked_ms);
        services.ring_job_bell();
    }
    staged::discard(services, import);
    // Neither the file's name nor the reason, which may quote a cell: the import's page has both.
    tracing::warn!(import.id = %import.id, "An import failed; its page says why");
    Ok(())
}

/// Ends an import whose job was given up: nothing else would ever take it on.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn give_up(services: &Services, id: ImportId, reason: &str) -> Result<(), ServiceError> {
    let Some(import) = services.store.read(|r| store_imports::find_import(r, id))? else { return Ok(()) };
    if import.state.is_final() || waits_for_somebody(&import) {
        return Ok(());
    }
    fail(
        services,
        &import,
        &format!("{}: {reason}; nothing was published, import the file again", import.file_name),
    )
}

/// At start: ends the imports whose jobs died with the process or in its last run.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn give_up_abandoned(services: &Services) -> Result<(), ServiceError> {
    let dead =
        services.store.read(|r| store_jobs::list_jobs(r, JobState::Dead, Timestamp::MAX, usize::MAX))?;
    for job in dead.iter().filter(|job| job.kind == IMPORT_JOB) {
        if let Ok(ImportJob { import, .. }) = serde_json::from_str(&job.payload) {
            let reason = job.last_error.as_deref().unwrap_or("its job was given up");
            give_up(services, import, reason)?;
        }
    }
    Ok(())
}

/// Makes the generation current; false where the import was cancelled meanwhile.
fn publish(
    services: &Services,
    import: &Import,
    generation: GenerationId,
    stage: &Stage,
    (rows, bytes): (u64, u64),
    judgement: Judgement,
) -> Result<bool, ServiceError> {
    let (report, base) = (&stage.report, judgement.base);
    let profile_json =
        serde_json::to_string(&report.profile).map_err(|error| ServiceError::Internal(error.to_string()))?;
    let by_hand = settings_of(import)?.hand_reading();
    let now = services.now();
    services.store.write(|w| {
        let Some(mut import) = store_imports::find_import(w, import.id)? else { return Ok(false) };
        let Some(mut dataset) = store_datasets::find_dataset(w, import.dataset_id)? else { return Ok(false) };
        if import.state.is_final() {
            return Ok(false);
        }
        import.state = ImportState::Published;
        import.generation = Some(generation);
        import.rows_published = rows;
        import.worked_ms = report.worked_ms;
        import.judgement = Some(judgement);
        import.updated_at = now;
        store_imports::put_import(w, &import)?;
        store_datasets::put_generation(
            w,
            &Generation {
                dataset_id: dataset.id,
                id: generation,
                import_id: import.id,
                rows,
                published_at: now,
                profile_json: profile_json.clone(),
                file_sha256: report.merged.clone().unwrap_or_else(|| import.file_sha256.clone()),
                index_bytes: bytes,
            },
        )?;
        let before = dataset.current_generation;
        if before.map(|before| before.0) != base {
            // Somebody went back to other data while it was judged: it is judged again.
            return Err(ServiceError::Busy(MOVED_WAIT));
        }
        dataset.current_generation = Some(generation);
        dataset.profile_json = Some(profile_json);
        dataset.owner_column.clone_from(&report.owner);
        dataset.checked_at = Some(now);
        store_datasets::put_dataset(w, &dataset)?;
        let profile = profiles::remember(w, &import, by_hand.clone(), now)?;
        let by = import.created_by;
        let publication =
            Publication { dataset_id: dataset.id, at: now, generation, before, is_roll_back: false, by };
        store_publications::add_publication(w, &publication)?;
        let details = serde_json::json!({
            "before": before.map(|generation| generation.0), "after": generation.0, "rows": rows,
            "rejected": report.rows_rejected, "problems": report.problem_count, "owner": report.owner,
            "profile": profile.map(|profile| profile.to_string()),
        });
        let target = format!("dataset:{}", dataset.slug);
        audit::append(w, now, By::SYSTEM, "import.publish", &target, &and_feed(details, &import))?;
        let data = serde_json::json!({
            "import": import.id, "dataset": dataset.slug, "dataset_name": dataset.name, "generation": generation.0,
            "rows": rows, "rows_rejected": report.rows_rejected, "problems": report.problem_count,
        });
        webhooks::tell(services, w, WebhookEvent::ImportPublished, &data, &page(import.id))?;
        let peak_mb = report.peak_bytes.map(|bytes| bytes >> 20);
        tracing::info!(import.id = %import.id, rows, peak_mb, "Published {rows} rows");
        Ok::<_, ServiceError>(true)
    })
}

/// Builds a generation again from its file and profile, in the same place.
///
/// # Errors
/// As [`run`].
pub fn rebuild(
    services: &Services,
    job: &RebuildJob,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Outcome, ServiceError> {
    let _turn = Turn::wait(&services.builds, job.dataset.0);
    let outcome = rebuild_once(services, job, stop);
    services.builds.lock().rebuilds.retain(|waiting| waiting != job);
    outcome
}

fn rebuild_once(
    services: &Services,
    job: &RebuildJob,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Outcome, ServiceError> {
    let RebuildJob { dataset, generation } = *job;
    let found = services.store.read(|r| store_datasets::find_generation(r, dataset, generation))?;
    let record = found.ok_or_else(|| ServiceError::NotFound(format!("generation {generation}")))?;
    let index = datasets::dataset_dir(services, dataset);
    let (temporary, built_dir) = make_workshop(&index, &generation.to_string())?;
    let source = files::path_of(services.data_dir(), &record.file_sha256);
    let file_bytes = fs::metadata(&source).map_or(0, |meta| meta.len().saturating_mul(8));
    let profile = profile_of(Some(&record.profile_json));
    let places = (temporary.0.as_path(), built_dir.as_path());
    let (end, rows) = build_alone(services, (&source, file_bytes), profile, places, stop)?;
    match end {
        End::Stopped => Ok(Outcome::Interrupted),
        End::DiskFull(message) => Err(ServiceError::DiskFull(message)),
        End::Refused(message) => Err(ServiceError::Internal(message)),
        End::Done if rows != Some(record.rows) => Err(ServiceError::Internal(format!(
            "generation {generation} had {} rows and its file now gives {rows:?}",
            record.rows
        ))),
        End::Done => {
            datasets::close(services, dataset, generation);
            staged::put_in_place(&built_dir, &index.join(generation.to_string()))?;
            tracing::info!(%dataset, %generation, "Built a damaged generation again from its file");
            Ok(Outcome::Finished)
        }
    }
}
