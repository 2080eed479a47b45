//! A search of the audit log finds exactly what a plain scan finds, however much of the log it skips.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use stockroom::domain::audit::{Actor, AuditEvent};
use stockroom::domain::ids::UserId;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::Services;
use stockroom::services::audit::filter::Filter;
use stockroom::services::audit::search::{FoundEvents, Place, page};
use stockroom::services::audit::{actor_word, append};
use stockroom::services::authorize::{By, Grant, ReadAudit};
use stockroom::store::transaction::Order;
use stockroom::store::{StoreError, audit as store_audit, users as store_users};

use crate::harness::TestApp;

const ACTIONS: [&str; 6] =
    ["session.begin", "session.refuse", "user.edit", "user.second_factor.on", "user.add", "import.publish"];
const WORDS: [&str; 8] = ["Pallet", "wörker", "Zürich", "on hold", "x", "MIXED Case", "10.1.2.3", "quote\"d"];
/// What is typed; parts of the words above and of nothing.
const TYPED: [&str; 14] = [
    "",
    "pall",
    "ALLET",
    "ÖRK",
    "zür",
    "hold",
    "x",
    "se",
    "10.1.2",
    "nowhere",
    "acme",
    "user:",
    "pallet zür",
    "mixed ca",
];

/// Everything that a case is made of.
#[derive(Debug, Clone)]
struct Case {
    /// Actor, action, target, word and seconds since the event before (clocks are set back at times).
    events: Vec<(usize, usize, usize, usize, i64)>,
    filters: Vec<(usize, usize, usize, usize, Times)>,
}

/// From when, and how long, in tens of seconds after the beginning.
type Times = Option<(u16, u16)>;

fn case() -> impl Strategy<Value = Case> {
    // Runs of the same, so that some blocks lack what others have.
    let run = (0..5_usize, 0..6_usize, 0..6_usize, 0..8_usize, -30..90_i64, 1..220_usize);
    let events = prop::collection::vec(run, 20..36).prop_map(|runs| {
        let repeat = |(actor, action, target, word, step, times): (_, _, _, _, _, usize)| {
            std::iter::repeat_n((actor, action, target, word, step), times)
        };
        runs.into_iter().flat_map(repeat).collect()
    });
    let filter =
        (0..8_usize, 0..10_usize, 0..9_usize, 0..TYPED.len(), prop::option::of((0..4000_u16, 0..4000_u16)));
    (events, prop::collection::vec(filter, 12)).prop_map(|(events, filters)| Case { events, filters })
}

fn grant(services: &Services, login: &str) -> Grant<ReadAudit> {
    let login = stockroom::domain::email::LoginKey::of(login);
    let user: Result<_, StoreError> = services.store.read(|r| store_users::find_user_by_login(r, &login));
    Grant::check(&user.unwrap().unwrap(), None).unwrap()
}

fn all(services: &Services) -> Vec<AuditEvent> {
    let mut events = Vec::new();
    let read: Result<(), StoreError> = services.store.read(|r| {
        store_audit::visit_events(r, 0, Order::Descending, &mut |_| Ok(std::ops::ControlFlow::Break(())))?;
        store_audit::visit_events(r, 0, Order::Ascending, &mut |event| {
            events.push(event?);
            Ok(std::ops::ControlFlow::Continue(()))
        })
    });
    read.unwrap();
    events.reverse();
    events
}

/// All pages of a search, from the newest back, as somebody turns them who goes on wherever it stopped.
fn turn_pages(services: &Services, grant: &Grant<ReadAudit>, filter: &Filter, limit: usize) -> Vec<u64> {
    let mut seqs = Vec::new();
    let mut place = Place::Newest;
    loop {
        let FoundEvents { events, older, stopped, .. } = page(services, grant, filter, place, limit).unwrap();
        seqs.extend(events.iter().map(|event| event.seq));
        place = match (older, stopped) {
            (Some(seq), _) => Place::Before(seq),
            (None, Some((seq, _))) => Place::Before(seq + 1),
            (None, None) => return seqs,
        };
    }
}

fn has_word(event: &AuditEvent, word: &str, names: &dyn Fn(&str) -> String) -> bool {
    let word = word.to_lowercase();
    let actor = actor_word(&event.actor);
    let fields = [
        actor.clone(),
        event.address.clone().unwrap_or_default(),
        event.request.clone().unwrap_or_default(),
        event.action.clone(),
        event.target.clone(),
        event.details.clone(),
        names(&actor),
        names(&event.target),
    ];
    fields.iter().any(|field| field.to_lowercase().contains(&word))
}

#[tokio::test]
async fn a_search_finds_what_a_plain_scan_finds() {
    let mut runner =
        proptest::test_runner::TestRunner::new(ProptestConfig { cases: 6, ..ProptestConfig::default() });
    let tree = case();
    for _ in 0..6 {
        let case = tree.new_tree(&mut runner).unwrap().current();
        check(&case).await;
    }
}

async fn check(case: &Case) {
    let app = TestApp::start().await;
    let people: Vec<UserId> = ["bob@acme.example", "ann@acme.example", "cy@other.example"]
        .iter()
        .map(|email| app.add_user(email, Role::Customer, OwnerScope::All).id)
        .collect();
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let services = app.services();
    let grant = grant(services, "root@example.com");
    let names = |word: &str| {
        let emails = ["bob@acme.example", "ann@acme.example", "cy@other.example"];
        let at = people.iter().position(|id| format!("user:{id}") == word);
        if let Some(at) = at {
            return emails[at].to_owned();
        }
        String::new()
    };
    let actor = |at: usize| match at {
        0 => Actor::System,
        1 => Actor::Visitor,
        at => Actor::User(people[at - 2]),
    };
    let target = |at: usize| match at {
        0 => String::new(),
        1 => "dataset:inventory".to_owned(),
        2 => "site".to_owned(),
        at => format!("user:{}", people[at - 3]),
    };
    let start: Timestamp = "2026-11-21T08:00:00Z".parse().unwrap();
    let mut now = start;
    for part in case.events.chunks(500) {
        let written: Result<(), StoreError> = services.store.write(|w| {
            for (who, action, to, word, step) in part {
                now += SignedDuration::from_secs(*step);
                let by = By { actor: actor(*who), address: None };
                let details = serde_json::json!({ "note": WORDS[*word] });
                append(w, now, by, ACTIONS[*action], &target(*to), &details)?;
            }
            Ok(())
        });
        written.unwrap();
    }
    let events = all(services);
    assert!(events.len() > 2, "there is something to find");
    for (who, action, to, typed, times) in &case.filters {
        let text = TYPED[*typed];
        let from = times.map(|(from, _)| start + SignedDuration::from_secs(i64::from(from) * 10));
        let until = times
            .map(|(from, long)| start + SignedDuration::from_secs((i64::from(from) + i64::from(long)) * 10));
        let filter = Filter {
            actor: match who {
                0..=4 => actor_word(&actor(*who)),
                5 => "acme.example".to_owned(),
                _ => String::new(),
            },
            action: match action {
                0..=5 => ACTIONS[*action].to_owned(),
                6 => "session.".to_owned(),
                7 => "user.second_factor.".to_owned(),
                _ => String::new(),
            },
            target: match to {
                1..=5 => target(*to),
                6 => "user:".to_owned(),
                7 => "ann@acme.example".to_owned(),
                _ => String::new(),
            },
            from,
            until,
            request: String::new(),
            text: text.to_owned(),
        };
        let naive: Vec<u64> = events
            .iter()
            .filter(|event| {
                let word = actor_word(&event.actor);
                let is_actor = match who {
                    5 => names(&word).contains("acme.example"),
                    _ => filter.actor.is_empty() || word == filter.actor,
                };
                let is_action = if filter.action.ends_with('.') {
                    event.action.starts_with(&filter.action)
                } else {
                    filter.action.is_empty() || event.action == filter.action
                };
                let is_target = match to {
                    6 => event.target.starts_with("user:"),
                    7 => names(&event.target) == "ann@acme.example",
                    _ => filter.target.is_empty() || event.target == filter.target,
                };
                is_actor
                    && is_action
                    && is_target
                    && from.is_none_or(|from| event.at >= from)
                    && until.is_none_or(|until| event.at < until)
                    && text.split_whitespace().all(|word| has_word(event, word, &names))
            })
            .map(|event| event.seq)
            .collect();
        assert_eq!(turn_pages(services, &grant, &filter, 70), naive, "{filter:?}");
        // And from the oldest up.
        let up = page(services, &grant, &filter, Place::After(0), usize::MAX).unwrap();
        assert_eq!(up.events.iter().map(|event| event.seq).collect::<Vec<_>>(), naive, "{filter:?}");
    }
}

#[tokio::test]
async fn what_is_rare_is_found_at_once_and_a_search_for_nothing_stops_and_goes_on() {
    let app = TestApp::start().await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let services = app.services();
    let grant = grant(services, "root@example.com");
    let add = |n: u64, note: &str| {
        let written: Result<(), StoreError> = services.store.write(|w| {
            for at in 0..n {
                let details = serde_json::json!({ "note": note, "at": at });
                append(w, services.now(), By::SYSTEM, "test.event", "site", &details)?;
            }
            Ok(())
        });
        written.unwrap();
    };
    add(1, "needle");
    for _ in 0..20 {
        add(1000, "hay");
    }
    let search = |text: &str| {
        let filter = Filter { text: text.to_owned(), ..Filter::default() };
        page(services, &grant, &filter, Place::Newest, 50).unwrap()
    };
    // Nineteen blocks of hay are skipped.
    let found = search("needle");
    assert_eq!((found.events.len(), found.stopped), (1, None));
    // Two letters tell no block from another: it stops, says where, and goes on from there.
    let found = search("q7");
    let (stopped, at) = found.stopped.expect("it was much to look at");
    assert!(found.events.is_empty() && stopped > 1 && stopped < 10_000 && at.is_some(), "{stopped}");
    let filter = Filter { text: "q7".to_owned(), ..Filter::default() };
    let rest = page(services, &grant, &filter, Place::Before(stopped + 1), 50).unwrap();
    assert_eq!((rest.events.len(), rest.stopped), (0, None));
}
