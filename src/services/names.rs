//! What tokens of programs and live links may be called: names that people give, to tell them apart in a list.

use super::error::ServiceError;
use crate::domain::user::turns_text;

/// Checks a name of 1 to `most` characters.
///
/// # Errors
/// [`ServiceError::Invalid`] for the field `name`.
pub(super) fn check(name: &str, most: usize) -> Result<(), ServiceError> {
    let is_good = name.trim() == name
        && (1..=most).contains(&name.chars().count())
        && !name.chars().any(|c| c.is_control() || turns_text(c));
    is_good.then_some(()).ok_or_else(|| {
        let rule =
            format!("has 1 to {most} characters, none that turn or hide others, and no blanks around it");
        ServiceError::invalid("name", rule)
    })
}
