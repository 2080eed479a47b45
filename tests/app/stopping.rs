//! Told to stop: what is under way comes to an end or goes on at the next start, and nobody holds the stop up for ever. The
//! real program, with real signals.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::{PASSWORD, stderr, stdout, stockroom};

/// The real program, and what it says.
pub struct Server {
    child: Child,
    said: Receiver<String>,
    pub address: String,
}

impl Server {
    pub fn start(directory: &Path, settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stockroom"));
        command.args(["serve", "--listen", "127.0.0.1:0"]).current_dir(directory);
        command.env_clear().envs(settings.iter().copied());
        Self::spawn(command)
    }

    pub fn spawn(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let (sender, said) = channel();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut server = Self { child, said, address: String::new() };
        let line = server.wait_for("http://127.0.0.1:");
        line.split("http://").nth(1).unwrap().trim_end_matches('/').clone_into(&mut server.address);
        // From then on signals are heard.
        server.wait_for("Data directory: ");
        server
    }

    /// The first line from now on that says `part`.
    pub fn wait_for(&self, part: &str) -> String {
        let mut all = Vec::new();
        loop {
            match self.said.recv_timeout(Duration::from_mins(1)) {
                Ok(line) if line.contains(part) => return line,
                Ok(line) => all.push(line),
                Err(error) => panic!("{error}: it does not say {part}: {all:#?}"),
            }
        }
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Its exit code, once it has ended.
    pub fn ended(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// What it says from now on until it has ended.
    pub fn rest(mut self) -> Vec<String> {
        self.child.wait().unwrap();
        self.said.iter().collect()
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        stream
    }

    /// Sends a request and gives what comes back up to the end of the head.
    pub fn send(&self, stream: &mut TcpStream, head: &str, body: &str) -> String {
        let length =
            if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        write!(stream, "{head} HTTP/1.1\r\nHost: {}\r\n{length}\r\n{body}", self.address).unwrap();
        read_head(stream)
    }

    /// A status by a connection of its own; `None` where there is none any more.
    pub fn status(&self, path: &str) -> Option<u16> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        answer.split(' ').nth(1)?.parse().ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&head));
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// A site with an admin and more rows than fit into what lies between two programs; the lines of its export.
pub fn site(directory: &Path, rows: usize) {
    std::fs::write(directory.join("pw"), PASSWORD).unwrap();
    let run = |args: &[&str]| {
        let output = stockroom(directory, args);
        assert!(output.status.success(), "{args:?}: {}", stderr(&output));
        output
    };
    run(&["init", "--admin-email", "ann@example.com", "--admin-password-file", "pw"]);
    let sample = run(&["sample", "--rows", &rows.to_string()]);
    std::fs::write(directory.join("stock.csv"), stdout(&sample)).unwrap();
}

pub fn sign_in(server: &Server) -> String {
    let address = &server.address;
    let body = format!("{{\"login\":\"ann@example.com\",\"password\":\"{PASSWORD}\"}}");
    let mut stream = server.connect();
    write!(
        stream,
        "POST /api/v1/auth/login HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let head = read_head(&mut stream);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: sid=")).unwrap();
    format!("sid={}", cookie.split(';').next().unwrap())
}

/// Asks for all rows and reads the beginning of the answer alone.
fn begin_download(server: &Server, cookie: &str) -> TcpStream {
    let mut stream = server.connect();
    write!(
        stream,
        "GET /api/v1/datasets/stock/export?format=csv HTTP/1.1\r\nHost: {}\r\nCookie: {cookie}\r\n\r\n",
        server.address
    )
    .unwrap();
    let head = read_head(&mut stream);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    stream
}

const ROWS: usize = 150_000;

fn with_stock(directory: &Path) {
    site(directory, ROWS);
    let args = ["import", "Stock", "stock.csv", "--set", "owner=Customer", "--yes", "--anyway"];
    let imported = stockroom(directory, &args);
    assert!(imported.status.success(), "{}", stderr(&imported));
}

#[test]
fn a_download_under_way_ends_whole_while_nobody_new_comes_in_and_idle_connections_go() {
    let directory = tempfile::tempdir().unwrap();
    with_stock(directory.path());
    let server = Server::start(directory.path(), &[]);
    let cookie = sign_in(&server);
    let mut idle = server.connect();
    assert!(server.send(&mut idle, "GET /healthz", "").starts_with("HTTP/1.1 200"));
    let mut rest = [0; 3];
    idle.read_exact(&mut rest).unwrap();
    let silent = server.connect();
    let mut download = begin_download(&server, &cookie);
    server.signal(Signal::TERM);
    server.wait_for("Stopping");
    // The connection that was kept alive, and the one that has not said anything.
    for mut stream in [idle, silent] {
        assert_eq!(stream.read(&mut [0; 64]).unwrap_or(0), 0, "it is closed");
    }
    // The socket is closed right after the connections were told.
    while server.status("/healthz").is_some() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut body = Vec::new();
    let mut part = vec![0; 64 << 10];
    loop {
        let read = download.read(&mut part).unwrap();
        assert!(read > 0, "the answer was cut off after {} bytes", body.len());
        body.extend_from_slice(&part[..read]);
        if body.ends_with(b"\r\n0\r\n\r\n") {
            break;
        }
    }
    let lines = String::from_utf8_lossy(&body).lines().count();
    assert!(lines > ROWS, "{lines} lines");
    assert_eq!(server.ended(), Some(0));
}

#[test]
fn who_does_not_read_is_cut_off_in_time_and_a_second_signal_does_not_wait_at_all() {
    let directory = tempfile::tempdir().unwrap();
    with_stock(directory.path());
    let server = Server::start(directory.path(), &[("STOCKROOM_SERVER_DRAIN_TIMEOUT", "1s")]);
    let cookie = sign_in(&server);
    let download = begin_download(&server, &cookie);
    server.signal(Signal::INT);
    server.wait_for("were cut off");
    assert_eq!(server.ended(), Some(0));
    drop(download);

    let server = Server::start(directory.path(), &[("STOCKROOM_SERVER_DRAIN_TIMEOUT", "1h")]);
    let cookie = sign_in(&server);
    let _download = begin_download(&server, &cookie);
    server.signal(Signal::TERM);
    server.wait_for("Stopping");
    server.signal(Signal::TERM);
    assert_eq!(server.ended(), Some(130));
    // And what was acknowledged before is there.
    assert!(stdout(&stockroom(directory.path(), &["user", "list"])).contains("ann@example.com"));
}

/// Waits until the import is being worked on.
fn until_at_work(server: &Server) {
    let cookie = sign_in(server);
    loop {
        let mut stream = server.connect();
        let head = format!("GET /api/v1/imports HTTP/1.1\r\nCookie: {cookie}\r\nConnection: close");
        write!(stream, "{head}\r\nHost: {}\r\n\r\n", server.address).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(!answer.contains("\"published\""), "it is not to end before the stop: {answer}");
        if answer.contains("\"inspected\"") || answer.contains("\"indexing\"") {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn an_import_under_way_is_parked_and_goes_on_at_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    let rows = 300_000;
    site(directory.path(), rows);
    let server = Server::start(directory.path(), &[]);
    let path = directory.path().to_owned();
    let import = std::thread::spawn(move || {
        let args = ["import", "Stock", "stock.csv", "--set", "owner=Customer", "--yes", "--anyway"];
        stockroom(&path, &args)
    });
    until_at_work(&server);
    server.signal(Signal::TERM);
    assert_eq!(server.ended(), Some(0));
    let _ = import.join().unwrap();
    // However often it is stopped, it is not given up for that.
    for _ in 0..12 {
        let server = Server::start(directory.path(), &[]);
        until_at_work(&server);
        server.signal(Signal::TERM);
        assert_eq!(server.ended(), Some(0));
    }
    let server = Server::start(directory.path(), &[]);
    server.wait_for(&format!("Published {rows} rows"));
    server.signal(Signal::TERM);
    assert_eq!(server.ended(), Some(0));
}

#[test]
fn before_it_stops_it_can_say_for_a_while_that_it_will() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[("STOCKROOM_SERVER_STOP_DELAY", "1h")]);
    assert_eq!(server.status("/readyz"), Some(200));
    server.signal(Signal::TERM);
    server.wait_for("Stopping");
    assert_eq!(server.status("/readyz"), Some(503));
    assert_eq!(server.status("/healthz"), Some(200), "it is up, and answers");
    server.signal(Signal::TERM);
    assert_eq!(server.ended(), Some(130));

    let server = Server::start(directory.path(), &[("STOCKROOM_SERVER_STOP_DELAY", "1s")]);
    server.signal(Signal::TERM);
    assert_eq!(server.ended(), Some(0));
}
