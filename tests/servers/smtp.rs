//! A mail server of the tests, with a certificate of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use stockroom::base::secret::SecretString;
use stockroom::config::mail::{SmtpSender, SmtpTls};
use stockroom::domain::email::Mailbox;

/// Its only user.
pub const USER: &str = "stock";
pub const PASSWORD: &str = "a password for mail";
const PATIENCE: Duration = Duration::from_secs(20);

/// aiosmtpd on ports of its own; it ends when this is dropped, or when the tests are killed.
pub struct SmtpServer {
    process: Child,
    _alive: ChildStdin,
    ports: serde_json::Value,
    directory: tempfile::TempDir,
}

impl SmtpServer {
    pub fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (certificate, key) = (directory.path().join("ca.pem"), directory.path().join("key.pem"));
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/smtp.py");
        // The system's own: that is where the package is.
        let mut process = Command::new("/usr/bin/python3")
            .args(["-W", "ignore"])
            .arg(script)
            .args([directory.path(), &certificate, &key])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // It tells of every hang-up, which is what some tests are about.
            .stderr(Stdio::null())
            .spawn()
            .expect("python3 is needed for this test");
        let alive = process.stdin.take().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ports = serde_json::from_str(&line).expect("python3-aiosmtpd is needed for this test");
        Self { process, _alive: alive, ports, directory }
    }

    pub fn ca_file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// How to send by one of its ways.
    pub fn sender(&self, tls: SmtpTls) -> SmtpSender {
        let way = match tls {
            SmtpTls::None => "plain",
            SmtpTls::StartTls => "starttls",
            SmtpTls::Implicit => "tls",
        };
        let password = SecretString::new(PASSWORD.to_owned());
        SmtpSender {
            section: "smtp",
            host: "localhost".to_owned(),
            port: u16::try_from(self.ports[way].as_u64().unwrap()).unwrap(),
            tls,
            credentials: (tls != SmtpTls::None).then(|| (USER.to_owned(), password)),
            from: Mailbox::parse("Stock <stock@example.com>").unwrap(),
            ca_file: Some(self.ca_file()),
            hourly_limit: 0,
            timeout: Duration::from_secs(5),
        }
    }

    /// The mails that it took, oldest first.
    pub fn mails(&self) -> Vec<String> {
        let mut files: Vec<_> = std::fs::read_dir(self.directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|kind| kind == "eml"))
            .collect();
        files.sort_by_key(|path| path.metadata().unwrap().modified().unwrap());
        // Without the breaks that keep lines short (RFC 2045 §6.7).
        let text =
            |path: &PathBuf| std::fs::read_to_string(path).unwrap().replace("=\r\n", "").replace("=\n", "");
        files.iter().map(text).collect()
    }

    /// Waits until it took so many.
    pub fn wait_for(&self, mails: usize) -> Vec<String> {
        let begun = Instant::now();
        loop {
            let taken = self.mails();
            if taken.len() >= mails {
                return taken;
            }
            assert!(begun.elapsed() < PATIENCE, "{} of {mails} mails came", taken.len());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
