//! A password in a file, and the one database that is told it.

use std::path::PathBuf;

use crate::domain::feed::{SqlEngine, SqlSource, SqlTls};

/// A file with a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedSecret {
    /// What pages call it.
    pub name: String,
    /// The one database that is told it; `None` for any.
    pub target: Option<SecretTarget>,
    /// Where it lies: its first line is the password.
    pub path: PathBuf,
}

/// Who is told a password, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretTarget {
    /// Speaking this; `None` for any engine.
    pub engine: Option<SqlEngine>,
    /// In lower case.
    pub host: String,
    /// `None` for the usual port of the engine.
    pub port: Option<u16>,
    /// Over a connection that others can read, too.
    pub may_be_plain: bool,
}

impl NamedSecret {
    /// True for a database that may be told it.
    pub fn is_for(&self, source: &SqlSource) -> bool {
        self.target.as_ref().is_none_or(|target| {
            target.engine.is_none_or(|engine| engine == source.engine)
                && target.host == source.host
                && target.port.unwrap_or_else(|| source.engine.usual_port()) == source.port
                && (target.may_be_plain || source.tls != SqlTls::Off)
        })
    }
}

/// Reads `name: /path`, or `name@host: /path` with a target of [`target`].
pub(super) fn parse(line: &str) -> Result<NamedSecret, String> {
    let wrong = || {
        format!(
            "`{line}` is not `name: /path` or `name@host: /path`; a host can have a port and an engine, as in \
             `name@postgres://host:5433: /path`"
        )
    };
    // A host may be an address of IPv6, full of colons.
    let (name, path) = line.split_once(": ").ok_or_else(wrong)?;
    let (name, target) = match name.split_once('@') {
        Some((name, text)) => (name.trim(), Some(target(text.trim()).ok_or_else(wrong)?)),
        None => (name.trim(), None),
    };
    let path = PathBuf::from(path.trim());
    if !super::feeds::is_name(name) || !path.is_absolute() {
        return Err(wrong());
    }
    Ok(NamedSecret { name: name.to_owned(), target, path })
}

/// `host`, `host:port`, either with `postgres://`, `mysql://` or `sqlserver://` before it, or `plain://` or
/// `postgres+plain://` and so on where the connection need not be encrypted.
fn target(text: &str) -> Option<SecretTarget> {
    let (scheme, authority) =
        text.split_once("://").map_or((None, text), |(scheme, rest)| (Some(scheme), rest));
    let (word, may_be_plain) = match scheme {
        Some("plain") => (None, true),
        Some(scheme) => match scheme.strip_suffix("+plain") {
            Some(word) => (Some(word), true),
            None => (Some(scheme), false),
        },
        None => (None, false),
    };
    let engine = match word {
        Some(word) => Some(SqlEngine::from_word(word).filter(|engine| *engine != SqlEngine::Sqlite)?),
        None => None,
    };
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, rest)) => (host, Some(rest.strip_prefix(':')?)),
        None if authority.matches(':').count() == 1 => {
            authority.split_once(':').map(|(host, port)| (host, Some(port)))?
        }
        None => (authority, None),
    };
    let port = match port {
        Some(port) => Some(port.parse().ok().filter(|port| *port > 0)?),
        None => None,
    };
    let is_host = !host.is_empty() && !host.contains(['/', '@', '[', ']']);
    is_host.then(|| SecretTarget { engine, host: host.to_lowercase(), port, may_be_plain })
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::domain::feed::{SqlEngine, SqlSource, SqlTls};

    fn source(engine: SqlEngine, host: &str, port: u16, tls: SqlTls) -> SqlSource {
        let (database, user) = ("erp".to_owned(), "erp".to_owned());
        let (secret_name, query) = (String::new(), String::new());
        SqlSource { engine, host: host.to_owned(), port, database, user, secret_name, tls, query }
    }

    #[test]
    fn a_secret_is_for_one_engine_host_and_port_and_goes_encrypted() {
        use SqlEngine::{MySql, Postgres, SqlServer};
        use SqlTls::{Off, Verify};
        for (line, fits) in [
            ("erp: /x", "pPmso6"),
            ("erp@DB.local: /x", "pm"),
            ("erp@db.local:5433: /x", "P"),
            ("erp@mysql://db.local: /x", "m"),
            ("erp@plain://db.local: /x", "pmo"),
            ("erp@postgres+plain://db.local:5432: /x", "po"),
            ("erp@[::1]:5432: /x", "6"),
            ("erp@::1: /x", "6"),
        ] {
            let secret = parse(line).unwrap();
            for (letter, source) in [
                ('p', source(Postgres, "db.local", 5432, Verify)),
                ('P', source(Postgres, "db.local", 5433, Verify)),
                ('m', source(MySql, "db.local", 3306, Verify)),
                ('s', source(SqlServer, "other.local", 1433, Verify)),
                ('o', source(Postgres, "db.local", 5432, Off)),
                ('6', source(Postgres, "::1", 5432, Verify)),
            ] {
                assert_eq!(secret.is_for(&source), fits.contains(letter), "{line} for {source:?}");
            }
        }
        for wrong in ["erp@: /x", "erp@https://db: /x", "erp@sqlite://db: /x", "erp@db:0: /x", "erp@db:x: /x"]
        {
            assert!(parse(wrong).unwrap_err().contains(wrong), "{wrong}");
        }
    }
}
