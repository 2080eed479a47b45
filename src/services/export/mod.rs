//! Exports: exactly the found rows in their order, as CSV, JSON lines or a workbook. They are written as they
//! are read, so the size does not matter.

mod text;
mod xlsx;

pub use text::{guard_cell, unguarded};

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Services;
use super::audit;
use super::authorize::By;
use super::datasets::OpenDataset;
use super::error::ServiceError;
use super::files::{self, disk};
use super::rows::{self, RowsRequest, today};
use crate::domain::column::Column;
use crate::domain::scope::Scope;
use crate::search::view::{Found, Row};

/// What an export is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// Comma-separated, RFC 4180, UTF-8.
    #[default]
    Csv,
    /// A workbook for Excel and its kin.
    Xlsx,
    /// One JSON object a line.
    Jsonl,
}

impl ExportFormat {
    /// Reads the word used in addresses.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`].
    pub fn parse(text: &str) -> Result<Self, ServiceError> {
        match text {
            "csv" => Ok(Self::Csv),
            "xlsx" => Ok(Self::Xlsx),
            "jsonl" => Ok(Self::Jsonl),
            _ => Err(ServiceError::invalid("format", format!("`{text}`: expected csv, xlsx or jsonl"))),
        }
    }

    /// The media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Jsonl => "application/x-ndjson; charset=utf-8",
        }
    }

    /// How a file of this format ends.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Jsonl => "jsonl",
        }
    }
}

/// Who exported what: the workbook's "About" sheet.
#[derive(Debug, Clone)]
pub struct About {
    /// The user's name, or "command line".
    pub user: String,
    /// When.
    pub at: jiff::Timestamp,
    /// Search, filters and sort, in the words of the address.
    pub search: Vec<(String, String)>,
}

/// An export that is ready to be written: all that can be refused has been.
pub struct Export {
    open: OpenDataset,
    /// The columns written, by their place among those of the view.
    columns: Vec<usize>,
    found: std::sync::Arc<Found>,
    about: About,
    format: ExportFormat,
    scratch: std::path::PathBuf,
}

/// Filters of an export that its audit event names, each cut to so many characters.
const NOTED_FILTERS: usize = 40;
const NOTED_CHARS: usize = 200;

/// Prepares an export for `user`: `format` and the search parameters of the API. An export is everything that was
/// found, wherever a page of it began.
///
/// # Errors
/// As [`super::rows::search`].
pub fn prepare<K: AsRef<str>, V: AsRef<str>>(
    services: &Services,
    dataset: &str,
    scope: &Scope,
    (by, user): (By, String),
    pairs: impl IntoIterator<Item = (K, V)>,
) -> Result<Export, ServiceError> {
    let export = find(services, dataset, scope, user, pairs)?;
    let mut filters: Vec<String> = Vec::new();
    for (name, value) in export.about.search.iter().take(NOTED_FILTERS) {
        filters.push(format!("{name}={value}").chars().take(NOTED_CHARS).collect());
    }
    if export.about.search.len() > NOTED_FILTERS {
        filters.push(format!("and {} more", export.about.search.len() - NOTED_FILTERS));
    }
    let details =
        json!({ "rows": export.found.matched, "format": export.format.extension(), "filters": filters });
    let target = format!("dataset:{}", export.open.dataset.slug);
    services.store.write(|w| audit::append(w, export.about.at, by, "dataset.export", &target, &details))?;
    Ok(export)
}

/// The same without a word in the audit log: whoever asks says there in their own way what was taken.
///
/// # Errors
/// As [`prepare`].
pub(super) fn find<K: AsRef<str>, V: AsRef<str>>(
    services: &Services,
    dataset: &str,
    scope: &Scope,
    user: String,
    pairs: impl IntoIterator<Item = (K, V)>,
) -> Result<Export, ServiceError> {
    let mut format = ExportFormat::default();
    let mut search = Vec::new();
    for (name, value) in pairs {
        match (name.as_ref(), value.as_ref()) {
            ("format", value) => format = ExportFormat::parse(value)?,
            ("offset" | "limit", _) => {}
            (name, value) => search.push((name.to_owned(), value.to_owned())),
        }
    }
    let request = RowsRequest::from_pairs(search.iter().map(|(name, value)| (name, value)), today(services))?;
    let about = About { user, at: services.now(), search };
    let open = rows::open(services, dataset, scope, request.as_of)?;
    let columns = request.columns(&open.view)?;
    let found = open.view.search(&request.search(&open.view))?;
    let scratch = files::workshop(services).map_err(|error| disk("making room for the export", &error))?;
    Ok(Export { open, columns, found, about, format, scratch })
}

impl Export {
    /// How many rows it has.
    pub fn matched(&self) -> u64 {
        self.found.matched
    }

    /// What decides beside the search which rows and columns are written: the generation and its columns.
    pub(super) fn mark(&self) -> String {
        let names: Vec<&str> = self.columns().iter().map(|column| column.name.as_str()).collect();
        format!("{}/{} {names:?}", self.open.dataset.id, self.open.generation)
    }

    /// What it is written as.
    pub fn format(&self) -> ExportFormat {
        self.format
    }

    /// The columns that are written.
    fn columns(&self) -> Vec<&Column> {
        let known = self.open.view.columns();
        self.columns.iter().map(|at| known[*at]).collect()
    }

    /// The cells of a row that are written.
    fn cells<'v>(&self, row: &Row<'v>) -> impl Iterator<Item = &'v str> {
        self.columns.iter().map(|at| row.cell(*at))
    }

    /// What the file is called.
    pub fn file_name(&self) -> String {
        let day = self.about.at.to_zoned(jiff::tz::TimeZone::UTC).date();
        format!("{}-{day}.{}", self.open.dataset.slug, self.format.extension())
    }

    /// Writes everything.
    ///
    /// # Errors
    /// What `out` returns, or the disk where a workbook is made.
    pub fn write(&self, out: &mut (impl Write + Send)) -> io::Result<()> {
        match self.format {
            ExportFormat::Csv => text::write_csv(self, out),
            ExportFormat::Jsonl => text::write_jsonl(self, out),
            ExportFormat::Xlsx => xlsx::write(self, out),
        }
    }
}
