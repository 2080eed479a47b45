//! The site as a service: units that systemd takes, sockets and secrets that it hands over, and what it is told. The real
//! program, with what a service manager would give it.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;

use crate::harness::{stderr, stdout, stockroom, stockroom_with};
use crate::stopping::Server;

/// The service manager's end of the line.
struct Manager(UnixDatagram);

impl Manager {
    fn at(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path).unwrap();
        socket.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        Self(socket)
    }

    fn next(&self) -> String {
        let mut bytes = [0; 4096];
        let length = self.0.recv(&mut bytes).expect("the manager is told something");
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    /// The first message from now on that has this line.
    fn wait_for(&self, line: &str) -> String {
        loop {
            let told = self.next();
            if told.lines().any(|told| told == line) {
                return told;
            }
        }
    }
}

/// A server that gets a socket as descriptor 3, as systemd hands it over.
fn activated(directory: &Path, socket: &TcpListener, settings: &[(&str, &str)]) -> Server {
    let mut command = Command::new("/bin/sh");
    // The shell becomes the program: `$$` is its number.
    let script = "exec 3<&0 0</dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" serve --listen systemd";
    command.args(["-c", script, env!("CARGO_BIN_EXE_stockroom")]).current_dir(directory);
    command.env_clear().envs(settings.iter().copied());
    command.stdin(Stdio::from(OwnedFd::from(socket.try_clone().unwrap())));
    Server::spawn(command)
}

#[test]
fn the_manager_is_told_when_the_site_is_ready_reloads_lives_and_stops_and_keeps_the_socket() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notify");
    let manager = Manager::at(&path);
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let settings = [("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "600000")];
    let server = activated(directory.path(), &socket, &settings);
    assert_eq!(server.address, address, "it is the socket that was handed over");
    manager.wait_for("READY=1");
    assert_eq!(server.status("/healthz"), Some(200));
    for _ in 0..3 {
        manager.wait_for("WATCHDOG=1");
    }
    server.signal(Signal::HUP);
    manager.wait_for("RELOADING=1");
    manager.wait_for("READY=1");
    server.signal(Signal::TERM);
    manager.wait_for("STOPPING=1");
    assert_eq!(server.ended(), Some(0));
    // Whoever comes now waits for the next start, and is not turned away.
    let early = std::net::TcpStream::connect(&address).unwrap();
    let server = activated(directory.path(), &socket, &settings);
    manager.wait_for("READY=1");
    let mut early = early;
    early.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    assert!(server.send(&mut early, "GET /healthz", "").starts_with("HTTP/1.1 200"));
}

#[test]
fn a_site_that_does_not_answer_itself_gives_no_sign_of_life() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notify");
    let manager = Manager::at(&path);
    let settings = [("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "300000")];
    let server = Server::start(directory.path(), &settings);
    manager.wait_for("WATCHDOG=1");
    std::fs::remove_file(directory.path().join("data/admin.sock")).unwrap();
    server.wait_for("does not answer itself");
    // Whatever was on its way is here by now; from then on nothing comes, and the timer goes on.
    manager.0.set_nonblocking(true).unwrap();
    while manager.0.recv(&mut [0; 4096]).is_ok() {}
    for _ in 0..3 {
        server.wait_for("does not answer itself");
    }
    assert!(manager.0.recv(&mut [0; 4096]).is_err(), "a timer alone is no sign of life");
    // Other processes' watchdogs are not ours.
    drop(server);
    let other = [settings[0], settings[1], ("WATCHDOG_PID", "1")];
    manager.0.set_nonblocking(false).unwrap();
    let server = Server::start(directory.path(), &other);
    manager.wait_for("READY=1");
    server.signal(Signal::TERM);
    assert!(manager.next().contains("STOPPING=1"));
}

#[test]
fn secrets_come_from_the_service_manager() {
    let directory = tempfile::tempdir().unwrap();
    let credentials = directory.path().join("credentials");
    std::fs::create_dir(&credentials).unwrap();
    std::fs::write(credentials.join("server.metrics_token"), "0123456789abcdef0123\n").unwrap();
    let environment = [("CREDENTIALS_DIRECTORY", credentials.to_str().unwrap())];
    let shown = stockroom_with(directory.path(), &["config", "show", "--origin"], &environment);
    let shown = stdout(&shown);
    let line = shown.lines().find(|line| line.contains("server.metrics_token")).unwrap();
    assert!(line.contains("credentials (") && !line.contains("0123456789"), "{line}");
    let server = Server::start(directory.path(), &environment);
    let mut stream = server.connect();
    let head = "GET /metrics HTTP/1.1\r\nAuthorization: Bearer 0123456789abcdef0123\r\nX:";
    assert!(server.send(&mut stream, head, "").starts_with("HTTP/1.1 200"));
    assert_eq!(server.status("/metrics"), Some(401));
    // What is too short is told without being shown.
    std::fs::write(credentials.join("server.metrics_token"), "hunter2").unwrap();
    let checked = stockroom_with(directory.path(), &["config", "check"], &environment);
    assert_eq!(checked.status.code(), Some(3));
    assert!(stderr(&checked).contains("16 characters") && !stderr(&checked).contains("hunter2"));
}

#[test]
fn without_a_socket_from_systemd_it_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let output = stockroom(directory.path(), &["serve", "--listen", "systemd"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("stockroom.socket"), "{}", stderr(&output));
    let checked =
        stockroom_with(directory.path(), &["healthcheck"], &[("STOCKROOM_SERVER_LISTEN", "systemd")]);
    assert_eq!(checked.status.code(), Some(2));
    assert!(stderr(&checked).contains("--listen"), "{}", stderr(&checked));
}

#[test]
fn the_units_are_written_and_taken_away_where_they_may_be() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    let root = root.to_str().unwrap();
    let units = Path::new(root).join("etc/systemd/system");
    let run = |args: &[&str]| stockroom(directory.path(), args);
    let tried = run(&["service", "install", "--root", root, "--dry-run"]);
    assert!(tried.status.success() && stdout(&tried).contains("would write"), "{tried:?}");
    assert!(!Path::new(root).exists());
    // Secrets that are there are handed over.
    let credentials = Path::new(root).join("etc/stockroom/credentials");
    std::fs::create_dir_all(&credentials).unwrap();
    std::fs::write(credentials.join("smtp.password"), "x").unwrap();
    let written = run(&["service", "install", "--root", root, "--listen", "127.0.0.1:8443"]);
    assert!(written.status.success() && stdout(&written).contains("systemctl enable --now"), "{written:?}");
    let read = |name: &str| std::fs::read_to_string(units.join(name)).unwrap();
    assert!(read("stockroom.socket").contains("ListenStream=127.0.0.1:8443\n"));
    let service = read("stockroom.service");
    assert!(service.contains("LoadCredential=smtp.password:/etc/stockroom/credentials/smtp.password\n"));
    assert!(!service.contains("server.metrics_token") && service.contains(env!("CARGO_BIN_EXE_stockroom")));
    let mode = std::fs::metadata(units.join("stockroom.service")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
    assert!(stdout(&run(&["service", "uninstall", "--root", root, "--dry-run"])).contains("would remove"));
    assert!(units.join("stockroom.service").exists());
    assert!(run(&["service", "uninstall", "--root", root]).status.success());
    assert_eq!(std::fs::read_dir(&units).unwrap().count(), 0);
    assert_eq!(run(&["service", "uninstall", "--root", root]).status.code(), Some(6));
    // Nobody may make a directory there, root neither.
    let refused = run(&["service", "install", "--root", "/sys"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("rights of root"), "{}", stderr(&refused));
}

#[test]
fn systemd_takes_the_units_and_finds_little_that_is_open() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        eprintln!("systemd-analyze is not here: the units were not looked at");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().to_str().unwrap();
    assert!(stockroom(directory.path(), &["service", "install", "--root", root]).status.success());
    let units = directory.path().join("etc/systemd/system");
    let verified = Command::new("systemd-analyze")
        .args(["verify", "--man=no"])
        .arg(units.join("stockroom.socket"))
        .arg(units.join("stockroom.service"))
        .output()
        .unwrap();
    let said = stderr(&verified);
    assert!(verified.status.success() && !said.contains("stockroom"), "{said}");
    // Tenths: 2.0 of 10.
    let judged = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--threshold=20", "--no-pager"])
        .arg(units.join("stockroom.service"))
        .output()
        .unwrap();
    let judgement = stdout(&judged);
    let last = judgement.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    assert!(judged.status.success(), "{last} {}", stderr(&judged));
}
