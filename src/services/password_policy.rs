//! What a password must be (ASVS 6.2): long enough, and nothing that is guessed first. Any characters, no rules
//! of composition, exactly as typed.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::error::ServiceError;
use crate::base::secret::SecretString;
use crate::config::password::{MAX_LENGTH, PasswordConfig};
use crate::domain::email::{Email, Username};
use crate::domain::fold::{fold, squeeze};
use crate::domain::permission::Permission;
use crate::domain::user::User;

static COMMON: LazyLock<HashSet<String>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().map(|line| squeeze(&fold(line))).collect());

/// Checks a new password for `user`.
///
/// # Errors
/// [`ServiceError::Invalid`] saying what is wrong.
pub fn check(config: &PasswordConfig, user: &User, password: &SecretString) -> Result<(), ServiceError> {
    check_anybodys(config, needs_more(user), password)?;
    let (plain, bare) = guessed_forms(password);
    if context_words(&user.email, user.username.as_ref()).any(|word| word == plain || word == bare) {
        let message = "is your own name or address, or the site's; choose another";
        return Err(ServiceError::invalid("password", message));
    }
    Ok(())
}

/// How many characters a new password of `user` has at the least.
pub fn least_length(config: &PasswordConfig, user: &User) -> usize {
    least(config, needs_more(user))
}

/// True for admins whose password is all that there is (ASVS 6.2.1).
fn needs_more(user: &User) -> bool {
    user.has(Permission::ManageUsers) && user.second_factor_at.is_none()
}

fn least(config: &PasswordConfig, is_admin: bool) -> usize {
    if is_admin { config.admin_min_length.max(config.min_length) } else { config.min_length }
}

/// What a password is compared as: without case, marks and punctuation, and without digits at its end.
fn guessed_forms(password: &SecretString) -> (String, String) {
    let plain = squeeze(&fold(password.expose()));
    let bare = plain.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    (plain, bare)
}

/// Checks a password of which only the kind of account is known.
///
/// # Errors
/// As [`check`].
pub fn check_anybodys(
    config: &PasswordConfig,
    is_admin: bool,
    password: &SecretString,
) -> Result<(), ServiceError> {
    let invalid = |message: String| Err(ServiceError::invalid("password", message));
    let length = password.expose().chars().count();
    let least = least(config, is_admin);
    if length < least {
        let whose = if is_admin { "an admin's password" } else { "a password" };
        return invalid(format!("is too short; {whose} has at least {least} characters"));
    }
    if length > MAX_LENGTH {
        return invalid(format!("is too long; a password has at most {MAX_LENGTH} characters"));
    }
    let (plain, bare) = guessed_forms(password);
    if COMMON.contains(&plain) || COMMON.contains(&bare) || is_one_pattern(&plain) {
        return invalid("is among the first that are guessed; choose another".to_owned());
    }
    Ok(())
}

/// Words that an attacker tries for this account (ASVS 6.2.11).
fn context_words(email: &Email, username: Option<&Username>) -> impl Iterator<Item = String> {
    let address = email.as_str();
    let local = address.split('@').next().unwrap_or(address);
    let name = username.map_or(local, Username::as_str);
    let words =
        [address, local, name, "stockroom", "stockroom inventory", "inventory portal"].map(str::to_owned);
    words.into_iter().map(|word| squeeze(&fold(&word)))
}

/// One to four characters again and again, or a run like `abcdefghijkl`.
fn is_one_pattern(plain: &str) -> bool {
    let characters: Vec<char> = plain.chars().collect();
    if characters.is_empty() {
        return true;
    }
    let repeats =
        (1..=4).any(|period| characters.iter().zip(characters.iter().skip(period)).all(|(a, b)| a == b));
    let step = |by: i64| {
        characters.windows(2).all(|pair| i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0])) == by)
    };
    repeats || step(1) || step(-1)
}
