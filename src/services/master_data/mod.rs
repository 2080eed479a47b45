//! Items, locations, channels and customers: what plans are about.
//!
//! Whoever sees single owners sees and changes items of those owners alone; locations, channels and customers are
//! everybody's who edits plans.

mod file;
mod items;
mod lists;
mod take;

use super::authorize::{EditPlans, Grant};
use super::error::ServiceError;
use crate::domain::plan::master::MAX_CODE_CHARS;
use crate::domain::scope::{OwnerScope, Scope};
use crate::domain::user::turns_text;

pub use file::{FileReport, MAX_FILE_BYTES, export_items, export_list, import_items, import_list};
pub use items::{ItemDraft, item, items, save_item};
pub use lists::{CodeDraft, list, save_code};
pub use take::take_items;

/// Who changes what plans are about.
type Who<'w> = (&'w Grant<EditPlans>, &'w Scope);

/// True where somebody of this scope sees what belongs to `owner`.
fn sees(scope: &Scope, owner: Option<&str>) -> bool {
    match &scope.owners {
        OwnerScope::All => true,
        OwnerScope::Owners(owners) => owner.is_some_and(|owner| owners.contains(owner)),
    }
}

/// A key as it is kept.
fn key(field: &'static str, text: &str) -> Result<String, ServiceError> {
    let text = text.trim();
    let is_strange = |c: char| c.is_control() || turns_text(c);
    if text.is_empty() || text.chars().count() > MAX_CODE_CHARS || text.contains(is_strange) {
        return Err(ServiceError::invalid(
            field,
            format!("needs 1 to {MAX_CODE_CHARS} characters that can be seen"),
        ));
    }
    Ok(text.to_owned())
}

/// A text as it is kept.
fn text(field: &'static str, text: &str, most: usize) -> Result<String, ServiceError> {
    let text = text.trim();
    if text.chars().count() > most || text.contains(char::is_control) {
        return Err(ServiceError::invalid(
            field,
            format!("has more than {most} characters, or some that cannot be seen"),
        ));
    }
    Ok(text.to_owned())
}
