//! What is counted: what users did by the hour, searches that found nothing, what was exported, and what each generation
//! held of whom.

use std::ops::{Bound, ControlFlow};

use bincode::{Decode, Encode};
use jiff::Timestamp;

use super::codec::damaged;
use super::convert::{from_word, micros, timestamp, to_word};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::{EMPTY_SEARCHES, EXPORTED, STOCK, USE_COUNTS};
use super::transaction::{Order, Read, WriteTxn, get, visit};
use crate::domain::audit::Actor;
use crate::domain::figures::{Amount, EmptySearch, Exported, Share, Stock, UseKind, day_of};
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
struct AmountV1 {
    column: String,
    unit: Option<String>,
    /// As text: exact.
    sum: String,
}

#[derive(Encode, Decode)]
struct ShareV1 {
    rows: u64,
    amounts: Vec<AmountV1>,
}

#[derive(Encode, Decode)]
enum StockRecord {
    V1 {
        at: i64,
        all: ShareV1,
        owner_column: Option<String>,
        unit_column: Option<String>,
        owners: Vec<(String, ShareV1)>,
    },
}

fn share_record(share: &Share) -> ShareV1 {
    let amount = |amount: &Amount| AmountV1 {
        column: amount.column.clone(),
        unit: amount.unit.clone(),
        sum: amount.sum.to_string(),
    };
    ShareV1 { rows: share.rows, amounts: share.amounts.iter().map(amount).collect() }
}

fn share_of(key: &[u8], record: ShareV1) -> Result<Share, StoreError> {
    let amount = |amount: AmountV1| {
        let sum = amount.sum.parse().map_err(|_| damaged(STOCK, key, "a sum is no number"))?;
        Ok(Amount { column: amount.column, unit: amount.unit, sum })
    };
    let amounts = record.amounts.into_iter().map(amount).collect::<Result<_, StoreError>>()?;
    Ok(Share { rows: record.rows, amounts })
}

/// Notes what a generation holds.
pub fn put_stock(
    w: &WriteTxn,
    dataset: DatasetId,
    generation: GenerationId,
    stock: &Stock,
) -> Result<(), StoreError> {
    let record = StockRecord::V1 {
        at: micros(stock.at),
        all: share_record(&stock.all),
        owner_column: stock.owner_column.clone(),
        unit_column: stock.unit_column.clone(),
        owners: stock.owners.iter().map(|(owner, share)| (owner.clone(), share_record(share))).collect(),
    };
    w.put(STOCK, &Key::new().uuid(dataset.0).number(generation.0).done(), &record)
}

/// What all generations of a dataset held, in order of publication, those dropped since among them.
pub fn list_stock(r: &impl Read, dataset: DatasetId) -> Result<Vec<Stock>, StoreError> {
    let mut all_stock = Vec::new();
    visit(r, STOCK, &Key::id(dataset.0), Order::Ascending, &mut |key, record| {
        let StockRecord::V1 { at, all, owner_column, unit_column, owners } = record;
        let owners = owners.into_iter().map(|(owner, share)| Ok((owner, share_of(key, share)?)));
        let owners = owners.collect::<Result<_, StoreError>>()?;
        let all = share_of(key, all)?;
        all_stock.push(Stock { at: timestamp(at), all, owner_column, unit_column, owners });
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(all_stock)
}

#[derive(Encode, Decode)]
enum ExportedRecord {
    V1 { exports: u64, rows: u64, last_at: i64, last_by: String },
}

/// Counts an export of so many rows.
pub fn count_export(
    w: &WriteTxn,
    dataset: &str,
    format: &str,
    rows: u64,
    at: Timestamp,
    by: Actor,
) -> Result<(), StoreError> {
    let key = Key::new().number(day_of(at)).text(&format!("{dataset}\0{format}"));
    let known: Option<ExportedRecord> = get(w, EXPORTED, &key)?;
    let (known_exports, known_rows) =
        known.map_or((0, 0), |ExportedRecord::V1 { exports, rows, .. }| (exports, rows));
    let record = ExportedRecord::V1 {
        exports: known_exports + 1,
        rows: known_rows.saturating_add(rows),
        last_at: micros(at),
        last_by: to_word(&by),
    };
    w.put(EXPORTED, &key, &record)
}

/// What was exported from this day on, of each dataset and format together.
pub fn list_exported(r: &impl Read, day: u64) -> Result<Vec<Exported>, StoreError> {
    let mut all: Vec<Exported> = Vec::new();
    visit(r, EXPORTED, &[], Order::Descending, &mut |key, record| {
        let cut = || damaged(EXPORTED, key, "its key is cut short");
        if KeyParts::of(key).number().ok_or_else(cut)? < day {
            return Ok(ControlFlow::Break(()));
        }
        let text = String::from_utf8_lossy(&key[8..]);
        let (dataset, format) = text.split_once('\0').ok_or_else(cut)?;
        let ExportedRecord::V1 { exports, rows, last_at, last_by } = record;
        match all
            .iter_mut()
            .find(|known| (known.dataset.as_str(), known.format.as_str()) == (dataset, format))
        {
            // From the latest day down: who was last is known.
            Some(known) => {
                known.exports += exports;
                known.rows = known.rows.saturating_add(rows);
            }
            None => all.push(Exported {
                dataset: dataset.to_owned(),
                format: format.to_owned(),
                exports,
                rows,
                last_at: timestamp(last_at),
                last_by: from_word(EXPORTED, key, &last_by)?,
            }),
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(all)
}

/// Forgets what was exported before this day; how many counts there were.
pub fn forget_exported(w: &WriteTxn, day: u64, limit: usize) -> Result<usize, StoreError> {
    let until = Key::new().number(day).done();
    let mut stale = Vec::new();
    let range = (Bound::Unbounded, Bound::Excluded(until.as_slice()));
    w.visit_raw(EXPORTED, range, Order::Ascending, &mut |key, _| {
        stale.push(key.to_vec());
        Ok(if stale.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    for key in &stale {
        w.remove(EXPORTED, key)?;
    }
    Ok(stale.len())
}
