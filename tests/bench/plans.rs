//! The budgets of planning (issue 6 of 7): 606 lines over 1,281 days are imported in at most 5 s and projected in at most
//! 0.5 s, a window of 50 lines × 60 days answers in at most 30 ms, and what is typed is on screen within 50 ms; in a real
//! site over HTTP. Every projected day is compared with a balance kept beside.
//!
//! `cargo bench --bench plans [-- LINES]`
//!
//! Prints figures, asserts no time: a time is a fact about a machine.

#![expect(clippy::unwrap_used, reason = "what a measurement needs and does not get ends it")]

use std::fmt::Write;
use std::sync::Arc;
use std::time::Instant;

use jiff::civil::date;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use stockroom::app::{App, Deps};
use stockroom::base::secret::SecretString;
use stockroom::config::Config;
use stockroom::domain::email::Email;
use stockroom::domain::permission::Role;
use stockroom::domain::plan::LineId;
use stockroom::domain::scope::{OwnerScope, Scope};
use stockroom::services::Services;
use stockroom::services::commands::{AdminCommand, execute};
use stockroom::services::plans::{self, PlanReader, commands};
use stockroom::services::users::FirstSignIn;

const LOGIN: &str = "bench@example.com";
const PASSWORD: &str = "seven-lamps-over-the-harbour";
const DAYS: i32 = 1_281;
/// How often each page is asked for.
const ASKED: usize = 30;

fn line(what: &str, figure: &str) {
    println!("{what:<58} {figure:>40}");
}

/// A number from a seed (Numerical Recipes' linear congruence).
fn next(seed: &mut u64) -> i64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) as i64
}

/// A file of that many lines, and the balance of each on each day in hundredths.
fn file(lines: u32) -> (String, Vec<Vec<i64>>) {
    let mut seed = 7;
    let first = date(2023, 1, 2);
    let mut text = "item,date,production,sales,starting_inventory\n".to_owned();
    let mut balances = Vec::new();
    for item in 0..lines {
        let opening = next(&mut seed) % 400_000;
        let (mut balance, mut kept) = (opening, Vec::new());
        for day in 0..DAYS {
            let made = if next(&mut seed) % 3 == 0 { next(&mut seed) % 24_000 } else { 0 };
            let sold = if next(&mut seed) % 2 == 0 { next(&mut seed) % 17_000 - 500 } else { 0 };
            balance += made - sold;
            kept.push(balance);
            let date = first.checked_add(jiff::Span::new().days(day)).unwrap();
            let [made, sold] = [made, sold].map(|hundredths| Decimal::new(hundredths, 2));
            let opening = if day == 0 { Decimal::new(opening, 2).to_string() } else { String::new() };
            writeln!(text, "I-{item:05},{date},{made},{sold},{opening}").unwrap();
        }
        balances.push(kept);
    }
    (text, balances)
}

fn percentiles(mut taken: Vec<f64>) -> String {
    taken.sort_unstable_by(f64::total_cmp);
    let at = |share: usize| taken[(taken.len() - 1) * share / 100];
    format!("p50 {:.1} p99 {:.1} ms", at(50), at(99))
}

fn timed<T>(what: &str, act: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let made = act();
    line(what, &format!("{:.2} s", begun.elapsed().as_secs_f64()));
    made
}

fn prepare(services: &Services, lines: u32) {
    execute(
        services,
        AdminCommand::UserAdd {
            email: Email::parse(LOGIN).unwrap(),
            first_name: None,
            last_name: None,
            mobile: None,
            username: None,
            roles: [Role::Admin].into(),
            owners: OwnerScope::All,
            password: SecretString::new(PASSWORD.to_owned()),
            first_sign_in: FirstSignIn::KeepsPassword,
        },
    );
    let (text, balances) = file(lines);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("plan.csv");
    std::fs::write(&path, &text).unwrap();
    line("file", &format!("{} rows, {:.0} MB", lines * DAYS as u32, text.len() as f64 / 1e6));
    commands::make(services, ("Bench".to_owned(), String::new()), (None, None), false).unwrap();
    timed("import", || {
        let fields = [("plan", "Bench"), ("file", "plan.csv"), ("create_items", "true")];
        commands::bring(services, &path, fields).unwrap();
    });
    let reader = PlanReader { edits: true, scope: Scope::everything() };
    let plan = plans::get_named(services, &reader, "Bench").unwrap();
    let overview = timed("projection of every line", || plans::overview(services, &reader, plan.id).unwrap());
    timed("the same again", || plans::overview(services, &reader, plan.id).unwrap());
    let (mut days, mut negative, mut wrong) = (0, 0, 0);
    for view in &overview.lines {
        let (_, found) = plans::days_of(services, &reader, plan.id, &[view.line.id]).unwrap();
        let item: usize = view.line.key.item[2..].parse().unwrap();
        for (day, balance) in found[0].days.iter().zip(&balances[item]) {
            days += 1;
            negative += usize::from(*balance < 0);
            wrong += usize::from(day.projected != Decimal::new(*balance, 2));
        }
    }
    line("projected days, below zero, wrong", &format!("{days}, {negative}, {wrong}"));
    assert_eq!((wrong, days), (0, lines as usize * DAYS as usize));
    let fifty: Vec<LineId> = overview.lines.iter().take(50).map(|view| view.line.id).collect();
    let mut taken = Vec::new();
    for _ in 0..ASKED {
        let begun = Instant::now();
        plans::days_of(services, &reader, plan.id, &fifty).unwrap();
        taken.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    line("50 lines day by day, without HTTP", &percentiles(taken));
}

async fn ask(client: &reqwest::Client, what: &str, address: &str) {
    let mut taken = Vec::new();
    let mut bytes = 0;
    for _ in 0..ASKED {
        let begun = Instant::now();
        let answer = client.get(address).send().await.unwrap();
        assert!(answer.status().is_success(), "{address}: {}", answer.status());
        bytes = answer.bytes().await.unwrap().len();
        taken.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    line(what, &format!("{:.0} KB, {}", bytes as f64 / 1e3, percentiles(taken)));
}

#[tokio::main]
async fn main() {
    let lines = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(606_u32);
    let directory = tempfile::tempdir().unwrap();
    let mut config = Config { data_dir: directory.path().join("data"), ..Config::default() };
    config.server.listen = "127.0.0.1:0".parse().unwrap();
    let running = App::start(config, Deps::default()).await.unwrap();
    let services = Arc::clone(&running.services);
    tokio::task::spawn_blocking(move || prepare(&services, lines)).await.unwrap();

    let origin = format!("http://{}", running.address);
    let client = reqwest::Client::builder().cookie_store(true).build().unwrap();
    let login = json!({ "login": LOGIN, "password": PASSWORD });
    let answer = client.post(format!("{origin}/api/v1/auth/login")).json(&login).send().await.unwrap();
    assert!(answer.status().is_success());
    let mut cookies = answer.headers().get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
    let csrf = cookies.find_map(|cookie| cookie.strip_prefix("csrf=")?.split(';').next());
    let csrf = csrf.unwrap().to_owned();
    let plan: Value =
        client.get(format!("{origin}/api/v1/plans/Bench")).send().await.unwrap().json().await.unwrap();
    let id = plan["id"].as_str().unwrap();
    ask(&client, "the sheet, whole page", &format!("{origin}/plan/{id}")).await;
    ask(
        &client,
        "window of 50 lines × 60 days",
        &format!("{origin}/plan/{id}?lines=50&columns=60&from=2024-06-03"),
    )
    .await;
    ask(&client, "the same by weeks", &format!("{origin}/plan/{id}?by=week&lines=50&columns=60")).await;
    ask(&client, "overview of all lines", &format!("{origin}/plan/{id}/overview")).await;
    ask(&client, "accuracy of all lines", &format!("{origin}/plan/{id}/accuracy")).await;
    let copied = client.post(format!("{origin}/api/v1/plans/{id}/copy")).header("x-csrf-token", &csrf);
    let copied = copied.json(&json!({ "name": "Scenario" })).send().await.unwrap();
    let copied: Value = copied.error_for_status().unwrap().json().await.unwrap();
    let other = copied["id"].as_str().unwrap();
    ask(&client, "comparison with a copy", &format!("{origin}/plan/{id}/compare?with={other}")).await;
    ask(&client, "one line's days by the API", &format!("{origin}/api/v1/plans/{id}/projection?line=7"))
        .await;
    let mut taken = Vec::new();
    for value in 0..ASKED {
        let cells =
            json!({ "cells": [{ "line": 7, "measure": "sales", "date": "2024-06-03", "value": value }] });
        let begun = Instant::now();
        let answer = client.patch(format!("{origin}/api/v1/plans/{id}/cells")).header("x-csrf-token", &csrf);
        let answer = answer.json(&cells).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
        let page = client.get(format!("{origin}/plan/{id}?q=I-00006")).send().await.unwrap();
        assert!(page.status().is_success());
        page.bytes().await.unwrap();
        taken.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    line("an edit, saved, and its sheet again", &percentiles(taken));
    running.shutdown().await;
}
