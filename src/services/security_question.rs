//! A question that is asked after a valid code as one more thing, never instead of one: on sites that switch it on
//! (ASVS 6.4.2 advises against it). The answer is hashed like a password and never shown, exported or logged.

use std::net::IpAddr;

use serde_json::json;
use unicode_normalization::UnicodeNormalization;

use super::authorize::By;
use super::error::ServiceError;
use super::passwords::Verdict;
use super::second_factor::prove;
use super::sessions::LiveSession;
use super::{Services, audit};
use crate::base::secret::SecretString;
use crate::domain::audit::Actor;
use crate::domain::ids::UserId;
use crate::domain::user::turns_text;
use crate::store::{Read, StoreError, security_questions as store_questions};

/// Longest question in characters.
pub const MAX_QUESTION_CHARS: usize = 200;
const MIN_ANSWER_CHARS: usize = 3;
const MAX_ANSWER_CHARS: usize = 200;

/// The user's question, where the site has them and the user set one.
pub fn find(services: &Services, r: &impl Read, user: UserId) -> Result<Option<String>, StoreError> {
    if !services.config().accounts.security_question {
        return Ok(None);
    }
    Ok(store_questions::find_question(r, user)?.map(|(question, _)| question))
}

/// One's own question.
pub fn own(services: &Services, live: &LiveSession) -> Result<Option<String>, ServiceError> {
    Ok(services.store.read(|r| find(services, r, live.user.id))?)
}

/// Whether the answer is right. Without a question it is wrong, after the same work. Slow: outside of transactions; the
/// caller counts a wrong one in the throttle that counts codes.
///
/// # Errors
/// [`ServiceError::Busy`].
pub fn verify(services: &Services, user: UserId, answer: &SecretString) -> Result<bool, ServiceError> {
    let known = services.store.read(|r| store_questions::find_question(r, user))?;
    let hash = known.map(|(_, hash)| hash).filter(|_| services.config().accounts.security_question);
    let verdict = services.passwords.verify(&normalised(answer), hash.as_ref())?;
    Ok(matches!(verdict, Verdict::Right { .. }))
}

/// Sets one's own question and answer.
///
/// # Errors
/// As [`prove`]; [`ServiceError::Invalid`] for texts that make no question and answer; [`ServiceError::NotFound`]
/// where the site has none.
pub fn set(
    services: &Services,
    live: &LiveSession,
    question: &str,
    answer: &SecretString,
    password: &SecretString,
    address: Option<IpAddr>,
) -> Result<(), ServiceError> {
    let (question, answer) = read(services, question, answer)?;
    prove(services, live, password, address)?;
    let hash = services.passwords.hash(&answer)?;
    write(services, live, Some((&question, &hash)), address)
}

/// A question and the answer as it is hashed.
///
/// # Errors
/// [`ServiceError::Invalid`] for texts that make no question and answer; [`ServiceError::NotFound`] where the site has
/// none.
pub(super) fn read(
    services: &Services,
    question: &str,
    answer: &SecretString,
) -> Result<(String, SecretString), ServiceError> {
    is_offered(services)?;
    let question = question.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = question.chars().count();
    if !(5..=MAX_QUESTION_CHARS).contains(&length)
        || question.chars().any(|c| c.is_control() || turns_text(c))
    {
        let rule = format!("has 5 to {MAX_QUESTION_CHARS} characters, and none that turn or hide others");
        return Err(ServiceError::invalid("question", rule));
    }
    let answer = normalised(answer);
    let length = answer.expose().chars().count();
    if !(MIN_ANSWER_CHARS..=MAX_ANSWER_CHARS).contains(&length) {
        let rule = format!("has {MIN_ANSWER_CHARS} to {MAX_ANSWER_CHARS} characters");
        return Err(ServiceError::invalid("answer", rule));
    }
    if normalised(&SecretString::new(question.clone())).expose().contains(answer.expose().as_str()) {
        return Err(ServiceError::invalid("answer", "stands in the question; choose another"));
    }
    Ok((question, answer))
}

/// Takes it away.
///
/// # Errors
/// As [`prove`].
pub fn remove(
    services: &Services,
    live: &LiveSession,
    password: &SecretString,
    address: Option<IpAddr>,
) -> Result<(), ServiceError> {
    is_offered(services)?;
    prove(services, live, password, address)?;
    write(services, live, None, address)
}

fn is_offered(services: &Services) -> Result<(), ServiceError> {
    if services.config().accounts.security_question {
        Ok(())
    } else {
        Err(ServiceError::NotFound("security question on this site".to_owned()))
    }
}

fn write(
    services: &Services,
    live: &LiveSession,
    question: Option<(&str, &SecretString)>,
    address: Option<IpAddr>,
) -> Result<(), ServiceError> {
    let (user, now) = (live.user.id, services.now());
    let by = By { actor: Actor::User(user), address };
    services.store.write(|w| {
        match question {
            Some((question, hash)) => store_questions::put_question(w, user, question, hash, now)?,
            None => drop(store_questions::delete_question(w, user)?),
        }
        let details = json!({ "is_set": question.is_some() });
        Ok(audit::append(w, now, by, "user.security_question", &format!("user:{user}"), &details)?)
    })
}

/// How an answer is compared: people do not remember how they wrote it (NFKC, case folded, spaces once).
fn normalised(answer: &SecretString) -> SecretString {
    let plain: String = answer.expose().nfkc().collect();
    let folded = caseless::default_case_fold_str(&plain);
    SecretString::new(folded.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::normalised;
    use crate::base::secret::SecretString;

    #[test]
    fn an_answer_is_the_same_however_it_is_spelled() {
        let same = |a: &str, b: &str| {
            normalised(&SecretString::new(a.to_owned())) == normalised(&SecretString::new(b.to_owned()))
        };
        assert!(same("Straße 12", "  STRASSE   12 "));
        assert!(same("Ｒｅｘ", "rex"));
        assert!(same("Zoe\u{308}", "zoë"));
        assert!(!same("rex", "max"));
    }
}
