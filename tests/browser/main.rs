//! The pages in a real Chromium, with and without script: journeys, a crawl of every page, hostile text.
//!
//! Needs Chromium, and for plain HTTP from another machine's view a network namespace (root). `tests/run` installs
//! what is missing and runs this; `cargo test` leaves it out, because it needs more than Rust.
//! `STOCKROOM_BROWSER_ROWS` is the number of rows to scroll through (100,000 unless said otherwise).

#![expect(clippy::unwrap_used, reason = "in helpers of tests too, a failure is a panic")]

mod audit;
mod chromium;
#[path = "../app/contract.rs"]
mod contract;
mod crawl;
mod customers;
mod files;
mod grid;
#[path = "../app/harness.rs"]
#[expect(dead_code, reason = "a browser needs less of it than the tests over HTTP")]
mod harness;
mod hostile;
mod imports;
mod inventory;
mod mail;
#[path = "../app/mailbox.rs"]
#[expect(dead_code, reason = "a browser needs less of it than the tests over HTTP")]
mod mailbox;
mod meter;
mod people;
mod plain_http;
mod plan;
mod second_factor;
mod session;
mod setup;
mod shell;
mod sign_in;
mod site;
mod tab;
mod tls;
