//! Lines of plans and their cells: what was imported and what was typed lie apart, so that typing rewrites little.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use bincode::{Decode, Encode};
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::codec::damaged;
use super::convert::{StoredDecimal, date_of, day_number, decimal_of, stored_decimal};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::{PLAN_BASE, PLAN_LINES, PLAN_TYPED, Table};
use super::transaction::{Order, Read, WriteTxn, get, visit, visit_checksums, visit_keys};
use crate::domain::ids::PlanId;
use crate::domain::plan::cells::{Place, Typed};
use crate::domain::plan::line::LineKey;
use crate::domain::plan::{Cells, Given, Line, LineId, Measure};

#[derive(Encode, Decode)]
enum LineRecord {
    V1(LineV1),
}

#[derive(Encode, Decode)]
struct LineV1 {
    item: String,
    location: String,
    channel: String,
    /// What it begins with, and the day at whose start it does.
    given: Option<(StoredDecimal, Option<i32>)>,
    stock: Option<StoredDecimal>,
    version: u64,
}

#[derive(Encode, Decode)]
enum BaseRecord {
    /// Of each measure, by its place in [`Measure::ALL`]: days since the one before, and a value.
    V1(Vec<(u8, Vec<(u32, StoredDecimal)>)>),
}

#[derive(Encode, Decode)]
enum TypedRecord {
    /// Measure, day, value or nothing, number of the edit.
    V1(Vec<(u8, i32, Option<StoredDecimal>, u64)>),
}

/// Days of a record are counted from here, so that the first fits in few bytes: 0001-01-01 is before every date of a plan.
const EPOCH: i32 = -719_162;

fn key_of(plan: PlanId, line: LineId) -> Vec<u8> {
    Key::new().uuid(plan.0).number(line.0.into()).done()
}

fn line_of(table: Table, key: &[u8]) -> Result<LineId, StoreError> {
    let mut parts = KeyParts::of(key);
    let number = parts.uuid().and_then(|_| parts.number()).and_then(|number| u32::try_from(number).ok());
    number.map(LineId).ok_or_else(|| damaged(table, key, "its key is cut short"))
}

fn from_record(key: &[u8], record: LineRecord) -> Result<Line, StoreError> {
    let LineRecord::V1(v1) = record;
    let decimal =
        |stored: Option<StoredDecimal>| stored.map(|stored| decimal_of(PLAN_LINES, key, stored)).transpose();
    let given = |(amount, on): (StoredDecimal, Option<i32>)| {
        let impossible = || damaged(PLAN_LINES, key, "a day is impossible");
        let on = on.map(|day| date_of(day).ok_or_else(impossible)).transpose()?;
        Ok::<_, StoreError>(Given { amount: decimal_of(PLAN_LINES, key, amount)?, on })
    };
    Ok(Line {
        id: line_of(PLAN_LINES, key)?,
        key: LineKey { item: v1.item, location: v1.location, channel: v1.channel },
        given: v1.given.map(given).transpose()?,
        stock: decimal(v1.stock)?,
        version: v1.version,
    })
}

/// Adds a line, or puts it over what it was.
pub fn put_line(w: &WriteTxn, plan: PlanId, line: &Line) -> Result<(), StoreError> {
    let record = LineRecord::V1(LineV1 {
        item: line.key.item.clone(),
        location: line.key.location.clone(),
        channel: line.key.channel.clone(),
        given: line.given.map(|given| (stored_decimal(given.amount), given.on.map(day_number))),
        stock: line.stock.map(stored_decimal),
        version: line.version,
    });
    w.put(PLAN_LINES, &key_of(plan, line.id), &record)
}

/// A line.
pub fn find_line(r: &impl Read, plan: PlanId, id: LineId) -> Result<Option<Line>, StoreError> {
    let key = key_of(plan, id);
    get(r, PLAN_LINES, &key)?.map(|record| from_record(&key, record)).transpose()
}

/// The lines of a plan, in the order in which they came.
pub fn list_lines(r: &impl Read, plan: PlanId) -> Result<Vec<Line>, StoreError> {
    let mut lines = Vec::new();
    visit(r, PLAN_LINES, &Key::id(plan.0), Order::Ascending, &mut |key, record| {
        lines.push(from_record(key, record)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(lines)
}

/// How many lines a plan has.
pub fn count_lines(r: &impl Read, plan: PlanId) -> Result<usize, StoreError> {
    let mut lines = 0;
    visit_keys(r, PLAN_LINES, &Key::id(plan.0), Order::Ascending, &mut |_, _| {
        lines += 1;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(lines)
}

/// Takes a line out with its cells; its edits stay in the log.
pub fn delete_line(w: &WriteTxn, plan: PlanId, id: LineId) -> Result<bool, StoreError> {
    let key = key_of(plan, id);
    w.remove(PLAN_BASE, &key)?;
    w.remove(PLAN_TYPED, &key)?;
    w.remove(PLAN_LINES, &key)
}

fn measure_of(table: Table, key: &[u8], place: u8) -> Result<Measure, StoreError> {
    Measure::ALL.get(usize::from(place)).copied().ok_or_else(|| damaged(table, key, "a measure is unknown"))
}

fn place_of(measure: Measure) -> u8 {
    Measure::ALL.iter().position(|other| *other == measure).unwrap_or_default() as u8
}

/// The cells of a line.
pub fn find_cells(r: &impl Read, plan: PlanId, id: LineId) -> Result<Cells, StoreError> {
    let key = key_of(plan, id);
    let impossible = |table| damaged(table, &key, "a day is impossible");
    let mut cells = Cells::default();
    if let Some(BaseRecord::V1(measures)) = get(r, PLAN_BASE, &key)? {
        // Collected at once: in their order as they are, a map of them is made much faster than by inserting each.
        let mut base = Vec::with_capacity(measures.iter().map(|(_, values)| values.len()).sum());
        for (measure, values) in measures {
            let measure = measure_of(PLAN_BASE, &key, measure)?;
            let mut day = EPOCH;
            let mut date = None;
            for (since, stored) in values {
                day = day.checked_add_unsigned(since).ok_or_else(|| impossible(PLAN_BASE))?;
                let next = match date.filter(|_| since == 1) {
                    Some(before) => Date::tomorrow(before).ok(),
                    None => date_of(day),
                };
                let next = next.ok_or_else(|| impossible(PLAN_BASE))?;
                date = Some(next);
                base.push(((measure, next), decimal_of(PLAN_BASE, &key, stored)?));
            }
        }
        cells.base = base.into_iter().collect();
    }
    if let Some(TypedRecord::V1(values)) = get(r, PLAN_TYPED, &key)? {
        for (measure, day, stored, edit) in values {
            let measure = measure_of(PLAN_TYPED, &key, measure)?;
            let date = date_of(day).ok_or_else(|| impossible(PLAN_TYPED))?;
            let value = stored.map(|stored| decimal_of(PLAN_TYPED, &key, stored)).transpose()?;
            cells.typed.insert((measure, date), Typed { value, edit });
        }
    }
    Ok(cells)
}

/// What tells whether the cells of a line are what they were: the checksums of what was imported and of what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CellsStamp([[u8; 8]; 2]);

/// The stamps of all lines of a plan that have cells.
pub fn cells_stamps(r: &impl Read, plan: PlanId) -> Result<HashMap<LineId, CellsStamp>, StoreError> {
    let mut stamps: HashMap<LineId, CellsStamp> = HashMap::new();
    for (place, table) in [PLAN_BASE, PLAN_TYPED].into_iter().enumerate() {
        visit_checksums(r, table, &Key::id(plan.0), &mut |key, checksum| {
            stamps.entry(line_of(table, key)?).or_default().0[place] = checksum;
            Ok(())
        })?;
    }
    Ok(stamps)
}

/// Puts what was imported of a line.
pub fn put_base(
    w: &WriteTxn,
    plan: PlanId,
    id: LineId,
    base: &BTreeMap<Place, Decimal>,
) -> Result<(), StoreError> {
    let key = key_of(plan, id);
    if base.is_empty() {
        return w.remove(PLAN_BASE, &key).map(|_| ());
    }
    let mut measures: Vec<(u8, Vec<(u32, StoredDecimal)>)> = Vec::new();
    let mut before = EPOCH;
    for ((measure, date), value) in base {
        let place = place_of(*measure);
        if measures.last().is_none_or(|(last, _)| *last != place) {
            measures.push((place, Vec::new()));
            before = EPOCH;
        }
        let day = day_number(*date);
        let since =
            u32::try_from(day - before).map_err(|_| damaged(PLAN_BASE, &key, "a day is impossible"))?;
        before = day;
        if let Some((_, values)) = measures.last_mut() {
            values.push((since, stored_decimal(*value)));
        }
    }
    w.put(PLAN_BASE, &key, &BaseRecord::V1(measures))
}

/// Puts what was typed in a line.
pub fn put_typed(
    w: &WriteTxn,
    plan: PlanId,
    id: LineId,
    typed: &BTreeMap<Place, Typed>,
) -> Result<(), StoreError> {
    let key = key_of(plan, id);
    if typed.is_empty() {
        return w.remove(PLAN_TYPED, &key).map(|_| ());
    }
    let values = typed.iter().map(|((measure, date), typed)| {
        (place_of(*measure), day_number(*date), typed.value.map(stored_decimal), typed.edit)
    });
    w.put(PLAN_TYPED, &key, &TypedRecord::V1(values.collect()))
}
