//! `stockroom audit …`

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::error::CliError;
use super::export::{copy, write_output};
use super::options::GlobalOptions;
use super::site::Site;
use crate::services::audit::AuditReport;
use crate::services::audit::export::AuditFormat;
use crate::services::audit::heads::HeadView;
use crate::services::commands::{self, AdminCommand, AdminReply};

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Prove that no event was changed, taken out or put in
    Verify(VerifyArgs),
    /// Sign the log as it is and print the head, to be kept elsewhere
    Head(HeadArgs),
    /// Write events, oldest first
    Export(ExportArgs),
    /// Show the newest events
    Tail(TailArgs),
}

/// What to compare with, and how to print.
#[derive(Debug, Args)]
#[command(before_help = "Examples:\n  stockroom audit verify\n  \
        stockroom audit head > /elsewhere/head    then, any time later:\n  \
        stockroom audit verify --anchor /elsewhere/head")]
pub struct VerifyArgs {
    /// A file with a head that was kept elsewhere and must be in the chain
    #[arg(long, value_name = "F")]
    anchor: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// How to print.
#[derive(Debug, Args)]
pub struct HeadArgs {
    /// Print JSON, with the public key
    #[arg(long)]
    json: bool,
}

/// Which events, and where to.
#[derive(Debug, Args)]
#[command(before_help = "Examples:\n  stockroom audit export -o audit.csv\n  \
        stockroom audit export --format jsonl --actor ann@example.com --action session. --from 2026-11-01")]
pub struct ExportArgs {
    /// What to write: csv or jsonl
    #[arg(long, default_value = "csv", value_parser = format)]
    format: AuditFormat,
    /// Only events of this user, or of system, visitor, command-line
    #[arg(long, value_name = "A")]
    actor: Option<String>,
    /// Only this action, or a group of them such as `session.`
    #[arg(long, value_name = "A")]
    action: Option<String>,
    /// Only events about this user, or about a thing such as `dataset:inventory`
    #[arg(long, value_name = "T")]
    target: Option<String>,
    /// Not before this day or moment (UTC)
    #[arg(long, value_name = "T", value_parser = moment)]
    from: Option<Timestamp>,
    /// Before this day or moment (UTC)
    #[arg(long, value_name = "T", value_parser = moment)]
    until: Option<Timestamp>,
    /// Only events with these words anywhere in them
    #[arg(long, value_name = "Q")]
    query: Option<String>,
    /// Where to; `-` is standard output
    #[arg(short, long, value_name = "F", default_value = "-")]
    output: PathBuf,
}

/// How many.
#[derive(Debug, Args)]
pub struct TailArgs {
    /// How many events
    #[arg(short = 'n', long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    lines: u32,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

fn format(text: &str) -> Result<AuditFormat, String> {
    AuditFormat::parse(text).map_err(|error| error.to_string())
}

fn moment(text: &str) -> Result<Timestamp, String> {
    let day = |text: &str| {
        let day: jiff::civil::Date = text.parse().ok()?;
        Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    text.parse()
        .ok()
        .or_else(|| day(text))
        .ok_or_else(|| format!("`{text}`: expected 2026-11-21 or 2026-11-21T08:00:00Z"))
}

/// Runs it; exit code 5 where the log was tampered with.
pub fn run(global: &GlobalOptions, command: &AuditCommand) -> Result<(), CliError> {
    let open = || Site::open(global.load(&[])?);
    match command {
        AuditCommand::Verify(args) => verify(args, open),
        AuditCommand::Head(args) => head(args, &open()?),
        AuditCommand::Export(args) => export(args, &open()?),
        AuditCommand::Tail(args) => tail(args, &open()?),
    }
}

fn unexpected() -> CliError {
    CliError::failed("the running server answered something else; is it the same version as this command?")
}

fn to_json<T: serde::Serialize>(value: &T) -> Result<String, CliError> {
    serde_json::to_string_pretty(value).map_err(|error| CliError::failed(error.to_string()))
}

fn verify(args: &VerifyArgs, open: impl FnOnce() -> Result<Site, CliError>) -> Result<(), CliError> {
    let anchor = args.anchor.as_ref().map(|path| {
        let read = std::fs::read_to_string(path);
        read.map_err(|error| CliError::failed(format!("{}: {error}", path.display())))
    });
    let anchor = anchor.transpose()?;
    let AdminReply::Audit(report) = open()?.run(AdminCommand::AuditVerify { anchor })? else {
        return Err(unexpected());
    };
    if args.json {
        println!("{}", to_json(&report)?);
    }
    let AuditReport { events, head, first_bad, first_bad_at, heads, dropped, anchor, anchors, public_key } =
        &report;
    if let Some((seq, reason)) = first_bad {
        let at = first_bad_at.map_or_else(String::new, |at| format!(" ({at})"));
        return Err(CliError {
            exit_code: 5,
            message: format!(
                "the audit log is not whole: event {seq}{at}: {reason}. Compare with the newest backup"
            ),
        });
    }
    if !args.json {
        let (seq, hash) = head.clone().unwrap_or_default();
        println!("{events} events, all in order, with {heads} signed heads. Head: {seq} {hash}");
        if *dropped > 0 {
            println!(
                "Events up to {dropped} were dropped, as the retention says; their signed head is there."
            );
        }
        if let Some(seq) = anchor {
            match anchors {
                1 => println!("The anchor, event {seq}, is in the chain."),
                _ => println!("All {anchors} anchors, the newest of event {seq}, are in the chain."),
            }
        }
        if let Some(key) = public_key {
            println!("Public key: {key}");
        }
    }
    Ok(())
}

fn head(args: &HeadArgs, site: &Site) -> Result<(), CliError> {
    let AdminReply::AuditHead(head) = site.run(AdminCommand::AuditHead)? else { return Err(unexpected()) };
    let head: HeadView = head.ok_or_else(|| CliError::failed("the audit log is empty: nothing to sign"))?;
    if args.json {
        println!("{}", to_json(&head)?);
    } else {
        // The head alone on standard output, so that it can go to a file; the rest is for people.
        println!("{}", head.token);
        eprintln!("Event {} of {}, hash {}", head.seq, head.at, head.hash);
        if let Some(key) = head.public_key {
            eprintln!("Public key: {key}");
        }
    }
    Ok(())
}

fn export(args: &ExportArgs, site: &Site) -> Result<(), CliError> {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let filters = [
        ("actor", args.actor.clone()),
        ("action", args.action.clone()),
        ("target", args.target.clone()),
        ("from", time(args.from)),
        ("until", time(args.until)),
        ("q", args.query.clone()),
    ];
    let mut pairs = vec![("format", args.format.extension())];
    pairs.extend(filters.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))));
    write_output(&args.output, |out| match site {
        Site::Local(services) => {
            let export = commands::prepare_audit_export(services, pairs.iter().copied())?;
            Ok(export.write(services, &mut { out })?)
        }
        Site::Remote(data_dir) => copy(data_dir, "/audit", &pairs, out),
    })
}

fn tail(args: &TailArgs, site: &Site) -> Result<(), CliError> {
    let command = AdminCommand::AuditTail { events: args.lines as usize };
    let AdminReply::AuditEvents(events) = site.run(command)? else { return Err(unexpected()) };
    let mut out = io::stdout().lock();
    for event in &events {
        let written = if args.json { writeln!(out, "{event}") } else { writeln!(out, "{}", line(event)) };
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            written => written?,
        }
    }
    Ok(())
}

/// An event in one line. Control characters stay escaped, as they are in JSON: a terminal would obey them.
fn line(event: &serde_json::Value) -> String {
    let text = |name: &str| {
        let text = event[name].as_str().unwrap_or_default();
        text.chars().filter(|c| !c.is_control()).collect::<String>()
    };
    let who = |word: &str, name: &str| if name.is_empty() { word.to_owned() } else { name.to_owned() };
    let actor = who(&text("actor"), &text("actor_email"));
    let target = who(&text("target"), &text("target_name"));
    let seq = event["seq"].as_u64().unwrap_or_default();
    let details = event["details"].to_string();
    let details = if details == "{}" { String::new() } else { details };
    format!("{seq:>8}  {}  {actor}  {}  {target}  {}  {details}", text("at"), text("action"), text("address"))
        .trim_end()
        .to_owned()
}
