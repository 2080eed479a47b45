//! The server killed at any moment, and told to stop.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{PASSWORD, stderr, stdout, stockroom};

/// The real server and its address; returns once it says where it listens.
pub fn serve(directory: &Path) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_stockroom"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .current_dir(directory)
        .env_clear()
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let begun = Instant::now();
    let address = loop {
        let line = lines.next().expect("the server stays up").unwrap();
        if let Some(at) = line.find("http://127.0.0.1:") {
            break line[at..].trim_end_matches('/').to_owned();
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "the server says where it listens");
    };
    // Keep reading, so that the server never waits for us.
    std::thread::spawn(move || lines.for_each(drop));
    (child, address)
}

#[test]
fn users_that_were_acknowledged_survive_kill_9_and_the_audit_log_stays_whole() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("pw"), PASSWORD).unwrap();
    let mut acknowledged = BTreeSet::new();
    for round in 0..4_u64 {
        let (mut server, _) = serve(directory.path());
        let path = directory.path().to_owned();
        let adding = std::thread::spawn(move || {
            let mut added = Vec::new();
            for number in 0..50 {
                let email = format!("user{round}-{number}@example.com");
                let output =
                    stockroom(&path, &["user", "add", &email, "--role", "customer", "--password-file", "pw"]);
                if !output.status.success() {
                    break;
                }
                added.push(email);
            }
            added
        });
        std::thread::sleep(Duration::from_millis(150 + 170 * round));
        server.kill().unwrap();
        server.wait().unwrap();
        // What the command line adds by itself once the server is gone counts too.
        acknowledged.extend(adding.join().unwrap());
        let listed = stdout(&stockroom(directory.path(), &["user", "list"]));
        for email in &acknowledged {
            assert!(listed.contains(email.as_str()), "round {round}: {email} is lost");
        }
        let verified = stockroom(directory.path(), &["audit", "verify"]);
        assert!(verified.status.success(), "round {round}: {}", stderr(&verified));
    }
    assert!(!acknowledged.is_empty());
}

#[test]
fn who_has_the_data_is_named_as_long_as_it_lives_and_nobody_afterwards() {
    let directory = tempfile::tempdir().unwrap();
    let second = || stockroom(directory.path(), &["serve", "--listen", "127.0.0.1:0"]);
    for _ in 0..2 {
        // The second time the first one is dead, and left everything lying about.
        let (mut server, _) = serve(directory.path());
        let refused = second();
        let said = stderr(&refused);
        assert_eq!(refused.status.code(), Some(4), "{said}");
        let pid = server.id();
        assert!(said.contains(&format!("in use by process {pid} (stockroom)")), "{said}");
        server.kill().unwrap();
        server.wait().unwrap();
        assert!(directory.path().join("data/open").exists(), "it left in a hurry");
    }
    // Who has it without being a server is named, too; such a command is waited for.
    let store = stockroom::store::Store::open(&directory.path().join("data")).unwrap();
    std::fs::remove_file(directory.path().join("data/admin.sock")).unwrap();
    let refused = stockroom(directory.path(), &["user", "list"]);
    let said = stderr(&refused);
    assert!(said.contains(&format!("in use by process {} (", std::process::id())), "{said}");
    drop(store);
}

#[test]
fn a_server_told_to_stop_ends_with_exit_code_0() {
    let directory = tempfile::tempdir().unwrap();
    let (mut server, _) = serve(directory.path());
    let pid = rustix::process::Pid::from_child(&server);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let begun = Instant::now();
    assert_eq!(server.wait().unwrap().code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(10));
}
