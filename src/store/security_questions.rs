//! Security questions of those sites that want them: apart from the users, so that no listing carries them along.

use bincode::{Decode, Encode};
use jiff::Timestamp;

use super::convert::micros;
use super::error::StoreError;
use super::keys::Key;
use super::tables::SECURITY_QUESTIONS;
use super::transaction::{Read, WriteTxn, get};
use crate::base::secret::SecretString;
use crate::domain::ids::UserId;

#[derive(Encode, Decode)]
enum SecurityQuestionRecord {
    /// `hash` is a PHC string.
    V1 { question: String, hash: String, set_at: i64 },
}

/// The user's question, and the hash of its answer.
pub fn find_question(r: &impl Read, user: UserId) -> Result<Option<(String, SecretString)>, StoreError> {
    let record: Option<SecurityQuestionRecord> = get(r, SECURITY_QUESTIONS, &Key::id(user.0))?;
    Ok(record.map(|SecurityQuestionRecord::V1 { question, hash, .. }| (question, SecretString::new(hash))))
}

/// Sets it.
pub fn put_question(
    w: &WriteTxn,
    user: UserId,
    question: &str,
    hash: &SecretString,
    now: Timestamp,
) -> Result<(), StoreError> {
    let record = SecurityQuestionRecord::V1 {
        question: question.to_owned(),
        hash: hash.expose().clone(),
        set_at: micros(now),
    };
    w.put(SECURITY_QUESTIONS, &Key::id(user.0), &record)
}

/// Takes it away; true where there was one.
pub fn delete_question(w: &WriteTxn, user: UserId) -> Result<bool, StoreError> {
    w.remove(SECURITY_QUESTIONS, &Key::id(user.0))
}
