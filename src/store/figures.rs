//! What is counted: what users did by the hour, searches that found nothing, rows by owner of each generation.

use std::ops::{Bound, ControlFlow};

use bincode::{Decode, Encode};
use jiff::Timestamp;

use super::codec::damaged;
use super::convert::{micros, timestamp};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::{EMPTY_SEARCHES, OWNER_ROWS, USE_COUNTS};
use super::transaction::{Order, Read, WriteTxn, get, visit};
use crate::domain::figures::{EmptySearch, OwnerRows, UseKind};
use crate::domain::ids::{DatasetId, GenerationId, UserId};

fn use_key(kind: UseKind, hour: u64, user: UserId) -> Vec<u8> {
    Key::new().byte(kind.byte()).number(hour).uuid(user.0).done()
}

/// Counts `times` more of what the user did in this hour (hours since 1970).
pub fn count_use(w: &WriteTxn, kind: UseKind, hour: u64, user: UserId, times: u64) -> Result<(), StoreError> {
    let key = use_key(kind, hour, user);
    let known = w.get_raw(USE_COUNTS, &key)?.map_or(Ok(0), |bytes| number(&key, &bytes))?;
    w.put_raw(USE_COUNTS, &key, &(known + times).to_be_bytes())
}

fn number(key: &[u8], bytes: &[u8]) -> Result<u64, StoreError> {
    let bytes = bytes.try_into().map_err(|_| damaged(USE_COUNTS, key, "it is no number"))?;
    Ok(u64::from_be_bytes(bytes))
}

/// Walks what users did from `hour` on: hour, user, how often.
pub fn visit_uses(
    r: &impl Read,
    kind: UseKind,
    hour: u64,
    visitor: &mut dyn FnMut(u64, UserId, u64),
) -> Result<(), StoreError> {
    let from = Key::new().byte(kind.byte()).number(hour).done();
    let until = Key::new().byte(kind.byte() + 1).done();
    let range = (Bound::Included(from.as_slice()), Bound::Excluded(until.as_slice()));
    r.visit_raw(USE_COUNTS, range, Order::Ascending, &mut |key, bytes| {
        let mut parts = KeyParts::of(key);
        let (Some(_), Some(hour), Some(user)) = (parts.byte(), parts.number(), parts.uuid()) else {
            return Err(damaged(USE_COUNTS, key, "its key is cut short"));
        };
        visitor(hour, UserId(user), number(key, bytes)?);
        Ok(ControlFlow::Continue(()))
    })
}

/// Forgets counts from before `hour`, at most `limit` of them; how many there were.
pub fn forget_uses(w: &WriteTxn, hour: u64, limit: usize) -> Result<usize, StoreError> {
    let mut stale = Vec::new();
    for kind in UseKind::ALL {
        let from = Key::new().byte(kind.byte()).done();
        let until = Key::new().byte(kind.byte()).number(hour).done();
        let range = (Bound::Included(from.as_slice()), Bound::Excluded(until.as_slice()));
        w.visit_raw(USE_COUNTS, range, Order::Ascending, &mut |key, _| {
            stale.push(key.to_vec());
            Ok(if stale.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
    }
    for key in &stale {
        w.remove(USE_COUNTS, key)?;
    }
    Ok(stale.len())
}

#[derive(Encode, Decode)]
enum EmptySearchRecord {
    V1 { text: String, times: u64, last_at: i64 },
}

fn search_key(slug: &str, folded: &str) -> Vec<u8> {
    [slug.as_bytes(), &[0], folded.as_bytes()].concat()
}

/// Counts a search that found nothing; `folded` is what makes two searches the same.
pub fn count_empty_search(
    w: &WriteTxn,
    slug: &str,
    folded: &str,
    text: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let key = search_key(slug, folded);
    let known: Option<EmptySearchRecord> = get(w, EMPTY_SEARCHES, &key)?;
    let times = known.map_or(0, |EmptySearchRecord::V1 { times, .. }| times) + 1;
    let record = EmptySearchRecord::V1 { text: text.to_owned(), times, last_at: micros(at) };
    w.put(EMPTY_SEARCHES, &key, &record)
}

/// All searches that found nothing.
pub fn list_empty_searches(r: &impl Read) -> Result<Vec<EmptySearch>, StoreError> {
    let mut searches = Vec::new();
    visit(
        r,
        EMPTY_SEARCHES,
        &[],
        Order::Ascending,
        &mut |key, EmptySearchRecord::V1 { text, times, last_at }| {
            let slug = key.split(|byte| *byte == 0).next().unwrap_or_default();
            let dataset = String::from_utf8_lossy(slug).into_owned();
            searches.push((key.to_vec(), EmptySearch { dataset, text, times, last_at: timestamp(last_at) }));
            Ok(ControlFlow::Continue(()))
        },
    )?;
    Ok(searches.into_iter().map(|(_, search)| search).collect())
}

/// Forgets searches from before `before`, and the oldest beyond `most`; how many there were.
pub fn forget_empty_searches(w: &WriteTxn, before: Timestamp, most: usize) -> Result<usize, StoreError> {
    let mut all = Vec::new();
    visit(w, EMPTY_SEARCHES, &[], Order::Ascending, &mut |key, EmptySearchRecord::V1 { last_at, .. }| {
        all.push((last_at, key.to_vec()));
        Ok(ControlFlow::Continue(()))
    })?;
    all.sort_unstable();
    let beyond = all.len().saturating_sub(most);
    let stale: Vec<_> = all
        .into_iter()
        .enumerate()
        .filter(|(at, (last_at, _))| *at < beyond || *last_at < micros(before))
        .map(|(_, (_, key))| key)
        .collect();
    for key in &stale {
        w.remove(EMPTY_SEARCHES, key)?;
    }
    Ok(stale.len())
}

#[derive(Encode, Decode)]
enum OwnerRowsRecord {
    V1 { at: i64, rows: u64, owners: Vec<(String, u64)> },
}

/// Notes the rows by owner of a generation.
pub fn put_owner_rows(
    w: &WriteTxn,
    dataset: DatasetId,
    generation: GenerationId,
    rows: &OwnerRows,
) -> Result<(), StoreError> {
    let record = OwnerRowsRecord::V1 { at: micros(rows.at), rows: rows.rows, owners: rows.owners.clone() };
    w.put(OWNER_ROWS, &Key::new().uuid(dataset.0).number(generation.0).done(), &record)
}

/// Rows by owner of all generations of a dataset, in order of publication, those dropped since among them.
pub fn list_owner_rows(r: &impl Read, dataset: DatasetId) -> Result<Vec<OwnerRows>, StoreError> {
    let mut all = Vec::new();
    let prefix = Key::id(dataset.0);
    visit(r, OWNER_ROWS, &prefix, Order::Ascending, &mut |_, OwnerRowsRecord::V1 { at, rows, owners }| {
        all.push(OwnerRows { at: timestamp(at), rows, owners });
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(all)
}
