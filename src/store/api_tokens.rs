//! Tokens of programs, found by their hash and by their user.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};
use uuid::Uuid;

use super::codec::damaged;
use super::convert::{from_word, micros, timestamp, to_word};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::{API_TOKEN_BY_USER, API_TOKENS};
use super::transaction::{Order, Read, WriteTxn, get, visit, visit_keys};
use crate::domain::api_token::ApiToken;
use crate::domain::ids::{ApiTokenId, UserId};
use crate::domain::session::TokenHash;

#[derive(Encode, Decode)]
enum ApiTokenRecord {
    V1(ApiTokenV1),
}

#[derive(Encode, Decode)]
struct ApiTokenV1 {
    id: [u8; 16],
    user_id: [u8; 16],
    credential_epoch: u64,
    name: String,
    scopes: Vec<String>,
    created_at: i64,
    expires_at: Option<i64>,
    used_at: Option<i64>,
}

fn from_record(key: &[u8], record: ApiTokenRecord) -> Result<ApiToken, StoreError> {
    let ApiTokenRecord::V1(v1) = record;
    let scopes = v1.scopes.iter().map(|word| from_word(API_TOKENS, key, word));
    Ok(ApiToken {
        id: ApiTokenId(Uuid::from_bytes(v1.id)),
        hash: key.try_into().map_err(|_| damaged(API_TOKENS, key, "its key has the wrong length"))?,
        user_id: UserId(Uuid::from_bytes(v1.user_id)),
        credential_epoch: v1.credential_epoch,
        name: v1.name,
        scopes: scopes.collect::<Result<_, _>>()?,
        created_at: timestamp(v1.created_at),
        expires_at: v1.expires_at.map(timestamp),
        used_at: v1.used_at.map(timestamp),
    })
}

fn by_user(token: &ApiToken) -> Vec<u8> {
    Key::new().uuid(token.user_id.0).bytes(&token.hash).done()
}

/// The token with this hash.
pub fn find_api_token(r: &impl Read, hash: &TokenHash) -> Result<Option<ApiToken>, StoreError> {
    get(r, API_TOKENS, hash)?.map(|record| from_record(hash, record)).transpose()
}

/// Adds a token or replaces it.
pub fn put_api_token(w: &WriteTxn, token: &ApiToken) -> Result<(), StoreError> {
    let record = ApiTokenRecord::V1(ApiTokenV1 {
        id: token.id.0.into_bytes(),
        user_id: token.user_id.0.into_bytes(),
        credential_epoch: token.credential_epoch,
        name: token.name.clone(),
        scopes: token.scopes.iter().map(to_word).collect(),
        created_at: micros(token.created_at),
        expires_at: token.expires_at.map(micros),
        used_at: token.used_at.map(micros),
    });
    w.put(API_TOKENS, &token.hash, &record)?;
    w.put_raw(API_TOKEN_BY_USER, &by_user(token), &[])
}

/// Deletes a token; true where it was there.
pub fn delete_api_token(w: &WriteTxn, token: &ApiToken) -> Result<bool, StoreError> {
    w.remove(API_TOKEN_BY_USER, &by_user(token))?;
    w.remove(API_TOKENS, &token.hash)
}

/// The user's tokens, the oldest first.
pub fn list_api_tokens_of(r: &impl Read, user: UserId) -> Result<Vec<ApiToken>, StoreError> {
    let mut hashes: Vec<TokenHash> = Vec::new();
    visit_keys(r, API_TOKEN_BY_USER, &Key::id(user.0), Order::Ascending, &mut |key, _| {
        let mut parts = KeyParts::of(key);
        if let (Some(_), Some(hash)) = (parts.uuid(), parts.bytes()) {
            hashes.push(hash);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let mut tokens = Vec::with_capacity(hashes.len());
    for hash in hashes {
        tokens.extend(find_api_token(r, &hash)?);
    }
    tokens.sort_by_key(|token| token.id);
    Ok(tokens)
}

/// All tokens of all users.
pub fn list_api_tokens(r: &impl Read) -> Result<Vec<ApiToken>, StoreError> {
    let mut tokens = Vec::new();
    visit(r, API_TOKENS, &[], Order::Ascending, &mut |key, record| {
        tokens.push(from_record(key, record)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(tokens)
}
