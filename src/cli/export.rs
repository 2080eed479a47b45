//! `stockroom export DATASET`

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Bytes;

use super::error::CliError;
use super::import::problem_detail;
use super::options::GlobalOptions;
use super::site::{Site, connect, runtime};
use crate::services::commands;
use crate::services::export::ExportFormat;

/// What to export.
#[derive(Debug, Args)]
#[command(before_help = "Examples:\n  stockroom export Inventory -o stock.csv\n  \
        stockroom export Inventory --query \"status:hold expires<30d\" --owner \"Acme Foods\" --format xlsx -o hold.xlsx")]
pub struct ExportArgs {
    /// The dataset
    dataset: String,
    /// Only rows that match, in the words of the search
    #[arg(long, value_name = "Q")]
    query: Option<String>,
    /// Only rows of this owner, and without what customers do not see; repeatable
    #[arg(long, value_name = "A")]
    owner: Vec<String>,
    /// Columns to sort by, `-` before one for largest first; repeatable
    #[arg(long, value_name = "COL", allow_hyphen_values = true)]
    sort: Vec<String>,
    /// What to write: csv, xlsx or jsonl
    #[arg(long, default_value = "csv", value_parser = format)]
    format: ExportFormat,
    /// Where to; `-` is standard output
    #[arg(short, long, value_name = "F", default_value = "-")]
    output: PathBuf,
}

fn format(text: &str) -> Result<ExportFormat, String> {
    ExportFormat::parse(text).map_err(|error| error.to_string())
}

/// Writes the export.
pub fn run(global: &GlobalOptions, args: &ExportArgs) -> Result<(), CliError> {
    let mut pairs = vec![("dataset", args.dataset.as_str()), ("format", args.format.extension())];
    pairs.extend(args.query.iter().map(|query| ("q", query.as_str())));
    pairs.extend(args.owner.iter().map(|owner| ("owner", owner.as_str())));
    pairs.extend(args.sort.iter().map(|sort| ("sort", sort.as_str())));
    let site = Site::open(global.load(&[])?)?;
    write_output(&args.output, |out| match &site {
        Site::Local(services) => {
            Ok(commands::prepare_export(services, pairs.iter().copied())?.write(&mut { out })?)
        }
        Site::Remote(data_dir) => copy(data_dir, "/export", &pairs, out),
    })
}

/// Writes to standard output for `-`, else to a file that is there once it is whole.
pub fn write_output(
    output: &Path,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), CliError>,
) -> Result<(), CliError> {
    if output.as_os_str() == "-" {
        // Whoever reads along may have seen enough: `stockroom export … | head`.
        let mut out = BufWriter::new(io::stdout());
        return match write(&mut out).and_then(|()| Ok(out.flush()?)) {
            Err(error) if error.is_broken_pipe() => Ok(()),
            written => written,
        };
    }
    // Beside its place and renamed when whole: an export that breaks leaves the older file.
    let parent = output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error: io::Error| CliError::failed(format!("{}: {error}", output.display()));
    let mut file = tempfile::NamedTempFile::new_in(parent).map_err(failed)?;
    let mut out = BufWriter::new(file.as_file_mut());
    write(&mut out)?;
    out.flush().map_err(failed)?;
    drop(out);
    file.persist(output).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Copies what the running server streams at `path`.
pub fn copy(
    data_dir: &Path,
    path: &str,
    pairs: &[(&str, &str)],
    out: &mut dyn Write,
) -> Result<(), CliError> {
    runtime()?.block_on(copy_from(data_dir, path, pairs, out))
}

async fn copy_from(
    data_dir: &Path,
    path: &str,
    pairs: &[(&str, &str)],
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let request = Request::get(format!("{path}?{query}"))
        .header("host", "admin")
        .body(Empty::<Bytes>::new().map_err(|never| match never {}).boxed())
        .map_err(|error| CliError::failed(error.to_string()))?;
    let failed = |error: hyper::Error| {
        CliError::failed(format!("the connection to the running server broke: {error}"))
    };
    let response = connect(data_dir).await?.send_request(request).await.map_err(failed)?;
    let status = response.status();
    let mut body = response.into_body();
    if !status.is_success() {
        let told = body.collect().await.map_err(failed)?.to_bytes();
        let exit_code = if status == hyper::StatusCode::NOT_FOUND { 6 } else { 1 };
        return Err(CliError { exit_code, message: problem_detail(&told, status) });
    }
    while let Some(frame) = body.frame().await {
        if let Ok(chunk) = frame.map_err(failed)?.into_data() {
            out.write_all(&chunk)?;
        }
    }
    Ok(())
}
