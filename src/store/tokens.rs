//! Links, codes and slips that are under way.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};
use jiff::Timestamp;

use super::codec::damaged;
use super::convert::{from_word, micros, timestamp, to_word};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::{TOKEN_BY_SLIP, TOKEN_BY_USER, TOKENS};
use super::transaction::{Order, Read, WriteTxn, get, visit, visit_keys};
use super::waiting::{self, Waiting};
use crate::base::secret::SecretString;
use crate::domain::ids::{TokenId, UserId};
use crate::domain::token::{Token, TokenPurpose};

#[derive(Encode, Decode)]
enum TokenRecord {
    V1(TokenV1),
}

#[derive(Encode, Decode)]
struct TokenV1 {
    purpose: String,
    user: Option<[u8; 16]>,
    epoch: u64,
    about: String,
    code_hash: Option<String>,
    slip_hash: Option<[u8; 32]>,
    tries_left: u8,
    proves_address: bool,
    created_at: i64,
    expires_at: i64,
}

fn to_record(token: &Token) -> TokenRecord {
    TokenRecord::V1(TokenV1 {
        purpose: to_word(&token.purpose),
        user: token.user.map(|user| user.0.into_bytes()),
        epoch: token.epoch,
        about: token.about.clone(),
        code_hash: token.code_hash.as_ref().map(|hash| hash.expose().clone()),
        slip_hash: token.slip_hash,
        tries_left: token.tries_left,
        proves_address: token.proves_address,
        created_at: micros(token.created_at),
        expires_at: micros(token.expires_at),
    })
}

fn from_record(key: &[u8], record: TokenRecord) -> Result<Token, StoreError> {
    let TokenRecord::V1(v1) = record;
    let id = KeyParts::of(key).uuid().ok_or_else(|| damaged(TOKENS, key, "its key is no id"))?;
    Ok(Token {
        id: TokenId(id),
        purpose: from_word(TOKENS, key, &v1.purpose)?,
        user: v1.user.map(|id| UserId(uuid::Uuid::from_bytes(id))),
        epoch: v1.epoch,
        about: v1.about,
        code_hash: v1.code_hash.map(SecretString::new),
        slip_hash: v1.slip_hash,
        tries_left: v1.tries_left,
        proves_address: v1.proves_address,
        created_at: timestamp(v1.created_at),
        expires_at: timestamp(v1.expires_at),
    })
}

/// The token with this id.
pub fn find_token(r: &impl Read, id: TokenId) -> Result<Option<Token>, StoreError> {
    let key = Key::id(id.0);
    get(r, TOKENS, &key)?.map(|record| from_record(&key, record)).transpose()
}

/// The token whose slip has the code with this hash.
pub fn find_token_by_slip(r: &impl Read, slip_hash: &[u8; 32]) -> Result<Option<Token>, StoreError> {
    let Some(bytes) = r.get_raw(TOKEN_BY_SLIP, slip_hash)? else { return Ok(None) };
    match KeyParts::of(&bytes).uuid() {
        Some(id) => find_token(r, TokenId(id)),
        None => Err(damaged(TOKEN_BY_SLIP, slip_hash, "it names no token")),
    }
}

/// All tokens of a user, the oldest first.
pub fn list_tokens_of(r: &impl Read, user: UserId) -> Result<Vec<Token>, StoreError> {
    let prefix = Key::id(user.0);
    let mut ids = Vec::new();
    visit_keys(r, TOKEN_BY_USER, &prefix, Order::Ascending, &mut |key, _| {
        match KeyParts::of(&key[prefix.len()..]).uuid() {
            Some(id) => ids.push(TokenId(id)),
            None => return Err(damaged(TOKEN_BY_USER, key, "it names no token")),
        }
        Ok(ControlFlow::Continue(()))
    })?;
    ids.into_iter().filter_map(|id| find_token(r, id).transpose()).collect()
}

/// All tokens, the oldest first.
pub fn list_tokens(r: &impl Read) -> Result<Vec<Token>, StoreError> {
    let mut tokens = Vec::new();
    visit(r, TOKENS, &[], Order::Ascending, &mut |key, record| {
        tokens.push(from_record(key, record)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(tokens)
}

/// Writes a token, over the one with its id.
pub fn put_token(w: &WriteTxn, token: &Token) -> Result<(), StoreError> {
    if let Some(before) = find_token(w, token.id)? {
        remove_from_indexes(w, &before)?;
    }
    if let Some(user) = token.user {
        w.put_raw(TOKEN_BY_USER, &Key::new().uuid(user.0).uuid(token.id.0).done(), &[])?;
    }
    if token.purpose == TokenPurpose::ResetWanted {
        waiting::add(w, Waiting::Reset(token.id))?;
    }
    if let Some(hash) = &token.slip_hash {
        w.put_raw(TOKEN_BY_SLIP, hash, token.id.0.as_bytes())?;
    }
    w.put(TOKENS, &Key::id(token.id.0), &to_record(token))
}

/// Deletes a token; true where it was there: who deletes it has used it.
pub fn delete_token(w: &WriteTxn, token: &Token) -> Result<bool, StoreError> {
    remove_from_indexes(w, token)?;
    w.remove(TOKENS, &Key::id(token.id.0))
}

/// Deletes all tokens of a user.
pub fn delete_tokens_of(w: &WriteTxn, user: UserId) -> Result<(), StoreError> {
    for token in list_tokens_of(w, user)? {
        delete_token(w, &token)?;
    }
    Ok(())
}

fn remove_from_indexes(w: &WriteTxn, token: &Token) -> Result<(), StoreError> {
    waiting::remove(w, Waiting::Reset(token.id))?;
    if let Some(user) = token.user {
        w.remove(TOKEN_BY_USER, &Key::new().uuid(user.0).uuid(token.id.0).done())?;
    }
    if let Some(hash) = &token.slip_hash {
        w.remove(TOKEN_BY_SLIP, hash)?;
    }
    Ok(())
}

/// Deletes at most `most` tokens that ended before `before`; how many there were.
pub fn purge_tokens(w: &WriteTxn, before: Timestamp, most: usize) -> Result<usize, StoreError> {
    let mut stale = Vec::new();
    visit(w, TOKENS, &[], Order::Ascending, &mut |key, record| {
        let token = from_record(key, record)?;
        if token.expires_at < before {
            stale.push(token);
        }
        Ok(if stale.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    for token in &stale {
        delete_token(w, token)?;
    }
    Ok(stale.len())
}
