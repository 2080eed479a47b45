//! The audit log: what is in it, and that nobody can change it unseen.

use stockroom::domain::audit::AuditEvent;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::audit::{AuditReport, verify};
use stockroom::services::commands::AdminCommand;
use stockroom::store::audit as store_audit;
use stockroom::store::transaction::Order;
use stockroom::store::{Store, StoreError};

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
