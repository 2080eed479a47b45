//! A child process that takes a table out of a workbook or an archive for a command that reads a file by itself: what
//! strangers packed is parsed with limits there as well.

use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::WorkerProgram;
use super::child::{Started, Watched, start, time_limit, watch};
use super::worker::limit_memory;
use crate::base::size::limit;
use crate::domain::limits::ImportLimits;
use crate::ingest::{self, MAX_UNPACK_MEMORY, Unpacked, Wanted};

/// Bytes of its complaints that are kept.
const MAX_COMPLAINT_BYTES: u64 = 4 << 10;

#[derive(Serialize, Deserialize)]
struct Order {
    source: PathBuf,
    scratch: PathBuf,
    wanted: Wanted,
    limits: ImportLimits,
}

/// Lets a child take the table out of `source` and write its text to `scratch`.
///
/// # Errors
/// A sentence that says what is wrong, and the next step.
pub fn unpack_apart(
    WorkerProgram(program): &WorkerProgram,
    source: &Path,
    scratch: &Path,
    wanted: Wanted,
    limits: &ImportLimits,
) -> Result<Unpacked, String> {
    let failed = |error: io::Error| format!("The process that unpacks files failed: {error}. Try again.");
    let bytes = source.metadata().map_err(failed)?.len();
    let order = Order { source: source.to_owned(), scratch: scratch.to_owned(), wanted, limits: *limits };
    let order = serde_json::to_vec(&order).map_err(|error| failed(error.into()))?;
    let Started { mut child, mut stdin, mut stdout, stderr } =
        start(program, "unpack", scratch).map_err(failed)?;
    let time = time_limit(limits, bytes);
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(&mut child, time, &|| false));
        scope.spawn(move || io::copy(&mut stderr.take(MAX_COMPLAINT_BYTES), &mut io::sink()));
        let _ = stdin.write_all(&order);
        drop(stdin);
        let mut said = Vec::new();
        let heard = stdout.read_to_end(&mut said);
        match watcher.join().unwrap_or(Watched::Ended(None)) {
            Watched::TooLong => Err(too_long(time)),
            Watched::Ended(status) if status.and_then(|status| status.signal()).is_some() => Err(format!(
                "Reading the file takes more than {} of memory, the limit for workbooks and archives. Split it, or save the \
                 sheet as CSV.",
                limit(MAX_UNPACK_MEMORY)
            )),
            _ => {
                heard.map_err(failed)?;
                serde_json::from_slice(&said).map_err(|error| failed(error.into()))?
            }
        }
    })
}

fn too_long(time: Duration) -> String {
    format!(
        "Reading the file took longer than {} s, the limit for its size. Check that it is what it should be, or save the \
         sheet as CSV.",
        time.as_secs()
    )
}

/// The child: does what the order on standard input says and writes what came of it to standard output.
pub fn main() -> bool {
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    let Ok(order) = serde_json::from_reader::<_, Order>(io::stdin().lock()) else { return false };
    if limit_memory(MAX_UNPACK_MEMORY, &order.limits).is_err() {
        return false;
    }
    let unpacked = ingest::unpack(&order.source, &order.scratch, &order.wanted, &order.limits);
    let said = serde_json::to_vec(&unpacked.map_err(|error| error.to_string())).unwrap_or_default();
    io::stdout().lock().write_all(&said).is_ok()
}
