//! What of a difference is looked at, as its address says.

use jiff::civil::Date;

use crate::search::difference::{Change, Difference, Selection};
use crate::search::view::SearchRequest;
use crate::web::extract::FormData;

/// What is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangesQuery {
    /// Only this kind.
    pub change: Option<Change>,
    /// Only rows whose cell in this column changed.
    pub field: Option<String>,
    /// Only rows that this finds.
    pub words: String,
    /// The page, from 1.
    pub page: usize,
    /// What else the address says, and stays: which generations.
    pub kept: Vec<(&'static str, String)>,
    /// Parameters that mean nothing; they do not go on.
    pub unknown: Vec<String>,
}

/// The names in an address that are none, and that of a kind that there is not.
fn unknown(query: &FormData, kept: &[&'static str]) -> Vec<String> {
    let is_kind = |value: &str| value.is_empty() || Change::ALL.iter().any(|change| change.as_str() == value);
    let mut names: Vec<String> = Vec::new();
    for (name, value) in query.pairs() {
        let is_known = match name.as_str() {
            "kind" => is_kind(value.trim()),
            "field" | "q" | "page" => true,
            name => kept.contains(&name),
        };
        if !is_known && !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

impl ChangesQuery {
    /// Reads an address; what it says that is not there counts for nothing.
    pub fn of(query: &FormData, kept: &[&'static str]) -> Self {
        let word = query.text("kind");
        let text = |name: &str| Some(query.text(name).trim().to_owned()).filter(|text| !text.is_empty());
        Self {
            change: Change::ALL.into_iter().find(|change| change.as_str() == word),
            field: text("field"),
            words: query.text("q").trim().to_owned(),
            page: query.text("page").parse().unwrap_or(1).max(1),
            unknown: unknown(query, kept),
            kept: kept.iter().filter_map(|name| Some((*name, text(name)?))).collect(),
        }
    }

    /// The selection among the rows of a difference; a column that it does not have is none.
    pub fn selection(&self, difference: &Difference, today: Date) -> Selection {
        let known = |name: &String| difference.fields().iter().any(|field| field.name == *name);
        Selection {
            change: self.change,
            field: self.field.clone().filter(known),
            search: (!self.words.is_empty())
                .then(|| SearchRequest { query: self.words.clone(), ..SearchRequest::everything(today) }),
        }
    }

    /// What means nothing: parameters, and a column that the difference does not have.
    pub fn left_out(&self, difference: &Difference) -> Vec<String> {
        let is_unknown = |name: &&String| difference.fields().iter().all(|field| field.name != **name);
        let field = self.field.iter().filter(is_unknown).map(|name| format!("field={name}"));
        self.unknown.iter().cloned().chain(field).collect()
    }

    /// The same with another kind, from the first page on.
    pub fn of_kind(&self, change: Option<Change>) -> Self {
        Self { change, page: 1, ..self.clone() }
    }

    /// The same on another page.
    pub fn on_page(&self, page: usize) -> Self {
        Self { page, ..self.clone() }
    }

    /// The address below `path`.
    pub fn address(&self, path: &str) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.kept {
            pairs.append_pair(name, value);
        }
        if let Some(change) = self.change {
            pairs.append_pair("kind", change.as_str());
        }
        if let Some(field) = &self.field {
            pairs.append_pair("field", field);
        }
        if !self.words.is_empty() {
            pairs.append_pair("q", &self.words);
        }
        if self.page > 1 {
            pairs.append_pair("page", &self.page.to_string());
        }
        let pairs = pairs.finish();
        if pairs.is_empty() { path.to_owned() } else { format!("{path}?{pairs}") }
    }
}
