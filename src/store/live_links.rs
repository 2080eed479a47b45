//! Live links, found by the hash of their token and by their user.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};
use uuid::Uuid;

use super::codec::damaged;
use super::convert::{from_word, micros, timestamp, to_word};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::{LIVE_LINK_BY_USER, LIVE_LINKS};
use super::transaction::{Order, Read, WriteTxn, get, visit, visit_keys};
use crate::domain::ids::{LiveLinkId, UserId};
use crate::domain::live_link::LiveLink;
use crate::domain::session::TokenHash;

#[derive(Encode, Decode)]
enum LiveLinkRecord {
    V1(LiveLinkV1),
}

#[derive(Encode, Decode)]
struct LiveLinkV1 {
    id: [u8; 16],
    user_id: [u8; 16],
    name: String,
    dataset: String,
    query: String,
    created_at: i64,
    expires_at: i64,
    used: Option<(i64, Option<String>)>,
    ended: Option<(i64, String)>,
}

fn from_record(key: &[u8], record: LiveLinkRecord) -> Result<LiveLink, StoreError> {
    let LiveLinkRecord::V1(v1) = record;
    let ended = match v1.ended {
        Some((at, why)) => Some((timestamp(at), from_word(LIVE_LINKS, key, &why)?)),
        None => None,
    };
    Ok(LiveLink {
        id: LiveLinkId(Uuid::from_bytes(v1.id)),
        hash: key.try_into().map_err(|_| damaged(LIVE_LINKS, key, "its key has the wrong length"))?,
        user_id: UserId(Uuid::from_bytes(v1.user_id)),
        name: v1.name,
        dataset: v1.dataset,
        query: v1.query,
        created_at: timestamp(v1.created_at),
        expires_at: timestamp(v1.expires_at),
        used: v1.used.map(|(at, from)| (timestamp(at), from)),
        ended,
    })
}

fn by_user(link: &LiveLink) -> Vec<u8> {
    Key::new().uuid(link.user_id.0).bytes(&link.hash).done()
}

/// The link with this hash.
pub fn find_live_link(r: &impl Read, hash: &TokenHash) -> Result<Option<LiveLink>, StoreError> {
    get(r, LIVE_LINKS, hash)?.map(|record| from_record(hash, record)).transpose()
}

/// Adds a link or replaces it.
pub fn put_live_link(w: &WriteTxn, link: &LiveLink) -> Result<(), StoreError> {
    let record = LiveLinkRecord::V1(LiveLinkV1 {
        id: link.id.0.into_bytes(),
        user_id: link.user_id.0.into_bytes(),
        name: link.name.clone(),
        dataset: link.dataset.clone(),
        query: link.query.clone(),
        created_at: micros(link.created_at),
        expires_at: micros(link.expires_at),
        used: link.used.as_ref().map(|(at, from)| (micros(*at), from.clone())),
        ended: link.ended.as_ref().map(|(at, why)| (micros(*at), to_word(why))),
    });
    w.put(LIVE_LINKS, &link.hash, &record)?;
    w.put_raw(LIVE_LINK_BY_USER, &by_user(link), &[])
}

/// Deletes a link; true where it was there.
pub fn delete_live_link(w: &WriteTxn, link: &LiveLink) -> Result<bool, StoreError> {
    w.remove(LIVE_LINK_BY_USER, &by_user(link))?;
    w.remove(LIVE_LINKS, &link.hash)
}

/// The user's links, the oldest first.
pub fn list_live_links_of(r: &impl Read, user: UserId) -> Result<Vec<LiveLink>, StoreError> {
    let mut hashes: Vec<TokenHash> = Vec::new();
    visit_keys(r, LIVE_LINK_BY_USER, &Key::id(user.0), Order::Ascending, &mut |key, _| {
        let mut parts = KeyParts::of(key);
        if let (Some(_), Some(hash)) = (parts.uuid(), parts.bytes()) {
            hashes.push(hash);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let mut links = Vec::with_capacity(hashes.len());
    for hash in hashes {
        links.extend(find_live_link(r, &hash)?);
    }
    links.sort_by_key(|link| link.id);
    Ok(links)
}

/// All links of all users.
pub fn list_live_links(r: &impl Read) -> Result<Vec<LiveLink>, StoreError> {
    let mut links = Vec::new();
    visit(r, LIVE_LINKS, &[], Order::Ascending, &mut |key, record| {
        links.push(from_record(key, record)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(links)
}
