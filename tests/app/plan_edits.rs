//! Typing in plans: what one typed is kept, what another typed is not overwritten, and undo brings back every byte.

use jiff::civil::{Date, date};
use proptest::prelude::*;
use rust_decimal::Decimal;

use stockroom::domain::ids::PlanId;
use stockroom::domain::permission::Role;
use stockroom::domain::plan::{Cells, Horizon, LineId, Measure, Sharing};
use stockroom::domain::scope::{OwnerScope, Scope};
use stockroom::services::authorize::{EditPlans, Grant};
use stockroom::services::plans::{
    self, CellEdit, Edited, NewPlan, PlanChange, PlanReader, Seen, Wanted, commands, set_cells,
};
use stockroom::services::{ServiceError, Services};
use stockroom::store::{StoreError, plan_lines, plans as store_plans, users as store_users};

use crate::harness::TestApp;

fn grant(app: &TestApp, login: &str) -> Grant<EditPlans> {
    app.add_user(login, Role::Planner, OwnerScope::All);
    let login = stockroom::domain::email::LoginKey::of(login);
    let user: Result<_, StoreError> =
        app.services().store.read(|r| store_users::find_user_by_login(r, &login));
    Grant::check(&user.unwrap().unwrap(), None).unwrap()
}

fn bring(app: &TestApp, plan: &str, file: &str) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("plan.csv");
    std::fs::write(&path, file).unwrap();
    commands::bring(app.services(), &path, [("plan", plan), ("file", "plan.csv"), ("create_items", "true")])
        .unwrap();
}

fn new(name: &str) -> NewPlan {
    let horizon = Horizon::new(date(2026, 1, 1), date(2026, 1, 31)).ok();
    NewPlan { name: name.to_owned(), horizon, ..NewPlan::default() }
}

fn edit(day: i8, measure: Measure, wanted: Wanted, version: Option<u64>) -> CellEdit {
    let seen = version.map_or(Seen::Anything, Seen::Version);
    CellEdit { line: LineId(1), place: (measure, date(2026, 1, day)), wanted, seen }
}

fn cells(services: &Services, plan: PlanId, line: LineId) -> Cells {
    services.store.read(|r| plan_lines::find_cells(r, plan, line)).unwrap()
}

fn message(result: Result<impl std::fmt::Debug, ServiceError>) -> String {
    result.unwrap_err().to_string()
}

#[tokio::test]
async fn there_is_one_leader_and_it_is_neither_deleted_nor_archived() {
    let app = TestApp::start().await;
    let services = app.services();
    let grant = grant(&app, "pia@example.com");
    let all = Scope::everything();
    let who = (&grant, &all);
    let first = plans::create(services, &grant, &new("First")).unwrap();
    let second = plans::create(services, &grant, &new("Second")).unwrap();
    assert!(first.is_leader && !second.is_leader);
    assert!(message(plans::create(services, &grant, &new(" FIRST "))).contains("already"));
    assert!(message(plans::delete(services, who, first.id)).contains("leads"));
    assert!(message(plans::archive(services, who, first.id, true)).contains("leads"));
    assert!(message(plans::lock(services, who, second.id, true)).contains("does not lead"));
    plans::lock(services, who, first.id, true).unwrap();
    assert!(message(plans::lead(services, who, second.id)).contains("is locked"));
    let renamed = PlanChange { name: Some("Other".to_owned()), ..PlanChange::default() };
    assert!(message(plans::change(services, who, first.id, &renamed)).contains("is locked"));
    plans::lock(services, who, first.id, false).unwrap();
    plans::lead(services, who, second.id).unwrap();
    let leaders = |services: &Services| {
        let plans = commands::all(services).unwrap();
        plans.iter().filter(|plan| plan.is_leader).map(|plan| plan.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(leaders(services), ["Second"]);
    // A deleted plan comes back for a week, under another name where its own was given away.
    plans::delete(services, who, first.id).unwrap();
    assert_eq!(commands::all(services).unwrap().len(), 1);
    plans::create(services, &grant, &new("First")).unwrap();
    assert_eq!(plans::restore(services, who, first.id).unwrap().name, "First 2");
    plans::delete(services, who, first.id).unwrap();
    app.advance_minutes(60 * 24 * 8);
    plans::purge(services).unwrap();
    assert!(matches!(plans::restore(services, who, first.id), Err(ServiceError::NotFound(_))));
    assert!(message(plans::archive(services, who, second.id, true)).contains("leads"));
}

#[tokio::test]
async fn undo_leaves_what_another_changed_since_and_takes_back_the_rest() {
    let app = TestApp::start().await;
    let services = app.services();
    let (pia, tom) = (grant(&app, "pia@example.com"), grant(&app, "tom@example.com"));
    let all = Scope::everything();
    let plan = plans::create(services, &pia, &new("Plan")).unwrap().id;
    bring(&app, "Plan", "item,date,production,sales\nA,2026-01-01,5,2\nA,2026-01-02,,4\nA,2026-01-03,,6\n");
    let sales = |day, value: i64| edit(day, Measure::Sales, Wanted::Value(value.into()), None);
    let shown = || {
        let cells = cells(services, plan, LineId(1));
        [1, 2, 3].map(|day| cells.value((Measure::Sales, date(2026, 1, day))).unwrap().to_string())
    };
    set_cells(services, (&pia, &all), plan, &[sales(1, 10), sales(2, 20), sales(3, 30)]).unwrap();
    set_cells(services, (&tom, &all), plan, &[sales(2, 7)]).unwrap();
    let done = plans::undo(services, (&pia, &all), plan).unwrap();
    let Edited::Done { edit: 3, changed, left } = done else { panic!("{done:?}") };
    assert_eq!((changed.len(), left.len()), (2, 1));
    assert_eq!(
        (left[0].place.1, left[0].yours, left[0].theirs, left[0].version),
        (date(2026, 1, 2), Some(4.into()), Some(7.into()), 2)
    );
    assert_eq!(left[0].by.and_then(|(by, _)| by), tom.by().user());
    assert_eq!(shown(), ["2", "7", "6"]);
    // Done again it is what was undone.
    let again = plans::redo(services, (&pia, &all), plan).unwrap();
    assert!(
        matches!(&again, Edited::Done { changed, left, .. } if changed.len() == 2 && left.is_empty()),
        "{again:?}"
    );
    assert_eq!(shown(), ["10", "7", "30"]);
    // Where nothing is as it was left, nothing is undone, and the cells are named.
    set_cells(services, (&tom, &all), plan, &[sales(1, 1), sales(3, 3)]).unwrap();
    let refused = message(plans::undo(services, (&pia, &all), plan));
    assert!(
        refused.contains("sales of “A” on 2026-01-01") && refused.contains("were changed by somebody else"),
        "{refused}"
    );
    assert_eq!(shown(), ["1", "7", "3"]);
}

#[tokio::test]
async fn a_deleted_plan_whose_name_is_refused_by_now_comes_back_without_what_cannot_be_seen() {
    let app = TestApp::start().await;
    let (services, all) = (app.services(), Scope::everything());
    let grant = grant(&app, "pia@example.com");
    let who = (&grant, &all);
    plans::create(services, &grant, &new("First")).unwrap();
    for (name, back) in [("Spring\u{200b}", "Spring"), ("\u{feff}", "Plan"), ("First\u{202e}", "First 2")] {
        let mut plan = plans::create(services, &grant, &new("Other")).unwrap();
        plan.name = name.to_owned();
        let written: Result<(), StoreError> = services.store.write(|w| store_plans::put_plan(w, &plan));
        written.unwrap();
        plans::delete(services, who, plan.id).unwrap();
        assert_eq!(plans::restore(services, who, plan.id).unwrap().name, back, "{name:?}");
    }
}

#[tokio::test]
async fn what_another_typed_meanwhile_is_not_overwritten() {
    let app = TestApp::start().await;
    let services = app.services();
    let (pia, tom) = (grant(&app, "pia@example.com"), grant(&app, "tom@example.com"));
    let all = Scope::everything();
    let plan = plans::create(services, &pia, &new("Plan")).unwrap().id;
    bring(&app, "Plan", "item,date,production,sales\nA,2026-01-01,5,2\nA,2026-01-02,,4\n");
    let sales =
        |day, value: i64, version| edit(day, Measure::Sales, Wanted::Value(value.into()), Some(version));
    let done = set_cells(services, (&pia, &all), plan, &[sales(1, 9, 0), sales(2, 8, 0)]).unwrap();
    assert!(matches!(&done, Edited::Done { edit: 1, changed, .. } if changed.len() == 2), "{done:?}");
    // Tom saw what was there before: nothing of his is taken, and he is told both values.
    let asked = set_cells(services, (&tom, &all), plan, &[sales(2, 7, 0), sales(3, 1, 0)]).unwrap();
    let Edited::Conflicts(conflicts) = asked else { panic!("{asked:?}") };
    assert_eq!(conflicts.len(), 1);
    assert_eq!(
        (conflicts[0].yours, conflicts[0].theirs, conflicts[0].version),
        (Some(7.into()), Some(8.into()), 1)
    );
    assert_eq!(conflicts[0].by.and_then(|(by, _)| by), pia.by().user());
    assert_eq!(cells(services, plan, LineId(1)).value((Measure::Sales, date(2026, 1, 3))), None);
    // The same value is no conflict, and neither is another cell.
    assert!(matches!(
        set_cells(services, (&tom, &all), plan, &[sales(2, 8, 0), sales(3, 1, 0)]),
        Ok(Edited::Done { .. })
    ));
    // Pia cannot undo under Tom's feet.
    set_cells(services, (&tom, &all), plan, &[sales(1, 3, 1), sales(2, 6, 1)]).unwrap();
    assert!(message(plans::undo(services, (&pia, &all), plan)).contains("changed by somebody else"));
    plans::undo(services, (&tom, &all), plan).unwrap();
    plans::undo(services, (&pia, &all), plan).unwrap();
    let now = cells(services, plan, LineId(1));
    assert_eq!(now.value((Measure::Sales, date(2026, 1, 1))), Some(2.into()), "as imported");
    // Who did what, the last first.
    let reader = PlanReader { edits: true, scope: all.clone() };
    let place = (Measure::Sales, date(2026, 1, 1));
    let (imported, turns) = plans::history_of(services, &reader, plan, LineId(1), place).unwrap();
    let shown: Vec<_> = turns.iter().map(|turn| (turn.from, turn.to)).collect();
    let number = |value: i64| Some(Decimal::from(value));
    assert_eq!(imported, number(2));
    assert_eq!(
        shown,
        [(number(9), number(2)), (number(3), number(9)), (number(9), number(3)), (number(2), number(9))]
    );
    // Days that the plan does not have are refused.
    let away = CellEdit { place: (Measure::Sales, date(2027, 1, 1)), ..sales(1, 1, 0) };
    assert!(message(set_cells(services, (&pia, &all), plan, &[away])).contains("2026-01-01 to 2026-01-31"));
}

#[tokio::test]
async fn customers_see_the_lines_of_their_items_in_plans_that_are_shared() {
    let app = TestApp::start().await;
    let services = app.services();
    let pia = grant(&app, "pia@example.com");
    let all = Scope::everything();
    let plan = plans::create(services, &pia, &new("Plan")).unwrap().id;
    bring(&app, "Plan", "item,date,sales\nA,2026-01-01,1\nB,2026-01-01,1\nC,2026-01-01,1\n");
    services
        .store
        .write(|w| {
            for (sku, owner) in [("A", "Acme"), ("B", "Bolt & Co")] {
                let mut item = stockroom::store::master_data::find_item(w, sku)?.unwrap();
                item.owner = Some(owner.to_owned());
                stockroom::store::master_data::put_item(w, &item)?;
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let acme = PlanReader { edits: false, scope: Scope::owners(["Acme"]) };
    let seen = |reader: &PlanReader| {
        let lines = plans::overview(services, reader, plan).map(|overview| overview.lines);
        lines.map(|lines| lines.into_iter().map(|view| view.line.key.item).collect::<Vec<_>>())
    };
    assert!(matches!(seen(&acme), Err(ServiceError::NotFound(_))), "it is shared with nobody");
    let share = |with| {
        let change = PlanChange { shared_with: Some(with), ..PlanChange::default() };
        plans::change(services, (&pia, &all), plan, &change).unwrap();
    };
    share(Sharing::Customers);
    assert_eq!(seen(&acme).unwrap(), ["A"]);
    share(Sharing::Everyone);
    assert_eq!(seen(&acme).unwrap(), ["A", "C"]);
    let mut theirs = Vec::new();
    let what = (plan, stockroom::services::export::ExportFormat::Csv, plans::Shape::Long);
    plans::export(services, &acme, pia.by(), what, &mut theirs).unwrap().unwrap();
    assert!(!String::from_utf8(theirs).unwrap().contains("\nB,"));
    // A planner of single owners types in their lines alone, and decides nothing for the others.
    let (limited, own) = (&pia, Scope::owners(["Acme"]));
    let foreign = CellEdit { line: LineId(2), ..edit(1, Measure::Sales, Wanted::Blank, None) };
    assert!(matches!(set_cells(services, (limited, &own), plan, &[foreign]), Err(ServiceError::NotFound(_))));
    for refused in [
        plans::lead(services, (limited, &own), plan),
        plans::delete(services, (limited, &own), plan),
        plans::copy(services, (limited, &own), plan, "Third"),
    ] {
        assert!(message(refused).contains("every owner"));
    }
}

#[tokio::test]
async fn all_that_was_undone_is_done_again_one_after_the_other_until_something_is_typed() {
    let app = TestApp::start().await;
    let services = app.services();
    let pia = grant(&app, "pia@example.com");
    let all = Scope::everything();
    let who = (&pia, &all);
    let plan = plans::create(services, &pia, &new("First")).unwrap().id;
    bring(&app, "First", "item,date,production,sales\nA,2026-01-01,5,2\n");
    let sales = |day| cells(services, plan, LineId(1)).value((Measure::Sales, date(2026, 1, day)));
    let set = |day: i8| {
        let typed = edit(day, Measure::Sales, Wanted::Value(day.into()), None);
        set_cells(services, who, plan, &[typed]).unwrap();
    };
    for day in [3, 4, 5] {
        set(day);
    }
    for _ in 0..3 {
        plans::undo(services, who, plan).unwrap();
    }
    for day in [3, 4] {
        plans::redo(services, who, plan).unwrap();
        assert_eq!(sales(day), Some(day.into()));
    }
    assert_eq!(sales(5), None);
    // What is typed now takes the place of what could be done again, even once it is undone and done again itself.
    set(6);
    assert!(plans::redo(services, who, plan).is_err());
    plans::undo(services, who, plan).unwrap();
    plans::redo(services, who, plan).unwrap();
    assert_eq!(sales(6), Some(6.into()));
    assert_eq!(message(plans::redo(services, who, plan)), "there is nothing to do again");
    assert_eq!(sales(5), None);
}

/// One step: somebody types in some cells, undoes, or does again.
#[derive(Debug, Clone)]
enum Step {
    Type(Vec<(u8, u8, Option<i16>)>),
    Undo,
    Redo,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let typed =
        prop::collection::vec((0..3_u8, 1..6_u8, prop::option::of(-9..9_i16)), 1..6).prop_map(Step::Type);
    prop::collection::vec(prop_oneof![3 => typed, 3 => Just(Step::Undo), 2 => Just(Step::Redo)], 1..18)
}

#[test]
fn undo_after_any_edits_brings_back_every_byte() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let app = runtime.block_on(TestApp::start());
    let services = app.services().clone();
    let pia = grant(&app, "pia@example.com");
    let all = Scope::everything();
    let who = (&pia, &all);
    let number = std::cell::Cell::new(0);
    proptest!(ProptestConfig::with_cases(64), |(steps in steps())| {
        number.set(number.get() + 1);
        let name = format!("Plan {}", number.get());
        let plan = plans::create(&services, &pia, &new(&name)).unwrap().id;
        bring(&app, &name, "item,date,production,sales,inventory\nA,2026-01-01,5,2,\nA,2026-01-02,,4,7\n");
        let bytes = || cells(&services, plan, LineId(1));
        // What stood after each edit that stands, and what was undone since.
        let (mut stood, mut undone) = (vec![bytes()], Vec::new());
        for step in steps {
            match step {
                Step::Type(values) => {
                    let mut edits: Vec<CellEdit> = Vec::new();
                    for (measure, day, value) in values {
                        let place: (Measure, Date) = (Measure::ALL[usize::from(measure)], date(2026, 1, day.cast_signed()));
                        let wanted = value.map_or(Wanted::Blank, |value| Wanted::Value(Decimal::from(value)));
                        edits.retain(|edit| edit.place != place);
                        edits.push(CellEdit { line: LineId(1), place, wanted, seen: Seen::Anything });
                    }
                    set_cells(&services, who, plan, &edits).unwrap();
                    if bytes() != *stood.last().unwrap() {
                        stood.push(bytes());
                        undone.clear();
                    }
                }
                Step::Undo if stood.len() > 1 => {
                    plans::undo(&services, who, plan).unwrap();
                    undone.push(stood.pop().unwrap());
                    prop_assert_eq!(&bytes(), stood.last().unwrap());
                }
                Step::Redo if !undone.is_empty() => {
                    plans::redo(&services, who, plan).unwrap();
                    stood.push(undone.pop().unwrap());
                    prop_assert_eq!(&bytes(), stood.last().unwrap());
                }
                Step::Undo => prop_assert!(plans::undo(&services, who, plan).is_err()),
                Step::Redo => prop_assert!(plans::redo(&services, who, plan).is_err()),
            }
        }
        while stood.len() > 1 {
            plans::undo(&services, who, plan).unwrap();
            stood.pop();
            prop_assert_eq!(&bytes(), stood.last().unwrap());
        }
    });
}

#[tokio::test]
async fn what_is_kept_of_a_line_counts_only_for_what_it_was_made_from() {
    let app = TestApp::start().await;
    let services = app.services();
    let grant = grant(&app, "pia@example.com");
    let all = Scope::everything();
    let who = (&grant, &all);
    let plan = plans::create(services, &grant, &new("First")).unwrap();
    bring(&app, "First", "item,date,production,sales\nA,2026-01-02,5,9\nB,2026-01-03,1,1\n");
    let reader = PlanReader::planner(&grant, &all);
    // Of each line the first day it runs out, the first below its safety stock, and what it ends with: as they are kept,
    // and as they are worked out anew.
    let seen = || {
        let overview = plans::overview(services, &reader, plan.id).unwrap();
        let shown = |view: &plans::LineView| {
            let summary = view.summary();
            let (_, anew) = plans::days_of(services, &reader, plan.id, &[view.line.id]).unwrap();
            assert_eq!(anew[0].view.summary(), summary);
            let day = |day: Option<Date>| day.map_or(0, Date::day);
            (day(summary.first_stock_out), day(summary.first_under_safety), summary.closing.to_string())
        };
        let mut lines: Vec<_> =
            overview.lines.iter().map(|view| (view.line.key.item.clone(), shown(view))).collect();
        lines.sort();
        lines.into_iter().map(|(_, line)| line).collect::<Vec<_>>()
    };
    let line = |out, low, closing: &str| (out, low, closing.to_owned());
    assert_eq!(seen(), [line(2, 0, "-4"), line(0, 0, "0")]);
    set_cells(services, who, plan.id, &[edit(1, Measure::Production, Wanted::Value(3.into()), None)])
        .unwrap();
    assert_eq!(seen(), [line(2, 0, "-1"), line(0, 0, "0")]);
    plans::undo(services, who, plan.id).unwrap();
    assert_eq!(seen()[0], line(2, 0, "-4"));
    plans::set_opening(services, who, plan.id, (LineId(1), None), Some(4.into())).unwrap();
    assert_eq!(seen()[0], line(0, 0, "0"));
    let items = "sku,safety_stock\nB,2\n";
    stockroom::services::master_data::import_items(services, who, items.as_bytes()).unwrap();
    assert_eq!(seen(), [line(0, 0, "0"), line(0, 1, "0")]);
    bring(&app, "First", "item,date,production,sales\nA,2026-01-05,0,1\n");
    assert_eq!(seen()[0], line(5, 0, "-1"));
    let horizon = Horizon::new(date(2026, 1, 1), date(2026, 1, 4)).ok();
    let narrow = PlanChange { horizon: Some(horizon), ..PlanChange::default() };
    plans::change(services, who, plan.id, &narrow).unwrap();
    assert_eq!(seen()[0], line(0, 0, "0"));
    // Another day is another cover.
    app.advance_minutes(24 * 60);
    assert_eq!(seen()[0], line(0, 0, "0"));
}

#[tokio::test]
async fn what_a_line_begins_with_is_undone_and_done_again_in_its_turn() {
    let app = TestApp::start().await;
    let services = app.services();
    let (pia, tom) = (grant(&app, "pia@example.com"), grant(&app, "tom@example.com"));
    let all = Scope::everything();
    let who = (&pia, &all);
    let plan = plans::create(services, &pia, &new("Base")).unwrap().id;
    bring(&app, "Base", "item,date,sales\nA,2026-01-05,1\n");
    let line = LineId(1);
    let amount = || {
        let lines = services.store.read(|r| plan_lines::list_lines(r, plan)).unwrap();
        lines[0].given.map(|given| (given.amount, given.on))
    };
    let given = |amount: i64| Some((Decimal::from(amount), Some(date(2026, 1, 1))));
    let sales = |day: i8| cells(services, plan, line).value((Measure::Sales, date(2026, 1, day)));
    let set = |grant: &Grant<EditPlans>, amount: i64| {
        plans::set_opening(services, (grant, &all), plan, (line, None), Some(amount.into())).unwrap();
    };
    let typed = edit(5, Measure::Sales, Wanted::Value(7.into()), None);
    set_cells(services, who, plan, &[typed]).unwrap();
    set(&pia, 20);
    set(&pia, 30);
    plans::undo(services, who, plan).unwrap();
    assert_eq!((amount(), sales(5)), (given(20), Some(7.into())));
    plans::undo(services, who, plan).unwrap();
    assert_eq!((amount(), sales(5)), (None, Some(7.into())));
    plans::undo(services, who, plan).unwrap();
    assert_eq!((amount(), sales(5)), (None, Some(1.into())));
    for _ in 0..3 {
        plans::redo(services, who, plan).unwrap();
    }
    assert_eq!((amount(), sales(5)), (given(30), Some(7.into())));
    // Not under somebody else's feet.
    set(&tom, 40);
    assert!(message(plans::undo(services, who, plan)).contains("what “A” begins with was changed"));
    plans::undo(services, (&tom, &all), plan).unwrap();
    plans::undo(services, who, plan).unwrap();
    assert_eq!(amount(), given(20));
    // What was only typed over is in the same log.
    let log = services.store.read(|r| store_plans::find_plan(r, plan)).unwrap().unwrap();
    assert_eq!(log.last_edit, 12);
}
