//! What a dataset remembers when another file comes: how files of its shape were read, what its columns are, and what
//! customers must not see.

use std::collections::{HashMap, HashSet};

use crate::domain::column::Column;
use crate::domain::profile::{Profile, Reading, Remembered};
use crate::ingest::ColumnEvidence;

use crate::search::query::parse::name_key;

/// Missing columns that a new one is held against.
const MAX_ALIKE: usize = 100;

/// A profile whose columns are found by name.
#[derive(Debug)]
struct Shape<'m> {
    profile: &'m Profile,
    by_header: HashMap<&'m str, &'m Column>,
    by_name: HashMap<&'m str, &'m Column>,
    hidden: HashSet<&'m str>,
}

impl<'m> Shape<'m> {
    fn of(profile: &'m Profile) -> Self {
        Self {
            profile,
            by_header: profile.columns.iter().map(|column| (column.header(), column)).collect(),
            by_name: profile.columns.iter().map(|column| (column.name.as_str(), column)).collect(),
            hidden: profile.hidden_names().map(String::as_str).collect(),
        }
    }
}

/// What is remembered, with the file in hand.
#[derive(Debug)]
pub(in crate::services) struct Memory<'m> {
    /// What readers see now: it says what is hidden.
    standing: Option<Shape<'m>>,
    /// What files of the dataset were: the one of the same shape first, then the last ones.
    known: Vec<Shape<'m>>,
    /// What the last file was.
    last: Option<&'m Profile>,
    /// The first of those that are known has the headers of the file.
    is_known: bool,
}

impl<'m> Memory<'m> {
    /// What is remembered of a dataset when a file with these headers comes. `standing` is the profile of what readers see
    /// now, `known` the shapes that files have had, the last one first.
    pub fn of(standing: Option<&'m Profile>, known: &'m [Remembered], found: &Profile) -> Self {
        let same = known.iter().position(|known| fits(known, found));
        let others =
            known.iter().enumerate().filter(|(index, _)| Some(*index) != same).map(|(_, known)| known);
        let known = same.map(|index| &known[index]).into_iter().chain(others).map(|known| &known.profile);
        Self {
            last: known.clone().next().or(standing),
            known: known.map(Shape::of).collect(),
            standing: standing.map(Shape::of),
            is_known: same.is_some(),
        }
    }

    /// A file with just these headers was published before.
    pub fn is_known(&self) -> bool {
        self.is_known
    }

    /// True where nothing of the dataset is remembered.
    pub fn is_blank(&self) -> bool {
        self.standing.is_none() && self.known.is_empty()
    }

    /// Names of all columns that customers must not see now.
    pub fn hidden(&self) -> impl Iterator<Item = &'m String> {
        self.standing.iter().flat_map(|standing| standing.profile.hidden_names())
    }

    /// True where readers see a column of this name, or some of them do.
    pub fn stands(&self, name: &str) -> bool {
        self.standing.as_ref().is_some_and(|standing| standing.by_name.contains_key(name))
    }

    /// The column that one of a file is, where it is known: by its header in a file of the same shape, by a header that was
    /// given another name, or by its name.
    pub fn column(&self, header: &str) -> Option<&'m Column> {
        let same = || self.known.first().filter(|_| self.is_known)?.by_header.get(header);
        let renamed = || {
            let by_header = self.known.iter().filter_map(|shape| shape.by_header.get(header));
            by_header.into_iter().find(|column| column.header.is_some())
        };
        // What readers see now stands above what earlier shapes were.
        let named = || {
            let mut shapes = self.standing.iter().chain(&self.known);
            shapes.find_map(|shape| shape.by_name.get(header))
        };
        same().or_else(renamed).or_else(named).copied()
    }

    /// Whether customers must not see the column of this name; `None` where nobody has decided about it in view of all
    /// that is hidden now.
    pub fn hides(&self, name: &str) -> Option<bool> {
        let standing = self.standing.as_ref()?;
        if standing.hidden.contains(name) {
            return Some(true);
        }
        if standing.by_name.contains_key(name) {
            return Some(false);
        }
        self.known.iter().find_map(|shape| {
            let column = shape.by_name.get(name)?;
            // Shown while something else was not hidden yet says nothing about now.
            (column.hidden || standing.hidden.is_subset(&shape.hidden)).then_some(column.hidden)
        })
    }

    /// Puts what is remembered over what was found in the file, of which `evidence` is the reason.
    pub fn recall(&self, profile: &mut Profile, evidence: &[ColumnEvidence]) {
        let headers: Vec<String> = profile.columns.iter().map(|column| column.header().to_owned()).collect();
        let mut taken: HashSet<String> = headers.iter().map(|header| name_key(header)).collect();
        for (index, (column, header)) in profile.columns.iter_mut().zip(&headers).enumerate() {
            let Some(before) = self.column(header) else { continue };
            if before.name != *header && taken.insert(name_key(&before.name)) {
                column.call(&before.name);
            }
            // A file of which no day is above the twelfth says nothing about the order of its dates.
            let is_guess =
                evidence.get(index).is_some_and(|evidence| evidence.ambiguous || evidence.filled == 0);
            if column.column_type != before.column_type || is_guess {
                (column.number_format, column.date_format) = (before.number_format, before.date_format);
            }
            (column.column_type, column.role) = (before.column_type, before.role);
            (column.key, column.facet) = (before.key, before.facet);
            column.hidden = self.hides(&column.name).unwrap_or(false);
        }
    }

    /// The columns of the last file that this one does not have.
    pub fn missing(&self, profile: &Profile) -> Vec<&'m Column> {
        if self.is_known {
            return Vec::new();
        }
        let here: HashSet<&str> = profile.columns.iter().map(|column| column.name.as_str()).collect();
        let last = self.last.into_iter().flat_map(|last| &last.columns);
        last.filter(|column| !here.contains(column.name.as_str())).collect()
    }

    /// True for a column that no file of the dataset has had yet.
    pub fn is_new(&self, column: &Column) -> bool {
        let mut shapes = self.standing.iter().chain(&self.known);
        !self.is_blank() && shapes.all(|shape| !shape.by_name.contains_key(column.name.as_str()))
    }
}

/// True where a file with the headers of `found` has the shape that is remembered.
pub(super) fn fits(known: &Remembered, found: &Profile) -> bool {
    let known = &known.profile.columns;
    known.len() == found.columns.len()
        && known.iter().zip(&found.columns).all(|(known, found)| known.header() == found.header())
}

/// The ways to read a file that are worth trying where what is found by itself has no shape that is known.
pub(super) fn readings(known: &[Remembered]) -> impl Iterator<Item = &Reading> {
    let mut seen: Vec<&Reading> = Vec::new();
    known.iter().map(|known| &known.reading).filter(move |reading| {
        let is_new = **reading != Reading::default() && !seen.contains(reading);
        seen.push(reading);
        is_new
    })
}

/// The column that went and that a new one most likely is: of the same meaning, or of almost the same name. A guess to be
/// asked about, never taken by itself.
pub(super) fn looks_like<'p>(column: &Column, missing: &[&'p Column]) -> Option<&'p Column> {
    let plain = |name: &str| crate::domain::fold::fold(name).replace(['_', '-', '.', ' '], "");
    let name = plain(&column.name);
    let score = |known: &Column| {
        let other = plain(&known.name);
        let is_part = name.len() > 2 && other.len() > 2 && (name.contains(&other) || other.contains(&name));
        let of_name = if is_part { 0.8 } else { strsim::jaro_winkler(&name, &other) };
        let means_the_same = column.role.is_some() && column.role == known.role;
        let holds_the_same = column.column_type == known.column_type;
        of_name + f64::from(u8::from(means_the_same)) * 0.6 + f64::from(u8::from(holds_the_same)) * 0.1
    };
    let scored = missing
        .iter()
        .take(MAX_ALIKE)
        .map(|known| (score(known), *known))
        .filter(|(score, _)| *score >= 0.85);
    scored.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, known)| known)
}
