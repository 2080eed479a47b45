//! What each column is, and why.

use serde::Serialize;

use crate::domain::column::{Column, ColumnRole, ColumnType};

use super::inspect::Note;
use super::problem::check_cell;
use super::roles::{self, Candidate, RoleGuess};
use super::types::{self, ColumnSample};

/// Facets proposed.
const MAX_FACETS: usize = 6;

/// Why a column is what it is.
#[derive(Debug, Clone, Serialize)]
pub struct ColumnEvidence {
    /// The column's name.
    pub name: String,
    /// What the cells are taken to be, as in the profile.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Share of the sampled values that parse as the type, or how much they look like it.
    pub type_confidence: f64,
    /// True where the order of day and month or the decimal mark is a guess.
    pub ambiguous: bool,
    /// The role its name suggests. An owner is a suggestion only: a person names the owner column.
    pub role: Option<RoleGuess>,
    /// Sampled cells with text.
    pub filled: u64,
    /// Sampled cells without.
    pub blank: u64,
    /// Distinct values in the sample.
    pub distinct: usize,
    /// The first few distinct values.
    pub examples: Vec<String>,
    /// Values that do not parse as the type, most frequent first.
    pub misfits: Vec<String>,
}

/// Columns of a profile, and why each is what it is.
pub(super) fn describe(
    names: &[String],
    samples: &[ColumnSample],
    delimiter: char,
    notes: &mut Vec<Note>,
) -> (Vec<Column>, Vec<ColumnEvidence>) {
    let types = types::detect(names, samples, delimiter);
    let candidates: Vec<Candidate<'_>> = names
        .iter()
        .zip(&types)
        .zip(samples)
        .map(|((name, found), sample)| Candidate {
            name,
            column_type: found.column_type,
            blank: sample.filled == 0,
        })
        .collect();
    let roles = roles::assign(&candidates);
    let mut columns = Vec::new();
    let mut evidence = Vec::new();
    for (((name, found), sample), role) in names.iter().zip(&types).zip(samples).zip(&roles) {
        let column = Column {
            role: role.map(|guess| guess.role),
            number_format: found.number_format,
            date_format: found.date_format,
            ..Column::new(name, found.column_type)
        };
        if found.ambiguous {
            let what = if found.column_type == ColumnType::Date {
                "the order of day and month"
            } else {
                "which mark is the decimal one"
            };
            notes.push(Note::new(None, format!("{name}: {what} is a guess; check it before importing.")));
        }
        evidence.push(ColumnEvidence {
            name: name.clone(),
            column_type: found.column_type,
            type_confidence: found.confidence,
            ambiguous: found.ambiguous,
            role: *role,
            filled: sample.filled,
            blank: sample.blank,
            distinct: sample.distinct(),
            examples: sample.examples.clone(),
            misfits: sample.misfits(|value| check_cell(&column, value).is_none()),
        });
        columns.push(column);
    }
    propose_facets(&mut columns, samples);
    (columns, evidence)
}

/// Columns of few values make facets, those about the state of stock first.
fn propose_facets(columns: &mut [Column], samples: &[ColumnSample]) {
    let rank = |column: &Column| match column.role {
        Some(ColumnRole::Status) => Some(0),
        Some(ColumnRole::Location) => Some(1),
        Some(ColumnRole::Owner) => Some(2),
        Some(ColumnRole::Uom) => Some(3),
        None => Some(4),
        Some(ColumnRole::Bin) => Some(5),
        Some(_) => None,
    };
    let mut ranked: Vec<(i32, usize, usize)> = columns
        .iter()
        .zip(samples)
        .enumerate()
        .filter(|(_, (column, sample))| {
            matches!(column.column_type, ColumnType::Text | ColumnType::Code | ColumnType::Bool)
                && (2..=200).contains(&sample.distinct())
                && sample.distinct() as u64 * 2 <= sample.filled
        })
        .filter_map(|(index, (column, sample))| Some((rank(column)?, sample.distinct(), index)))
        .collect();
    ranked.sort_unstable();
    for (_, _, index) in ranked.into_iter().take(MAX_FACETS) {
        columns[index].facet = true;
    }
}
