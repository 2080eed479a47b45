//! A command's standard output as a file. The command stands in the configuration file: no page can change it.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{Brought, STOPPED, Sink, Steps, Stop};
use crate::config::feeds::NamedCommand;

/// Bytes of the end of its complaints that go into the error.
const COMPLAINT_BYTES: usize = 2_000;
/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// Runs it to its end or until a `stop` is asked for, without a shell and in a process group of its own, which ends with it.
///
/// # Errors
/// What went wrong, with the end of what it complained about.
pub fn run(
    command: &NamedCommand,
    timeout: Duration,
    max_bytes: u64,
    sink: &mut Sink<'_>,
    steps: &mut Steps,
    stop: &Stop<'_>,
) -> Result<Brought, String> {
    let (program, arguments) = command.argv.split_first().ok_or("the command has no program")?;
    let started = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| steps.bad("start", format!("`{program}` cannot be started: {error}")))?;
    steps.good("start", program.clone());
    let (Some(mut stdout), Some(mut stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err("the command has no pipes".to_owned());
    };
    let group = rustix::process::Pid::from_child(&child);
    let kill = || {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    };
    let (is_over, is_late) = (AtomicBool::new(false), AtomicBool::new(false));
    let is_stopped = AtomicBool::new(false);
    let (read, complaint) = std::thread::scope(|scope| {
        let complaints = scope.spawn(move || {
            let (mut end, mut buffer) = (Vec::new(), [0; 4_096]);
            while let Ok(read @ 1..) = stderr.read(&mut buffer) {
                end.extend_from_slice(&buffer[..read]);
                let surplus = end.len().saturating_sub(COMPLAINT_BYTES);
                end.drain(..surplus);
            }
            String::from_utf8_lossy(&end).trim().to_owned()
        });
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                if started.elapsed() > timeout {
                    is_late.store(true, Ordering::Relaxed);
                    kill();
                } else if stop() {
                    is_stopped.store(true, Ordering::Relaxed);
                    kill();
                }
                std::thread::sleep(LOOK_EVERY);
            }
        });
        let read = read_all(&mut stdout, max_bytes, sink);
        if read.is_err() {
            kill();
        }
        let status = child.wait();
        // Whatever it left behind would hold its pipes open.
        kill();
        let complaint = complaints.join().unwrap_or_default();
        is_over.store(true, Ordering::Relaxed);
        (read.and_then(|bytes| Ok((bytes, status.map_err(|error| error.to_string())?))), complaint)
    });
    let with = |what: String| if complaint.is_empty() { what } else { format!("{what}: {complaint}") };
    if is_stopped.load(Ordering::Relaxed) {
        return Err(steps.bad("output", STOPPED));
    }
    if is_late.load(Ordering::Relaxed) {
        let seconds = timeout.as_secs();
        return Err(steps.bad("output", with(format!("it took longer than {seconds} s and was stopped"))));
    }
    let (bytes, status) = read.map_err(|error| steps.bad("output", with(error)))?;
    if !status.success() {
        return Err(steps.bad("output", with(format!("it ended with {status}"))));
    }
    steps.good("output", format!("{bytes} bytes in {} ms", started.elapsed().as_millis()));
    Ok(Brought { bytes, ..Brought::default() })
}

fn read_all(stdout: &mut impl Read, max_bytes: u64, sink: &mut Sink<'_>) -> Result<u64, String> {
    let mut buffer = vec![0; 64 << 10];
    let mut bytes = 0;
    loop {
        match stdout.read(&mut buffer) {
            Ok(0) => return Ok(bytes),
            Ok(read) => {
                bytes += read as u64;
                if bytes > max_bytes {
                    return Err(super::http::too_large(max_bytes));
                }
                sink(&buffer[..read])?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(format!("its output: {error}")),
        }
    }
}
