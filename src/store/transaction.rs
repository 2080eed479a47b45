//! Transactions: what the functions of the store's other modules take.

use std::cell::Cell;
use std::ops::{Bound, ControlFlow};
use std::panic::{AssertUnwindSafe, catch_unwind};

use redb::ReadableTable;

use super::codec::{self, Record};
use super::error::StoreError;
use super::keys::prefix_end;
use super::tables::Table;

/// Called with each key and value of a scan; breaks to end it early.
type Visit<'v> = dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, StoreError> + 'v;

/// Does one thing with redb, which panics on some pages that rotted: that is damage and not the end of the request,
/// and least of all of the process.
pub(super) fn guarded<T>(
    table: Table,
    key: &[u8],
    work: impl FnOnce() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(codec::damaged(table, key, "a page of the file cannot be read")))
}

/// Reading, in either kind of transaction.
pub trait Read {
    /// The raw value under `key`.
    fn get_raw(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Walks the keys from `start` up to `end`, or down from `end` to `start`.
    fn visit_raw(
        &self,
        table: Table,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        order: Order,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError>;
}

/// Which way to walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Smallest key first.
    Ascending,
    /// Largest key first.
    Descending,
}

/// A read transaction: one consistent picture of the store.
pub struct ReadTxn {
    inner: redb::ReadTransaction,
    /// Whether the disk failed a read. What the body makes of it the store cannot know.
    disk_failed: Cell<bool>,
}

impl ReadTxn {
    pub(super) fn new(inner: redb::ReadTransaction) -> Self {
        Self { inner, disk_failed: Cell::new(false) }
    }

    /// True once the disk failed a read: redb's handle is of no more use.
    pub(super) fn disk_failed(&self) -> bool {
        self.disk_failed.get()
    }

    fn noted<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if matches!(result, Err(StoreError::Io(_))) {
            self.disk_failed.set(true);
        }
        result
    }
}

/// The write transaction: there is one at a time.
pub struct WriteTxn(pub(super) redb::WriteTransaction);

fn visit_table(
    name: Table,
    table: &impl ReadableTable<&'static [u8], &'static [u8]>,
    range: (Bound<&[u8]>, Bound<&[u8]>),
    order: Order,
    visit: &mut Visit<'_>,
) -> Result<(), StoreError> {
    let mut entries = guarded(name, &[], || Ok(table.range::<&[u8]>(range)?))?;
    loop {
        // What the visitor does is not redb's: a panic there goes on.
        let entry = guarded(name, &[], || {
            let entry = if order == Order::Ascending { entries.next() } else { entries.next_back() };
            Ok(entry.transpose()?)
        })?;
        let Some((key, value)) = entry else { return Ok(()) };
        let (key, value) = guarded(name, &[], || Ok((key.value(), value.value())))?;
        if visit(key, value)?.is_break() {
            return Ok(());
        }
    }
}

impl Read for ReadTxn {
    fn get_raw(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.noted(guarded(table, key, || match self.inner.open_table(table.definition()) {
            Ok(open) => Ok(open.get(key)?.map(|value| value.value().to_vec())),
            Err(redb::TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }))
    }

    fn visit_raw(
        &self,
        table: Table,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        order: Order,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        let open = self.noted(guarded(table, &[], || match self.inner.open_table(table.definition()) {
            Ok(open) => Ok(Some(open)),
            Err(redb::TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }))?;
        let Some(open) = open else { return Ok(()) };
        self.noted(visit_table(table, &open, range, order, visit))
    }
}

impl Read for WriteTxn {
    fn get_raw(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        guarded(table, key, || {
            let open = self.0.open_table(table.definition())?;
            let value = open.get(key)?.map(|value| value.value().to_vec());
            Ok(value)
        })
    }

    fn visit_raw(
        &self,
        table: Table,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        order: Order,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        let open = guarded(table, &[], || Ok(self.0.open_table(table.definition())?))?;
        visit_table(table, &open, range, order, visit)
    }
}

impl WriteTxn {
    /// Puts raw bytes under `key`; for indexes, whose values are ids or nothing.
    pub(super) fn put_raw(&self, table: Table, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        guarded(table, key, || {
            self.0.open_table(table.definition())?.insert(key, value)?;
            Ok(())
        })
    }

    /// Puts `record` under `key`, over whatever was there.
    pub(super) fn put<R: Record>(&self, table: Table, key: &[u8], record: &R) -> Result<(), StoreError> {
        self.put_raw(table, key, &codec::encode(table, key, record)?)
    }

    /// Takes `key` out; true where it was there.
    pub(super) fn remove(&self, table: Table, key: &[u8]) -> Result<bool, StoreError> {
        guarded(table, key, || {
            let mut open = self.0.open_table(table.definition())?;
            let removed = open.remove(key)?.is_some();
            Ok(removed)
        })
    }
}

/// The record under `key`.
pub(super) fn get<R: Record>(txn: &impl Read, table: Table, key: &[u8]) -> Result<Option<R>, StoreError> {
    txn.get_raw(table, key)?.map(|bytes| codec::decode(table, key, &bytes)).transpose()
}

/// Called with each key and record of a scan.
type VisitRecord<'v, R> = dyn FnMut(&[u8], R) -> Result<ControlFlow<()>, StoreError> + 'v;

/// Walks all records whose key begins with `prefix`.
pub(super) fn visit<R: Record>(
    txn: &impl Read,
    table: Table,
    prefix: &[u8],
    order: Order,
    visitor: &mut VisitRecord<'_, R>,
) -> Result<(), StoreError> {
    visit_keys(txn, table, prefix, order, &mut |key, bytes| visitor(key, codec::decode(table, key, bytes)?))
}

/// Called with each key and the checksum of its value.
type VisitChecksum<'v> = dyn FnMut(&[u8], [u8; 8]) -> Result<(), StoreError> + 'v;

/// Walks all keys that begin with `prefix`, with the checksums of their values, which tell whether a value is what it was.
pub(super) fn visit_checksums(
    txn: &impl Read,
    table: Table,
    prefix: &[u8],
    visitor: &mut VisitChecksum<'_>,
) -> Result<(), StoreError> {
    visit_keys(txn, table, prefix, Order::Ascending, &mut |key, bytes| {
        let checksum = bytes.first_chunk::<8>();
        visitor(key, *checksum.ok_or_else(|| codec::damaged(table, key, "it is cut short"))?)?;
        Ok(ControlFlow::Continue(()))
    })
}

/// Walks all keys that begin with `prefix`, with their raw values.
pub(super) fn visit_keys(
    txn: &impl Read,
    table: Table,
    prefix: &[u8],
    order: Order,
    visitor: &mut Visit<'_>,
) -> Result<(), StoreError> {
    let end = prefix_end(prefix);
    let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    txn.visit_raw(table, (Bound::Included(prefix), upper), order, visitor)
}
