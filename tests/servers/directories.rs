//! Two directories of the tests: a Samba domain controller (Active Directory) and OpenLDAP's slapd. Each is started once
//! for all tests and ends with them, also where they are killed.

use std::fs::File;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use stockroom::base::secret::SecretString;
use stockroom::config::directory::{DirectoryConfig, DirectoryServer, DirectoryTls, Preset};
use stockroom::config::{Config, Sources};

const PATIENCE: Duration = Duration::from_secs(30);
/// Everybody's password in either directory is this with their name after it.
const PASSWORD: &str = "Passw0rd!";

/// The password of one of them.
pub fn password_of(user: &str) -> String {
    format!("{PASSWORD}{user}")
}

/// A directory at work.
pub struct Server {
    /// Where it listens.
    pub host: String,
    pub port: u16,
    pub tls_port: u16,
    preset: Preset,
    base_dn: &'static str,
    bind_dn: &'static str,
    /// Who may change everything.
    root: (&'static str, &'static str),
    directory: PathBuf,
    /// It ends when our end of its input is closed, with this program.
    _process: Child,
}

/// Certificate and key for what the servers are called here.
fn make_certificate(directory: &Path, host: &str) -> (PathBuf, PathBuf) {
    let names = ["localhost".to_owned(), "dc1.corp.example.test".to_owned(), host.to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let (certificate, key) = (directory.join("ca.pem"), directory.join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    // Samba refuses a key that others may read.
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    (certificate, key)
}

/// A directory that is gone when the test program is: the process that runs the server deletes it at its end.
fn make_directory() -> PathBuf {
    tempfile::tempdir().unwrap().keep()
}

/// Runs `command` until our end of its input is closed, which happens when the tests end, however they do; then `after`.
fn run(command: &[String], after: &str, directory: &Path) -> Child {
    // The server's own input is empty, so that it cannot take what tells us to stop.
    let script = format!(
        "\"$@\" </dev/null & server=$!; cat >/dev/null; kill $server; wait $server; {after}; rm -rf \"$0\""
    );
    let log = File::create(directory.join("log")).unwrap();
    Command::new("sh")
        .args(["-c", &script])
        .arg(directory)
        .args(command)
        .stdin(Stdio::piped())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

fn wait_for(host: &str, port: u16, directory: &Path) {
    let begun = Instant::now();
    while TcpStream::connect((host, port)).is_err() {
        let log = std::fs::read_to_string(directory.join("log")).unwrap_or_default();
        assert!(begun.elapsed() < PATIENCE, "the directory does not start: {log}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[track_caller]
fn done(command: &mut Command) {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().unwrap_or_else(|error| panic!("{program}: {error}. tests/run installs it"));
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&said));
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

impl Server {
    /// Active Directory. Samba knows its fixed ports alone, so that it gets an address of its own.
    pub fn active_directory() -> &'static Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(|| {
            let id = std::process::id();
            let host = format!("127.77.{}.{}", id / 250 % 250, id % 250 + 1);
            let directory = make_directory();
            let (certificate, key) = make_certificate(&directory, &host);
            let show = |path: PathBuf| path.display().to_string();
            done(Command::new("ip").args(["addr", "add", &format!("{host}/32"), "dev", "lo"]));
            done(
                Command::new("samba-tool")
                    .args(["domain", "provision", "--realm=CORP.EXAMPLE.TEST", "--domain=CORP"])
                    .args([
                        "--server-role=dc",
                        "--dns-backend=NONE",
                        "--host-name=dc1",
                        "--host-ip=127.0.0.1",
                    ])
                    .args(["--adminpass=Passw0rd!x9", "--use-rfc2307", "--backend-store=tdb"])
                    .args(["--option=interfaces=lo", "--option=bind interfaces only=yes"])
                    .arg(format!("--targetdir={}", directory.join("domain").display())),
            );
            let (configuration, database) =
                (directory.join("domain/etc/smb.conf"), directory.join("domain/private/sam.ldb"));
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/active_directory.py");
            // The system's own Python: that is where the package is.
            done(Command::new("/usr/bin/python3").arg(script).arg(&configuration).arg(&database));
            let mut command: Vec<String> =
                ["samba", "-F", "--no-process-group", "-M", "single", "--debug-stdout", "-s"]
                    .map(str::to_owned)
                    .into();
            command.push(show(configuration));
            for (name, value) in [
                ("server services", "ldap".to_owned()),
                ("interfaces", format!("{host}/8")),
                ("bind interfaces only", "yes".to_owned()),
                ("pid directory", show(directory.clone())),
                ("tls keyfile", show(key)),
                ("tls certfile", show(certificate.clone())),
                ("tls cafile", show(certificate)),
            ] {
                command.push(format!("--option={name}={value}"));
            }
            let process = run(&command, &format!("ip addr del {host}/32 dev lo"), &directory);
            wait_for(&host, 636, &directory);
            Server {
                host,
                port: 389,
                tls_port: 636,
                preset: Preset::ActiveDirectory,
                base_dn: "DC=corp,DC=example,DC=test",
                bind_dn: "stockroom@corp.example.test",
                root: ("administrator@corp.example.test", "Passw0rd!x9"),
                directory,
                _process: process,
            }
        })
    }

    /// OpenLDAP, which says yes to an empty password.
    pub fn openldap() -> &'static Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(|| {
            let directory = make_directory();
            let host = "localhost".to_owned();
            let (certificate, key) = make_certificate(&directory, &host);
            std::fs::create_dir(directory.join("db")).unwrap();
            let configuration = directory.join("slapd.conf");
            let text = include_str!("slapd.conf")
                .replace("@directory@", &directory.display().to_string())
                .replace("@certificate@", &certificate.display().to_string())
                .replace("@key@", &key.display().to_string());
            std::fs::write(&configuration, text).unwrap();
            let people = directory.join("people.ldif");
            std::fs::write(&people, include_str!("people.ldif")).unwrap();
            done(Command::new("/usr/sbin/slapadd").arg("-f").arg(&configuration).arg("-l").arg(people));
            let (port, tls_port) = (free_port(), free_port());
            let urls = format!("ldap://127.0.0.1:{port} ldaps://127.0.0.1:{tls_port}");
            let command =
                ["/usr/sbin/slapd", "-d", "0", "-h", &urls, "-f", &configuration.display().to_string()]
                    .map(str::to_owned);
            let process = run(&command, "true", &directory);
            wait_for(&host, tls_port, &directory);
            Server {
                host,
                port,
                tls_port,
                preset: Preset::OpenLdap,
                base_dn: "dc=example,dc=com",
                bind_dn: "cn=stockroom,dc=example,dc=com",
                root: ("cn=root,dc=example,dc=com", "Passw0rd!root"),
                directory,
                _process: process,
            }
        })
    }

    pub fn ca_file(&self) -> PathBuf {
        self.directory.join("ca.pem")
    }

    /// How a site reaches it, with groups for customers, operators and admins.
    pub fn config(&self, tls: DirectoryTls) -> DirectoryConfig {
        let file = format!(
            "[directory]\nservers = ['unused']\nbase_dn = '{}'\npreset = '{}'\nnetbios_domain = 'CORP'\n\
             upn_suffixes = ['corp.example.test', 'example.com']\nadmin_group = 'Stock-Admins'\ngroups = [\n\
             'Stock-Customers => customer; owner: ACME',\n'Stock-Operators => operator; all owners']\n",
            self.base_dn,
            self.preset.word()
        );
        let sources = Sources { file: Some(("stockroom.toml".into(), file)), ..Sources::default() };
        let mut config = Config::load(&sources).unwrap().directory.unwrap();
        let port = if tls == DirectoryTls::Implicit { self.tls_port } else { self.port };
        config.servers = vec![DirectoryServer { host: self.host.clone(), port }];
        config.tls = tls;
        config.ca_file = Some(self.ca_file());
        config.service_account = Some((self.bind_dn.to_owned(), SecretString::new(password_of("stockroom"))));
        config
    }

    /// Changes entries as an admin of the directory would (LDIF).
    #[track_caller]
    pub fn modify(&self, ldif: &str) {
        let (dn, password) = self.root;
        // Active Directory wants TLS for this; OpenLDAP is on this machine.
        let url = match self.preset {
            Preset::ActiveDirectory => format!("ldaps://{}:{}", self.host, self.tls_port),
            Preset::OpenLdap => format!("ldap://127.0.0.1:{}", self.port),
        };
        let mut child = Command::new("ldapmodify")
            .env("LDAPTLS_CACERT", self.ca_file())
            .args(["-x", "-H", &url, "-D", dn, "-w", password])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("ldap-utils is needed for this test");
        child.stdin.take().unwrap().write_all(ldif.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{ldif}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
