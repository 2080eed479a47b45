//! Sessions, found by the hash of their token and by their user.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};

use super::codec::damaged;
use super::convert::{from_word, micros, timestamp, to_word};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::{SESSION_BY_USER, SESSIONS};
use super::transaction::{Order, Read, WriteTxn, get, visit, visit_keys};
use crate::domain::ids::UserId;
use crate::domain::session::{Session, TokenHash, Viewing};

#[derive(Encode, Decode)]
enum SessionRecord {
    V1(SessionV1),
}

#[derive(Encode, Decode)]
struct SessionV1 {
    user_id: [u8; 16],
    credential_epoch: u64,
    created_at: i64,
    seen_at: i64,
    address: Option<String>,
    user_agent: String,
    second_factor: String,
    viewing: Option<([u8; 16], i64)>,
    visited_before: Option<i64>,
}

fn from_record(key: &[u8], record: SessionRecord) -> Result<Session, StoreError> {
    let SessionRecord::V1(v1) = record;
    Ok(Session {
        token_hash: key.try_into().map_err(|_| damaged(SESSIONS, key, "its key has the wrong length"))?,
        user_id: UserId(uuid::Uuid::from_bytes(v1.user_id)),
        credential_epoch: v1.credential_epoch,
        created_at: timestamp(v1.created_at),
        seen_at: timestamp(v1.seen_at),
        address: v1.address.and_then(|text| text.parse().ok()),
        user_agent: v1.user_agent,
        second_factor: from_word(SESSIONS, key, &v1.second_factor)?,
        viewing: v1.viewing.map(|(user, since)| Viewing {
            user: UserId(uuid::Uuid::from_bytes(user)),
            since: timestamp(since),
        }),
        visited_before: v1.visited_before.map(timestamp),
    })
}

fn by_user(session: &Session) -> Vec<u8> {
    Key::new().uuid(session.user_id.0).bytes(&session.token_hash).done()
}

/// The session whose token has this hash.
pub fn find_session(r: &impl Read, token_hash: &TokenHash) -> Result<Option<Session>, StoreError> {
    get(r, SESSIONS, token_hash)?.map(|record| from_record(token_hash, record)).transpose()
}

/// Adds a session or replaces it.
pub fn put_session(w: &WriteTxn, session: &Session) -> Result<(), StoreError> {
    let record = SessionRecord::V1(SessionV1 {
        user_id: *session.user_id.0.as_bytes(),
        credential_epoch: session.credential_epoch,
        created_at: micros(session.created_at),
        seen_at: micros(session.seen_at),
        address: session.address.map(|address| address.to_string()),
        user_agent: session.user_agent.clone(),
        second_factor: to_word(&session.second_factor),
        viewing: session.viewing.map(|viewing| (*viewing.user.0.as_bytes(), micros(viewing.since))),
        visited_before: session.visited_before.map(micros),
    });
    w.put(SESSIONS, &session.token_hash, &record)?;
    w.put_raw(SESSION_BY_USER, &by_user(session), &[])
}

/// Ends a session; true where it was there.
pub fn delete_session(w: &WriteTxn, token_hash: &TokenHash) -> Result<bool, StoreError> {
    let Some(session) = find_session(w, token_hash)? else { return Ok(false) };
    w.remove(SESSION_BY_USER, &by_user(&session))?;
    w.remove(SESSIONS, token_hash)
}

/// The user's sessions.
pub fn list_sessions_of(r: &impl Read, user_id: UserId) -> Result<Vec<Session>, StoreError> {
    let mut hashes: Vec<TokenHash> = Vec::new();
    visit_keys(r, SESSION_BY_USER, &Key::id(user_id.0), Order::Ascending, &mut |key, _| {
        let mut parts = KeyParts::of(key);
        if let (Some(_), Some(hash)) = (parts.uuid(), parts.bytes()) {
            hashes.push(hash);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let mut sessions = Vec::with_capacity(hashes.len());
    for hash in hashes {
        sessions.extend(find_session(r, &hash)?);
    }
    Ok(sessions)
}

/// All sessions.
pub fn list_sessions(r: &impl Read) -> Result<Vec<Session>, StoreError> {
    let mut sessions = Vec::new();
    visit(r, SESSIONS, &[], Order::Ascending, &mut |key, record| {
        sessions.push(from_record(key, record)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(sessions)
}
