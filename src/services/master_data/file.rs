//! Items and lists as CSV, in and out: updated by key, all of a file or nothing. The columns are ours and the text is UTF-8, as in
//! a file of users; nothing about it is guessed but the delimiter.

use std::collections::{BTreeSet, HashMap};

use csv::{Position, ReaderBuilder, StringRecord, Writer};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{CodeDraft, ItemDraft, ListQuery, Who, items, lists, must_see_everything};
use crate::domain::plan::master::{CodeKind, Item};
use crate::domain::plan::quantity;
use crate::domain::scope::Scope;
use crate::services::error::ServiceError;
use crate::services::export::{guard_cell, unguarded};
use crate::services::files::{self, StoredFile};
use crate::services::{Services, audit, imports, plans};
use crate::store::WriteTxn;

/// Largest file.
pub const MAX_FILE_BYTES: usize = 32 << 20;
/// Most rows of a file.
pub const MAX_ROWS: usize = 200_000;
/// Faults that are told.
const MAX_FAULTS: usize = 20;
const ITEM_COLUMNS: [&str; 9] =
    ["sku", "name", "category", "unit", "safety_stock", "minimum_order", "lead_time_days", "owner", "active"];
const CODE_COLUMNS: [&str; 3] = ["code", "name", "active"];

/// What came of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct FileReport {
    /// Rows.
    pub rows: usize,
    /// Rows that made something new.
    pub added: usize,
    /// Rows that changed something.
    pub changed: usize,
}

/// The rows of a CSV file by column.
struct Table {
    columns: HashMap<String, usize>,
    rows: Vec<(u64, StringRecord)>,
}

impl Table {
    fn of(bytes: &[u8], known: &[&str]) -> Result<Self, ServiceError> {
        let wrong = |message: String| ServiceError::invalid("file", message);
        let text =
            std::str::from_utf8(bytes).map_err(|_| wrong("is not UTF-8; save it as CSV UTF-8".to_owned()))?;
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let first = text.lines().next().unwrap_or_default();
        let delimiter = [b',', b';', b'\t']
            .into_iter()
            .max_by_key(|mark| first.bytes().filter(|byte| byte == mark).count());
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter.unwrap_or(b','))
            .flexible(true)
            .from_reader(text.as_bytes());
        let header = reader.headers().map_err(|error| wrong(error.to_string()))?.clone();
        let mut columns = HashMap::new();
        for (place, name) in header.iter().enumerate() {
            let name = name.trim().to_lowercase();
            if !known.contains(&name.as_str()) {
                let name = crate::domain::excerpt::excerpt(&name);
                return Err(wrong(format!("has a column `{name}`; expected {}", known.join(", "))));
            }
            if columns.insert(name.clone(), place).is_some() {
                return Err(wrong(format!("has the column `{name}` twice")));
            }
        }
        if !columns.contains_key(known[0]) {
            return Err(wrong(format!("has no column `{}`", known[0])));
        }
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| wrong(error.to_string()))?;
            let line = record.position().map_or(0, Position::line);
            if record.len() != header.len() {
                // A row that ends early would empty what it does not say.
                return Err(wrong(format!(
                    "was not taken: line {line} has {} cells and the header {}; the file may have been cut off there, or a quote is missing",
                    record.len(),
                    header.len()
                )));
            }
            if rows.len() >= MAX_ROWS {
                return Err(wrong(format!("has more than {MAX_ROWS} rows; send it in parts")));
            }
            rows.push((line, record));
        }
        Ok(Self { columns, rows })
    }

    fn cell<'r>(&self, record: &'r StringRecord, name: &str) -> Option<&'r str> {
        self.columns.get(name).map(|place| unguarded(record.get(*place).unwrap_or_default().trim()))
    }

    /// Hands the rows over one after the other; nothing is kept where any is wrong.
    fn each(
        &self,
        known: &[&str],
        mut take: impl FnMut(&StringRecord) -> Result<(bool, bool), ServiceError>,
    ) -> Result<FileReport, ServiceError> {
        let mut report = FileReport { rows: self.rows.len(), ..FileReport::default() };
        let mut faults = Vec::new();
        let mut seen: HashMap<&str, u64> = HashMap::new();
        for (line, record) in &self.rows {
            let name = self.cell(record, known[0]).unwrap_or_default();
            if let Some(before) = seen.insert(name, *line) {
                faults.push(format!("line {line}: “{name}” stands there twice, first on line {before}"));
            }
            match take(record) {
                Ok((is_new, is_changed)) => {
                    report.added += usize::from(is_new);
                    report.changed += usize::from(is_changed && !is_new);
                }
                Err(
                    error @ (ServiceError::Invalid { .. }
                    | ServiceError::Conflict(_)
                    | ServiceError::OutOfScope(_)),
                ) => {
                    faults.push(format!("line {line}: {error}"));
                }
                Err(error) => return Err(error),
            }
            if faults.len() >= MAX_FAULTS {
                faults.push("and so on".to_owned());
                break;
            }
        }
        if faults.is_empty() {
            return Ok(report);
        }
        Err(ServiceError::invalid("file", told(&faults)))
    }
}

/// What is wrong with a file, one fault a line.
fn told(faults: &[String]) -> String {
    format!("has mistakes, and nothing of it was taken:\n{}", faults.join("\n"))
}

fn number(field: &'static str, cell: Option<&str>) -> Result<Option<Decimal>, ServiceError> {
    match cell {
        None => Ok(None),
        Some("") => Ok(Some(Decimal::ZERO)),
        Some(text) => quantity::parse_unsigned(text)
            .map(Some)
            .map_err(|why| ServiceError::invalid(field, format!("“{text}” {why}"))),
    }
}

fn yes(cell: Option<&str>) -> Result<Option<bool>, ServiceError> {
    match cell.map(str::to_lowercase).as_deref() {
        None => Ok(None),
        Some("" | "yes" | "true" | "1") => Ok(Some(true)),
        Some("no" | "false" | "0") => Ok(Some(false)),
        Some(_) => Err(ServiceError::invalid("active", "is neither yes nor no")),
    }
}

/// Reads items from a CSV file. A column that it does not have stays as it is.
///
/// # Errors
/// [`ServiceError::Invalid`] with the lines that are wrong; nothing of the file is taken then.
pub fn import_items(services: &Services, who: Who<'_>, bytes: &[u8]) -> Result<FileReport, ServiceError> {
    let table = Table::of(bytes, &ITEM_COLUMNS)?;
    let now = services.now();
    services.store.write(|w| {
        let mut moved = BTreeSet::new();
        let report = table.each(&ITEM_COLUMNS, |record| {
            let (item, before) = item_row(w, who.1, &table, record, now)?;
            moved.extend(items::changed_hands(before.as_ref(), &item));
            Ok((before.is_none(), before.as_ref() != Some(&item)))
        })?;
        plans::forget_stock(w, &moved)?;
        note(w, now, who, "items", &report)?;
        Ok(report)
    })
}

fn item_row(
    w: &WriteTxn,
    scope: &Scope,
    table: &Table,
    record: &StringRecord,
    now: Timestamp,
) -> Result<(Item, Option<Item>), ServiceError> {
    let cell = |name: &str| table.cell(record, name);
    let text = |name: &str| cell(name).map(str::to_owned);
    let lead = match cell("lead_time_days") {
        None => None,
        Some("") => Some(0),
        Some(days) => {
            let days = days.parse().ok();
            Some(days.ok_or_else(|| ServiceError::invalid("lead_time_days", "is no whole number of days"))?)
        }
    };
    let draft = ItemDraft {
        sku: text("sku").unwrap_or_default(),
        name: text("name"),
        category: text("category"),
        unit: text("unit"),
        safety_stock: number("safety_stock", cell("safety_stock"))?,
        minimum_order: number("minimum_order", cell("minimum_order"))?,
        lead_time_days: lead,
        owner: text("owner"),
        is_active: yes(cell("active"))?,
    };
    items::put_draft(w, scope, &draft, None, now)
}

/// Reads locations, channels or customers from a CSV file.
///
/// # Errors
/// As [`import_items`].
pub fn import_list(
    services: &Services,
    who: Who<'_>,
    kind: CodeKind,
    bytes: &[u8],
) -> Result<FileReport, ServiceError> {
    must_see_everything(who.1)?;
    let table = Table::of(bytes, &CODE_COLUMNS)?;
    let now = services.now();
    services.store.write(|w| {
        let report = table.each(&CODE_COLUMNS, |record| {
            let draft = CodeDraft {
                code: table.cell(record, "code").unwrap_or_default().to_owned(),
                name: table.cell(record, "name").map(str::to_owned),
                is_active: yes(table.cell(record, "active"))?,
            };
            let (code, before) = lists::put_draft(w, kind, &draft, None, now)?;
            Ok((before.is_none(), before.as_ref() != Some(&code)))
        })?;
        note(w, now, who, kind.plural(), &report)?;
        Ok(report)
    })
}

/// As [`import_items`], of a file that a page stored; it is not kept.
///
/// # Errors
/// As there.
pub fn import_items_stored(
    services: &Services,
    who: Who<'_>,
    file: &StoredFile,
) -> Result<FileReport, ServiceError> {
    taken(services, file, |bytes| import_items(services, who, bytes))
}

/// As [`import_list`], of a file that a page stored; it is not kept.
///
/// # Errors
/// As there.
pub fn import_list_stored(
    services: &Services,
    who: Who<'_>,
    kind: CodeKind,
    file: &StoredFile,
) -> Result<FileReport, ServiceError> {
    taken(services, file, |bytes| import_list(services, who, kind, bytes))
}

fn taken(
    services: &Services,
    file: &StoredFile,
    take: impl FnOnce(&[u8]) -> Result<FileReport, ServiceError>,
) -> Result<FileReport, ServiceError> {
    let report = if file.bytes > MAX_FILE_BYTES as u64 {
        Err(ServiceError::invalid("file", format!("is larger than {} MiB", MAX_FILE_BYTES >> 20)))
    } else {
        files::read_small(services.data_dir(), &file.sha256, MAX_FILE_BYTES as u64)
            .and_then(|bytes| take(&bytes))
    };
    imports::discard(services, &file.sha256)?;
    report
}

fn note(
    w: &WriteTxn,
    now: Timestamp,
    who: Who<'_>,
    what: &str,
    report: &FileReport,
) -> Result<(), ServiceError> {
    let details = json!({ "rows": report.rows, "added": report.added, "changed": report.changed });
    audit::append(w, now, who.0.by(), "item.import", what, &details)?;
    Ok(())
}

fn written(rows: impl Iterator<Item = Vec<String>>, header: &[&str]) -> Result<Vec<u8>, ServiceError> {
    let failed = |error: String| ServiceError::Internal(format!("writing a list: {error}"));
    let mut writer = Writer::from_writer(Vec::new());
    writer.write_record(header).map_err(|error| failed(error.to_string()))?;
    for row in rows {
        writer
            .write_record(row.iter().map(|cell| guard_cell(cell).into_owned()))
            .map_err(|error| failed(error.to_string()))?;
    }
    writer.into_inner().map_err(|error| failed(error.to_string()))
}

/// The items that somebody of this scope sees, as the importer takes them.
///
/// # Errors
/// The store.
pub fn export_items(services: &Services, scope: &Scope) -> Result<Vec<u8>, ServiceError> {
    let items = super::items(services, scope, &ListQuery::default())?;
    let rows = items.into_iter().map(|item| {
        vec![
            item.sku,
            item.name,
            item.category,
            item.unit,
            item.safety_stock.normalize().to_string(),
            item.minimum_order.normalize().to_string(),
            item.lead_time_days.to_string(),
            item.owner.unwrap_or_default(),
            if item.is_active { "yes" } else { "no" }.to_owned(),
        ]
    });
    written(rows, &ITEM_COLUMNS)
}

/// A list, as the importer takes it.
///
/// # Errors
/// As [`super::list`].
pub fn export_list(services: &Services, scope: &Scope, kind: CodeKind) -> Result<Vec<u8>, ServiceError> {
    let codes = super::list(services, scope, kind, &ListQuery::default())?;
    let rows = codes
        .into_iter()
        .map(|code| vec![code.code, code.name, if code.is_active { "yes" } else { "no" }.to_owned()]);
    written(rows, &CODE_COLUMNS)
}
