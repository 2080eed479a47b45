//! The audit log: what is in it, and that nobody can change it unseen.

use stockroom::domain::audit::{Actor, AuditEvent, AuditHead, AuditMark};
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::Services;
use stockroom::services::audit::refusals::{self, Tried};
use stockroom::services::audit::verify::{Anchor, Extent};
use stockroom::services::audit::{AuditReport, heads, retention, verify};
use stockroom::services::commands::AdminCommand;
use stockroom::store::audit_heads::{MarkName, put_head, put_mark};
use stockroom::store::transaction::Order;
use stockroom::store::{Store, StoreError, WriteTxn, audit as store_audit};

use crate::harness::{PASSWORD, TestApp};

fn events(store: &Store) -> Vec<AuditEvent> {
    let mut events = Vec::new();
    store
        .read(|r| {
            store_audit::visit_events(r, 0, Order::Ascending, &mut |event| {
                events.push(event?);
                Ok(std::ops::ControlFlow::Continue(()))
            })
        })
        .unwrap_or_else(|error: StoreError| panic!("{error}"));
    events
}

async fn with_some_history() -> TestApp {
    let app = TestApp::start().await;
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    app.browser().login("ann@example.com", PASSWORD).await;
    app.browser().login("ann@example.com", "wrong password").await;
    app.command(AdminCommand::UserDisable { login: "ann@example.com".into() });
    app
}

#[tokio::test]
async fn what_happened_is_written_down_without_secrets() {
    let app = with_some_history().await;
    let events = events(&app.services().store);
    let actions: Vec<_> = events.iter().map(|event| event.action.as_str()).collect();
    assert_eq!(actions, ["user.add", "session.begin", "session.refuse", "user.disable"]);
    assert_eq!(events[1].address.as_deref(), Some("127.0.0.1"));
    let text = format!("{events:?}");
    assert!(!text.contains(PASSWORD) && !text.contains("argon2") && !text.contains("wrong password"));
    let change: serde_json::Value = serde_json::from_str(&events[3].details).unwrap();
    assert_eq!(change["before"]["status"], "active");
    assert_eq!(change["after"]["status"], "deactivated");
    assert_eq!(change["sessions_ended"], 1);
}

#[tokio::test]
async fn asvs_16_4_2_every_changed_event_is_found() {
    let app = with_some_history().await;
    let services = app.services();
    let whole: AuditReport = verify(services).unwrap();
    assert_eq!((whole.events, whole.first_bad), (4, None));
    let original = events(&services.store);
    let edits: [fn(&mut AuditEvent); 5] = [
        |event| event.action.push('x'),
        |event| event.target = "user:somebody else".into(),
        |event| event.details = "{}".to_owned() + " ",
        |event| event.at += jiff::SignedDuration::from_secs(1),
        |event| event.address = Some("10.9.9.9".into()),
    ];
    for event in &original {
        for edit in edits {
            let mut forged = event.clone();
            edit(&mut forged);
            services.store.write(|w| store_audit::append_event(w, &forged)).unwrap();
            assert_eq!(verify(services).unwrap().first_bad.map(|(seq, _)| seq), Some(event.seq));
            services.store.write(|w| store_audit::append_event(w, event)).unwrap();
        }
    }
    // Two events change places.
    let (mut second, mut third) = (original[1].clone(), original[2].clone());
    (second.seq, third.seq) = (3, 2);
    services
        .store
        .write(|w| {
            store_audit::append_event(w, &second)?;
            store_audit::append_event(w, &third)
        })
        .unwrap();
    assert_eq!(verify(services).unwrap().first_bad.map(|(seq, _)| seq), Some(2));
}

fn write(services: &Services, change: impl Fn(&WriteTxn) -> Result<(), StoreError>) {
    services.store.write(|w| change(w)).unwrap_or_else(|error: StoreError| panic!("{error}"));
}

fn first_bad(services: &Services) -> Option<u64> {
    verify(services).unwrap().first_bad.map(|(seq, _)| seq)
}

fn reason(services: &Services, anchor: &Anchor) -> String {
    let report = stockroom::services::audit::verify::verify(services, std::slice::from_ref(anchor)).unwrap();
    report.first_bad.map(|(_, reason)| reason).unwrap_or_default()
}

#[tokio::test]
async fn a_head_that_was_kept_elsewhere_proves_a_tail_that_was_cut_and_a_log_that_was_written_anew() {
    let app = with_some_history().await;
    let services = app.services();
    let anchor = Anchor::Token(heads::sign(services).unwrap().unwrap().token);
    assert_eq!(reason(services, &anchor), "");
    let original = events(&services.store);
    // The tail goes, with the signed head of it.
    write(services, |w| store_audit::remove_events(w, u64::MAX, 100).map(drop));
    write(services, |w| original[..2].iter().try_for_each(|event| store_audit::append_event(w, event)));
    assert_eq!(first_bad(services), Some(3), "the signed head says that there was more");
    assert!(reason(services, &anchor).contains("missing"));
    // It is written anew, as somebody with all keys could.
    for _ in 0..4 {
        app.command(AdminCommand::UserEnable { login: "ann@example.com".into() });
    }
    assert_eq!(first_bad(services), Some(4), "another event than the one that was signed");
    let plain = format!("4 {}", stockroom::base::hex::encode(&original[3].hash));
    let plain = Anchor::parse_all(&plain).unwrap().remove(0);
    for anchor in [&anchor, &plain] {
        assert_ne!(reason(services, anchor), "");
    }
    assert!(Anchor::parse_all("4 abc").is_err() && Anchor::parse_all("").is_err());
}

#[tokio::test]
async fn a_forged_head_and_a_replaced_key_are_found() {
    let app = with_some_history().await;
    let services = app.services();
    let head = heads::sign(services).unwrap().unwrap();
    assert_eq!((head.seq, first_bad(services)), (4, None));
    // The same signature for another event.
    let moved = AuditHead { seq: 3, hash: events(&services.store)[2].hash, ..head.clone() };
    write(services, |w| put_head(w, &moved));
    assert_eq!(first_bad(services), Some(3));
    let key = app.data_dir().join("keys/audit.key");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&key).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let anchor = Anchor::Token(head.token);
    std::fs::remove_file(&key).unwrap();
    assert!(verify(services).unwrap().first_bad.unwrap().1.contains("missing"));
    app.command(AdminCommand::UserEnable { login: "ann@example.com".into() });
    assert!(heads::sign(services).is_err(), "no other key takes its place unseen");
    let other = TestApp::start().await;
    other.add_user("x@example.com", Role::Customer, OwnerScope::All);
    heads::sign(other.services()).unwrap();
    std::fs::copy(other.data_dir().join("keys/audit.key"), &key).unwrap();
    assert!(verify(services).unwrap().first_bad.unwrap().1.contains("forged"));
    assert!(reason(services, &anchor).contains("forged") || reason(services, &anchor).contains("anchor"));
}

fn days(days: u64) -> std::time::Duration {
    std::time::Duration::from_hours(24 * days)
}

#[tokio::test]
async fn old_segments_are_dropped_up_to_a_signed_head_and_the_rest_still_verifies() {
    let app = TestApp::start_with(|config| config.retention.audit = Some(days(60))).await;
    let services = app.services();
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    let disable = || app.command(AdminCommand::UserDisable { login: "ann@example.com".into() });
    disable();
    let anchor = Anchor::Token(heads::sign(services).unwrap().unwrap().token);
    assert_eq!(retention::drop_old(services).unwrap(), None, "it is young");
    app.advance_minutes(60 * 24 * 30);
    disable();
    disable();
    app.advance_minutes(60 * 24 * 31);
    disable();
    assert_eq!(retention::drop_old(services).unwrap(), Some(2), "what no old head seals stays");
    let left = events(&services.store);
    assert_eq!(left.iter().map(|event| event.seq).collect::<Vec<_>>(), [3, 4, 5, 6]);
    assert_eq!((left[3].action.as_str(), left[3].actor), ("audit.drop", Actor::System));
    let report = verify(services).unwrap();
    assert_eq!((report.first_bad, report.dropped, report.events), (None, 2, 4));
    assert_eq!(reason(services, &anchor), "", "an anchor of what was dropped still fits its signed head");
    assert_eq!(retention::drop_old(services).unwrap(), None);

    // The same done by hand: without the event that says so, without a head, or without both.
    let mark = |seq: u64, hash| AuditMark { seq, hash, at: services.now(), wrong: None };
    write(services, |w| put_mark(w, MarkName::Floor, &mark(3, left[0].hash)));
    write(services, |w| store_audit::remove_events(w, 3, 10).map(drop));
    assert!(verify(services).unwrap().first_bad.unwrap().1.contains("no signed head"));
    let head = heads::sign(services).unwrap().unwrap();
    assert_eq!(head.seq, 6);
    app.command(AdminCommand::UserEnable { login: "ann@example.com".into() });
    write(services, |w| put_mark(w, MarkName::Floor, &mark(6, head.hash)));
    write(services, |w| store_audit::remove_events(w, 6, 10).map(drop));
    assert!(verify(services).unwrap().first_bad.unwrap().1.contains("no event says"));
}

#[tokio::test]
async fn checks_go_on_where_the_last_ended_and_remember_what_was_wrong() {
    let app = with_some_history().await;
    let services = app.services();
    let check = |extent| verify::check(services, extent).unwrap().unwrap();
    assert_eq!(check(Extent::SinceLast).events, 4);
    assert_eq!(check(Extent::SinceLast).events, 0);
    app.command(AdminCommand::UserEnable { login: "ann@example.com".into() });
    assert_eq!(check(Extent::SinceLast).events, 1);
    let whole = events(&services.store);
    // The tail is cut: what was checked once is known.
    write(services, |w| store_audit::remove_events(w, u64::MAX, 100).map(drop));
    write(services, |w| whole[..3].iter().try_for_each(|event| store_audit::append_event(w, event)));
    for extent in [Extent::SinceLast, Extent::Whole, Extent::SinceLast] {
        assert_eq!(check(extent).first_bad.map(|(seq, _)| seq), Some(4));
    }
    write(services, |w| whole.iter().try_for_each(|event| store_audit::append_event(w, event)));
    assert_eq!(check(Extent::Whole).first_bad, None);
    let checks = verify::last_checks(services).unwrap();
    assert_eq!(checks.so_far.map(|mark| (mark.seq, mark.wrong)), Some((5, None)));
}

#[tokio::test]
async fn tries_beyond_the_throttle_are_one_event_an_address_and_minute() {
    let app = TestApp::start().await;
    app.add_user("bob@example.com", Role::Customer, OwnerScope::All);
    for _ in 0..25 {
        app.browser().login("bob@example.com", "wrong password").await;
    }
    let services = app.services();
    let of = |action: &str| {
        events(&services.store).into_iter().filter(|event| event.action == action).collect::<Vec<_>>()
    };
    assert_eq!((of("session.refuse").len(), of("session.refuse-many").len()), (1, 0));
    assert_eq!(refusals::flush(services).unwrap(), 1);
    assert_eq!(refusals::flush(services).unwrap(), 0);
    let many = of("session.refuse-many");
    let details: serde_json::Value = serde_json::from_str(&many[0].details).unwrap();
    assert_eq!((details["count"].as_u64(), many[0].address.as_deref()), (Some(24), Some("127.0.0.1")));
    // However many addresses there are, the events of a minute are few.
    for n in 0..10_000_u32 {
        services.refusals().note(Tried::SignIn, Some(std::net::Ipv4Addr::from(n).into()), services.now());
    }
    assert_eq!(refusals::flush(services).unwrap(), 65);
    let others = of("session.refuse-many").pop_if(|event| event.address.is_none());
    let counted: u64 = of("session.refuse-many")
        .iter()
        .map(|event| {
            serde_json::from_str::<serde_json::Value>(&event.details).unwrap()["count"].as_u64().unwrap()
        })
        .sum();
    assert_eq!(counted, 10_024);
    assert!(others.is_some() || of("session.refuse-many").iter().any(|event| event.address.is_none()));
    // An IPv6 address is its /64; at a stop, what was counted is written down.
    for n in 0..5_u128 {
        let address = std::net::Ipv6Addr::from_bits((0x2001_0db8_u128 << 96) | n).into();
        services.refusals().note(Tried::SignIn, Some(address), services.now());
    }
    let before = of("session.refuse-many").len();
    let app = app.restart_after(|_| {}).await;
    let events = events(&app.services().store);
    let many: Vec<_> = events.iter().filter(|event| event.action == "session.refuse-many").collect();
    assert_eq!(many.len(), before + 1);
    assert_eq!(many.last().unwrap().address.as_deref(), Some("2001:db8::"));
}

#[tokio::test]
async fn exports_and_sessions_that_ran_out_are_written_down() {
    let app = TestApp::start().await;
    app.import("Inventory", "Part,Customer\nA-1,Acme\nB-1,Bolts\n", &["owner=Customer"]).await;
    let mut browser = app.signed_in(Role::Customer, &["Acme"]).await;
    assert_eq!(browser.get("/api/v1/datasets/inventory/export?q=a-1&format=jsonl").await.status, 200);
    let services = app.services();
    let last = events(&services.store).pop().unwrap();
    assert_eq!((last.action.as_str(), last.target.as_str()), ("dataset.export", "dataset:inventory"));
    let details: serde_json::Value = serde_json::from_str(&last.details).unwrap();
    assert_eq!((details["rows"].as_u64(), details["format"].as_str()), (Some(1), Some("jsonl")));
    assert_eq!(details["filters"], serde_json::json!(["q=a-1"]));
    app.advance_minutes(60 * 24);
    stockroom::services::sessions::purge(services).unwrap();
    assert!(events(&services.store).iter().any(|event| event.action == "session.expire"));
}

#[tokio::test]
async fn a_file_of_anchors_that_was_written_on_counts_whole() {
    let app = TestApp::start().await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let services = app.services();
    let first = heads::sign(services).unwrap().unwrap();
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    let second = heads::sign(services).unwrap().unwrap();
    let beyond = format!("{} {}", second.seq + 1, "0".repeat(64));
    let text = format!("{}\n{}\n", first.token, second.token);
    let anchors = Anchor::parse_all(&text).unwrap();
    let report = stockroom::services::audit::verify::verify(services, &anchors).unwrap();
    assert_eq!((report.anchors, report.anchor, report.first_bad), (2, Some(second.seq), None));
    for text in [format!("{text}{beyond}"), format!("{beyond}\n{text}")] {
        let anchors = Anchor::parse_all(&text).unwrap();
        assert_eq!(anchors.len(), 3);
        let report = stockroom::services::audit::verify::verify(services, &anchors).unwrap();
        assert!(report.first_bad.unwrap().1.contains("missing"), "also where it is not the first");
    }
}

#[tokio::test]
async fn a_customer_cannot_fill_the_log() {
    let app = TestApp::start().await;
    app.import("inventory", "part,owner\nA-1,Acme\n", &["owner=owner"]).await;
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    let many = "&f.part=x".repeat(2000);
    let export = acme.get(&format!("/api/v1/datasets/inventory/export?format=csv{many}")).await;
    assert_eq!(export.status, reqwest::StatusCode::OK, "{export:?}");
    let longest: Result<_, StoreError> = app.services().store.read(stockroom::store::audit::last_event);
    let longest = longest.unwrap().unwrap();
    assert_eq!(longest.action, "dataset.export");
    assert!(longest.details.len() < 12_000 && longest.details.contains("more"), "{}", longest.details.len());
    let mut refused = 0;
    for n in 0..80 {
        let answer = acme.post_form("/account/name", &[("first_name", &format!("Ann {n}"))]).await;
        refused += usize::from(answer.status == reqwest::StatusCode::TOO_MANY_REQUESTS);
    }
    assert!((15..=25).contains(&refused), "{refused} of 80");
    // Whoever works here may.
    let mut root = app.signed_in(Role::Admin, &[]).await;
    for n in 0..80 {
        let answer = root.post_form("/account/name", &[("first_name", &format!("Ann {n}"))]).await;
        assert_eq!(answer.status, reqwest::StatusCode::SEE_OTHER);
    }
}
