//! The site against servers that nobody here wrote: mail (aiosmtpd), directories (Samba's domain controller,
//! OpenLDAP), databases (PostgreSQL, MariaDB), a store of S3 (moto), a proxy in front (nginx).
//!
//! `tests/run` installs what is missing and runs this; `cargo test` leaves it out, because it needs more than Rust.

#![expect(clippy::unwrap_used, reason = "in helpers of tests too, a failure is a panic")]

mod backup_copies;
mod company;
#[path = "../app/contract.rs"]
mod contract;
mod copies;
mod databases;
mod directories;
mod directory;
#[path = "../app/harness.rs"]
#[expect(dead_code, reason = "these tests need less of it than those over HTTP")]
mod harness;
#[path = "../app/issuer.rs"]
mod issuer;
mod mail;
mod mariadb;
mod moto;
mod nginx;
mod postgres;
mod smtp;
#[path = "../app/tls_client.rs"]
#[expect(dead_code, reason = "these tests need less of it than those over HTTP")]
mod tls_client;
