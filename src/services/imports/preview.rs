//! What a file looks like, before anybody decides to import it, and what a person then sets by hand.
//!
//! Like everything that reads files, a preview is made by a child process; it looks at the beginning of the file
//! alone, so that it is there long before the check of all rows. A preview is remembered for as long as it is
//! likely to be asked for again and made anew where it is not.

use std::num::NonZeroUsize;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;
use uuid::Uuid;

use super::child::{End, carry_out};
use super::publish::{own_pid, profile_of, settings_of};
use super::settings::{Chosen, ChosenColumn, ImportSettings, ReadAs};
use super::worker::{Event, Order};
use super::{Into, NewImport, Seen, Services, begin_with, may_see_cells, names, stop_run, target};
use crate::domain::column::{Column, ColumnRole, ColumnType};
use crate::domain::dataset::{Dataset, Import, ImportState};
use crate::domain::ids::{ImportId, UserFileId};
use crate::domain::scope::Scope;
use crate::domain::value::{DateFormat, NumberFormat};
use crate::services::authorize::{Grant, ImportData};
use crate::services::error::ServiceError;
use crate::services::files::StoredFile;
use crate::services::{audit, datasets, files, profiles};
use crate::store::imports as store_imports;

pub use crate::ingest::Part;

pub use super::sample::{Preview, PreviewCell, PreviewColumn, PreviewRow, SHOWN_COLUMNS, Source};

/// Previews remembered; one holds at most some 500 KB.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(16).expect("not zero");
/// Children that look at files at the same time.
const AT_ONCE: usize = 2;
/// Longest wait for one of them to begin.
const MAX_WAIT: Duration = Duration::from_secs(15);

/// Import or file, and its settings.
type Key = (Uuid, String);

/// Previews made lately, and the places of those that make them.
pub(super) struct Previews {
    made: Mutex<LruCache<Key, Arc<Preview>>>,
    at_work: Mutex<usize>,
    freed: Condvar,
}

impl Default for Previews {
    fn default() -> Self {
        Self { made: Mutex::new(LruCache::new(REMEMBERED)), at_work: Mutex::new(0), freed: Condvar::new() }
    }
}

impl Previews {
    fn find(&self, key: &Key) -> Option<Arc<Preview>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).get(key).map(Arc::clone)
    }

    fn remember(&self, key: Key, preview: Preview) -> Arc<Preview> {
        let preview = Arc::new(preview);
        self.made.lock().unwrap_or_else(PoisonError::into_inner).put(key, Arc::clone(&preview));
        preview
    }

    fn enter(&self) -> Result<Place<'_>, ServiceError> {
        let begun = Instant::now();
        let mut at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        while *at_work >= AT_ONCE {
            let left = MAX_WAIT.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(ServiceError::Busy(MAX_WAIT));
            }
            at_work = self.freed.wait_timeout(at_work, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        *at_work += 1;
        Ok(Place(self))
    }
}

/// One preview's place among those at work; given back when dropped.
struct Place<'p>(&'p Previews);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.0.at_work.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.freed.notify_one();
    }
}

/// What a person left a form with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    /// [`shape`] of the preview in view.
    pub shape: String,
    /// The sheet or the member of an archive; empty where there is none to choose.
    pub sheet: String,
    /// Encoding label.
    pub encoding: String,
    /// Between cells.
    pub delimiter: char,
    /// 1-based record that is the header, 0 for none.
    pub header: usize,
    /// Which column holds the owners.
    pub owner: Option<usize>,
    /// One for each column in view.
    pub columns: Vec<ColumnChoice>,
}

/// What a person left for one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnChoice {
    /// Which column of the dataset it is: of those that the file lacks. Empty for one of its own; `None` as it was.
    pub called: Option<String>,
    /// What the cells are.
    pub column_type: ColumnType,
    /// What the column means.
    pub role: Option<ColumnRole>,
    /// How numbers are written.
    pub number_format: Option<NumberFormat>,
    /// How dates are written.
    pub date_format: Option<DateFormat>,
    /// Part of the key.
    pub key: bool,
    /// A facet.
    pub facet: bool,
    /// Absent for customers.
    pub hidden: bool,
}

/// A short name of a reading of the file and its columns: choices by place fit that reading alone.
pub fn shape(preview: &Preview) -> String {
    let profile = &preview.profile;
    let mut text =
        format!("{}\n{:?}\n{:?}", profile.encoding, profile.dialect.delimiter, profile.header_record);
    if let Some(part) = preview.part() {
        text.push('\n');
        text.push_str(&part);
    }
    for column in &profile.columns {
        text.push('\n');
        text.push_str(&column.name);
    }
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(text.as_bytes()))
}

/// True where nobody has decided to publish the import yet, and it has not ended.
pub fn is_waiting(import: &Import) -> bool {
    !import.confirm && !import.state.is_final()
}

/// What an import's file looks like under its settings.
///
/// # Errors
/// [`ServiceError::Invalid`] with the reason where the file cannot be read so; [`ServiceError::Busy`].
pub fn of(
    services: &Services,
    _grant: &Grant<ImportData>,
    import: &Import,
) -> Result<Arc<Preview>, ServiceError> {
    let key = (import.id.0, import.settings_json.clone());
    if let Some(preview) = services.builds.previews.find(&key) {
        return Ok(preview);
    }
    let file = StoredFile { sha256: import.file_sha256.clone(), bytes: import.file_bytes };
    let dataset = datasets::find(services, &import.dataset_slug)?;
    let preview = make(services, &file, dataset.as_ref(), settings_of(import)?)?;
    Ok(services.builds.previews.remember(key, preview))
}

/// What a file in somebody's folder looks like, read as it is; nothing is remembered of it from any dataset.
pub(in crate::services) fn of_file(
    services: &Services,
    id: UserFileId,
    file: &StoredFile,
) -> Result<Arc<Preview>, ServiceError> {
    let key = (id.0, String::new());
    if let Some(preview) = services.builds.previews.find(&key) {
        return Ok(preview);
    }
    let preview = make(services, file, None, ImportSettings::default())?;
    Ok(services.builds.previews.remember(key, preview))
}

/// The same, where somebody has looked at it lately.
pub fn known(services: &Services, import: &Import) -> Option<Arc<Preview>> {
    services.builds.previews.find(&(import.id.0, import.settings_json.clone()))
}

/// Looks at a stored file and begins an import of it that waits for a person, or, where `confirm` says so and files of its
/// shape were published before, for nobody. A file that cannot be read is put away again, and nothing is begun.
///
/// # Errors
/// [`ServiceError::Invalid`] with field `file`, `dataset` or `new_dataset`; [`ServiceError::Conflict`].
pub fn begin(
    services: &Services,
    grant: &Grant<ImportData>,
    new: &NewImport,
    into: Into,
) -> Result<Import, ServiceError> {
    begin_as(services, grant, new, into, false)
}

/// The same of a file that the site wrote itself where `is_own`.
pub(super) fn begin_as(
    services: &Services,
    grant: &Grant<ImportData>,
    new: &NewImport,
    into: Into,
    is_own: bool,
) -> Result<Import, ServiceError> {
    let begun = look_and_begin(services, grant, new, into, is_own);
    if begun.is_err() {
        super::discard(services, &new.file.sha256)?;
    }
    begun
}

/// Refuses a name that no dataset can have, or one that is taken where a new dataset is wanted: before the file is
/// read. Whoever begins asks again in the transaction that makes it.
///
/// # Errors
/// [`ServiceError::Invalid`] with field `dataset` or `new_dataset`.
pub fn must_fit(services: &Services, name: &str, into: Into) -> Result<(), ServiceError> {
    let slug = names::slug_for(name)?;
    if into == Into::New {
        services.store.read(|r| names::must_be_new(r, name, &slug))?;
    }
    Ok(())
}

/// Names of the columns of a stored file, found without anything that a dataset remembers; `is_own` where
/// the site wrote it itself.
///
/// # Errors
/// [`ServiceError::Invalid`] where it is no table.
pub(crate) fn headers(
    services: &Services,
    file: &StoredFile,
    is_own: bool,
) -> Result<Vec<String>, ServiceError> {
    let preview = make(services, file, None, ImportSettings { is_own, ..ImportSettings::default() })?;
    Ok(preview.profile.columns.iter().map(|column| column.header().to_owned()).collect())
}

fn look_and_begin(
    services: &Services,
    grant: &Grant<ImportData>,
    new: &NewImport,
    into: Into,
    is_own: bool,
) -> Result<Import, ServiceError> {
    must_fit(services, &new.dataset, into)?;
    let dataset = datasets::find(services, &new.dataset)?;
    let reading = ImportSettings { is_own, ..ImportSettings::default() };
    let preview = make(services, &new.file, dataset.as_ref(), reading.clone())?;
    // What is seen is what is checked and published, also where the rest of the file looks different.
    let settings = settled(&preview, &reading);
    let new = &NewImport { confirm: new.confirm && needs_nobody(dataset.as_ref(), &preview), ..new.clone() };
    let import = begin_with(services, grant, new, &settings, into)?;
    services.builds.previews.remember((import.id.0, import.settings_json.clone()), preview);
    Ok(import)
}

/// True for a file of a shape that is known, about which there is nothing to ask. What is in it is for the guard.
fn needs_nobody(dataset: Option<&Dataset>, preview: &Preview) -> bool {
    let is_owned = dataset.is_some_and(|dataset| dataset.owner_column == preview.owner);
    preview.is_known && is_owned && preview.guarded.is_none()
}

/// The settings that read a file exactly as a preview shows it.
fn settled(preview: &Preview, before: &ImportSettings) -> ImportSettings {
    let profile = &preview.profile;
    let read_as = Some(ReadAs {
        container: profile.container.clone(),
        encoding: profile.encoding.clone(),
        delimiter: profile.dialect.delimiter,
        header_record: profile.header_record,
    });
    let chosen = Chosen { read_as, ..Chosen::of(&profile.columns, preview.owner.as_deref()) };
    ImportSettings { chosen: Some(chosen), ..before.reading() }
}

/// What came of the choices of a form.
#[derive(Debug)]
pub enum Changed {
    /// Nothing was different.
    Nothing,
    /// The file is read another way now, and checked anew.
    Settings,
    /// Nothing: the settings were changed elsewhere since they were in view.
    Elsewhere,
}

/// Puts a person's choices into effect: the preview follows, and the file is checked anew.
///
/// # Errors
/// [`ServiceError::Invalid`] where the file cannot be read so, [`ServiceError::Conflict`] where the import does
/// not wait for choices any more, or is read another way by now.
pub fn choose(
    services: &Services,
    (grant, scope): (&Grant<ImportData>, &Scope),
    id: ImportId,
    seen: &Seen,
    choices: &Choices,
) -> Result<Changed, ServiceError> {
    let import = super::find(services, id)?;
    must_wait(&import)?;
    if !seen.fits(&import) {
        return Ok(Changed::Elsewhere);
    }
    let current = of(services, grant, &import)?;
    if choices.shape != shape(&current) || choices.columns.len() != current.profile.columns.len() {
        return Err(ServiceError::Conflict(
            "the file is read another way since this page was opened; look at the columns again".to_owned(),
        ));
    }
    let dataset = datasets::find(services, &import.dataset_slug)?;
    let standing = profile_of(dataset.as_ref().and_then(|dataset| dataset.profile_json.as_deref()));
    let wanted = wanted(&current, choices, standing.as_ref().map_or(&[], |standing| &standing.columns));
    let before = settings_of(&import)?;
    let mut settings = before.reading();
    let profile = &current.profile;
    // What was detected stays detected: only a choice that differs is one.
    if choices.encoding != profile.encoding {
        settings.encoding = Some(choices.encoding.clone());
    }
    if choices.delimiter != profile.dialect.delimiter {
        settings.delimiter = Some(choices.delimiter);
    }
    if choices.header != profile.header_record.map_or(0, |record| record + 1) {
        settings.header = Some(choices.header);
    }
    let sheet = Some(&choices.sheet).filter(|sheet| !sheet.is_empty());
    if sheet.is_some() && sheet != current.part().as_ref() {
        // Another sheet has a header of its own.
        settings = ImportSettings { sheet: sheet.cloned(), mode: before.mode, ..ImportSettings::default() };
    }
    // Whoever says how the cells are found says that they are to be found.
    let is_by_hand = (&settings.encoding, settings.delimiter, settings.header)
        != (&before.encoding, before.delimiter, before.header);
    settings.is_own &= !is_by_hand;
    if settings == before.reading() && wanted == Chosen::of(&profile.columns, current.owner.as_deref()) {
        return Ok(Changed::Nothing);
    }
    if !may_see_cells(&import, grant, scope) {
        // Each row can be made the header, and headers are shown to everybody.
        return Err(ServiceError::OutOfScope(
            "somebody else sent this file, and your account sees single owners only: how it is read is decided by who \
             sent it, or by somebody who sees every owner"
                .to_owned(),
        ));
    }
    settings.chosen = Some(wanted);
    let file = StoredFile { sha256: import.file_sha256.clone(), bytes: import.file_bytes };
    let preview = make(services, &file, dataset.as_ref(), settings.clone())?;
    let page = Some(seen.page.clone()).filter(|page| !page.is_empty());
    let settings = ImportSettings { page, ..settled(&preview, &settings) };
    let settings_json =
        serde_json::to_string(&settings).map_err(|error| ServiceError::Internal(error.to_string()))?;
    services.builds.previews.remember((id.0, settings_json.clone()), preview);
    let now = services.now();
    let is_stored = services.store.write(|w| {
        let mut now_stored = store_imports::find_import(w, id)?
            .ok_or_else(|| ServiceError::NotFound(format!("import `{id}`")))?;
        must_wait(&now_stored)?;
        if !seen.fits(&now_stored) {
            return Ok(false);
        }
        let before: serde_json::Value = serde_json::from_str(&now_stored.settings_json).unwrap_or_default();
        let before = serde_json::json!({
            "sheet": before["sheet"], "encoding": before["encoding"], "delimiter": before["delimiter"],
            "header": before["header"],
            "owner": before["chosen"]["owner"],
        });
        now_stored.settings_json.clone_from(&settings_json);
        now_stored.state = ImportState::Stored;
        now_stored.profile_json = None;
        (now_stored.rows_read, now_stored.rows_rejected, now_stored.problem_count) = (0, 0, 0);
        "[]".clone_into(&mut now_stored.problems_json);
        now_stored.untyped_cells = Vec::new();
        (now_stored.judgement, now_stored.accepted) = (None, None);
        now_stored.updated_at = now;
        store_imports::put_import(w, &now_stored)?;
        let owner = settings.chosen.as_ref().and_then(|chosen| chosen.owner.as_deref());
        let details = serde_json::json!({ "before": before, "after": {
            "sheet": settings.sheet, "encoding": settings.encoding, "delimiter": settings.delimiter,
            "header": settings.header, "owner": owner,
        }});
        audit::append(w, now, grant.by(), "import.set", &target(id), &details)?;
        super::enqueue(w, now, &now_stored)?;
        Ok::<_, ServiceError>(true)
    })?;
    if !is_stored {
        return Ok(Changed::Elsewhere);
    }
    // What checks the file as it was read before checks in vain.
    stop_run(services, id, |run| run.settings_json != settings_json);
    services.ring_job_bell();
    Ok(Changed::Settings)
}

fn must_wait(import: &Import) -> Result<(), ServiceError> {
    if is_waiting(import) {
        return Ok(());
    }
    let state =
        if import.confirm && !import.state.is_final() { "being published" } else { import.state.as_str() };
    Err(ServiceError::Conflict(format!("the import is {state}: its settings cannot be changed any more")))
}

/// The columns in view as the form leaves them. `standing` are those that readers see.
fn wanted(current: &Preview, choices: &Choices, standing: &[Column]) -> Chosen {
    let mut owner = choices.owner;
    let columns = current.profile.columns.iter().zip(&choices.columns).enumerate();
    let columns = columns.map(|(index, (column, choice))| {
        if let Some(was) = was(column, choice, standing) {
            // It takes on what it was; its cells are written as they are.
            if was.role == Some(ColumnRole::Owner) {
                owner = owner.or(Some(index));
            }
            let mut chosen = Column { header: Some(column.header().to_owned()), ..was.clone() };
            chosen.call(&was.name);
            let fit = chosen.column_type != column.column_type;
            if !fit {
                (chosen.number_format, chosen.date_format) = (column.number_format, column.date_format);
            }
            return ChosenColumn { column: chosen, fit };
        }
        let same_type = column.column_type == choice.column_type;
        let format = |column: &Column| (column.number_format, column.date_format);
        let mut chosen = Column {
            column_type: choice.column_type,
            role: if choices.owner == Some(index) { Some(ColumnRole::Owner) } else { choice.role },
            key: choice.key,
            facet: choice.facet,
            hidden: choice.hidden,
            number_format: choice.number_format.filter(|_| same_type).unwrap_or(column.number_format),
            date_format: choice.date_format.filter(|_| same_type).unwrap_or(column.date_format),
            ..column.clone()
        };
        if choice.called.as_deref() == Some("") {
            chosen.call(column.header());
        }
        let fit = !same_type && format(&chosen) == format(column);
        ChosenColumn { column: chosen, fit }
    });
    let columns: Vec<ChosenColumn> = columns.collect();
    let owner = owner.and_then(|index| columns.get(index)).map(|chosen| chosen.column.name.clone());
    Chosen { columns, owner, read_as: None }
}

/// The column of the dataset that one of the file was just said to be.
fn was<'s>(column: &Column, choice: &ColumnChoice, standing: &'s [Column]) -> Option<&'s Column> {
    let called = choice.called.as_ref().filter(|called| !called.is_empty() && **called != column.name)?;
    standing.iter().find(|known| known.name == *called)
}

/// Lets a child look at a file.
fn make(
    services: &Services,
    file: &StoredFile,
    dataset: Option<&Dataset>,
    settings: ImportSettings,
) -> Result<Preview, ServiceError> {
    let known = dataset.map(|dataset| profiles::known(services, dataset.id)).transpose()?.unwrap_or_default();
    let _place = services.builds.previews.enter()?;
    let scratch = files::scratch(services.data_dir())?;
    files::need_space(scratch.path(), file.bytes.min(super::sample::MAX_BYTES))?;
    let order = Order {
        preview: true,
        source: files::path_of(services.data_dir(), &file.sha256),
        file_bytes: file.bytes,
        scratch: scratch.path().to_owned(),
        generation: None,
        merge: None,
        rejects: scratch.path().join("rejects.csv"),
        settings,
        standing: profile_of(dataset.and_then(|dataset| dataset.profile_json.as_deref())),
        known,
        owner: dataset.and_then(|dataset| dataset.owner_column.clone()),
        profile: None,
        limits: services.config().import,
        from: own_pid(),
    };
    let mut made = None;
    let end = carry_out(services, &order, file.bytes, &|| false, |event| {
        if let Event::Previewed { preview } = event {
            made = Some(*preview);
        }
        Ok(())
    })?;
    match (end, made) {
        (End::Done, Some(preview)) => Ok(preview),
        (End::Refused(message), _) => Err(ServiceError::invalid("file", message)),
        (End::DiskFull(message), _) => Err(ServiceError::DiskFull(message)),
        (End::Done | End::Stopped, _) => Err(ServiceError::Internal("a preview ended early".to_owned())),
    }
}
