//! A store of S3 for the tests.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use stockroom::base::secret::SecretString;
use stockroom::config::remote::{RemoteConfig, RemoteNet, RemoteStore, S3Config};

/// The bucket that there is.
pub const BUCKET: &str = "stockroom-files";

/// moto on a port of its own; it ends when this is dropped, or when the tests are killed.
pub struct S3Server {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    pub port: u16,
    pub key: String,
    pub secret: String,
}

/// Where `tests/run` puts it.
fn python() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/moto/bin/python")
}

impl S3Server {
    pub fn start() -> Self {
        Self::start_at(0)
    }

    pub fn start_at(port: u16) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/s3_server.py");
        let mut process = Command::new(python())
            .arg(script)
            .args([port.to_string().as_str(), BUCKET])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("moto is needed for this test: tests/run installs it into target/moto");
        let commands = process.stdin.take().unwrap();
        let mut answers = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).expect("moto did not start");
        let text = |name: &str| said[name].as_str().unwrap().to_owned();
        let port = u16::try_from(said["port"].as_u64().unwrap()).unwrap();
        Self { port, key: text("key"), secret: text("secret"), process, commands, answers }
    }

    /// How to reach it.
    pub fn config(&self) -> RemoteConfig {
        config_at(self.port, &self.key, &self.secret)
    }

    fn ask(&mut self, command: &Value) -> Value {
        writeln!(self.commands, "{command}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// Keys and sizes of what it holds.
    pub fn objects(&mut self) -> Vec<(String, u64)> {
        let said = self.ask(&json!(["list", BUCKET, ""]));
        let entries = said.as_array().unwrap_or_else(|| panic!("{said}"));
        entries
            .iter()
            .map(|entry| (entry[0].as_str().unwrap().to_owned(), entry[1].as_u64().unwrap()))
            .collect()
    }

    /// Uploads in parts that nobody completed.
    pub fn begun_uploads(&mut self) -> Value {
        self.ask(&json!(["uploads", BUCKET, ""]))
    }

    pub fn read(&mut self, key: &str) -> Value {
        self.ask(&json!(["read", BUCKET, key]))
    }

    /// Puts something else there, behind the site's back.
    pub fn write(&mut self, key: &str, text: &str) {
        assert_eq!(self.ask(&json!(["write", BUCKET, key, text])), true);
    }

    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A store of this key at a port of this machine.
pub fn config_at(port: u16, key: &str, secret: &str) -> RemoteConfig {
    RemoteConfig {
        store: RemoteStore::S3(S3Config {
            endpoint: Some(format!("http://127.0.0.1:{port}")),
            region: "us-east-1".to_owned(),
            bucket: BUCKET.to_owned(),
            prefix: "site".to_owned(),
            access_key_id: key.to_owned(),
            secret_access_key: SecretString::new(secret.to_owned()),
            path_style: true,
        }),
        net: RemoteNet { timeout: Duration::from_secs(30), ca_file: None, allow_http: true },
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.kill();
    }
}
