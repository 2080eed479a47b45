//! A file into a plan: all of it or nothing.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::PoisonError;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::content::Content;
use super::days::{self, Spans};
use super::lines::hold_on_first_day;
use super::manage::target;
use super::overview::{balance_at, safety_of};
use super::table::{self, Choices, FileFault, MAX_FAULTS};
use super::{PlanReader, find_open, items, must_own, nobodys};
use crate::domain::formats::NumberStyle;
use crate::domain::ids::PlanId;
use crate::domain::limits::ImportLimits;
use crate::domain::plan::cells::Place;
use crate::domain::plan::line::LineKey;
use crate::domain::plan::master::{Code, CodeKind, Item, is_reserved};
use crate::domain::plan::{Given, Horizon, Line, LineId, MAX_DAYS, MAX_LINES, Measure, Plan};
use crate::domain::scope::Scope;
use crate::ingest::{Unpacked, Wanted, is_packed};
use crate::services::Services;
use crate::services::audit;
use crate::services::authorize::{EditPlans, Grant};
use crate::services::error::ServiceError;
use crate::services::files::{self, StoredFile};
use crate::services::imports;
use crate::services::imports::unpacking::unpack_apart;
use crate::store::{WriteTxn, master_data, plan_lines, plans as store_plans};

/// A file for a plan.
#[derive(Debug, Clone, Default)]
pub struct NewImport {
    /// What it is called, for the audit log.
    pub file_name: String,
    /// What it does not say itself.
    pub choices: Choices,
    /// Items, locations and channels that nobody knows yet are made.
    pub create_items: bool,
    /// Values on days that the plan does not have are kept out of sight; otherwise they are refused.
    pub keep_outside: bool,
}

/// How a file writes numbers, by the word of an address.
///
/// # Errors
/// [`ServiceError::Invalid`] for another word.
pub fn numbers_of(word: &str) -> Result<NumberStyle, ServiceError> {
    NumberStyle::parse(word).ok_or_else(|| {
        ServiceError::invalid("numbers", format!("expected one of {}", NumberStyle::NAMES.join(" | ")))
    })
}

/// Offered where something is unknown: on the page, by the API, on the command line.
const HOW_TO_CREATE: &str = "add what is missing under Items, or have it made: tick “Make items, locations and channels that are not known yet” \
     beside the file, send `create_items=true` with the API, or give `--create-items` on the command line";

/// Columns beside those of days.
const FIXED_COLUMNS: usize = 20;

/// What came of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = PlanImport)]
pub struct Imported {
    /// Rows of the file.
    pub rows: u64,
    /// Values that were set.
    pub values: u64,
    /// Lines it is about.
    pub lines: usize,
    /// Lines that are new in the plan.
    pub new_lines: usize,
    /// Items that were made.
    pub new_items: Vec<String>,
    /// Values on days that the plan does not show.
    pub outside: u64,
    /// Cells that still show what was typed over them.
    pub typed_over: u64,
    /// Columns that say nothing here.
    pub unknown_columns: Vec<String>,
    /// Records that were left out because they are no rows: totals, notes, the header again.
    #[serde(default)]
    pub left_out: u64,
    /// Values of a workbook that were rounded to 6 digits after the point.
    #[serde(default)]
    pub rounded: u64,
}

/// Reads a file into a plan. What it names is put over what was imported before; what was typed stays.
///
/// # Errors
/// [`ServiceError::Invalid`] with every fault of the file, of which nothing is taken then; [`ServiceError::Conflict`]
/// for a plan that takes no edits.
pub fn import(
    services: &Services,
    (grant, scope): (&Grant<EditPlans>, &Scope),
    id: PlanId,
    file: &Path,
    new: &NewImport,
) -> Result<Imported, ServiceError> {
    services.store.read(|r| find_open(r, id))?;
    let bytes =
        file.metadata().map_err(|error| ServiceError::Internal(format!("a file of a plan: {error}")))?.len();
    if bytes > table::MAX_FILE_BYTES {
        return Err(ServiceError::invalid(
            "file",
            format!("is larger than {} MiB", table::MAX_FILE_BYTES >> 20),
        ));
    }
    // One at a time: each may hold some hundred MiB until it is written.
    let _turn = services.plan_file_turn.lock().unwrap_or_else(PoisonError::into_inner);
    let scratch = files::scratch(services.data_dir())?;
    let unpacked = unpacked(services, file, scratch.path())?;
    let mut choices = new.choices.clone();
    if choices.line.is_none() {
        let lines = services.store.read(|r| plan_lines::list_lines(r, id))?;
        if let [only] = &lines[..] {
            choices.only = Some(only.key.clone());
        }
    }
    let mut content = Content::default();
    let limits = limits(services);
    let read = table::read(&unpacked, &limits, &choices, &mut |entry| content.take(&entry))
        .map_err(|faults| refused(&faults))?;
    if content.lines.is_empty() {
        return Err(ServiceError::invalid("file", "has no values for a plan"));
    }
    // A row of what moves has all days that the file has columns for.
    content.flows = Spans::both(content.flows, read.columns.filter(|_| read.has_flow_rows));
    let reader = PlanReader::planner(grant, scope);
    let now = services.now();
    services.store.write(|w| {
        let mut plan = find_open(w, id)?;
        let mut imported = Imported {
            rows: read.rows,
            lines: content.lines.len(),
            unknown_columns: read.unknown.clone(),
            left_out: read.left_out,
            rounded: read.rounded,
            ..Imported::default()
        };
        imported.new_items = know(w, &reader, &plan, &content, new.create_items, now)?;
        let before = plan.horizon;
        follow(w, (grant, scope), &mut plan, &content)?;
        hold_on_first_day(w, &plan, before)?;
        if !new.keep_outside {
            within(&plan, &content)?;
        }
        write_lines(w, &mut plan, (&content, read.columns), &mut imported)?;
        plan.note_change(now, grant.by().user());
        store_plans::put_plan(w, &plan)?;
        let details = json!({
            "name": plan.name, "file": new.file_name, "rows": imported.rows, "values": imported.values,
            "lines": imported.lines, "new_lines": imported.new_lines, "new_items": imported.new_items.len(),
        });
        audit::append(w, now, grant.by(), "plan.import", &target(id), &details)?;
        Ok(imported)
    })
}

/// As [`import`], of a file that came over the network and was stored; it is not kept.
///
/// # Errors
/// As there.
pub fn import_stored(
    services: &Services,
    who: (&Grant<EditPlans>, &Scope),
    id: PlanId,
    file: &StoredFile,
    new: &NewImport,
) -> Result<Imported, ServiceError> {
    let imported = (|| {
        let failed = |error: io::Error| ServiceError::Internal(format!("a file of a plan: {error}"));
        files::need_space(services.data_dir(), file.bytes)?;
        let scratch = files::scratch(services.data_dir())?;
        let plain = scratch.path().join("plan");
        let mut stored = files::open(services.data_dir(), &file.sha256).map_err(failed)?;
        let mut out = File::create(&plain).map_err(failed)?;
        io::copy(&mut stored, &mut out).map_err(|error| files::disk("keeping the file", &error))?;
        import(services, who, id, &plain, new)
    })();
    imports::discard(services, &file.sha256)?;
    imported
}

/// Those of every file, but for the columns: a wide file has one for each day of a plan.
fn limits(services: &Services) -> ImportLimits {
    let limits = services.config().import;
    let days = MAX_DAYS as usize + FIXED_COLUMNS;
    ImportLimits { max_columns: limits.max_columns.max(days), ..limits }
}

fn refused(faults: &[FileFault]) -> ServiceError {
    let mut text: Vec<String> = faults.iter().take(MAX_FAULTS).map(ToString::to_string).collect();
    if faults.len() >= MAX_FAULTS {
        text.push("and so on".to_owned());
    }
    ServiceError::invalid("file", format!("has mistakes, and nothing of it was taken:\n{}", text.join("\n")))
}

fn unpacked(services: &Services, file: &Path, scratch: &Path) -> Result<Unpacked, ServiceError> {
    let failed = |error: crate::ingest::IngestError| ServiceError::invalid("file", error.to_string());
    if !is_packed(file).map_err(failed)? {
        return Ok(table::plain(file));
    }
    let limits = limits(services);
    unpack_apart(&services.worker_program, file, scratch, Wanted::default(), &limits)
        .map_err(|why| ServiceError::invalid("file", why))
}

/// Sees that every item, location and channel is known and, where it would get a new line, offered; or makes it. Says which items
/// were made.
fn know(
    w: &WriteTxn,
    reader: &PlanReader,
    plan: &Plan,
    content: &Content,
    create: bool,
    now: jiff::Timestamp,
) -> Result<Vec<String>, ServiceError> {
    let known = items(w)?;
    let lines = plan_lines::list_lines(w, plan.id)?;
    let lines: HashSet<&LineKey> = lines.iter().map(|line| &line.key).collect();
    let mut missing = Faults::default();
    let mut idle = Faults::default();
    let mut made = BTreeSet::new();
    let mut codes = BTreeSet::new();
    for (key, line) in &content.lines {
        let is_new = !lines.contains(key);
        match known.get(&key.item) {
            // One that belongs to somebody else is as unknown as one that is not there.
            Some(item) if reader.sees_owner(plan, item.owner.as_deref()) => {
                if !reader.changes_owner(item.owner.as_deref()) {
                    missing.0.push(FileFault::new(Some(line.first), nobodys(key)));
                } else if is_new && !item.is_active {
                    idle.not_offered(line.first, "item", &key.item);
                }
            }
            None if create && is_reserved(&key.item) => missing.reserved(line.first, "item", &key.item),
            None if create && reader.changes_owner(None) => {
                made.insert(key.item.clone());
            }
            None if create => {
                let why =
                    format!("there is no item “{}”, and you cannot make one that is nobody's", key.item);
                missing.0.push(FileFault::new(Some(line.first), why));
            }
            _ => missing.none(line.first, "item", &key.item),
        }
        for (kind, code) in [(CodeKind::Location, &key.location), (CodeKind::Channel, &key.channel)] {
            if code.is_empty() {
                continue;
            }
            match master_data::find_code(w, kind, code)? {
                Some(found) if is_new && !found.is_active => {
                    idle.not_offered(line.first, kind.as_str(), code);
                }
                Some(_) => {}
                None if create && is_reserved(code) => missing.reserved(line.first, kind.as_str(), code),
                // Where things lie and through what they go concerns every owner's.
                None if create && !reader.scope.sees_every_owner() => {
                    let why = format!(
                        "there is no {} “{code}”, and the list of {} is for those who see every owner to change; ask one of them",
                        kind.as_str(),
                        kind.plural()
                    );
                    missing.0.push(FileFault::new(Some(line.first), why));
                }
                None if create => {
                    codes.insert((kind.as_str(), code.clone()));
                }
                None => missing.none(line.first, kind.as_str(), code),
            }
        }
    }
    let mut faults = missing.with((!create).then_some(HOW_TO_CREATE));
    faults.extend(idle.with(Some(HOW_TO_OFFER)));
    if !faults.is_empty() {
        return Err(refused(&faults));
    }
    for sku in &made {
        master_data::put_item(w, &Item::new(sku, now))?;
    }
    for (kind, code) in codes {
        let kind = if kind == "location" { CodeKind::Location } else { CodeKind::Channel };
        master_data::put_code(w, &Code::new(kind, &code, now))?;
    }
    Ok(made.into_iter().collect())
}

/// Faults of one kind.
#[derive(Default)]
struct Faults(Vec<FileFault>);

impl Faults {
    fn none(&mut self, line: u64, what: &str, code: &str) {
        self.0.push(FileFault::new(Some(line), format!("there is no {what} “{code}”")));
    }

    fn reserved(&mut self, line: u64, what: &str, code: &str) {
        let message = format!(
            "the {what} “{code}” cannot be made, because that stands for something else in addresses of the API; write it another \
             way, such as {}",
            code.to_uppercase()
        );
        self.0.push(FileFault::new(Some(line), message));
    }

    fn not_offered(&mut self, line: u64, what: &str, code: &str) {
        let message =
            format!("the {what} “{code}” is not offered for new lines, and the plan has no such line");
        self.0.push(FileFault::new(Some(line), message));
    }

    /// The first of them, and what can be done.
    fn with(mut self, how: Option<&str>) -> Vec<FileFault> {
        self.0.sort_by_key(|fault| fault.line);
        if let Some(how) = how.filter(|_| !self.0.is_empty()) {
            self.0.truncate(MAX_FAULTS / 2 - 1);
            self.0.push(FileFault::new(None, how));
        }
        self.0
    }
}

const HOW_TO_OFFER: &str = "offer what is meant under Items again (“Offered for new lines”, `is_active` by the API), or leave its rows out";

const HOW_TO_KEEP: &str = "give the plan more days in its settings, or keep such values out of sight: tick “Keep values on days that the plan \
     does not have” beside the file, send `keep_outside=true` with the API, or give `--keep-outside` on the command line";

/// Refuses values on days that the plan does not have; what was reported before its first day is what lines begin with.
fn within(plan: &Plan, content: &Content) -> Result<(), ServiceError> {
    let Some(horizon) = plan.horizon else { return Ok(()) };
    let is_outside = |(measure, day): &Place| match measure {
        Measure::Inventory => *day > horizon.last,
        _ => !horizon.has(*day),
    };
    let mut faults: Vec<FileFault> = Vec::new();
    for (key, line) in &content.lines {
        for (place, (_, at)) in line.cells.iter().filter(|(place, _)| is_outside(place)) {
            let message = format!(
                "{} of “{}” on {}: the plan goes from {} to {}",
                place.0.as_str(),
                key.item,
                place.1,
                horizon.first,
                horizon.last
            );
            faults.push(FileFault::new(Some(*at), message));
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    faults.sort_by_key(|fault| fault.line);
    faults.truncate(MAX_FAULTS - 1);
    faults.push(FileFault::new(None, HOW_TO_KEEP));
    Err(refused(&faults))
}

/// Gives the plan the days of the file, where it takes them from files.
fn follow(
    w: &WriteTxn,
    who: (&Grant<EditPlans>, &Scope),
    plan: &mut Plan,
    content: &Content,
) -> Result<(), ServiceError> {
    if !plan.follows_files {
        return Ok(());
    }
    // What was reported before anything moves is what lines begin with; as long as nothing does, these are the days there are.
    let (flows, reported) = (content.flows, content.reported);
    let found = match plan.horizon {
        Some(before) if days::has_flows(w, plan.id)? => {
            Spans { flows: Spans::both(Some(before), flows), reported }
        }
        before => Spans { flows, reported: Spans::both(before, reported) },
    };
    let Some(horizon) = found.days() else { return Ok(()) };
    if horizon.count() > MAX_DAYS {
        let message = format!(
            "goes from {} to {}: {} days, and a plan has at most {MAX_DAYS}",
            horizon.first,
            horizon.last,
            horizon.count()
        );
        return Err(ServiceError::invalid("file", message));
    }
    if plan.horizon.is_some_and(|before| before != horizon) {
        must_own(w, who, plan)?;
    }
    plan.horizon = Some(horizon);
    Ok(())
}

fn write_lines(
    w: &WriteTxn,
    plan: &mut Plan,
    (content, columns): (&Content, Option<Horizon>),
    imported: &mut Imported,
) -> Result<(), ServiceError> {
    let lines = plan_lines::list_lines(w, plan.id)?;
    let mut by_key: HashMap<LineKey, Line> = lines.into_iter().map(|line| (line.key.clone(), line)).collect();
    if by_key.len() + content.lines.keys().filter(|key| !by_key.contains_key(key)).count() > MAX_LINES {
        return Err(ServiceError::invalid(
            "file",
            format!("brings more lines than the {MAX_LINES} that a plan has at most"),
        ));
    }
    let (horizon, known) = (plan.horizon, items(w)?);
    for (key, content) in &content.lines {
        let mut line = by_key.remove(key).unwrap_or_else(|| {
            imported.new_lines += 1;
            let id = LineId(plan.next_line);
            plan.next_line += 1;
            Line { id, key: key.clone(), given: None, stock: None, version: 0 }
        });
        let mut cells = plan_lines::find_cells(w, plan.id, line.id)?;
        let usual = safety_of(known.get(&key.item));
        for (place, (value, _)) in &content.cells {
            imported.values += 1;
            let is_outside = |day: Date| horizon.is_none_or(|horizon| !horizon.has(day));
            imported.outside += u64::from(is_outside(place.1) && place.0 != Measure::Inventory);
            imported.typed_over += u64::from(cells.typed.contains_key(place));
            if place.0 == Measure::SafetyStock && *value == usual {
                // As the item has it: the day goes on to follow the item.
                cells.base.remove(place);
            } else {
                cells.base.insert(*place, *value);
            }
        }
        plan_lines::put_base(w, plan.id, line.id, &cells.base)?;
        let begins = content.begins.or(columns.map(|days| days.first));
        let stated = content.starting.map(|amount| Given { amount, on: begins });
        // What a line has anyway is not said of it: what follows from reports or from the stock goes on to do so.
        let is_news = |given: Given| {
            line.version == 0
                || given.on.is_none_or(|on| balance_at(plan, &line, &cells, on).amount != given.amount)
        };
        let stated = stated.filter(|given| is_news(*given));
        if line.version == 0 || stated.is_some() {
            line.given = stated.or(line.given);
            line.version += 1;
            plan_lines::put_line(w, plan.id, &line)?;
        }
    }
    Ok(())
}
