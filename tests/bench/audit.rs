//! The budgets of the audit log (issue 5): the filtered page in under 100 ms and a check of everything in under 10 s at
//! 1,000,000 events, in a real site over HTTP.
//!
//! `cargo bench --bench audit [-- EVENTS]`
//!
//! Prints figures, asserts none: a time is a fact about a machine.

#![expect(clippy::unwrap_used, reason = "what a measurement needs and does not get ends it")]

use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

use jiff::SignedDuration;
use serde_json::json;
use stockroom::app::{App, Deps};
use stockroom::base::request;
use stockroom::base::secret::SecretString;
use stockroom::config::Config;
use stockroom::domain::audit::Actor;
use stockroom::domain::email::Email;
use stockroom::domain::ids::UserId;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::audit::{append, verify};
use stockroom::services::authorize::By;
use stockroom::services::commands::{AdminCommand, AdminReply, execute};
use stockroom::services::users::FirstSignIn;
use stockroom::services::{Services, audit};
use stockroom::store::StoreError;

const LOGIN: &str = "bench@example.com";
const PASSWORD: &str = "seven-lamps-over-the-harbour";
/// Users among whom the events are.
const USERS: u64 = 500;
/// How often each page is asked for.
const ASKED: usize = 15;
/// Events written in one transaction.
const AT_ONCE: u64 = 1000;
/// Filters that find much, little, something very old, and nothing.
const FILTERS: [(&str, &str); 14] = [
    ("no filter", ""),
    ("one user of 500", "actor=user250%40customer25.example"),
    ("one user, by part of the name", "actor=user250"),
    ("all of one company's users", "actor=customer25.example"),
    ("a rare action", "action=user.second_factor.reset"),
    ("a group of actions", "action=session."),
    ("a user and an action they never did", "actor=user250%40customer25.example&action=site.init"),
    ("SYSTEM and a user as target", "actor=system&target=user7%40customer7.example"),
    ("a day a year ago", "from=2025-11-22&to=2025-11-22"),
    ("words: a part of an address", "q=ustomer25.exam"),
    ("words that are in one event alone", "q=xylophone"),
    ("words that are nowhere", "q=zebra+crossing"),
    ("two letters that are nowhere (stops)", "q=%C3%A6%C3%B8"),
    ("words of letters that are everywhere (stops)", "q=sesses"),
];

fn line(what: &str, figure: &str) {
    println!("{what:<58} {figure:>40}");
}

fn add_user(services: &Services, email: &str, role: Role) -> UserId {
    let reply = execute(
        services,
        AdminCommand::UserAdd {
            email: Email::parse(email).unwrap(),
            first_name: None,
            last_name: None,
            mobile: None,
            username: None,
            roles: [role].into(),
            owners: OwnerScope::All,
            password: SecretString::new(PASSWORD.to_owned()),
            first_sign_in: FirstSignIn::KeepsPassword,
        },
    );
    match reply {
        AdminReply::User(user) => user.id,
        other => panic!("{other:?}"),
    }
}

/// A year and a half of a busy site, spread evenly.
fn fill(services: &Services, users: &[UserId], events: u64) {
    let step = SignedDuration::from_secs(540 * 86_400 / i64::try_from(events).unwrap());
    let start = services.now() - SignedDuration::from_hours(540 * 24);
    for first in (0..events).step_by(usize::try_from(AT_ONCE).unwrap()) {
        let written: Result<(), StoreError> = services.store.write(|w| {
            for n in first..(first + AT_ONCE).min(events) {
                // Numbers without a pattern, the same each time.
                let dice = (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
                let user = users[usize::try_from(dice % USERS).unwrap()];
                let address = IpAddr::V4(Ipv4Addr::new(10, 1, (dice >> 3) as u8 % 40, (dice >> 11) as u8));
                let by = By { actor: Actor::User(user), address: Some(address) };
                let visitor = By { actor: Actor::Visitor, address: Some(address) };
                let target = format!("user:{user}");
                let at = start + step * i32::try_from(n).unwrap();
                let (by, action, target, details) = match dice % 100 {
                    0..40 => (by, "session.begin", target, json!({"second_factor": "none", "trusted": false})),
                    40..60 => (by, "session.end", target, json!({})),
                    60..72 => (visitor, "session.refuse", target, json!({})),
                    72..90 => (by, "dataset.export", "dataset:inventory".to_owned(), json!({
                        "rows": dice % 10_000, "format": "csv", "filters": [format!("q=bolt {}", dice % 977)] })),
                    90..95 => (By::SYSTEM, "import.publish", "dataset:inventory".to_owned(), json!({
                        "before": n, "after": n + 1, "owner": "customer", "problems": 0, "rejected": 0, "rows": 2000 })),
                    95..99 => (by, "user.edit", target, json!({
                        "before": {"email": format!("user{}@customer{}.example", dice % USERS, dice % 50), "roles": ["customer"], "status": "active"},
                        "after": {"email": format!("user{}@customer{}.example", dice % USERS, dice % 50), "roles": ["customer", "planner"], "status": "active"},
                        "sessions_ended": 1 })),
                    _ if dice % 1000 == 99 => (by, "user.second_factor.reset", target, json!({})),
                    _ => (by, "user.password", target, json!({"by": "self"})),
                };
                let details = if n == 4711 { json!({ "note": "xylophone" }) } else { details };
                let name = format!("{:016x}{dice:016x}", (n + 1).wrapping_mul(0xD6E8_FEB8_6659_FD93));
                request::within(Some(name.into()), || append(w, at, by, action, &target, &details))?;
            }
            Ok(())
        });
        written.unwrap();
    }
}

fn milliseconds(mut taken: Vec<f64>) -> String {
    taken.sort_unstable_by(f64::total_cmp);
    let at = |share: usize| taken[(taken.len() - 1) * share / 100];
    format!("p50 {:.1} max {:.1} ms", at(50), at(100))
}

#[tokio::main]
async fn main() {
    let events = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(1_000_000_u64);
    let directory = tempfile::tempdir().unwrap();
    let mut config = Config { data_dir: directory.path().join("data"), ..Config::default() };
    config.server.listen = "127.0.0.1:0".parse().unwrap();
    let running = App::start(config, Deps::default()).await.unwrap();
    let services = std::sync::Arc::clone(&running.services);
    line("events", &events.to_string());
    let filled = tokio::task::spawn_blocking({
        let services = std::sync::Arc::clone(&services);
        move || {
            add_user(&services, LOGIN, Role::Admin);
            let users: Vec<UserId> = (0..USERS)
                .map(|n| add_user(&services, &format!("user{n}@customer{}.example", n / 10), Role::Customer))
                .collect();
            let begun = Instant::now();
            fill(&services, &users, events);
            begun.elapsed()
        }
    });
    let filled = filled.await.unwrap();
    line("written", &format!("{:.0} events/s", events as f64 / filled.as_secs_f64()));
    let (all, blocks) = sizes(&services);
    line("stored", &format!("{:.0} MB, {:.1} MB of them for searching", all / 1e6, blocks / 1e6));
    let begun = Instant::now();
    audit::heads::sign(&services).unwrap();
    let report = verify(&services).unwrap();
    line("check of everything", &format!("{:.2} s", begun.elapsed().as_secs_f64()));
    assert_eq!(report.first_bad, None);

    let origin = format!("http://{}", running.address);
    let client = reqwest::Client::builder().cookie_store(true).build().unwrap();
    let login = json!({ "login": LOGIN, "password": PASSWORD });
    let answer = client.post(format!("{origin}/api/v1/auth/login")).json(&login).send().await.unwrap();
    assert!(answer.status().is_success());
    for (what, filter) in FILTERS {
        let mut taken = Vec::new();
        let mut found = String::new();
        for _ in 0..ASKED {
            let begun = Instant::now();
            let answer = client.get(format!("{origin}/admin/audit?{filter}")).send().await.unwrap();
            assert!(answer.status().is_success(), "{filter}: {}", answer.status());
            found = answer.text().await.unwrap();
            taken.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        let rows = found.matches("<td class=\"who\">").count();
        let stops = if found.contains("Searched back") { ", goes on" } else { "" };
        line(what, &format!("{rows} found{stops}, {}", milliseconds(taken)));
    }
    let begun = Instant::now();
    let answer = client.get(format!("{origin}/admin/audit/export?format=jsonl")).send().await.unwrap();
    let bytes = answer.bytes().await.unwrap().len();
    let seconds = begun.elapsed().as_secs_f64();
    line("export of everything as JSON lines", &format!("{seconds:.1} s, {:.0} MB", bytes as f64 / 1e6));
    running.shutdown().await;
}

/// Bytes of all events, and of what is there to search them.
fn sizes(services: &Services) -> (f64, f64) {
    use stockroom::store::audit_blocks::{block_of, find_block};
    let last: Result<_, StoreError> = services.store.read(stockroom::store::audit::last_event);
    let blocks = block_of(last.unwrap().unwrap().seq);
    let read: Result<usize, StoreError> = services.store.read(|r| {
        let mut bytes = 0;
        for block in 0..=blocks {
            bytes += find_block(r, block)?.map_or(0, |block| block.filter.len() + 32);
        }
        Ok(bytes)
    });
    let file = std::fs::metadata(services.data_dir().join("stockroom.redb")).unwrap().len();
    (file as f64, read.unwrap() as f64)
}
