//! The log of what was typed in plans.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};
use uuid::Uuid;

use super::codec::damaged;
use super::convert::{
    StoredDecimal, date_of, day_number, decimal_of, from_word, micros, stored_decimal, timestamp, to_word,
};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::PLAN_EDITS;
use super::transaction::{Order, Read, WriteTxn, get, visit};
use crate::domain::ids::{PlanId, UserId};
use crate::domain::plan::cells::Typed;
use crate::domain::plan::edit::{Change, Edit, EditKind, OpeningChange};
use crate::domain::plan::{Given, LineId};

#[derive(Encode, Decode)]
enum EditRecord {
    V1(EditV1),
}

#[derive(Encode, Decode)]
struct EditV1 {
    kind: KindV1,
    by: Option<[u8; 16]>,
    at: i64,
    changes: Vec<ChangeV1>,
    openings: Vec<(u32, GivenV1, GivenV1)>,
    is_reverted: bool,
}

#[derive(Encode, Decode)]
enum KindV1 {
    Set,
    Undo(u64),
    Redo(u64),
}

/// An amount and the day at whose start it holds.
type GivenV1 = Option<(StoredDecimal, Option<i32>)>;

type TypedV1 = Option<(Option<StoredDecimal>, u64)>;

#[derive(Encode, Decode)]
struct ChangeV1 {
    line: u32,
    measure: String,
    day: i32,
    from: TypedV1,
    to: TypedV1,
}

fn key_of(plan: PlanId, number: u64) -> Vec<u8> {
    Key::new().uuid(plan.0).number(number).done()
}

fn from_record(key: &[u8], record: EditRecord) -> Result<Edit, StoreError> {
    let EditRecord::V1(v1) = record;
    let mut parts = KeyParts::of(key);
    let number = parts.uuid().and_then(|_| parts.number());
    let typed = |stored: TypedV1| {
        let typed = stored.map(|(value, edit)| {
            let value = value.map(|stored| decimal_of(PLAN_EDITS, key, stored)).transpose()?;
            Ok::<_, StoreError>(Typed { value, edit })
        });
        typed.transpose()
    };
    let changes = v1.changes.into_iter().map(|change| {
        Ok(Change {
            line: LineId(change.line),
            measure: from_word(PLAN_EDITS, key, &change.measure)?,
            date: date_of(change.day).ok_or_else(|| damaged(PLAN_EDITS, key, "a day is impossible"))?,
            from: typed(change.from)?,
            to: typed(change.to)?,
        })
    });
    let given = |stored: GivenV1| {
        let given = stored.map(|(amount, on)| {
            let on =
                on.map(|day| date_of(day).ok_or_else(|| damaged(PLAN_EDITS, key, "a day is impossible")));
            Ok::<_, StoreError>(Given { amount: decimal_of(PLAN_EDITS, key, amount)?, on: on.transpose()? })
        });
        given.transpose()
    };
    let openings = v1
        .openings
        .into_iter()
        .map(|(line, from, to)| Ok(OpeningChange { line: LineId(line), from: given(from)?, to: given(to)? }));
    Ok(Edit {
        number: number.ok_or_else(|| damaged(PLAN_EDITS, key, "its key is cut short"))?,
        kind: match v1.kind {
            KindV1::Set => EditKind::Set,
            KindV1::Undo(of) => EditKind::Undo { of },
            KindV1::Redo(of) => EditKind::Redo { of },
        },
        by: v1.by.map(|bytes| UserId(Uuid::from_bytes(bytes))),
        at: timestamp(v1.at),
        changes: changes.collect::<Result<_, StoreError>>()?,
        openings: openings.collect::<Result<_, StoreError>>()?,
        is_reverted: v1.is_reverted,
    })
}

/// Adds an edit, or puts it over what it was.
pub fn put_edit(w: &WriteTxn, plan: PlanId, edit: &Edit) -> Result<(), StoreError> {
    let typed = |typed: Option<Typed>| typed.map(|typed| (typed.value.map(stored_decimal), typed.edit));
    let changes = edit.changes.iter().map(|change| ChangeV1 {
        line: change.line.0,
        measure: to_word(&change.measure),
        day: day_number(change.date),
        from: typed(change.from),
        to: typed(change.to),
    });
    let given =
        |given: Option<Given>| given.map(|given| (stored_decimal(given.amount), given.on.map(day_number)));
    let openings = edit.openings.iter().map(|change| (change.line.0, given(change.from), given(change.to)));
    let record = EditRecord::V1(EditV1 {
        kind: match edit.kind {
            EditKind::Set => KindV1::Set,
            EditKind::Undo { of } => KindV1::Undo(of),
            EditKind::Redo { of } => KindV1::Redo(of),
        },
        by: edit.by.map(|user| user.0.into_bytes()),
        at: micros(edit.at),
        changes: changes.collect(),
        openings: openings.collect(),
        is_reverted: edit.is_reverted,
    });
    w.put(PLAN_EDITS, &key_of(plan, edit.number), &record)
}

/// An edit.
pub fn find_edit(r: &impl Read, plan: PlanId, number: u64) -> Result<Option<Edit>, StoreError> {
    let key = key_of(plan, number);
    get(r, PLAN_EDITS, &key)?.map(|record| from_record(&key, record)).transpose()
}

/// Walks the edits of a plan, the last one first, until `visitor` breaks.
pub fn visit_edits(
    r: &impl Read,
    plan: PlanId,
    visitor: &mut dyn FnMut(Edit) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    visit(r, PLAN_EDITS, &Key::id(plan.0), Order::Descending, &mut |key, record| {
        Ok(visitor(from_record(key, record)?))
    })
}
