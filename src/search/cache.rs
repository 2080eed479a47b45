//! Results worth keeping while the generation is open: bitmaps of rows and sort orders, bounded by bytes.

use std::hash::Hash;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;

use super::query::ast::Condition;
use super::rowset::RowSet;
use super::view::Found;
use crate::domain::scope::Scope;
use crate::search::view::{SearchRequest, SortKey};

/// What a kept result is a result of. Everything that the answer depends on is in here, the scope first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum CacheKey {
    /// Rows a scope allows.
    Scope(Scope),
    /// Rows that one condition of a query matches, in the columns a scope sees.
    Condition(Scope, Condition),
    /// Rows that a whole request finds, in no order.
    Matching(Scope, SearchRequest),
    /// A whole search.
    Search(Scope, SearchRequest),
    /// All rows in a sorted order.
    Order(Vec<SortKey>),
}

/// A kept result.
#[derive(Clone)]
pub(super) enum Kept {
    /// A set of rows.
    Rows(Arc<RowSet>),
    /// A found result with its order.
    Found(Arc<Found>),
    /// Row numbers in order.
    Order(Arc<Vec<u32>>),
}

impl Kept {
    fn bytes(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.heap_bytes(),
            Self::Found(found) => found.heap_bytes(),
            Self::Order(order) => order.len() * 4,
        }
    }
}

struct Inner {
    kept: LruCache<CacheKey, Kept>,
    bytes: usize,
}

/// A cache bounded by bytes; the result used longest ago goes first.
pub(super) struct Cache {
    inner: Mutex<Inner>,
    max_bytes: usize,
}

/// What one entry costs beside its rows.
const ENTRY_BYTES: usize = 512;
/// Entries, whatever their size.
const MAX_ENTRIES: NonZeroUsize = NonZeroUsize::new(10_000).expect("not zero");

impl Cache {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { inner: Mutex::new(Inner { kept: LruCache::new(MAX_ENTRIES), bytes: 0 }), max_bytes }
    }

    pub(super) fn get(&self, key: &CacheKey) -> Option<Kept> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).kept.get(key).cloned()
    }

    pub(super) fn put(&self, key: CacheKey, kept: Kept) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = kept.bytes() + ENTRY_BYTES;
        if bytes > self.max_bytes {
            return;
        }
        inner.bytes += bytes;
        if let Some((_, old)) = inner.kept.push(key, kept) {
            inner.bytes -= old.bytes() + ENTRY_BYTES;
        }
        while inner.bytes > self.max_bytes {
            let Some((_, old)) = inner.kept.pop_lru() else { break };
            inner.bytes -= old.bytes() + ENTRY_BYTES;
        }
    }

    /// The rows kept under `key`, or those that `make` finds.
    pub(super) fn rows(&self, key: CacheKey, make: impl FnOnce() -> RowSet) -> Arc<RowSet> {
        if let Some(Kept::Rows(rows)) = self.get(&key) {
            return rows;
        }
        let rows = Arc::new(make());
        self.put(key, Kept::Rows(Arc::clone(&rows)));
        rows
    }
}
