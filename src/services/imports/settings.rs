//! What a person sets by hand for an import, as on the command line: `owner=Customer`, `type.PO=code`.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::domain::column::{Column, ColumnRole, ColumnType};
use crate::domain::excerpt::excerpt;
use crate::domain::guard::Mode;
use crate::domain::profile::{Container, Profile, Reading};
use crate::ingest::ColumnEvidence;
use crate::search::query::parse::name_key;

use super::memory::Memory;

/// Choices that stand above what is detected and what is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportSettings {
    /// The column whose cells are owners.
    pub owner: Option<String>,
    /// The columns that name a row, as typed: one header, or several with commas between.
    pub key: Option<String>,
    /// The columns that are facets.
    pub facet: Option<String>,
    /// The columns that customers do not see.
    pub hidden: Option<String>,
    /// Column types.
    pub types: Vec<(String, ColumnType)>,
    /// Column roles.
    pub roles: Vec<(String, ColumnRole)>,
    /// What columns are called in the dataset, by their header in the file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<(String, String)>,
    /// The sheet of a workbook, or the member of an archive.
    pub sheet: Option<String>,
    /// Encoding label.
    pub encoding: Option<String>,
    /// Between cells.
    pub delimiter: Option<char>,
    /// 1-based record that is the header, 0 for none.
    pub header: Option<usize>,
    /// What becomes of the rows that are live; `None` as the dataset's rules say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// The site wrote the file itself, of the rows of a query: the first record is the header, and nothing is left to be
    /// found.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_own: bool,
    /// What was chosen with the preview in view: stands in the place of what the dataset remembers.
    pub chosen: Option<Chosen>,
    /// The page that they were last set from; see [`super::Seen`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// Every column as a person saw it in the preview and left it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// The column whose cells are owners; `None` for none, whatever the dataset had.
    pub owner: Option<String>,
    /// The columns by name. Those that the file does not have under its reading count for nothing.
    pub columns: Vec<ChosenColumn>,
    /// How the file was read for the preview, where that was found and not set: the rest of a large file may look
    /// different, and is to be read as what was seen.
    #[serde(default)]
    pub read_as: Option<ReadAs>,
}

/// How the cells of a file are found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadAs {
    /// What the table lay in.
    #[serde(default)]
    pub container: Container,
    /// Encoding label.
    pub encoding: String,
    /// Between cells.
    pub delimiter: char,
    /// 0-based record that is the header.
    pub header_record: Option<usize>,
}

/// A column as it was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenColumn {
    /// What it is.
    pub column: Column,
    /// Its type is new: the formats are those that fit most of its cells.
    #[serde(default)]
    pub fit: bool,
}

impl Chosen {
    /// Exactly these columns.
    pub fn of(columns: &[Column], owner: Option<&str>) -> Self {
        let columns = columns.iter().map(|column| ChosenColumn { column: column.clone(), fit: false });
        Self { owner: owner.map(str::to_owned), columns: columns.collect(), read_as: None }
    }

    fn find(&self, column: &Column) -> Option<&ChosenColumn> {
        self.columns.iter().find(|chosen| chosen.column.header() == column.header())
    }
}

type SetFlag = fn(&mut Column, bool);

/// What can be set, for messages.
const KNOWN: &str = "owner=COL, key=COL,COL, facet=COL,COL, hidden=COL,COL, type.COL=text|code|integer|decimal|date|bool, role.COL=part|quantity|uom|…, name.HEADER=COL, sheet=NAME, encoding=LABEL, delimiter=CHAR, header=RECORD, mode=replace|merge|sync";

impl ImportSettings {
    /// Reads `name=value` pairs.
    ///
    /// # Errors
    /// A sentence that names the pair and what was expected.
    pub fn parse<S: AsRef<str>>(pairs: impl IntoIterator<Item = S>) -> Result<Self, String> {
        let mut settings = Self::default();
        for pair in pairs {
            let pair = pair.as_ref();
            let (name, value) = pair
                .split_once('=')
                .ok_or_else(|| format!("`{}` is not NAME=VALUE; expected {KNOWN}", excerpt(pair)))?;
            let value = value.trim();
            let text = || Some(value.to_owned());
            let pair = &excerpt(pair);
            match name.trim() {
                "owner" => settings.owner = text(),
                "key" => settings.key = text(),
                "facet" => settings.facet = text(),
                "hidden" => settings.hidden = text(),
                "sheet" => settings.sheet = text(),
                "encoding" => settings.encoding = text(),
                "delimiter" => {
                    let delimiter = match value {
                        "tab" | "\\t" => Some('\t'),
                        _ => value
                            .chars()
                            .next()
                            .filter(|c| c.len_utf8() == value.len() && !matches!(c, '\n' | '\r' | '"')),
                    };
                    settings.delimiter = Some(delimiter.ok_or_else(|| {
                        format!("`{pair}`: expected one character that is no quote and no line end, or `tab`")
                    })?);
                }
                "header" => {
                    let record = value.parse().map_err(|_| {
                        format!("`{pair}`: expected the number of the header record, counted from 1, or 0 for none")
                    })?;
                    settings.header = Some(record);
                }
                "mode" => {
                    let word = serde_json::Value::String(value.to_ascii_lowercase());
                    let mode = serde_json::from_value(word)
                        .map_err(|_| format!("`{pair}`: expected replace, merge or sync"))?;
                    settings.mode = Some(mode);
                }
                other => settings.set_column(other, value, pair)?,
            }
        }
        settings.one_owner()?;
        Ok(settings)
    }

    /// `role.COL=owner` is `owner=COL`; two columns that are meant are an error.
    fn one_owner(&mut self) -> Result<(), String> {
        let by_role = self.roles.iter().filter(|(_, role)| *role == ColumnRole::Owner).map(|(name, _)| name);
        let mut named: Vec<String> = self.owner.iter().chain(by_role).cloned().collect();
        named.dedup();
        if named.len() > 1 {
            return Err(two_owners(&named));
        }
        self.roles.retain(|(_, role)| *role != ColumnRole::Owner);
        self.owner = named.pop();
        Ok(())
    }

    fn set_column(&mut self, name: &str, value: &str, pair: &str) -> Result<(), String> {
        let word = serde_json::Value::String(value.to_ascii_lowercase());
        if let Some(column) = name.strip_prefix("type.") {
            let parsed = serde_json::from_value(word)
                .map_err(|_| format!("`{pair}`: expected text, code, integer, decimal, date or bool"))?;
            self.types.push((column.to_owned(), parsed));
        } else if let Some(column) = name.strip_prefix("role.") {
            let parsed =
                serde_json::from_value(word).map_err(|_| format!("`{pair}`: there is no such role"))?;
            self.roles.push((column.to_owned(), parsed));
        } else if let Some(header) = name.strip_prefix("name.") {
            if value.is_empty() {
                return Err(format!("`{pair}`: expected what the dataset calls the column"));
            }
            self.names.push((header.to_owned(), value.to_owned()));
        } else {
            return Err(format!("`{pair}`: `{}` cannot be set; expected {KNOWN}", excerpt(name)));
        }
        Ok(())
    }

    /// The columns whose formats are to be found anew, because their type was just chosen.
    pub fn columns_to_fit(&self) -> impl Iterator<Item = &str> {
        let chosen = self.chosen.iter().flat_map(|chosen| &chosen.columns);
        chosen.filter(|chosen| chosen.fit).map(|chosen| chosen.column.name.as_str())
    }

    /// The same reading of the file, with nothing chosen by hand about its columns.
    #[must_use]
    pub fn reading(&self) -> Self {
        let Self { sheet, encoding, delimiter, header, mode, is_own, .. } = self.clone();
        Self { sheet, encoding, delimiter, header, mode, is_own, ..Self::default() }
    }

    /// What of it is about how cells are found.
    pub fn hand_reading(&self) -> Reading {
        Reading { encoding: self.encoding.clone(), delimiter: self.delimiter, header: self.header }
    }

    /// Puts what the dataset remembers, then these, over what was found in a file of which `evidence` is the reason.
    /// Returns the owner column's name.
    ///
    /// # Errors
    /// A sentence that names the missing column and the columns there are.
    pub(super) fn apply(
        &self,
        profile: &mut Profile,
        memory: &Memory<'_>,
        evidence: &[ColumnEvidence],
        owner: Option<&str>,
    ) -> Result<Option<String>, String> {
        memory.recall(profile, evidence);
        if let Some(chosen) = &self.chosen {
            for column in &mut profile.columns {
                if let Some(ChosenColumn { column: chosen, .. }) = chosen.find(column) {
                    *column = chosen.clone();
                }
            }
        }
        for (header, name) in &self.names {
            let by_header = profile.columns.iter().position(|column| same_name(column.header(), header));
            let index = by_header.map_or_else(|| find(&profile.columns, header), Ok)?;
            profile.columns[index].call(name);
        }
        must_differ(&profile.columns)?;
        let mut remembered_owner =
            owner.filter(|owner| profile.has_column(owner)).map(|owner| find(&profile.columns, owner));
        if let Some(chosen) = &self.chosen {
            let owner = chosen.owner.as_deref();
            let found = profile.columns.iter().position(|column| owner == Some(column.name.as_str()));
            remembered_owner = found.map(Ok);
        }
        // A detected owner is a suggestion: who sees which rows is said by a person.
        let set_by_name = self.owner.as_deref().map(|owner| find(&profile.columns, owner));
        let owner = set_by_name.or(remembered_owner).transpose()?;
        for (index, column) in profile.columns.iter_mut().enumerate() {
            if owner == Some(index) {
                column.role = Some(ColumnRole::Owner);
            } else if column.role == Some(ColumnRole::Owner) {
                column.role = None;
            }
        }
        self.guard(profile, memory, owner);
        let flags: [(&Option<String>, SetFlag); 3] = [
            (&self.key, |column, on| column.key = on),
            (&self.facet, |column, on| column.facet = on),
            (&self.hidden, |column, on| column.hidden = on),
        ];
        for (names, set) in flags {
            let Some(names) = names else { continue };
            let chosen = find_all(&profile.columns, names)?;
            for (index, column) in profile.columns.iter_mut().enumerate() {
                set(column, chosen.contains(&index));
            }
        }
        if self.hidden.is_some() {
            // All of them were said.
            profile.hidden_elsewhere.clear();
        }
        for (name, column_type) in &self.types {
            let index = find(&profile.columns, name)?;
            profile.columns[index].column_type = *column_type;
        }
        for (name, role) in &self.roles {
            let index = find(&profile.columns, name)?;
            profile.columns[index].role = Some(*role);
        }
        if owner.is_some_and(|index| profile.columns[index].hidden) {
            return Err(
                "the owner column cannot be hidden from customers; it decides what they see".to_owned()
            );
        }
        Ok(owner.map(|index| profile.columns[index].name.clone()))
    }
}

/// A file with columns that are new to a dataset of which customers must not see everything. Any of them may be a hidden
/// one under another name, or hold what it held: they are hidden too until a person shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guarded {
    /// The hidden columns of the dataset that the file does not have.
    pub missing: Vec<String>,
    /// The columns of the file that are new and hidden.
    pub hidden_now: Vec<String>,
}

impl Guarded {
    /// What came of `profile`; `None` where there is nothing to say.
    pub(super) fn of(profile: &Profile, memory: &Memory<'_>) -> Option<Self> {
        let missing = profile.hidden_elsewhere.iter().filter(|name| memory.stands(name));
        let is_new = |name: &String| memory.hides(name).is_none();
        let new = profile.columns.iter().filter(|column| column.hidden && is_new(&column.name));
        let missing: Vec<String> = missing.cloned().collect();
        let hidden_now: Vec<String> = new.map(|column| column.name.clone()).collect();
        (!missing.is_empty() || !hidden_now.is_empty()).then_some(Self { missing, hidden_now })
    }

    /// What a person should know.
    pub fn note(&self) -> String {
        let named = |names: &[String]| {
            let shown = names
                .iter()
                .take(5)
                .map(|name| format!("“{}”", excerpt(name)))
                .collect::<Vec<_>>()
                .join(", ");
            if names.len() > 5 { format!("{shown} and {} more", names.len() - 5) } else { shown }
        };
        let one = |names: &[String], one: &'static str, many: &'static str| {
            if names.len() == 1 { one } else { many }
        };
        let missing = (!self.missing.is_empty()).then(|| {
            format!(
                "The file has no {} {}, which customers must not see; {} hidden if {} back.",
                one(&self.missing, "column", "columns"),
                named(&self.missing),
                one(&self.missing, "it stays", "they stay"),
                one(&self.missing, "it comes", "they come"),
            )
        });
        let hidden_now = (!self.hidden_now.is_empty()).then(|| {
            format!(
                "New in this file: {}. Of this dataset customers must not see everything, so {} hidden from them too \
                 until somebody shows {}.",
                named(&self.hidden_now),
                one(&self.hidden_now, "it is", "they are"),
                one(&self.hidden_now, "it", "them"),
            )
        });
        missing.into_iter().chain(hidden_now).collect::<Vec<_>>().join(" ")
    }
}

impl ImportSettings {
    /// Keeps hidden what was hidden, wherever it has been meanwhile, and what is new beside it.
    fn guard(&self, profile: &mut Profile, memory: &Memory<'_>, owner: Option<usize>) {
        let hidden: BTreeSet<&String> = memory.hidden().collect();
        for (index, column) in profile.columns.iter_mut().enumerate() {
            let is_chosen = self.chosen.as_ref().is_some_and(|chosen| chosen.find(column).is_some());
            let is_unknown = memory.hides(&column.name).is_none();
            if is_unknown && !hidden.is_empty() && !is_chosen && owner != Some(index) {
                column.hidden = true;
            }
        }
        let elsewhere = hidden.into_iter().filter(|name| !profile.has_column(name));
        profile.hidden_elsewhere = elsewhere.cloned().collect();
    }
}

/// True for names that a reader would take for one: they differ in case, or in `_` for a space.
fn same_name(a: &str, b: &str) -> bool {
    name_key(a) == name_key(b)
}

/// Refuses two columns of one name.
pub(in crate::services) fn must_differ(columns: &[Column]) -> Result<(), String> {
    let mut known: HashMap<String, &Column> = HashMap::new();
    for column in columns {
        if let Some(other) = known.insert(name_key(&column.name), column) {
            return Err(format!(
                "two columns of the file would be called “{}”: “{}” and “{}”; give one of them another name",
                excerpt(&column.name),
                excerpt(other.header()),
                excerpt(column.header())
            ));
        }
    }
    Ok(())
}

/// What is wrong with several owner columns, and the next step.
pub(in crate::services) fn two_owners(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("“{name}”")).collect();
    format!(
        "{} are all said to be the owner column, and one column alone says whose a row is: choose one of them and leave \
         the others without that role",
        quoted.join(", ")
    )
}

fn find(columns: &[Column], name: &str) -> Result<usize, String> {
    columns
        .iter()
        .position(|column| column.name == name)
        .or_else(|| columns.iter().position(|column| same_name(&column.name, name)))
        .or_else(|| columns.iter().position(|column| same_name(column.header(), name)))
        .ok_or_else(|| {
            let known: Vec<String> = columns.iter().map(|column| excerpt(&column.name)).take(40).collect();
            format!("the file has no column `{}`; it has: {}", excerpt(name), known.join(", "))
        })
}

/// One header that may hold commas itself, or several with commas between.
fn find_all(columns: &[Column], names: &str) -> Result<Vec<usize>, String> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    match find(columns, names) {
        Ok(index) => Ok(vec![index]),
        Err(_) => names.split(',').map(|name| find(columns, name.trim())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::ImportSettings;
    use crate::domain::column::ColumnType;

    #[test]
    fn pairs_are_read_and_nonsense_is_named() {
        let settings =
            ImportSettings::parse(["owner=Customer", "key=Part, Lot", "type.PO=code", "delimiter=tab"]);
        let settings = settings.unwrap();
        assert_eq!(settings.owner.as_deref(), Some("Customer"));
        assert_eq!(settings.types, [("PO".to_owned(), ColumnType::Code)]);
        assert_eq!(settings.delimiter, Some('\t'));
        for wrong in ["owner", "colour=red", "type.PO=wood", "delimiter=ab"] {
            let message = ImportSettings::parse([wrong]).unwrap_err();
            assert!(message.contains(wrong), "{message}");
        }
    }
}
