//! What a password must be (ASVS 6.2): long enough, and nothing that is guessed first. Any characters, no rules
//! of composition, exactly as typed.

use zxcvbn::{Entropy, zxcvbn};

use super::error::ServiceError;
use crate::base::secret::SecretString;
use crate::config::password::{MAX_LENGTH, PasswordConfig};
use crate::domain::email::{Email, Username};
use crate::domain::fold::{fold, squeeze};
use crate::domain::permission::Permission;
use crate::domain::user::User;

/// Guesses that a password must withstand, as a power of ten: the first million are common passwords, names, dates,
/// keyboard rows and what people put behind them (ASVS 6.2.4, 6.2.12).
const LEAST_GUESSES_LOG10: f64 = 6.0;
/// Checks a new password for `user`.
///
/// # Errors
/// [`ServiceError::Invalid`] saying what is wrong.
pub fn check(config: &PasswordConfig, user: &User, password: &SecretString) -> Result<(), ServiceError> {
    check_anybodys(config, user.has(Permission::ManageUsers), password)?;
    let (plain, bare) = guessed_forms(password);
    if context_words(&user.email, user.username.as_ref()).any(|word| word == plain || word == bare) {
        let message = "is your own name or address, or the site's; choose another";
        return Err(ServiceError::invalid("password", message));
    }
    Ok(())
}

/// How many characters a new password of `user` has at the least.
pub fn least_length(config: &PasswordConfig, user: &User) -> usize {
    least(config, user.has(Permission::ManageUsers))
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
    let guessed = zxcvbn(password.expose(), &[]);
    if guessed.guesses_log10() < LEAST_GUESSES_LOG10 {
        return invalid(format!("is among the first that are guessed; {}", advice(&guessed)));
    }
    Ok(())
}

/// Why a password is easily guessed, and what would help.
fn advice(guessed: &Entropy) -> String {
    let said = guessed.feedback().map(|feedback| {
        let warning = feedback.warning().map(|warning| warning.to_string());
        let suggestion = feedback.suggestions().first().map(ToString::to_string);
        warning.into_iter().chain(suggestion).collect::<Vec<_>>().join(" ")
    });
    said.filter(|said| !said.is_empty()).unwrap_or_else(|| "choose another".to_owned())
}

/// What a password is worth, in words for the one who types it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strength {
    /// Characters that are missing.
    TooShort(usize),
    /// Would be refused, and why.
    Guessed(String),
    /// From 1, which is enough, to 3.
    Good(u8),
}

/// How strong a password is that has at least `least` characters.
pub fn strength(least: usize, password: &SecretString) -> Strength {
    let length = password.expose().chars().count();
    if length < least {
        return Strength::TooShort(least - length);
    }
    // Beyond this nothing more is learned.
    let beginning: String = password.expose().chars().take(MAX_LENGTH).collect();
    let guessed = zxcvbn(&beginning, &[]);
    match guessed.guesses_log10() {
        few if few < LEAST_GUESSES_LOG10 => Strength::Guessed(advice(&guessed)),
        some if some < 9.0 => Strength::Good(1),
        many if many < 12.0 => Strength::Good(2),
        _ => Strength::Good(3),
    }
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
