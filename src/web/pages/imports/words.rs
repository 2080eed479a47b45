//! States, kinds and degrees in words.

use std::collections::HashMap;

use maud::{Markup, html};

use crate::domain::column::{ColumnRole, ColumnType};
use crate::domain::dataset::{Import, ImportState};
use crate::domain::feed::CameBy;
use crate::domain::ids::UserId;
use crate::domain::profile::Profile;
use crate::domain::value::DateFormat;
use crate::services::imports::preview::{PreviewColumn, Source};
use crate::web::ui::{t, t_with};

use super::choices::{DATE_FORMATS, ROLES, TYPES, word_of};

/// The state as a badge: shape, colour and word.
pub fn state_badge(import: &Import) -> Markup {
    let (class, text) = match import.state {
        ImportState::Published => ("badge ok", "imports-state-published"),
        ImportState::Failed => ("badge bad", "imports-state-failed"),
        ImportState::Cancelled => ("badge", "imports-state-cancelled"),
        ImportState::Quarantined => ("badge warn", "imports-state-quarantined"),
        ImportState::Stored | ImportState::Inspected | ImportState::Checked | ImportState::Indexing
            if import.confirm =>
        {
            ("badge info", "imports-state-publishing")
        }
        ImportState::Checked => ("badge info", "imports-state-checked"),
        ImportState::Stored | ImportState::Inspected | ImportState::Indexing => {
            ("badge info", "imports-state-checking")
        }
    };
    html! { span class=(class) { (t(text)) } }
}

/// Who sent an import, or what brought it; `senders` are the names of users that are known.
pub fn sender_text(import: &Import, senders: &HashMap<UserId, String>) -> String {
    match (import.created_by, &import.came_by) {
        (Some(id), _) => senders.get(&id).cloned().unwrap_or_else(|| t("imports-who-gone")),
        (None, Some(feed)) => came_by_text(feed),
        (None, None) => t("imports-who-site"),
    }
}

/// What brought a file that nobody sent.
pub fn came_by_text(feed: &CameBy) -> String {
    match feed {
        CameBy::DropFolder => t("imports-who-inbox"),
        CameBy::Source(name) => t_with("imports-who-source", &[("name", name.as_str().into())]),
    }
}

/// What the number of a record is called: rows of a sheet, lines of a text.
pub fn place_word(import: &Import) -> &'static str {
    let profile = import.profile_json.as_deref().and_then(|json| serde_json::from_str::<Profile>(json).ok());
    if profile.is_some_and(|profile| profile.container.is_sheet()) {
        "imports-col-row"
    } else {
        "imports-col-line"
    }
}

/// How sure something is that was found.
pub fn sure(confidence: f64) -> &'static str {
    if confidence >= 0.95 {
        "imports-sure-certain"
    } else if confidence >= 0.7 {
        "imports-sure-likely"
    } else {
        "imports-sure-guess"
    }
}

/// How sure something about the file is; `None` where it was set by hand.
pub fn reading_sure(confidence: Option<f64>) -> String {
    t(confidence.map_or("imports-sure-chosen", sure))
}

/// How sure a column's type is.
pub fn column_sure(column: &PreviewColumn) -> &'static str {
    match column.source {
        Source::Chosen => "imports-sure-chosen",
        Source::Remembered => "imports-sure-remembered",
        Source::Detected if column.filled == 0 => "imports-sure-empty",
        Source::Detected if column.ambiguous => "imports-sure-guess",
        Source::Detected => sure(column.confidence),
    }
}

/// A column type.
pub fn type_text(column_type: ColumnType) -> String {
    t(&format!("column-type-{}", word_of(&TYPES, &column_type)))
}

/// A column role.
pub fn role_text(role: ColumnRole) -> String {
    if role == ColumnRole::Owner {
        return t("column-role-owner");
    }
    t(&format!("column-role-{}", word_of(&ROLES, &role)))
}

/// An order of dates.
pub fn date_text(format: DateFormat) -> String {
    t(&format!("imports-date-{}", word_of(&DATE_FORMATS, &format)))
}

/// The beginning of a name that may be of any length.
pub fn short(name: &str) -> String {
    match name.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}
