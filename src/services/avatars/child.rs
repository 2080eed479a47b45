//! The server's end of the child process that reads a picture.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::worker::{Refusal, decode_answer};
use crate::domain::avatar::{Picture, Shape};
use crate::services::Services;
use crate::services::error::ServiceError;
use crate::services::imports::WorkerProgram;

/// Pictures read at the same time; each may take some hundred megabytes for a moment.
const AT_ONCE: usize = 2;
/// Longest time for one, beside the limit on its processor time.
const TIME_LIMIT: Duration = Duration::from_secs(20);
/// Largest answer: a square of 256 pixels or a logo, uncompressed, with room to spare.
const MAX_ANSWER_BYTES: u64 = 1 << 20;

struct Place<'p>(&'p AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Lets a child read the file and write the picture anew.
pub(super) fn read(
    services: &Services,
    file: &[u8],
    shape: Shape,
    field: &'static str,
) -> Result<Picture, ServiceError> {
    let at_work = &services.avatars.0;
    if at_work.fetch_add(1, Ordering::Relaxed) >= AT_ONCE {
        at_work.fetch_sub(1, Ordering::Relaxed);
        return Err(ServiceError::Busy(Duration::from_secs(5)));
    }
    let _place = Place(at_work);
    let WorkerProgram(program) = &services.worker_program;
    let failed = |error: std::io::Error| {
        ServiceError::Internal(format!("the process that reads pictures cannot be started: {error}"))
    };
    let mut child = Command::new(program)
        .args(["worker", "picture", shape.word()])
        .env_clear()
        // The allocator otherwise reserves 1 GiB at once, which a memory limit refuses.
        .env("MIMALLOC_ARENA_RESERVE", "64MiB")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(ServiceError::Internal("the process that reads pictures has no pipes".to_owned()));
    };
    let answer = std::thread::scope(|scope| {
        // It may end before it has read everything: then it has said why.
        scope.spawn(move || stdin.write_all(file));
        let answer = scope.spawn(move || {
            let mut answer = Vec::new();
            stdout.take(MAX_ANSWER_BYTES).read_to_end(&mut answer).map(|_| answer)
        });
        wait(&mut child);
        answer.join()
    });
    let answer = answer.ok().and_then(Result::ok).unwrap_or_default();
    decode_answer(&answer).map_err(|refusal| {
        let message = match refusal {
            Refusal::Format => "is no picture that can be read; expected PNG, JPEG, WebP or GIF",
            Refusal::TooManyPixels => "has too many pixels; make it smaller, 1,000 by 1,000 are plenty",
            Refusal::Damaged => "is damaged, or too much to read; save it anew and try again",
        };
        ServiceError::invalid(field, message)
    })
}

/// Waits for its end, or ends it.
fn wait(child: &mut Child) {
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(None) if begun.elapsed() > TIME_LIMIT => {
                let _ = child.kill();
                let _ = child.wait();
                return;
            }
            Ok(None) => std::thread::sleep(
                (begun.elapsed() / 8 + Duration::from_millis(1)).min(Duration::from_millis(20)),
            ),
            Ok(Some(_)) | Err(_) => return,
        }
    }
}
