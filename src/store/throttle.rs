//! Counters of failed sign-ins.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};
use jiff::Timestamp;

use super::convert::{micros, timestamp};
use super::error::StoreError;
use super::tables::THROTTLE;
use super::transaction::{Order, Read, WriteTxn, get, visit, visit_keys};

#[derive(Encode, Decode)]
enum ThrottleRecord {
    V1 { level: f64, updated_at: i64 },
}

/// A counter: how much is counted and when it last changed. What the level means is the counter's own affair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counter {
    /// Failures, or tokens used.
    pub level: f64,
    /// Last change.
    pub updated_at: Timestamp,
}

/// The counter under `key`.
pub fn find_counter(r: &impl Read, key: &[u8]) -> Result<Option<Counter>, StoreError> {
    let record: Option<ThrottleRecord> = get(r, THROTTLE, key)?;
    Ok(record
        .map(|ThrottleRecord::V1 { level, updated_at }| Counter { level, updated_at: timestamp(updated_at) }))
}

/// Sets the counter under `key`.
pub fn put_counter(w: &WriteTxn, key: &[u8], counter: Counter) -> Result<(), StoreError> {
    let record = ThrottleRecord::V1 { level: counter.level, updated_at: micros(counter.updated_at) };
    w.put(THROTTLE, key, &record)
}

/// Forgets the counter under `key`.
pub fn delete_counter(w: &WriteTxn, key: &[u8]) -> Result<(), StoreError> {
    w.remove(THROTTLE, key).map(|_| ())
}

/// Forgets all counters whose key begins with `prefix`; how many there were.
pub fn delete_counters(w: &WriteTxn, prefix: &[u8]) -> Result<usize, StoreError> {
    let mut keys = Vec::new();
    visit_keys(w, THROTTLE, prefix, Order::Ascending, &mut |key, _| {
        keys.push(key.to_vec());
        Ok(ControlFlow::Continue(()))
    })?;
    for key in &keys {
        w.remove(THROTTLE, key)?;
    }
    Ok(keys.len())
}

/// Forgets counters unchanged since `before`; how many there were.
pub fn purge_counters(w: &WriteTxn, before: Timestamp) -> Result<usize, StoreError> {
    let mut stale = Vec::new();
    visit(w, THROTTLE, &[], Order::Ascending, &mut |key, ThrottleRecord::V1 { updated_at, .. }| {
        if timestamp(updated_at) < before {
            stale.push(key.to_vec());
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for key in &stale {
        w.remove(THROTTLE, key)?;
    }
    Ok(stale.len())
}
