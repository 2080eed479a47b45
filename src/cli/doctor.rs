//! `stockroom doctor`

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::doctor_directory;
use super::error::CliError;
use super::options::GlobalOptions;
use super::site::Site;
use crate::base::clock::{Clock, SystemClock};
use crate::config::{Config, ConfigError};
use crate::services::doctor::{Check, Finding, Findings, RESTORE, State, permissions, run_without_site};
use crate::services::host_commands::{HostCommand, HostReply};
use crate::store::migrations::SCHEMA;
use crate::store::{Store, StoreError};

/// What to look at.
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  stockroom doctor                             look at everything\n  \
        stockroom doctor disk backups mail           at these alone\n  \
        stockroom doctor permissions leftovers --fix\n  \
        stockroom doctor directory --user 'CORP\\ann' --password-file -",
    after_help = "Checks: configuration, permissions, disk, clock, schema, database, generations, leftovers, keys, mail, \
        directory, sources, remote, tls, backups, audit.\n\nExit code 0 where nothing failed, 5 where data are damaged, \
        else 1."
)]
pub struct DoctorArgs {
    /// Which checks; all of them where none is named
    #[arg(value_name = "CHECK")]
    checks: Vec<Check>,
    /// Mend what can be mended: modes of files, and leftovers where no server is at work
    #[arg(long)]
    fix: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// For `directory`: look this user up, with groups and what they would be here: `user`, `DOMAIN\user` or `user@suffix`
    #[arg(long)]
    user: Option<String>,
    /// For `directory`: try this password of theirs: a file, or `-` for standard input. A wrong one counts as a failed try
    /// there
    #[arg(long, requires = "user")]
    password_file: Option<PathBuf>,
}

/// Who has the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Server {
    /// A server, which was asked.
    Running,
    /// Nobody.
    None,
}

#[derive(Debug, Serialize)]
struct Report<'r> {
    stockroom: &'static str,
    data_dir: String,
    server: Server,
    state: State,
    findings: &'r [Finding],
}

/// Looks, beside a running server or without one.
pub fn run(global: &GlobalOptions, args: &DoctorArgs) -> Result<(), CliError> {
    let named: BTreeSet<Check> = args.checks.iter().copied().collect();
    let is_directory = named.len() == 1 && named.contains(&Check::Directory);
    if is_directory && !args.json {
        let user = args.user.as_deref().unwrap_or_default();
        return doctor_directory::run(global, user, args.password_file.as_ref());
    }
    if args.user.is_some() {
        return Err(CliError::usage("--user is for `stockroom doctor directory` alone, as text"));
    }
    let wanted = if named.is_empty() { Check::ALL.iter().map(|(check, _)| *check).collect() } else { named };
    let (data_dir, server, mut findings) = match Config::load(&global.sources(&[])?) {
        Ok(config) => {
            let data_dir = config.data_dir.display().to_string();
            let (server, findings) = look(&config, wanted, args.fix)?;
            (data_dir, server, findings)
        }
        Err(error) => (String::new(), Server::None, without_configuration(&error, &wanted)),
    };
    findings.sort_by_key(|finding| finding.check);
    let state = match findings.iter().map(|finding| finding.state).max() {
        Some(State::Failed) => State::Failed,
        Some(State::Warn) => State::Warn,
        _ => State::Ok,
    };
    if args.json {
        let stockroom = env!("CARGO_PKG_VERSION");
        let report = Report { stockroom, data_dir, server, state, findings: &findings };
        let json = serde_json::to_string_pretty(&report);
        println!("{}", json.map_err(|error| CliError::failed(error.to_string()))?);
    } else {
        global.say(match server {
            Server::Running => "A server has the data and was asked.",
            Server::None => "No server has the data.",
        });
        print!("{}", to_text(&findings));
    }
    if state != State::Failed {
        return Ok(());
    }
    let damaged = findings.iter().any(|finding| finding.damaged);
    let failed = findings.iter().filter(|finding| finding.state == State::Failed).count();
    let exit_code = if damaged { 5 } else { 1 };
    Err(CliError { exit_code, message: format!("{failed} of {} findings are failures", findings.len()) })
}

fn look(config: &Config, mut wanted: BTreeSet<Check>, fix: bool) -> Result<(Server, Vec<Finding>), CliError> {
    let mut found = Vec::new();
    // Of this process: a server was told its configuration by others.
    if wanted.remove(&Check::Configuration) {
        found.extend(run_without_site(
            config,
            SystemClock.now(),
            &BTreeSet::from([Check::Configuration]),
            "",
        ));
    }
    let is_site = Store::is_at(&config.data_dir)?;
    // Before the store is opened, which mends the mode of its file.
    if is_site && wanted.remove(&Check::Permissions) {
        let mut findings = Findings::of(Check::Permissions);
        permissions::check(&config.data_dir, fix, &mut findings);
        found.extend(findings.done());
    }
    let alone = |found: &mut Vec<Finding>, why: &str| {
        found.extend(run_without_site(config, SystemClock.now(), &wanted, why));
    };
    if !is_site {
        let directory = config.data_dir.display().to_string();
        if wanted.iter().any(|check| !check.needs_no_site()) {
            let mut findings = Findings::of(Check::Database);
            let next = "name its directory with --data-dir, or set one up: stockroom init";
            findings.failed("there is no site", &directory, next);
            found.extend(findings.done());
            wanted.remove(&Check::Database);
        }
        found.extend(run_without_site(config, SystemClock.now(), &wanted, "there is no site"));
        return Ok((Server::None, found));
    }
    match Store::schema_at(&config.data_dir) {
        // Opening it would change the file, and that is for a start of the server.
        Ok(Some(schema)) if schema < SCHEMA && schema > 0 => {
            let mut findings = Findings::of(Check::Schema);
            findings.warn(
                format!("schema {schema}; the next start brings it to {SCHEMA}, after a copy of the file"),
                "stockroom.redb",
                "start the server, then run this again for the checks that were skipped",
            );
            found.extend(findings.done());
            wanted.remove(&Check::Schema);
            let why = "the database has an older schema";
            found.extend(run_without_site(config, SystemClock.now(), &wanted, why));
            return Ok((Server::None, found));
        }
        Ok(_) | Err(StoreError::InUse(_)) => {}
        Err(error) => {
            alone(&mut found, "the database cannot be opened");
            replace(&mut found, &error);
            return Ok((Server::None, found));
        }
    }
    match Site::open(config.clone()) {
        Ok(site) => {
            let doctor = HostCommand::Doctor { checks: wanted, fix };
            let HostReply::Findings(findings) = site.run_host(doctor)? else {
                return Err(Site::unexpected());
            };
            found.extend(findings);
            let server = if matches!(site, Site::Local(_)) { Server::None } else { Server::Running };
            Ok((server, found))
        }
        Err(error) if error.exit_code == 5 => {
            alone(&mut found, "the database cannot be opened");
            let mut findings = Findings::of(Check::Database);
            findings.damaged(error.message, "stockroom.redb", RESTORE);
            put(&mut found, findings);
            Ok((Server::None, found))
        }
        Err(error) => Err(error),
    }
}

/// Says of the database why it cannot be opened.
fn replace(found: &mut Vec<Finding>, error: &StoreError) {
    let mut findings = Findings::of(Check::Database);
    match error {
        StoreError::Damaged { .. } | StoreError::Record { .. } => {
            findings.damaged(error.to_string(), "stockroom.redb", RESTORE);
        }
        error => findings.failed(
            error.to_string(),
            "stockroom.redb",
            "use the version that wrote it, or look whether the disk can be read",
        ),
    }
    put(found, findings);
}

fn put(found: &mut Vec<Finding>, findings: Findings) {
    found.retain(|finding| finding.check != Check::Database);
    found.extend(findings.done());
}

fn without_configuration(error: &ConfigError, wanted: &BTreeSet<Check>) -> Vec<Finding> {
    let mut findings = Findings::of(Check::Configuration);
    for problem in &error.problems {
        let next = "mend it; `stockroom config show --origin` says where each value comes from";
        findings.failed(problem.to_string(), &problem.name, next);
    }
    let mut found = findings.done();
    for check in wanted.iter().filter(|check| **check != Check::Configuration) {
        let mut findings = Findings::of(*check);
        findings.skipped("the configuration cannot be used");
        found.extend(findings.done());
    }
    found
}

/// One finding a line, its place and the next step below. Control characters would be obeyed by a terminal.
fn to_text(findings: &[Finding]) -> String {
    let mut lines = Vec::new();
    let clean = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
    for Finding { check, state, what, place, next, .. } in findings {
        let word = match state {
            State::Failed => "FAILED",
            other => other.as_str(),
        };
        lines.push(format!("{word:<7} {:<13} {}", check.as_str(), clean(what)));
        if let Some(place) = place {
            lines.push(format!("{:22}{}", "", clean(place)));
        }
        if let Some(next) = next {
            lines.push(format!("{:22}next: {}", "", clean(next)));
        }
    }
    lines.join("\n") + "\n"
}
