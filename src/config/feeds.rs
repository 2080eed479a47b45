//! Section `sources`, and the drop folder: what may come by itself, and from where.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use super::named_secret::{NamedSecret, SecretTarget};
use super::reader::Reader;
use super::setting::Setting;
use super::{named_secret, parse};

/// What may come by itself.
#[derive(Debug, Clone)]
pub struct FeedsConfig {
    /// How often the drop folder is looked at.
    pub inbox_poll: Duration,
    /// How long files lie in `done/` and `failed/`.
    pub inbox_keep: Duration,
    /// Targets that are let through although they are no public ones.
    pub allow_private: Vec<Allowed>,
    /// Certificates (PEM) that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest time a run may take.
    pub timeout: Duration,
    /// What sources of kind command may run, by name.
    pub commands: Vec<NamedCommand>,
    /// Longest time a database may take over a statement.
    pub statement_timeout: Duration,
    /// Files that hold passwords for databases, by name.
    pub secrets: Vec<NamedSecret>,
    /// Folders whose files may be read as SQLite databases.
    pub sqlite_dirs: Vec<PathBuf>,
}

/// A target that is let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// A network: the address and how many of its bits count.
    Network(IpAddr, u8),
    /// A host by its name, in lower case.
    Host(String),
}

/// A command that a source may run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedCommand {
    /// What pages call it.
    pub name: String,
    /// Program and arguments, as they are: no shell reads them.
    pub argv: Vec<String>,
}

/// What can be set.
pub const SETTINGS: &[Setting] = &[
    Setting::new("import.inbox_poll", "How often the drop folder is looked at (default: 5s)"),
    Setting::new("import.inbox_keep", "How long files that were put away lie in done and failed (default: 90d)"),
    Setting::new(
        "sources.allow_private",
        "Networks and hosts that sources may reach although they are private, such as 10.0.0.0/8 or erp.local \
         (default: none)",
    ),
    Setting::new("sources.ca_file", "Certificates (PEM) that sources trust beside the system's"),
    Setting::new("sources.connect_timeout", "Longest wait for a source's connection (default: 10s)"),
    Setting::new("sources.timeout", "Longest time a run of a source may take (default: 5m)"),
    Setting::new(
        "sources.commands",
        "Commands that sources may run, one `name: program argument …` each; arguments with blanks as a JSON list",
    )
    .lines(),
    Setting::new(
        "sources.statement_timeout",
        "Longest time a database may take over a statement of a source (default: 1m)",
    ),
    Setting::new(
        "sources.secrets",
        "Files whose first line is a password that sources may use with a database, one `name: /path` each, or \
         `name@host: /path`, `name@postgres://host:5433: /path` for one alone",
    )
    .lines(),
    Setting::new(
        "sources.sqlite_dirs",
        "Folders whose files sources may read as SQLite databases, one a line (default: none)",
    )
    .lines(),
];

pub(super) fn allowed(text: &str) -> Result<Allowed, String> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let Ok(address) = address.trim_matches(['[', ']']).parse::<IpAddr>() else {
        let is_name = bits.is_none() && text.chars().all(|c| c.is_alphanumeric() || "-._".contains(c));
        return if is_name {
            Ok(Allowed::Host(text.trim_end_matches('.').to_lowercase()))
        } else {
            Err(format!("`{text}` is no network such as 10.0.0.0/8 and no host"))
        };
    };
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Ok(most), parse::number(0, most));
    bits.map(|bits| Allowed::Network(address, bits))
}

fn command(line: &str) -> Result<NamedCommand, String> {
    let wrong = || format!("`{line}` is not `name: program argument …`");
    let (name, rest) = line.split_once(':').ok_or_else(wrong)?;
    let (name, rest) = (name.trim(), rest.trim());
    let argv: Vec<String> = if rest.starts_with('[') {
        serde_json::from_str(rest).map_err(|_| wrong())?
    } else {
        rest.split_whitespace().map(str::to_owned).collect()
    };
    if !is_name(name) || argv.first().is_none_or(|program| !program.starts_with('/')) {
        return Err(format!("{}; the program is a path that begins with /", wrong()));
    }
    Ok(NamedCommand { name: name.to_owned(), argv })
}

pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-_ ".contains(c))
}

fn secrets(text: &str) -> Result<Vec<NamedSecret>, String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(named_secret::parse).collect()
}

fn folders(text: &str) -> Result<Vec<PathBuf>, String> {
    let folder = |line: &str| match PathBuf::from(line) {
        path if path.is_absolute() => Ok(path),
        _ => Err(format!("`{line}` is no path that begins with /")),
    };
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(folder).collect()
}

fn commands(text: &str) -> Result<Vec<NamedCommand>, String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(command).collect()
}

impl FeedsConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let seconds = Duration::from_secs;
        Self {
            inbox_poll: reader.get(
                "import.inbox_poll",
                seconds(5),
                parse::duration(seconds(1), seconds(86_400)),
            ),
            inbox_keep: reader.get(
                "import.inbox_keep",
                seconds(90 * 86_400),
                parse::duration(seconds(3_600), seconds(3_650 * 86_400)),
            ),
            allow_private: reader.get("sources.allow_private", Vec::new(), parse::list(allowed)),
            ca_file: reader.find("sources.ca_file", |text| Ok(PathBuf::from(text))),
            connect_timeout: reader.get(
                "sources.connect_timeout",
                seconds(10),
                parse::duration(seconds(1), seconds(300)),
            ),
            timeout: reader.get(
                "sources.timeout",
                seconds(300),
                parse::duration(seconds(1), seconds(86_400)),
            ),
            commands: reader.get("sources.commands", Vec::new(), commands),
            statement_timeout: reader.get(
                "sources.statement_timeout",
                seconds(60),
                parse::duration(seconds(1), seconds(86_400)),
            ),
            secrets: reader.get("sources.secrets", Vec::new(), secrets),
            sqlite_dirs: reader.get("sources.sqlite_dirs", Vec::new(), folders),
        }
    }

    /// The command of this name.
    pub fn command(&self, name: &str) -> Option<&NamedCommand> {
        self.commands.iter().find(|command| command.name == name)
    }

    /// The file with the secret of this name.
    pub fn secret(&self, name: &str) -> Option<&NamedSecret> {
        self.secrets.iter().find(|secret| secret.name == name)
    }
}
