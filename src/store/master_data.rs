//! What plans are about: items, and lists of locations, channels and customers.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};

use super::codec::damaged;
use super::convert::{StoredDecimal, decimal_of, micros, stored_decimal, timestamp};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::{CODES, ITEMS};
use super::transaction::{Order, Read, WriteTxn, get, visit};
use crate::domain::plan::master::{Code, CodeKind, Item};

#[derive(Encode, Decode)]
enum ItemRecord {
    V1(ItemV1),
}

#[derive(Encode, Decode)]
struct ItemV1 {
    name: String,
    category: String,
    unit: String,
    safety_stock: StoredDecimal,
    minimum_order: StoredDecimal,
    lead_time_days: u32,
    owner: Option<String>,
    is_active: bool,
    created_at: i64,
    updated_at: i64,
    version: u64,
}

#[derive(Encode, Decode)]
enum CodeRecord {
    V1(CodeV1),
}

#[derive(Encode, Decode)]
struct CodeV1 {
    name: String,
    is_active: bool,
    created_at: i64,
    updated_at: i64,
    version: u64,
}

fn item_of(key: &[u8], record: ItemRecord) -> Result<Item, StoreError> {
    let ItemRecord::V1(v1) = record;
    let sku = String::from_utf8(key.to_vec()).map_err(|_| damaged(ITEMS, key, "its key is no text"))?;
    Ok(Item {
        sku,
        name: v1.name,
        category: v1.category,
        unit: v1.unit,
        safety_stock: decimal_of(ITEMS, key, v1.safety_stock)?,
        minimum_order: decimal_of(ITEMS, key, v1.minimum_order)?,
        lead_time_days: v1.lead_time_days,
        owner: v1.owner,
        is_active: v1.is_active,
        created_at: timestamp(v1.created_at),
        updated_at: timestamp(v1.updated_at),
        version: v1.version,
    })
}

/// Adds an item, or puts it over what it was.
pub fn put_item(w: &WriteTxn, item: &Item) -> Result<(), StoreError> {
    let record = ItemRecord::V1(ItemV1 {
        name: item.name.clone(),
        category: item.category.clone(),
        unit: item.unit.clone(),
        safety_stock: stored_decimal(item.safety_stock),
        minimum_order: stored_decimal(item.minimum_order),
        lead_time_days: item.lead_time_days,
        owner: item.owner.clone(),
        is_active: item.is_active,
        created_at: micros(item.created_at),
        updated_at: micros(item.updated_at),
        version: item.version,
    });
    w.put(ITEMS, item.sku.as_bytes(), &record)
}

/// The item of this SKU.
pub fn find_item(r: &impl Read, sku: &str) -> Result<Option<Item>, StoreError> {
    get(r, ITEMS, sku.as_bytes())?.map(|record| item_of(sku.as_bytes(), record)).transpose()
}

/// Takes an item out.
pub fn remove_item(w: &WriteTxn, sku: &str) -> Result<bool, StoreError> {
    w.remove(ITEMS, sku.as_bytes())
}

/// All items, by SKU.
pub fn list_items(r: &impl Read) -> Result<Vec<Item>, StoreError> {
    let mut items = Vec::new();
    visit(r, ITEMS, &[], Order::Ascending, &mut |key, record| {
        items.push(item_of(key, record)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(items)
}

fn byte_of(kind: CodeKind) -> u8 {
    match kind {
        CodeKind::Location => b'l',
        CodeKind::Channel => b'c',
        CodeKind::Customer => b'u',
    }
}

fn code_key(kind: CodeKind, code: &str) -> Vec<u8> {
    Key::new().byte(byte_of(kind)).text(code)
}

fn code_of(kind: CodeKind, key: &[u8], record: CodeRecord) -> Result<Code, StoreError> {
    let CodeRecord::V1(v1) = record;
    let mut parts = KeyParts::of(key);
    parts.byte();
    let code = parts.text().ok_or_else(|| damaged(CODES, key, "its key is no text"))?;
    Ok(Code {
        kind,
        code,
        name: v1.name,
        is_active: v1.is_active,
        created_at: timestamp(v1.created_at),
        updated_at: timestamp(v1.updated_at),
        version: v1.version,
    })
}

/// Adds a code, or puts it over what it was.
pub fn put_code(w: &WriteTxn, code: &Code) -> Result<(), StoreError> {
    let record = CodeRecord::V1(CodeV1 {
        name: code.name.clone(),
        is_active: code.is_active,
        created_at: micros(code.created_at),
        updated_at: micros(code.updated_at),
        version: code.version,
    });
    w.put(CODES, &code_key(code.kind, &code.code), &record)
}

/// A code of a list.
pub fn find_code(r: &impl Read, kind: CodeKind, code: &str) -> Result<Option<Code>, StoreError> {
    let key = code_key(kind, code);
    get(r, CODES, &key)?.map(|record| code_of(kind, &key, record)).transpose()
}

/// Takes a code out of its list.
pub fn remove_code(w: &WriteTxn, kind: CodeKind, code: &str) -> Result<bool, StoreError> {
    w.remove(CODES, &code_key(kind, code))
}

/// A list, by code.
pub fn list_codes(r: &impl Read, kind: CodeKind) -> Result<Vec<Code>, StoreError> {
    let mut codes = Vec::new();
    visit(r, CODES, &[byte_of(kind)], Order::Ascending, &mut |key, record| {
        codes.push(code_of(kind, key, record)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(codes)
}
