//! Two databases of the tests: PostgreSQL and MariaDB, each with a folder and a port of its own, and a user who may write.
//! They end with the tests, also where those are killed.

use std::fs::File;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use stockroom::base::secret::SecretString;
use stockroom::config::Config;
use stockroom::config::feeds::{Allowed, FeedsConfig};
use stockroom::domain::feed::{SqlEngine, SqlSource, SqlTls};
use stockroom::sources::sql::{SqlAsk, fetch};
use stockroom::sources::{Brought, Steps};

use crate::issuer::Issuer;

const PATIENCE: Duration = Duration::from_mins(1);
/// The password of whoever may do everything there.
const ADMIN_PASSWORD: &str = "Passw0rd!admin";
/// The password of `erp`, who owns what is there and may write it.
pub const PASSWORD: &str = "Passw0rd!erp";

/// A database at work.
pub struct Database {
    engine: SqlEngine,
    pub port: u16,
    folder: PathBuf,
    process: Child,
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// A command, as another user where this is root: neither server runs as root.
fn as_user(user: &str, program: &Path) -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args([&format!("--reuid={user}"), &format!("--regid={user}"), "--clear-groups", "--"])
        .arg(program);
    command
}

#[track_caller]
fn done(command: &mut Command) -> String {
    let program = format!("{command:?}");
    let output = command.output().unwrap_or_else(|error| panic!("{program}: {error}. tests/run installs it"));
    let said = [output.stdout.clone(), output.stderr].concat();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&said));
    String::from_utf8(output.stdout).unwrap()
}

/// Where the package keeps the server's own programs.
fn postgres_programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("tests/run installs postgresql");
    versions.map(|version| version.unwrap().path().join("bin")).max().unwrap()
}

/// A folder for the server's user, with a certificate for `localhost`.
fn make_folder(user: &str) -> PathBuf {
    let folder = tempfile::tempdir().unwrap().keep();
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).unwrap();
    let issuer = Issuer::new("Databases of the tests");
    issuer.write(&folder, "ca.pem");
    Issuer::new("Somebody else").write(&folder, "other-ca.pem");
    let (certificate, key) = issuer.issue(&["localhost"]);
    std::fs::write(folder.join("cert.pem"), certificate).unwrap();
    std::fs::write(folder.join("key.pem"), key).unwrap();
    std::fs::set_permissions(folder.join("key.pem"), PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::write(folder.join("password"), ADMIN_PASSWORD).unwrap();
    std::fs::write(folder.join("log"), "").unwrap();
    if rustix::process::geteuid().is_root() {
        done(Command::new("chown").arg("-R").arg(format!("{user}:{user}")).arg(&folder));
    }
    folder
}

/// Runs `command` until our end of its input is closed; then nothing of it is left.
fn run(command: &Command, folder: &Path) -> Child {
    let script = "\"$@\" </dev/null & server=$!; cat >/dev/null; kill -QUIT $server || true; \
                  for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 $server 2>/dev/null || break; sleep 0.2; done; \
                  kill -KILL $server 2>/dev/null; wait $server; rm -rf \"$0\"";
    let log = File::options().create(true).append(true).open(folder.join("log")).unwrap();
    Command::new("sh")
        .args(["-c", script])
        .arg(folder)
        .arg(command.get_program())
        .args(command.get_args())
        .stdin(Stdio::piped())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

impl Database {
    /// The PostgreSQL of all tests.
    pub fn postgres() -> &'static Self {
        static SERVER: OnceLock<Database> = OnceLock::new();
        SERVER.get_or_init(Self::new_postgres)
    }

    /// The MariaDB of all tests.
    pub fn mariadb() -> &'static Self {
        static SERVER: OnceLock<Database> = OnceLock::new();
        SERVER.get_or_init(Self::new_mariadb)
    }

    /// A PostgreSQL of one test's own.
    pub fn new_postgres() -> Self {
        let (folder, port, programs) = (make_folder("postgres"), free_port(), postgres_programs());
        let at = |name: &str| folder.join(name).display().to_string();
        done(
            as_user("postgres", &programs.join("initdb"))
                .args(["-D", &at("data"), "-U", "admin", "--pwfile", &at("password")])
                .args(["-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]),
        );
        let mut command = as_user("postgres", &programs.join("postgres"));
        command.args(["-D", &at("data"), "-h", "127.0.0.1", "-p", &port.to_string(), "-k", &at("")]);
        for setting in ["ssl=on", "fsync=off", "log_statement=all", "log_connections=on"] {
            command.args(["-c", setting]);
        }
        command.args(["-c", &format!("ssl_cert_file={}", at("cert.pem"))]);
        command.args(["-c", &format!("ssl_key_file={}", at("key.pem"))]);
        let process = run(&command, &folder);
        let server = Self { engine: SqlEngine::Postgres, port, folder, process };
        server.wait_until_it_answers();
        server.told("postgres", &format!("CREATE ROLE erp LOGIN PASSWORD '{PASSWORD}'")).unwrap();
        server.told("postgres", "CREATE DATABASE erp OWNER erp").unwrap();
        server
    }

    /// A MariaDB of one test's own.
    pub fn new_mariadb() -> Self {
        // Two that are installed at the same time are in each other's way.
        static INSTALLS: Mutex<()> = Mutex::new(());
        let (folder, port) = (make_folder("mysql"), free_port());
        let at = |name: &str| format!("{}/{name}", folder.display());
        let alone = INSTALLS.lock().unwrap_or_else(PoisonError::into_inner);
        done(as_user("mysql", Path::new("/usr/bin/mariadb-install-db")).args([
            "--no-defaults",
            &format!("--datadir={}", at("data")),
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ]));
        drop(alone);
        let mut command = as_user("mysql", Path::new("/usr/sbin/mariadbd"));
        command.args([
            "--no-defaults",
            &format!("--datadir={}", at("data")),
            &format!("--socket={}", at("socket")),
            &format!("--pid-file={}", at("pid")),
            "--bind-address=127.0.0.1",
            &format!("--port={port}"),
            &format!("--ssl-cert={}", at("cert.pem")),
            &format!("--ssl-key={}", at("key.pem")),
            "--general-log=ON",
            &format!("--general-log-file={}", at("log")),
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=16M",
        ]);
        let process = run(&command, &folder);
        let server = Self { engine: SqlEngine::MySql, port, folder, process };
        server.wait_until_it_answers();
        server.told("mysql", "CREATE DATABASE erp CHARACTER SET utf8mb4").unwrap();
        server.told("mysql", &format!("CREATE USER erp@'%' IDENTIFIED BY '{PASSWORD}'")).unwrap();
        // Also the right to write files: the strongest that a user can be given by mistake.
        server.told("mysql", "GRANT ALL ON *.* TO erp@'%'").unwrap();
        server
    }

    fn wait_until_it_answers(&self) {
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err()
            || self.told(self.first(), "SELECT 1").is_err()
        {
            assert!(begun.elapsed() < PATIENCE, "the database does not start: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A database that is there from the beginning.
    fn first(&self) -> &'static str {
        if self.engine == SqlEngine::Postgres { "postgres" } else { "mysql" }
    }

    fn told(&self, database: &str, sql: &str) -> Result<String, String> {
        let mut command = if self.engine == SqlEngine::Postgres {
            let mut command = Command::new(postgres_programs().join("psql"));
            command.env("PGPASSWORD", ADMIN_PASSWORD).env("PGSSLMODE", "disable");
            command.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "admin", "-d", database]);
            command.args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"]);
            command
        } else {
            let mut command = Command::new("mariadb");
            let socket = format!("--socket={}", self.folder.join("socket").display());
            command.args(["--no-defaults", &socket, "-u", "root", "-N", "-B", database]);
            command
        };
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}. tests/run installs it"));
        child.stdin.take().unwrap().write_all(sql.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        if output.status.success() {
            Ok(String::from_utf8(output.stdout).unwrap().trim().to_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// What an admin tells the database in which `erp` owns everything.
    #[track_caller]
    pub fn sql(&self, sql: &str) -> String {
        let role = if self.engine == SqlEngine::Postgres { "SET ROLE erp;\n" } else { "" };
        self.told("erp", &format!("{role}{sql}")).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// What the server wrote down, statements included.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.folder.join("log")).unwrap_or_default()).into_owned()
    }

    /// Where the server may write.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn ca_file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    pub fn other_ca_file(&self) -> PathBuf {
        self.folder.join("other-ca.pem")
    }

    /// Kills it as a power cut would.
    pub fn kill(&self) {
        let file = if self.engine == SqlEngine::Postgres { "data/postmaster.pid" } else { "pid" };
        let text = std::fs::read_to_string(self.folder.join(file)).unwrap();
        let pid = text.lines().next().unwrap().trim().to_owned();
        // What it began goes first: it would go on for as long as somebody reads what it sends.
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
        done(Command::new("kill").arg("-STOP").arg(&pid));
        for child in children.split_whitespace() {
            let _ = Command::new("kill").args(["-KILL", child]).status();
        }
        done(Command::new("kill").args(["-KILL", &pid]));
    }

    /// What a source asks here.
    pub fn source(&self, tls: SqlTls, query: &str) -> SqlSource {
        SqlSource {
            engine: self.engine,
            host: "localhost".to_owned(),
            port: self.port,
            database: "erp".to_owned(),
            user: "erp".to_owned(),
            secret_name: String::new(),
            tls,
            query: query.to_owned(),
        }
    }

    /// The form of a source that asks here.
    pub fn form<'f>(&self, port: &'f mut String, query: &'f str) -> Vec<(&'static str, &'f str)> {
        *port = self.port.to_string();
        let mut fields: Vec<(&'static str, &'f str)> =
            vec![("kind", "sql"), ("name", "ERP"), ("dataset", "stock")];
        fields.extend([("engine", self.engine.word()), ("host", "localhost"), ("port", port.as_str())]);
        fields.extend([("database", "erp"), ("user", "erp"), ("secret", PASSWORD), ("secret_name", "")]);
        fields.extend([("tls", "verify"), ("query", query), ("every", "1"), ("enabled", "1")]);
        fields
    }

    /// A configuration that knows the issuer of its certificate.
    pub fn config(&self) -> FeedsConfig {
        let allow_private = ["127.0.0.1", "::1"].map(|at| Allowed::Network(at.parse().unwrap(), 128)).into();
        FeedsConfig { allow_private, ca_file: Some(self.ca_file()), ..Config::default().feeds }
    }

    /// Asks with the right password over TLS.
    pub fn ask(&self, query: &str) -> Asked {
        ask_as(&self.config(), self.source(SqlTls::Verify, query), PASSWORD)
    }
}

/// Asks for rows.
pub fn ask_as(config: &FeedsConfig, source: SqlSource, password: &str) -> Asked {
    let password = Some(SecretString::new(password.to_owned()));
    let ask = SqlAsk { source, password, known: None, max_bytes: 1 << 30, max_rows: 1 << 20 };
    let (mut text, mut steps) = (Vec::new(), Steps::default());
    let mut sink = |bytes: &[u8]| {
        text.extend_from_slice(bytes);
        Ok(())
    };
    let outcome = fetch(config, &ask, &mut sink, &mut steps, &|| false);
    Asked { outcome, text: String::from_utf8(text).unwrap(), steps }
}

impl Drop for Database {
    /// Of one test's own; that of all tests ends when our end of its input is closed.
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// What came of asking.
#[derive(Debug)]
pub struct Asked {
    pub outcome: Result<Brought, String>,
    pub text: String,
    pub steps: Steps,
}

impl Asked {
    /// The name of the step that failed, and what it said.
    pub fn failed(&self) -> (&'static str, String) {
        let step = self.steps.0.iter().find(|step| !step.is_good);
        step.map_or(("", String::new()), |step| (step.part, step.words.clone()))
    }
}

/// Waits until something is so.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..600 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not so: {what}");
}
