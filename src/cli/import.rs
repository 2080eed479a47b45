//! `stockroom import DATASET FILE`

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use http_body_util::{BodyExt, StreamBody};
use hyper::Request;
use hyper::body::{Bytes, Frame};
use indicatif::{ProgressBar, ProgressStyle};

use super::error::CliError;
use super::options::GlobalOptions;
use super::site::{Site, connect, runtime};
use crate::domain::guard::{ChangeCounts, Severity};
use crate::domain::ids::ImportId;
use crate::services::Services;
use crate::services::authorize::Grant;
use crate::services::commands::{AdminCommand, AdminReply};
use crate::services::files::Incoming;
use crate::services::imports::{self, ImportView, NewImport};

/// How often a running import is asked how far it is.
const ASK_EVERY: Duration = Duration::from_millis(200);
/// Problems printed; `--json` has the first 1,000.
const SHOWN_PROBLEMS: usize = 20;
/// Bytes read from the file at once.
const CHUNK_BYTES: usize = 256 << 10;

/// What to import.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[command(before_help = "Examples:\n  stockroom import Inventory stock.csv --set owner=Customer --yes\n  \
        stockroom import Inventory stock.csv --dry-run\n  \
        erp-export | stockroom import Inventory - --set key=Part,Lot --set type.PO=code --yes")]
pub struct ImportArgs {
    /// The dataset; made where there is none of that name
    dataset: String,
    /// The file; `-` reads standard input
    file: PathBuf,
    /// Choose instead of letting it be detected: owner=COL, key=COL,COL, facet=COL,COL, hidden=COL,COL,
    /// type.COL=text|code|integer|decimal|date|bool, role.COL=ROLE, name.HEADER=COL, sheet=NAME, encoding=LABEL,
    /// delimiter=CHAR, header=N, mode=replace|merge|sync; repeatable
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Check the file and say what would be published, publish nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Publish without asking, unless the check against the live data finds something that holds it back
    #[arg(long)]
    yes: bool,
    /// With --yes: publish whatever was found
    #[arg(long, requires = "yes")]
    anyway: bool,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the import and waits for it.
pub fn run(global: &GlobalOptions, args: &ImportArgs) -> Result<(), CliError> {
    let site = Site::open(global.load(&[])?)?;
    let runtime = runtime()?;
    let begun = match &site {
        Site::Local(services) => begin_here(services, args)?,
        Site::Remote(data_dir) => runtime.block_on(begin_there(data_dir, args))?,
    };
    let bar = bar(global);
    let mut view = wait(&site, &begun, &bar)?;
    let is_held = view.state == "quarantined";
    if view.state == "checked" || (is_held && (!args.yes || args.anyway)) {
        bar.suspend(|| report(args, &view));
        if args.dry_run || !(args.yes || agreed(args, is_held)?) {
            bar.finish_and_clear();
            let cancelled = site.run(AdminCommand::ImportCancel { id: view.id.clone() })?;
            if args.json
                && let AdminReply::Import(cancelled) = cancelled
            {
                // What was found is the answer, not that it was put away.
                print_json(&ImportView { state: view.state, held_back_by: view.held_back_by, ..*cancelled })?;
            }
            return Ok(());
        }
        let confirm = AdminCommand::ImportConfirm { id: view.id.clone(), anyway: is_held };
        let AdminReply::Import(confirmed) = site.run(confirm)? else {
            return Err(CliError::failed("the server's answer was not an import"));
        };
        view = wait(&site, &confirmed, &bar)?;
    } else if view.state == "published" || is_held {
        bar.suspend(|| report(args, &view));
    }
    bar.finish_and_clear();
    if args.json {
        print_json(&view)?;
    }
    match view.state.as_str() {
        "published" => {
            global.say(&format!(
                "Published generation {} of `{}`: {} rows.",
                view.generation.unwrap_or_default(),
                view.dataset,
                view.rows_published
            ));
            Ok(())
        }
        "quarantined" => Err(CliError::failed(format!(
            "{} is held back, and `{}` shows what it showed. Look at it on its page (/imports/{}), where it can be \
             published anyway, read another way or cancelled; or import it again with --yes --anyway",
            view.file, view.dataset, view.id
        ))),
        _ => Err(CliError::failed(view.error.unwrap_or_else(|| format!("the import is {}", view.state)))),
    }
}

fn print_json(view: &ImportView) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(view).map_err(|error| CliError::failed(error.to_string()))?;
    println!("{text}");
    Ok(())
}

fn file_name(args: &ImportArgs) -> String {
    args.file
        .file_name()
        .map_or_else(|| "standard input".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn open(args: &ImportArgs) -> Result<Box<dyn Read + Send + Sync>, CliError> {
    if args.file.as_os_str() == "-" {
        return Ok(Box::new(io::stdin()));
    }
    let file = File::open(&args.file).map_err(|error| CliError {
        exit_code: if error.kind() == io::ErrorKind::NotFound { 6 } else { 1 },
        message: format!("{}: {error}. Check the path.", args.file.display()),
    })?;
    if file.metadata().is_ok_and(|meta| meta.is_dir()) {
        return Err(CliError::failed(format!("{}: a directory, not a file", args.file.display())));
    }
    Ok(Box::new(file))
}

fn begin_here(services: &Services, args: &ImportArgs) -> Result<ImportView, CliError> {
    // Nobody else has the store: what lies half-made is from a command that was killed.
    imports::sweep(services)?;
    let mut incoming = Incoming::create(services.data_dir(), services.config().import.max_upload_bytes)?;
    incoming.write_all_of(open(args)?)?;
    let new = NewImport {
        dataset: args.dataset.clone(),
        file_name: file_name(args),
        file: incoming.finish()?,
        set: args.set.clone(),
        confirm: args.yes,
    };
    let import = imports::begin(services, &Grant::command_line(), &new)?;
    Ok(ImportView::of(services, &import))
}

async fn begin_there(data_dir: &std::path::Path, args: &ImportArgs) -> Result<ImportView, CliError> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("dataset", &args.dataset).append_pair("file", &file_name(args));
    args.set.iter().for_each(|pair| {
        query.append_pair("set", pair);
    });
    query.append_pair("confirm", if args.yes { "true" } else { "false" });
    let file = open(args)?;
    let chunks = futures_util::stream::unfold(file, |mut file| async move {
        let mut chunk = vec![0; CHUNK_BYTES];
        match file.read(&mut chunk) {
            Ok(0) => None,
            Ok(read) => {
                chunk.truncate(read);
                Some((Ok(Frame::data(Bytes::from(chunk))), file))
            }
            Err(error) => Some((Err(error), file)),
        }
    });
    let request = Request::post(format!("/imports?{}", query.finish()))
        .header("host", "admin")
        .body(BodyExt::boxed(StreamBody::new(chunks)))
        .map_err(|error| CliError::failed(error.to_string()))?;
    let failed = |error: hyper::Error| {
        CliError::failed(format!("the connection to the running server broke: {error}"))
    };
    let refused = |error: hyper::Error| {
        CliError::failed(format!(
            "the running server took no more of the file: {error}. Its disk may be full or the file over its limit; its log \
             says which, and nothing of the file was kept"
        ))
    };
    let response = connect(data_dir).await?.send_request(request).await.map_err(refused)?;
    let status = response.status();
    let body = response.into_body().collect().await.map_err(failed)?.to_bytes();
    if status.is_success() {
        serde_json::from_slice(&body)
            .map_err(|error| CliError::failed(format!("the server's answer: {error}")))
    } else {
        Err(CliError::failed(problem_detail(&body, status)))
    }
}

/// What a problem says, for a person.
pub fn problem_detail(body: &[u8], status: hyper::StatusCode) -> String {
    serde_json::from_slice::<serde_json::Value>(body)
        .ok()
        .and_then(|problem| Some(problem.get("detail")?.as_str()?.to_owned()))
        .unwrap_or_else(|| format!("the running server answered {status}"))
}

fn bar(global: &GlobalOptions) -> ProgressBar {
    if global.quiet || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} %  {msg}  {eta} left") {
        bar.set_style(style);
    }
    bar
}

/// Waits until the import has ended or waits to be confirmed.
fn wait(site: &Site, begun: &ImportView, bar: &ProgressBar) -> Result<ImportView, CliError> {
    let ended = |view: &ImportView| matches!(view.state.as_str(), "published" | "failed" | "cancelled");
    let id: ImportId = begun.id.parse().map_err(|_| CliError::failed("the server's answer has no id"))?;
    let show = |view: &ImportView| {
        if let Some(progress) = view.progress {
            bar.set_length(progress.of);
            bar.set_position(progress.bytes);
            bar.set_message(format!("{} rows", progress.rows));
        }
    };
    match site {
        Site::Local(services) => std::thread::scope(|scope| {
            let job = scope.spawn(|| imports::run(services, id, services.now(), &|| false));
            while !job.is_finished() {
                if let Ok(import) = imports::get(services, &Grant::command_line(), id) {
                    show(&ImportView::of(services, &import));
                }
                std::thread::sleep(ASK_EVERY.min(Duration::from_millis(50)));
            }
            job.join().map_err(|_| CliError::failed("the import panicked"))??;
            Ok(ImportView::of(services, &imports::get(services, &Grant::command_line(), id)?))
        }),
        Site::Remote(_) => loop {
            let asked = site.run(AdminCommand::ImportShow { id: begun.id.clone() });
            let AdminReply::Import(view) = asked.map_err(|error| CliError {
                exit_code: error.exit_code,
                message: format!(
                    "the server ended while the import was at work. The file is stored: the import goes on by itself \
                     when the server starts again, and need not be repeated. Its id is {} ({})",
                    begun.id, error.message
                ),
            })?
            else {
                return Err(CliError::failed("the server's answer was not an import"));
            };
            // One that is to be published is still on its way.
            let waits = matches!(view.state.as_str(), "checked" | "quarantined") && !view.confirmed;
            if ended(&view) || waits {
                return Ok(*view);
            }
            show(&view);
            std::thread::sleep(ASK_EVERY);
        },
    }
}

fn report(args: &ImportArgs, view: &ImportView) {
    if args.json {
        return;
    }
    let mut out = io::stderr().lock();
    let _ = writeln!(
        out,
        "{}: {} rows read, {} rejected, {} {}",
        view.file,
        view.rows_read,
        view.rows_rejected,
        view.problem_count,
        if view.problem_count == 1 { "problem" } else { "problems" }
    );
    if let Some(columns) = view.profile.get("columns").and_then(serde_json::Value::as_array) {
        for column in columns {
            let word = |name: &str| {
                column.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
            };
            let flags: Vec<&str> = ["key", "facet", "hidden"]
                .into_iter()
                .filter(|flag| column.get(*flag).and_then(serde_json::Value::as_bool) == Some(true))
                .collect();
            let _ = writeln!(
                out,
                "  {:<28} {:<8} {:<12} {}",
                word("name"),
                word("type"),
                word("role"),
                flags.join(" ")
            );
        }
    }
    if let Some(changes) = view.changes {
        let ChangeCounts { changed, added, removed, unchanged } = changes;
        let _ = writeln!(
            out,
            "Against the data that are live: {added} rows new, {changed} changed, {removed} gone, {unchanged} as they were"
        );
    }
    for finding in &view.findings {
        let mark = if finding.finding.severity == Severity::Stop { "!" } else { "-" };
        let _ = writeln!(out, "{mark} {}", finding.text);
        for example in &finding.examples {
            let _ = writeln!(out, "    {example}");
        }
        if finding.others > 0 {
            let _ = writeln!(out, "    and {} more", finding.others);
        }
    }
    if view.rows_read == 0 {
        let _ = writeln!(out, "The file has a header and no rows: published, it empties the dataset.");
    }
    let problems = view.problems.as_array().map_or(&[][..], Vec::as_slice);
    for problem in problems.iter().take(SHOWN_PROBLEMS) {
        let text = |name: &str| problem.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
        let line = problem.get("line").and_then(serde_json::Value::as_u64).unwrap_or_default();
        let column = if text("column").is_empty() { String::new() } else { format!(", {}", text("column")) };
        let _ = writeln!(out, "  Line {line}{column}: `{}`: {}", text("value"), text("reason"));
    }
    if problems.len() > SHOWN_PROBLEMS {
        let _ = writeln!(
            out,
            "  … and {} more; --json lists up to 1,000",
            view.problem_count - SHOWN_PROBLEMS as u64
        );
    }
    if view.owner.is_none() {
        let suggested = view.profile.get("suggested_owner").and_then(serde_json::Value::as_str);
        let looks = suggested.map(|name| format!(" `{name}` looks like it.")).unwrap_or_default();
        let _ = writeln!(
            out,
            "No owner column is named: only users who see every row will see these.{looks} Name it with --set \
             owner={}.",
            suggested.map_or("COL".to_owned(), |name| if name.contains(' ') {
                format!("\"{name}\"")
            } else {
                name.to_owned()
            })
        );
    }
}

fn agreed(args: &ImportArgs, is_held: bool) -> Result<bool, CliError> {
    if !io::stdin().is_terminal() || args.file.as_os_str() == "-" {
        return Err(CliError::usage(
            "nothing was published: add --yes to publish, or --dry-run to check only",
        ));
    }
    eprint!("{}", if is_held { "Publish it anyway? [y/N] " } else { "Publish? [y/N] " });
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
