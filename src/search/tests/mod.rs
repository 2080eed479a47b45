//! Search on whole generations, built in a temporary directory: one file a capability.

mod codes;
mod difference;
mod merge;
mod plain_scan;
mod scope;
mod sorting;
mod typed;

use std::sync::Arc;

use jiff::civil::{Date, date};

use super::build::Builder;
use super::generation::Generation;
use super::view::{Filter, MatchMode, SearchRequest, SortKey, View};
use crate::domain::column::{Column, ColumnRole, ColumnType};
use crate::domain::record::Record;
use crate::domain::scope::Scope;

pub(super) const TODAY: Date = date(2026, 11, 21);

pub(super) fn column(name: &str, column_type: ColumnType) -> Column {
    Column::new(name, column_type)
}

pub(super) fn with_role(mut column: Column, role: ColumnRole) -> Column {
    column.role = Some(role);
    column
}

/// A generation in a directory that lives as long as it does.
pub(super) struct Built {
    pub generation: Arc<Generation>,
    _dir: tempfile::TempDir,
}

pub(super) fn build(columns: &[Column], rows: &[Vec<String>]) -> Built {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("1");
    let mut builder = Builder::create(&path, columns).unwrap();
    let mut record = Record::default();
    for (line, row) in rows.iter().enumerate() {
        record.clear();
        record.line = line as u64 + 2;
        for cell in row {
            record.push_cell(cell);
        }
        builder.add(&record, &mut Vec::new()).unwrap();
    }
    builder.finish().unwrap();
    let owner = columns.iter().find(|column| column.role == Some(ColumnRole::Owner));
    let owner = owner.map(|column| column.name.as_str());
    Built { generation: Generation::open(&path, owner, 8 << 20).unwrap(), _dir: dir }
}

pub(super) fn table(columns: &[Column], rows: &[&[&str]]) -> Built {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
    build(columns, &rows)
}

pub(super) fn query(text: &str) -> SearchRequest {
    SearchRequest { query: text.to_owned(), ..SearchRequest::everything(TODAY) }
}

pub(super) fn any(text: &str) -> SearchRequest {
    SearchRequest { mode: MatchMode::Any, ..query(text) }
}

pub(super) fn sorted(text: &str, keys: &[&str]) -> SearchRequest {
    let sort = keys
        .iter()
        .map(|key| SortKey {
            column: key.trim_start_matches('-').to_owned(),
            descending: key.starts_with('-'),
        })
        .collect();
    SearchRequest { sort, ..query(text) }
}

pub(super) fn filtered(text: &str, filters: &[(&str, &[&str])]) -> SearchRequest {
    let filters = filters
        .iter()
        .map(|(column, values)| Filter {
            column: (*column).to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        })
        .collect();
    SearchRequest { filters, ..query(text) }
}

/// Row numbers (from 1) found, in order.
pub(super) fn ids(view: &View, request: &SearchRequest) -> Vec<u64> {
    let found = view.search(request).unwrap();
    let rows: Vec<u64> = view.window(&found, 0, 10_000).iter().map(super::view::Row::number).collect();
    assert_eq!(rows.len() as u64, found.matched);
    rows
}

pub(super) fn everything(built: &Built) -> View {
    built.generation.view(&Scope::everything())
}
