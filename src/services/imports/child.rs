//! The server's end of the child process: starts it, listens, stops it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::worker::{Event, Order};
use super::{Services, WorkerProgram};
use crate::base::size::limit;
use crate::domain::limits::ImportLimits;
use crate::services::error::ServiceError;

/// Bytes of a file that are worth another `max_worker_seconds` (DESIGN §6).
const TIME_STEP_BYTES: u64 = 10 << 20;
/// How often a child that runs for long is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Bytes of its complaints that are kept.
const MAX_COMPLAINT_BYTES: u64 = 4 << 10;

/// How a build ended.
pub(super) enum End {
    /// The order was carried out.
    Done,
    /// The file or the order is at fault: what, where and the next step.
    Refused(String),
    /// The disk is full; nothing of the file is at fault.
    DiskFull(String),
    /// The child was stopped on purpose.
    Stopped,
}

/// A child with its pipes.
pub(super) struct Started {
    pub child: Child,
    /// Takes its order.
    pub stdin: ChildStdin,
    /// What it says.
    pub stdout: ChildStdout,
    /// What it complains about.
    pub stderr: ChildStderr,
}

/// Starts `stockroom worker <work>` with nothing of the server's environment; temporary files lie in `scratch`.
pub(super) fn start(program: &Path, work: &str, scratch: &Path) -> io::Result<Started> {
    let mut child = Command::new(program)
        .args(["worker", work])
        .env_clear()
        // The allocator otherwise reserves 1 GiB at once, which a memory limit refuses.
        .env("MIMALLOC_ARENA_RESERVE", "64MiB")
        .env("TMPDIR", scratch)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    match (child.stdin.take(), child.stdout.take(), child.stderr.take()) {
        (Some(stdin), Some(stdout), Some(stderr)) => Ok(Started { child, stdin, stdout, stderr }),
        _ => Err(io::Error::other("it has no pipes")),
    }
}

/// Starts a child on `order`, hands each event to `on_event`, and stops it as soon as `should_stop` says so.
///
/// # Errors
/// [`ServiceError::Internal`] where no child can be started; what `on_event` returns.
pub(super) fn carry_out(
    services: &Services,
    order: &Order,
    file_bytes: u64,
    should_stop: &(dyn Fn() -> bool + Sync),
    mut on_event: impl FnMut(Event) -> Result<(), ServiceError>,
) -> Result<End, ServiceError> {
    let WorkerProgram(program) = &services.worker_program;
    let failed = |what: &str, error: io::Error| ServiceError::Internal(format!("{what}: {error}"));
    let Started { mut child, mut stdin, stdout, stderr } = start(program, "build", &order.scratch)
        .map_err(|error| failed("the process that reads files cannot be started", error))?;
    let told = serde_json::to_vec(order).map_err(|error| ServiceError::Internal(error.to_string()))?;
    let time_limit = time_limit(&order.limits, file_bytes);
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(&mut child, time_limit, should_stop));
        let complaints = scope.spawn(move || {
            let mut text = String::new();
            let _ = stderr.take(MAX_COMPLAINT_BYTES).read_to_string(&mut text);
            text
        });
        let mut end = None;
        let mut heard = Ok(());
        let mut memory_bytes = order.limits.max_worker_bytes;
        if stdin.write_all(&told).is_ok() {
            drop(stdin);
            for line in BufReader::new(stdout).lines() {
                let Ok(line) = line else { break };
                match serde_json::from_str(&line) {
                    Ok(Event::Failed { message, disk_full: true }) => end = Some(End::DiskFull(message)),
                    Ok(Event::Failed { message, .. }) => end = Some(End::Refused(message)),
                    Ok(Event::Memory { bytes }) => memory_bytes = bytes,
                    Ok(event) => heard = heard.and_then(|()| on_event(event)),
                    Err(error) => tracing::warn!("The process that reads files said something odd: {error}"),
                }
                if heard.is_err() {
                    break;
                }
            }
        }
        let ended = watcher.join().unwrap_or(Watched::Ended(None));
        let complaints = complaints.join().unwrap_or_default();
        heard?;
        Ok(match (ended, end) {
            (Watched::Stopped, _) => End::Stopped,
            (Watched::TooLong, _) => End::Refused(format!(
                "reading the file took longer than {} s, the limit for its size; check that it is what it should be, \
                 split it, or raise `import.max_worker_seconds`",
                time_limit.as_secs()
            )),
            (_, Some(end)) => end,
            (Watched::Ended(Some(status)), None) if status.success() => End::Done,
            (Watched::Ended(status), None) => {
                let last = complaints.lines().last().unwrap_or_default().trim();
                let ended_by_kill = status.is_some_and(|status| status.signal() == Some(9));
                let status = status.map_or_else(|| "lost".to_owned(), |status| status.to_string());
                if ended_by_kill {
                    return Ok(End::Refused(
                        "the process that read the file was killed, by a person or by the system because memory ran out; \
                         import the file again, and if it happens again, split it"
                            .to_owned(),
                    ));
                }
                let memory = limit(memory_bytes);
                let next_step = if memory_bytes < order.limits.max_worker_bytes {
                    "split it, or save the sheet as CSV"
                } else {
                    "split the file, or raise `import.max_worker_memory`"
                };
                End::Refused(format!(
                    "the process that read the file ended early ({status}{}{last}). It may need more than {memory} of \
                     memory: {next_step}",
                    if last.is_empty() { "" } else { ": " },
                ))
            }
        })
    })
}

/// How long a file of this size may take.
pub(super) fn time_limit(limits: &ImportLimits, file_bytes: u64) -> Duration {
    let steps = 1 + file_bytes.div_ceil(TIME_STEP_BYTES);
    Duration::from_secs(u64::from(limits.max_worker_seconds).saturating_mul(steps))
}

/// How a child ended.
pub(super) enum Watched {
    /// By itself.
    Ended(Option<std::process::ExitStatus>),
    /// On purpose.
    Stopped,
    /// Its time was up.
    TooLong,
}

/// Waits for the end of a child, and brings it about where it is due.
pub(super) fn watch(
    child: &mut Child,
    time_limit: Duration,
    should_stop: &(dyn Fn() -> bool + Sync),
) -> Watched {
    let started = Instant::now();
    let mut ending = None;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return ending.unwrap_or(Watched::Ended(Some(status))),
            Ok(None) => {}
            Err(_) => return ending.unwrap_or(Watched::Ended(None)),
        }
        if ending.is_none() {
            if should_stop() {
                ending = Some(Watched::Stopped);
            } else if started.elapsed() > time_limit {
                ending = Some(Watched::TooLong);
            }
            if ending.is_some() {
                let _ = child.kill();
            }
        }
        // A short one is not kept waiting for its own end.
        std::thread::sleep(LOOK_EVERY.min(started.elapsed() / 8 + Duration::from_millis(1)));
    }
}
