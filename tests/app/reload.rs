//! SIGHUP: configuration and certificate, read again while the site runs.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::issuer::Issuer;

/// The real program, and what it says.
struct Server {
    child: Child,
    said: Receiver<String>,
}

impl Server {
    fn start(directory: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_stockroom"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .current_dir(directory)
            .env_clear()
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let (sender, said) = channel();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let server = Self { child, said };
        server.wait_for("Stockroom is up");
        // From then on it listens to signals with all it has.
        server.wait_for("There is no admin yet");
        server
    }

    /// The first line from now on that says `part`.
    fn wait_for(&self, part: &str) -> String {
        let mut all = Vec::new();
        loop {
            match self.said.recv_timeout(Duration::from_secs(30)) {
                Ok(line) if line.contains(part) => return line,
                Ok(line) => all.push(line),
                Err(error) => panic!("{error}: it does not say {part}: {all:#?}"),
            }
        }
    }

    fn hang_up(&self) {
        kill_process(Pid::from_child(&self.child), Signal::HUP).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_signal_reloads_what_can_change_and_names_what_needs_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let say = |text: &str| std::fs::write(directory.path().join("stockroom.toml"), text).unwrap();
    say("[site]\nname = \"Old\"\n");
    let server = Server::start(directory.path());

    say("[site]\nname = \"New\"\n[server]\nlog_level = \"debug\"\nmax_connections = 100\n");
    server.hang_up();
    let said = server.wait_for("Read the configuration");
    assert!(said.contains("Changed: site.name, server.log_level."), "{said}");
    assert!(said.contains("After a restart: server.max_connections."), "{said}");

    // A broken one changes nothing, and the site goes on.
    for broken in ["[site]\nnme = \"x\"\n", "[site]\nname = \"x\"\n[server]\nlog_level = \"=\"\n", "["] {
        say(broken);
        server.hang_up();
        server.wait_for("everything stays as it was");
    }
    say("[site]\nname = \"Newer\"\n[server]\nlog_level = \"debug\"\nmax_connections = 100\n");
    server.hang_up();
    let said = server.wait_for("Read the configuration");
    assert!(said.contains("Changed: site.name. After a restart: nothing."), "{said}");
}

#[test]
fn a_signal_takes_a_renewed_certificate_and_keeps_the_one_before_where_it_is_broken() {
    let directory = tempfile::tempdir().unwrap();
    let issuer = Issuer::new("Company");
    let write = |(certificate, key): (String, String)| {
        std::fs::write(directory.path().join("cert.pem"), certificate).unwrap();
        std::fs::write(directory.path().join("key.pem"), key).unwrap();
        std::fs::set_permissions(directory.path().join("key.pem"), std::fs::Permissions::from_mode(0o600))
            .unwrap();
    };
    write(issuer.issue(&["localhost"]));
    let text = "[tls]\nmode = \"files\"\ncert = \"cert.pem\"\nkey = \"key.pem\"\n";
    std::fs::write(directory.path().join("stockroom.toml"), text).unwrap();
    let server = Server::start(directory.path());
    write(issuer.issue(&["localhost"]));
    server.hang_up();
    server.wait_for("Another certificate is shown from now on");
    write(("nothing".to_owned(), "nothing".to_owned()));
    server.hang_up();
    let said = server.wait_for("The new certificate is not shown");
    assert!(said.contains("cert.pem"), "{said}");
    // Without a signal too, within seconds.
    write(issuer.issue(&["localhost"]));
    server.wait_for("Another certificate is shown from now on");
}
