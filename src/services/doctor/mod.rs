//! What a site stands on, looked at piece by piece: one file a check or a few that belong together. Each finding says what
//! it is about, how it stands, where, and what to do next.
//!
//! The command line runs all of it, in this process or in the server that holds the data; the page runs the checks that
//! take a moment ([`Check::is_quick`]).

mod audit;
mod backups;
mod clock;
mod database;
mod disk;
mod generations;
mod keys;
mod leftovers;
mod outside;
pub mod permissions;
mod tls;

pub(in crate::services) use generations::{Standing, standing as index_standing};

use std::collections::BTreeSet;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::authorize::{Grant, ManageSite};
use super::{ServiceError, Services};
use crate::config::Config;
use crate::store::StoreError;

/// What can be looked at. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Everything that is set, as `config check`.
    Configuration,
    /// Who can read the data directory.
    Permissions,
    /// Room, and whether it can be written to.
    Disk,
    /// Whether the machine's time can be right.
    Clock,
    /// The schema of the database.
    Schema,
    /// The database, page by page and value by value.
    Database,
    /// Indexes of every dataset.
    Generations,
    /// What work that did not end left behind.
    Leftovers,
    /// Keys, and what is sealed with them.
    Keys,
    /// Mail servers.
    Mail,
    /// The company's directory.
    Directory,
    /// Sources that are asked again and again.
    Sources,
    /// Where copies of files go.
    Remote,
    /// How the site is reached.
    Tls,
    /// Backups.
    Backups,
    /// The audit log.
    Audit,
}

impl Check {
    /// All of them with their names, in the order they are run in.
    pub const ALL: [(Self, &'static str); 16] = [
        (Self::Configuration, "configuration"),
        (Self::Permissions, "permissions"),
        (Self::Disk, "disk"),
        (Self::Clock, "clock"),
        (Self::Schema, "schema"),
        (Self::Database, "database"),
        (Self::Generations, "generations"),
        (Self::Leftovers, "leftovers"),
        (Self::Keys, "keys"),
        (Self::Mail, "mail"),
        (Self::Directory, "directory"),
        (Self::Sources, "sources"),
        (Self::Remote, "remote"),
        (Self::Tls, "tls"),
        (Self::Backups, "backups"),
        (Self::Audit, "audit"),
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(check, _)| *check == self).map_or("", |(_, name)| name)
    }

    /// True for what takes a moment, however much there is, and asks nobody else.
    pub fn is_quick(self) -> bool {
        !matches!(
            self,
            Self::Database | Self::Mail | Self::Directory | Self::Sources | Self::Remote | Self::Audit
        )
    }

    /// True for what the configuration alone is enough for.
    pub fn needs_no_site(self) -> bool {
        matches!(self, Self::Configuration | Self::Mail | Self::Directory | Self::Remote | Self::Tls)
    }
}

impl FromStr for Check {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(|(_, name)| name).join(", ");
        Self::ALL
            .iter()
            .find(|(_, name)| *name == text)
            .map(|(check, _)| *check)
            .ok_or_else(|| format!("`{text}` is no check; there are {}", names()))
    }
}

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// It was not looked at; the finding says why.
    Skipped,
    /// It works, and somebody should look at it.
    Warn,
    /// It does not work.
    Failed,
}

impl State {
    /// The word in JSON and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Skipped => "skipped",
            Self::Warn => "warn",
            Self::Failed => "failed",
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// By which check.
    pub check: Check,
    /// How it stands.
    pub state: State,
    /// What was found.
    pub what: String,
    /// Where: a path, a setting, a dataset.
    #[serde(rename = "where")]
    pub place: Option<String>,
    /// What to do next.
    pub next: Option<String>,
    /// Data are not what was written.
    pub damaged: bool,
}

/// Findings of one check.
pub struct Findings {
    check: Check,
    found: Vec<Finding>,
}

impl Findings {
    /// None yet.
    pub fn of(check: Check) -> Self {
        Self { check, found: Vec::new() }
    }

    fn push(&mut self, state: State, what: String, place: Option<String>, next: Option<String>) {
        let damaged = false;
        self.found.push(Finding { check: self.check, state, what, place, next, damaged });
    }

    /// As it should be.
    pub fn ok(&mut self, what: impl Into<String>) {
        self.push(State::Ok, what.into(), None, None);
    }

    /// Not looked at.
    pub fn skipped(&mut self, why: impl Into<String>) {
        self.push(State::Skipped, why.into(), None, None);
    }

    /// Works, but.
    pub fn warn(&mut self, what: impl Into<String>, place: impl Into<String>, next: impl Into<String>) {
        self.push(State::Warn, what.into(), Some(place.into()), Some(next.into()));
    }

    /// Does not work.
    pub fn failed(&mut self, what: impl Into<String>, place: impl Into<String>, next: impl Into<String>) {
        self.push(State::Failed, what.into(), Some(place.into()), Some(next.into()));
    }

    /// Is not what was written.
    pub fn damaged(&mut self, what: impl Into<String>, place: impl Into<String>, next: impl Into<String>) {
        self.failed(what, place, next);
        if let Some(last) = self.found.last_mut() {
            last.damaged = true;
        }
    }

    /// True where nothing was found to be wrong.
    pub fn is_good(&self) -> bool {
        self.found.iter().all(|finding| finding.state <= State::Skipped)
    }

    /// What was found.
    pub fn done(self) -> Vec<Finding> {
        self.found
    }
}

/// How to look.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// What at.
    pub checks: BTreeSet<Check>,
    /// Mend what can be mended without asking.
    pub fix: bool,
    /// Nobody else works with the data: this is no server.
    pub alone: bool,
    /// Only what takes a moment, of each check too.
    pub quick: bool,
}

impl Wanted {
    /// The quick checks, beside a server.
    pub fn quick() -> Self {
        let quick = Check::ALL.iter().map(|(check, _)| *check).filter(|check| check.is_quick());
        Self { checks: quick.collect(), quick: true, ..Self::default() }
    }
}

/// Looks. What fails to be looked at is a finding like any other.
pub fn run(services: &Services, grant: &Grant<ManageSite>, wanted: &Wanted) -> Vec<Finding> {
    let mut all = Vec::new();
    for (check, _) in Check::ALL.iter().filter(|(check, _)| wanted.checks.contains(check)) {
        let mut findings = Findings::of(*check);
        if let Err(error) = look(services, grant, *check, wanted, &mut findings) {
            fault(&mut findings, &error);
        }
        all.append(&mut findings.done());
    }
    all
}

fn look(
    services: &Services,
    grant: &Grant<ManageSite>,
    check: Check,
    wanted: &Wanted,
    findings: &mut Findings,
) -> Result<(), ServiceError> {
    let config = services.config();
    match check {
        Check::Configuration => configuration(&config, findings),
        Check::Permissions => permissions::check(services.data_dir(), wanted.fix, findings),
        Check::Disk => disk::check(services.data_dir(), findings)?,
        Check::Clock => clock::check(services, findings)?,
        Check::Schema => database::schema(services, findings)?,
        Check::Database => database::check(services, wanted.alone, findings)?,
        Check::Generations => generations::check(services, wanted.quick, findings)?,
        Check::Leftovers => leftovers::check(services, wanted, findings)?,
        Check::Keys => keys::check(services, wanted.quick, findings)?,
        Check::Sources => outside::sources(services, grant, findings)?,
        Check::Backups => backups::check(services, findings)?,
        Check::Audit => audit::check(services, findings)?,
        Check::Mail => outside::mail(&config, services.data_dir(), findings),
        Check::Directory => outside::directory(&config, services.now(), findings),
        Check::Remote => outside::remote(&config, services.now(), findings),
        Check::Tls => tls::check(services, &config, findings),
    }
    Ok(())
}

/// What can be looked at without a site, or without one whose data can be opened; `why` is said of the rest.
pub fn run_without_site(
    config: &Config,
    now: jiff::Timestamp,
    checks: &BTreeSet<Check>,
    why: &str,
) -> Vec<Finding> {
    let mut all = Vec::new();
    for (check, _) in Check::ALL.iter().filter(|(check, _)| checks.contains(check)) {
        let mut findings = Findings::of(*check);
        match check {
            Check::Configuration => configuration(config, &mut findings),
            Check::Mail => outside::mail(config, &config.data_dir, &mut findings),
            Check::Directory => outside::directory(config, now, &mut findings),
            Check::Remote => outside::remote(config, now, &mut findings),
            Check::Tls => tls::check_address(config, &mut findings),
            // It may be why the database does not open.
            Check::Disk if config.data_dir.is_dir() => {
                if let Err(error) = disk::check(&config.data_dir, &mut findings) {
                    fault(&mut findings, &error);
                }
            }
            _ => findings.skipped(why),
        }
        all.append(&mut findings.done());
    }
    all
}

fn configuration(config: &Config, findings: &mut Findings) {
    for notice in &config.notices {
        findings.warn(notice, "the configuration", "take it out, or read what took its place in the README");
    }
    findings.ok(format!(
        "{} settings are given, and all of them can be used",
        config.shown.iter().filter(|shown| shown.value.is_some()).count()
    ));
}

/// A check that did not come to its end.
fn fault(findings: &mut Findings, error: &ServiceError) {
    let next = "read the log of the server, then run this check again";
    match error {
        ServiceError::Store(error @ (StoreError::Damaged { .. } | StoreError::Record { .. })) => {
            findings.damaged(error.to_string(), "stockroom.redb", RESTORE);
        }
        error => findings.failed(error.to_string(), "this check", next),
    }
}

/// What helps where the database is damaged.
pub const RESTORE: &str = "stop the server and restore the newest good backup: `stockroom backup list`, `stockroom restore FILE --dry-run`";
