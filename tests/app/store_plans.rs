//! Records of plans, of what they are about, and of tokens, as [`crate::store`] puts them into the fixture.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::date;
use rust_decimal::Decimal;
use stockroom::domain::api_token::{ApiToken, TokenScope};
use stockroom::domain::ids::{ApiTokenId, PlanId, UserId};
use stockroom::domain::plan::cells::{Place, Typed};
use stockroom::domain::plan::edit::{Change, Edit, EditKind, OpeningChange};
use stockroom::domain::plan::line::LineKey;
use stockroom::domain::plan::master::{Code, CodeKind, Item};
use stockroom::domain::plan::{Bucket, Given, Horizon, Line, LineId, Measure, Plan, Sharing, StockTaken};
use stockroom::store::{Read, StoreError, WriteTxn, api_tokens, master_data, plan_edits, plan_lines, plans};
use uuid::Uuid;

const PLAN: PlanId = PlanId(Uuid::from_u128(41));
const USER: UserId = UserId(Uuid::from_u128(1));

fn at() -> Timestamp {
    "2026-11-21T08:00:00.123456Z".parse().unwrap()
}

fn plan() -> Plan {
    Plan {
        id: PLAN,
        name: "Spring".into(),
        description: "Agreed".into(),
        horizon: Horizon::new(date(2026, 1, 1), date(2027, 12, 31)).ok(),
        follows_files: true,
        bucket: Bucket::Week,
        is_leader: true,
        is_locked: true,
        shared_with: Sharing::Customers,
        opens_with_stock: true,
        stock: Some(StockTaken { dataset: "Inventory".into(), generation: 3, by: Some(USER), at: at() }),
        copied_from: Some(PlanId(Uuid::from_u128(42))),
        created_by: Some(USER),
        created_at: at(),
        updated_at: at(),
        updated_by: Some(USER),
        archived_at: Some(at()),
        deleted_at: Some(at()),
        last_edit: 1,
        next_line: 2,
    }
}

fn given() -> Given {
    Given { amount: Decimal::new(-725, 2), on: Some(date(2026, 1, 1)) }
}

fn line() -> Line {
    Line {
        id: LineId(1),
        key: LineKey { item: "A-1".into(), location: "North".into(), channel: "Web".into() },
        given: Some(given()),
        stock: Some(Decimal::new(4, 0)),
        version: 7,
    }
}

fn base() -> BTreeMap<Place, Decimal> {
    [((Measure::Sales, date(2026, 1, 5)), Decimal::new(12_345_678, 6))].into()
}

fn typed() -> BTreeMap<Place, Typed> {
    [((Measure::Inventory, date(2026, 1, 6)), Typed { value: None, edit: 1 })].into()
}

fn edit() -> Edit {
    let to = Some(Typed { value: None, edit: 1 });
    let change =
        Change { line: LineId(1), measure: Measure::Inventory, date: date(2026, 1, 6), from: None, to };
    Edit {
        number: 1,
        kind: EditKind::Redo { of: 9 },
        by: Some(USER),
        at: at(),
        changes: vec![change],
        openings: vec![OpeningChange { line: LineId(1), from: None, to: Some(given()) }],
        is_reverted: true,
    }
}

fn item() -> Item {
    Item {
        name: "Pipe".into(),
        category: "Steel".into(),
        unit: "m".into(),
        safety_stock: Decimal::new(5, 1),
        minimum_order: Decimal::new(100, 0),
        lead_time_days: 21,
        owner: Some("Acme".into()),
        is_active: false,
        version: 3,
        ..Item::new("A-1", at())
    }
}

fn code() -> Code {
    Code { name: "Northern hall".into(), is_active: false, ..Code::new(CodeKind::Location, "North", at()) }
}

fn token() -> ApiToken {
    ApiToken {
        id: ApiTokenId(Uuid::from_u128(43)),
        hash: [6; 32],
        user_id: USER,
        credential_epoch: 7,
        name: "ERP".into(),
        scopes: TokenScope::ALL.into(),
        created_at: at(),
        expires_at: Some(at()),
        used_at: Some(at()),
    }
}

/// One record of every kind.
pub fn fill(w: &WriteTxn) -> Result<(), StoreError> {
    plans::put_plan(w, &plan())?;
    plan_lines::put_line(w, PLAN, &line())?;
    plan_lines::put_base(w, PLAN, LineId(1), &base())?;
    plan_lines::put_typed(w, PLAN, LineId(1), &typed())?;
    plan_edits::put_edit(w, PLAN, &edit())?;
    master_data::put_item(w, &item())?;
    master_data::put_code(w, &code())?;
    api_tokens::put_api_token(w, &token())
}

/// They come back as they were.
pub fn check(r: &impl Read) -> Result<(), StoreError> {
    assert_eq!(plans::list_plans(r)?, [plan()]);
    assert_eq!(plan_lines::list_lines(r, PLAN)?, [line()]);
    let cells = plan_lines::find_cells(r, PLAN, LineId(1))?;
    assert_eq!((cells.base, cells.typed), (base(), typed()));
    assert_eq!(plan_edits::find_edit(r, PLAN, 1)?, Some(edit()));
    assert_eq!(master_data::find_item(r, "A-1")?, Some(item()));
    assert_eq!(master_data::find_code(r, CodeKind::Location, "North")?, Some(code()));
    assert_eq!(api_tokens::list_api_tokens_of(r, USER)?, [token()]);
    Ok(())
}
