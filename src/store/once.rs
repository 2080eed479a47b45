//! What was asked for once, by the key that its sender chose.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};
use jiff::Timestamp;

use super::convert::{micros, timestamp};
use super::error::StoreError;
use super::keys::Key;
use super::tables::ONCE;
use super::transaction::{Order, Read, WriteTxn, get, visit};
use crate::domain::ids::UserId;
use crate::domain::once::{Asked, KeptAnswer};

#[derive(Encode, Decode)]
enum OnceRecord {
    V1(OnceV1),
}

#[derive(Encode, Decode)]
struct OnceV1 {
    fingerprint: [u8; 32],
    at: i64,
    answer: Option<AnswerV1>,
}

#[derive(Encode, Decode)]
struct AnswerV1 {
    status: u16,
    content_type: String,
    body: Option<Vec<u8>>,
}

fn key_of(user: UserId, hash: &[u8; 32]) -> Vec<u8> {
    Key::new().uuid(user.0).bytes(hash).done()
}

fn from_record(record: OnceRecord) -> Asked {
    let OnceRecord::V1(v1) = record;
    let answer = v1.answer.map(|answer| {
        let AnswerV1 { status, content_type, body } = answer;
        KeptAnswer { status, content_type, body }
    });
    Asked { fingerprint: v1.fingerprint, at: timestamp(v1.at), answer }
}

/// What was asked for under the key with this hash.
pub fn find_asked(r: &impl Read, user: UserId, hash: &[u8; 32]) -> Result<Option<Asked>, StoreError> {
    Ok(get(r, ONCE, &key_of(user, hash))?.map(from_record))
}

/// Keeps what was asked for, or what it came to.
pub fn put_asked(w: &WriteTxn, user: UserId, hash: &[u8; 32], asked: &Asked) -> Result<(), StoreError> {
    let answer = asked.answer.as_ref().map(|answer| AnswerV1 {
        status: answer.status,
        content_type: answer.content_type.clone(),
        body: answer.body.clone(),
    });
    let record = OnceRecord::V1(OnceV1 { fingerprint: asked.fingerprint, at: micros(asked.at), answer });
    w.put(ONCE, &key_of(user, hash), &record)
}

/// Forgets it.
pub fn delete_asked(w: &WriteTxn, user: UserId, hash: &[u8; 32]) -> Result<bool, StoreError> {
    w.remove(ONCE, &key_of(user, hash))
}

/// The places of what was asked for before `end`.
pub fn asked_before(r: &impl Read, end: Timestamp) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut keys = Vec::new();
    visit(r, ONCE, &[], Order::Ascending, &mut |key, record| {
        if from_record(record).at < end {
            keys.push(key.to_vec());
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(keys)
}

/// Forgets what is at these places.
pub fn delete_at(w: &WriteTxn, keys: &[Vec<u8>]) -> Result<(), StoreError> {
    keys.iter().try_for_each(|key| w.remove(ONCE, key).map(drop))
}
