//! Plans as the command line has them: for somebody who holds the data directory, and sees everything.

use std::io::Write;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::table::Choices;
use super::{
    Imported, NewImport, NewPlan, PlanReader, Shape, create, export, get_named, import, list, numbers_of,
    version,
};
use crate::domain::plan::line::LineKey;
use crate::domain::plan::{Horizon, Measure, Plan};
use crate::domain::scope::Scope;
use crate::services::Services;
use crate::services::authorize::{By, EditPlans, Grant};
use crate::services::error::ServiceError;
use crate::services::export::ExportFormat;

/// A plan in lists and as JSON.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a state of its own")]
#[schema(as = Plan)]
pub struct PlanSummary {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// The first day; `None` where it has no days yet.
    pub first: Option<String>,
    /// The last day.
    pub last: Option<String>,
    /// `day`, `week` or `month`.
    pub bucket: String,
    /// It leads.
    pub is_leader: bool,
    /// It takes no edits until it is unlocked.
    pub is_locked: bool,
    /// It is in the archive.
    pub is_archived: bool,
    /// `planners`, `customers` or `everyone`.
    pub shared_with: String,
    /// Its days are those of what is imported.
    #[serde(default)]
    pub follows_files: bool,
    /// Lines of which nothing is known begin with the stock that was taken.
    #[serde(default)]
    pub opens_with_stock: bool,
    /// Which settings it has: given back with a change, one that somebody else changed meanwhile is not overwritten.
    #[serde(default)]
    pub version: String,
    /// When anything of it changed last (RFC 3339).
    pub updated_at: String,
}

impl From<&Plan> for PlanSummary {
    fn from(plan: &Plan) -> Self {
        Self {
            id: plan.id.to_string(),
            name: plan.name.clone(),
            description: plan.description.clone(),
            first: plan.horizon.map(|horizon| horizon.first.to_string()),
            last: plan.horizon.map(|horizon| horizon.last.to_string()),
            bucket: plan.bucket.as_str().to_owned(),
            is_leader: plan.is_leader,
            is_locked: plan.is_locked,
            is_archived: plan.archived_at.is_some(),
            shared_with: plan.shared_with.as_str().to_owned(),
            follows_files: plan.follows_files,
            opens_with_stock: plan.opens_with_stock,
            version: version(plan),
            updated_at: plan.updated_at.to_string(),
        }
    }
}

fn grant() -> (Grant<EditPlans>, Scope) {
    (Grant::command_line(), Scope::everything())
}

fn reader() -> PlanReader {
    let (grant, scope) = grant();
    PlanReader::planner(&grant, &scope)
}

/// All plans.
///
/// # Errors
/// The store.
pub fn all(services: &Services) -> Result<Vec<PlanSummary>, ServiceError> {
    Ok(list(services, &reader())?.iter().map(PlanSummary::from).collect())
}

/// Makes a plan; without both days it takes those of the files that are imported.
///
/// # Errors
/// As [`create`].
pub fn make(
    services: &Services,
    (name, description): (String, String),
    (first, last): (Option<&str>, Option<&str>),
    opens_with_stock: bool,
) -> Result<PlanSummary, ServiceError> {
    let day = |field: &'static str, text: &str| {
        let found = text.trim().parse::<jiff::civil::Date>();
        found.map_err(|_| {
            ServiceError::invalid(field, format!("“{text}” is no date; write it like 2026-11-21"))
        })
    };
    let horizon = match (first, last) {
        (None, None) => None,
        (Some(first), Some(last)) => {
            let horizon = Horizon::new(day("first", first)?, day("last", last)?);
            Some(horizon.map_err(|why| ServiceError::invalid("last", why.to_string()))?)
        }
        _ => return Err(ServiceError::invalid("first", "give the first and the last day, or neither")),
    };
    let new = NewPlan { name, description, horizon, opens_with_stock, ..NewPlan::default() };
    Ok(PlanSummary::from(&create(services, &grant().0, &new)?))
}

/// What is said of an import beside its file, as pairs of an address: `plan`, `file`, `measure`, `item`, `location`,
/// `channel`, `numbers`, `create_items`, `keep_outside`.
///
/// # Errors
/// As [`import`]; [`ServiceError::Invalid`] for a pair that means nothing.
pub fn bring<K: AsRef<str>, V: AsRef<str>>(
    services: &Services,
    file: &std::path::Path,
    pairs: impl IntoIterator<Item = (K, V)>,
) -> Result<Imported, ServiceError> {
    let mut plan = String::new();
    let mut new = NewImport::default();
    let mut line = LineKey { item: String::new(), location: String::new(), channel: String::new() };
    for (name, value) in pairs {
        let value = value.as_ref().trim().to_owned();
        match name.as_ref() {
            "plan" => plan = value,
            "file" => new.file_name = value,
            "item" => line.item = value,
            "location" => line.location = value,
            "channel" => line.channel = value,
            "create_items" => new.create_items = value == "true",
            "keep_outside" => new.keep_outside = value == "true",
            "measure" => {
                let message =
                    || format!("“{value}” is no measure; write production, sales, inventory or safety_stock");
                let measure =
                    Measure::of_word(&value).ok_or_else(|| ServiceError::invalid("measure", message()))?;
                new.choices.measure = Some(measure);
            }
            "numbers" => new.choices.numbers = Some(numbers_of(&value)?),
            name => return Err(ServiceError::invalid("query", format!("`{name}` means nothing here"))),
        }
    }
    let Choices { line: chosen, .. } = &mut new.choices;
    *chosen = Some(line).filter(|line| !line.item.is_empty());
    let plan = get_named(services, &reader(), &plan)?;
    let (grant, scope) = grant();
    import(services, (&grant, &scope), plan.id, file, &new)
}

/// The id of the plan that is meant.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn find(services: &Services, plan: &str) -> Result<String, ServiceError> {
    Ok(get_named(services, &reader(), plan)?.id.to_string())
}

/// Writes a plan.
///
/// # Errors
/// As [`export`].
pub fn take(
    services: &Services,
    plan: &str,
    (format, shape): (ExportFormat, Shape),
    out: &mut (impl Write + Send),
) -> Result<std::io::Result<()>, ServiceError> {
    let plan = get_named(services, &reader(), plan)?;
    export(services, &reader(), By::COMMAND_LINE, (plan.id, format, shape), out)
}
