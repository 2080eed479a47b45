//! Plans, and the numbers that go with them.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};
use uuid::Uuid;

use super::codec::damaged;
use super::convert::{date_of, day_number, from_word, micros, timestamp, to_word};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::{PLAN_BASE, PLAN_EDITS, PLAN_LINES, PLAN_TYPED, PLANS};
use super::transaction::{Order, Read, WriteTxn, get, visit, visit_keys};
use crate::domain::ids::{PlanId, UserId};
use crate::domain::plan::{Horizon, Plan, StockTaken};

#[derive(Encode, Decode)]
enum PlanRecord {
    V1(PlanV1),
}

#[derive(Encode, Decode)]
#[expect(clippy::struct_excessive_bools, reason = "each is a state of its own")]
struct PlanV1 {
    name: String,
    description: String,
    horizon: Option<(i32, i32)>,
    follows_files: bool,
    bucket: String,
    is_leader: bool,
    is_locked: bool,
    shared_with: String,
    opens_with_stock: bool,
    stock: Option<(String, u64, Option<[u8; 16]>, i64)>,
    copied_from: Option<[u8; 16]>,
    created_by: Option<[u8; 16]>,
    created_at: i64,
    updated_at: i64,
    updated_by: Option<[u8; 16]>,
    archived_at: Option<i64>,
    deleted_at: Option<i64>,
    last_edit: u64,
    next_line: u32,
}

fn from_record(key: &[u8], record: PlanRecord) -> Result<Plan, StoreError> {
    let PlanRecord::V1(v1) = record;
    let id = KeyParts::of(key).uuid().ok_or_else(|| damaged(PLANS, key, "its key is cut short"))?;
    let user = |bytes: [u8; 16]| UserId(Uuid::from_bytes(bytes));
    let horizon = v1.horizon.map(|(first, last)| {
        let day = |number| date_of(number).ok_or_else(|| damaged(PLANS, key, "a day is impossible"));
        Ok::<_, StoreError>(Horizon { first: day(first)?, last: day(last)? })
    });
    Ok(Plan {
        id: PlanId(id),
        name: v1.name,
        description: v1.description,
        horizon: horizon.transpose()?,
        follows_files: v1.follows_files,
        bucket: from_word(PLANS, key, &v1.bucket)?,
        is_leader: v1.is_leader,
        is_locked: v1.is_locked,
        shared_with: from_word(PLANS, key, &v1.shared_with)?,
        opens_with_stock: v1.opens_with_stock,
        stock: v1.stock.map(|(dataset, generation, by, at)| StockTaken {
            dataset,
            generation,
            by: by.map(user),
            at: timestamp(at),
        }),
        copied_from: v1.copied_from.map(|bytes| PlanId(Uuid::from_bytes(bytes))),
        created_by: v1.created_by.map(user),
        created_at: timestamp(v1.created_at),
        updated_at: timestamp(v1.updated_at),
        updated_by: v1.updated_by.map(user),
        archived_at: v1.archived_at.map(timestamp),
        deleted_at: v1.deleted_at.map(timestamp),
        last_edit: v1.last_edit,
        next_line: v1.next_line,
    })
}

/// Adds a plan, or puts it over what it was.
pub fn put_plan(w: &WriteTxn, plan: &Plan) -> Result<(), StoreError> {
    let bytes = |user: UserId| user.0.into_bytes();
    let record = PlanRecord::V1(PlanV1 {
        name: plan.name.clone(),
        description: plan.description.clone(),
        horizon: plan.horizon.map(|horizon| (day_number(horizon.first), day_number(horizon.last))),
        follows_files: plan.follows_files,
        bucket: to_word(&plan.bucket),
        is_leader: plan.is_leader,
        is_locked: plan.is_locked,
        shared_with: to_word(&plan.shared_with),
        opens_with_stock: plan.opens_with_stock,
        stock: plan
            .stock
            .as_ref()
            .map(|stock| (stock.dataset.clone(), stock.generation, stock.by.map(bytes), micros(stock.at))),
        copied_from: plan.copied_from.map(|id| id.0.into_bytes()),
        created_by: plan.created_by.map(bytes),
        created_at: micros(plan.created_at),
        updated_at: micros(plan.updated_at),
        updated_by: plan.updated_by.map(bytes),
        archived_at: plan.archived_at.map(micros),
        deleted_at: plan.deleted_at.map(micros),
        last_edit: plan.last_edit,
        next_line: plan.next_line,
    });
    w.put(PLANS, &Key::id(plan.id.0), &record)
}

/// A plan.
pub fn find_plan(r: &impl Read, id: PlanId) -> Result<Option<Plan>, StoreError> {
    let key = Key::id(id.0);
    get(r, PLANS, &key)?.map(|record| from_record(&key, record)).transpose()
}

/// All, the oldest first, also those that were deleted and can still be brought back.
pub fn list_plans(r: &impl Read) -> Result<Vec<Plan>, StoreError> {
    let mut plans = Vec::new();
    visit(r, PLANS, &[], Order::Ascending, &mut |key, record| {
        plans.push(from_record(key, record)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(plans)
}

/// Takes a plan out with all that belongs to it.
pub fn delete_plan(w: &WriteTxn, id: PlanId) -> Result<(), StoreError> {
    let prefix = Key::id(id.0);
    for table in [PLAN_LINES, PLAN_BASE, PLAN_TYPED, PLAN_EDITS] {
        let mut keys = Vec::new();
        visit_keys(w, table, &prefix, Order::Ascending, &mut |key, _| {
            keys.push(key.to_vec());
            Ok(ControlFlow::Continue(()))
        })?;
        for key in keys {
            w.remove(table, &key)?;
        }
    }
    w.remove(PLANS, &prefix).map(|_| ())
}
