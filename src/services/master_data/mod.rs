//! Items, locations, channels and customers: what plans are about.
//!
//! Whoever sees single owners sees and changes items of those owners alone, and reads locations and channels; the list of
//! customers, and changes of any list, are for those who see every owner.

mod file;
mod items;
mod lists;
mod query;
mod take;

use super::authorize::{EditPlans, Grant};
use super::error::ServiceError;
use crate::domain::plan::line::LineKey;
use crate::domain::plan::master::{MAX_CODE_CHARS, is_reserved, is_unseen};
use crate::domain::scope::Scope;
use crate::domain::user::turns_text;
use crate::store::{WriteTxn, plan_lines, plans};

pub use file::{
    FileReport, MAX_FILE_BYTES, export_items, export_list, import_items, import_items_stored, import_list,
    import_list_stored,
};
pub use items::{ItemDraft, categories, delete_item, item, items, owners, save_item};
pub use lists::{CodeDraft, code, delete_code, list, save_code};
pub use query::{ListOrder, ListQuery};
pub use take::take_items;

/// Who changes what plans are about.
type Who<'w> = (&'w Grant<EditPlans>, &'w Scope);

/// What concerns every owner is for those who see every owner.
fn must_see_everything(scope: &Scope) -> Result<(), ServiceError> {
    if scope.sees_every_owner() {
        return Ok(());
    }
    Err(ServiceError::OutOfScope(
        "this list is that of every owner, and your account sees the items of some; ask somebody who sees all"
            .to_owned(),
    ))
}

/// Refuses to take away what a plan is about; one that was deleted can be brought back, and counts.
fn not_in_plans(w: &WriteTxn, what: &str, is: impl Fn(&LineKey) -> bool) -> Result<(), ServiceError> {
    for plan in plans::list_plans(w)? {
        if plan_lines::list_lines(w, plan.id)?.iter().any(|line| is(&line.key)) {
            return Err(ServiceError::Conflict(format!(
                "{what} stands in the plan “{}”{}, and stays; take it out of what is offered for new lines instead",
                plan.name,
                if plan.deleted_at.is_some() { ", which can still be brought back" } else { "" }
            )));
        }
    }
    Ok(())
}

/// A key as it is kept.
fn key(field: &'static str, text: &str) -> Result<String, ServiceError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_CODE_CHARS || text.contains(is_unseen) {
        return Err(ServiceError::invalid(
            field,
            format!("needs 1 to {MAX_CODE_CHARS} characters that can be seen"),
        ));
    }
    Ok(text.to_owned())
}

/// Refuses to make what could not be asked for at its address.
fn is_free(field: &'static str, key: &str) -> Result<(), ServiceError> {
    if is_reserved(key) {
        let message = format!(
            "“{key}” stands for something else in addresses of the API; write it another way, such as {}",
            key.to_uppercase()
        );
        return Err(ServiceError::invalid(field, message));
    }
    Ok(())
}

/// A text as it is kept.
fn text(field: &'static str, text: &str, most: usize) -> Result<String, ServiceError> {
    checked(field, text, most, char::is_control)
}

/// What something is called, as it is kept: no character that turns the text around it.
fn name(field: &'static str, text: &str, most: usize) -> Result<String, ServiceError> {
    checked(field, text, most, |c| c.is_control() || turns_text(c))
}

/// A word that things are put together by, as it is kept: two that look the same are the same.
fn label(field: &'static str, text: &str, most: usize) -> Result<String, ServiceError> {
    checked(field, text, most, is_unseen)
}

fn checked(
    field: &'static str,
    text: &str,
    most: usize,
    is_bad: impl Fn(char) -> bool,
) -> Result<String, ServiceError> {
    let text = text.trim();
    if text.chars().count() > most || text.contains(is_bad) {
        return Err(ServiceError::invalid(
            field,
            format!("has more than {most} characters, or some that cannot be seen"),
        ));
    }
    Ok(text.to_owned())
}
