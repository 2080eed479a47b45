//! A Chromium without a window, driven over the DevTools protocol.
//!
//! It talks over a pipe: no port is open, and it ends by itself when the pipe closes, that is when this process ends,
//! however it ends.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use serde_json::{Value, json};

/// Longest wait for an answer of Chromium's own.
const ANSWER: Duration = Duration::from_mins(1);
/// Nothing that is not asked for by a page; pages that nobody looks at are as quick as others.
const FLAGS: [&str; 14] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--remote-debugging-pipe",
];

/// What a page tells unasked.
pub type Event = (String, Value);

type Pending = HashMap<u64, mpsc::Sender<Result<Value, String>>>;

/// A running Chromium.
pub struct Chromium {
    input: Mutex<ChildStdin>,
    wires: Arc<Mutex<Wires>>,
    next: AtomicU64,
}

#[derive(Default)]
struct Wires {
    pending: Pending,
    listeners: HashMap<String, mpsc::Sender<Event>>,
}

impl Chromium {
    /// Starts one; `within` is a program and its arguments to run it in, such as a network namespace.
    pub fn start(within: &[&str]) -> Self {
        Self::start_with(within, &[])
    }

    /// The same with further options.
    pub fn start_with(within: &[&str], flags: &[&str]) -> Self {
        let program = program().unwrap_or_else(|| {
            panic!("Chromium is missing. Install the package `chromium`, or run tests/run, which does.")
        });
        let profile = tempfile::Builder::new().prefix("stockroom-chromium-").tempdir().unwrap().keep();
        // The pipe's ends are handles 3 and 4. The profile is the shell's to delete, because it outlives us.
        let mut child = Command::new("sh")
            .args(["-c", r#"d=$1; shift; "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1; rm -rf "$d""#, "sh"])
            .arg(&profile)
            .args(within)
            .arg(program)
            .args(FLAGS)
            .args(flags)
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = Mutex::new(child.stdin.take().unwrap());
        let output = BufReader::new(child.stdout.take().unwrap());
        let wires = Arc::new(Mutex::new(Wires::default()));
        let shared = Arc::clone(&wires);
        std::thread::spawn(move || {
            listen(output, &shared);
            let _ = child.wait();
        });
        Self { input, wires, next: AtomicU64::new(1) }
    }

    /// Asks for something; `session` is a page's, or empty for the browser itself.
    pub fn try_call(&self, session: &str, method: &str, parameters: Value) -> Result<Value, String> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = mpsc::channel();
        self.wires.lock().unwrap().pending.insert(id, sender);
        let mut message = json!({ "id": id, "method": method });
        message["params"] = parameters;
        if !session.is_empty() {
            message["sessionId"] = session.into();
        }
        let mut bytes = serde_json::to_vec(&message).unwrap();
        bytes.push(0);
        self.input.lock().unwrap().write_all(&bytes).map_err(|error| format!("Chromium is gone: {error}"))?;
        receiver.recv_timeout(ANSWER).map_err(|_| format!("Chromium did not answer {method}"))?
    }

    pub fn call(&self, session: &str, method: &str, parameters: Value) -> Value {
        self.try_call(session, method, parameters).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// What the page of a session tells from now on.
    pub fn listen_to(&self, session: &str) -> mpsc::Receiver<Event> {
        let (sender, receiver) = mpsc::channel();
        self.wires.lock().unwrap().listeners.insert(session.to_owned(), sender);
        receiver
    }

    pub fn forget(&self, session: &str) {
        self.wires.lock().unwrap().listeners.remove(session);
    }
}

fn listen(mut output: impl BufRead, wires: &Mutex<Wires>) {
    let mut bytes = Vec::new();
    while output.read_until(0, &mut bytes).is_ok_and(|read| read > 0) {
        bytes.pop();
        let mut message: Value = serde_json::from_slice(&bytes).unwrap();
        bytes.clear();
        let mut wires = wires.lock().unwrap();
        if let Some(sender) = message["id"].as_u64().and_then(|id| wires.pending.remove(&id)) {
            let answer = match message["error"]["message"].as_str() {
                Some(error) => Err(error.to_owned()),
                None => Ok(message["result"].take()),
            };
            let _ = sender.send(answer);
        } else if let Some(method) = message["method"].as_str() {
            let event = (method.to_owned(), message["params"].clone());
            if let Some(listener) = wires.listeners.get(message["sessionId"].as_str().unwrap_or("")) {
                let _ = listener.send(event);
            }
        }
    }
    // Whoever waits is told at once.
    wires.lock().unwrap().pending.clear();
}

/// Where Chromium is: `STOCKROOM_CHROMIUM`, else the first of its names on the path.
fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("STOCKROOM_CHROMIUM") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let find = |name: &str| {
        std::env::split_paths(&path)
            .map(|dir: PathBuf| dir.join(name))
            .find(|file: &PathBuf| Path::is_file(file))
    };
    names.into_iter().find_map(find)
}
