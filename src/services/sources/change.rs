//! Sources are made, changed and deleted by who manages the site and sees every owner: addresses and commands say what
//! this machine reaches, and what they bring becomes everybody's rows.

use std::net::Ipv6Addr;

use serde_json::json;

use super::{EVERY_OWNER, no_source};
use crate::base::secret::SecretString;
use crate::config::Config;
use crate::domain::feed::{
    LONGEST_INTERVAL, Runs, SHORTEST_INTERVAL, Source, SourceKind, SqlEngine, SqlSource, SqlTls,
};
use crate::domain::ids::SourceId;
use crate::services::authorize::{Grant, ManageSite};
use crate::services::error::ServiceError;
use crate::services::users::reach;
use crate::services::{Services, audit};
use crate::sources::{http, sql};
use crate::store::{datasets as store_datasets, sources as store_sources};

/// What a secret of a source is sealed for.
pub(in crate::services) fn sealed_for(id: SourceId) -> String {
    format!("source {id}")
}

/// A source as a form has it.
#[derive(Debug, Clone)]
pub struct Draft {
    /// What people call it.
    pub name: String,
    /// Slug of its dataset.
    pub dataset: String,
    /// What is asked.
    pub kind: DraftKind,
    /// A new secret; empty for the one that there is.
    pub secret: SecretString,
    /// Forget the secret.
    pub forget_secret: bool,
    /// Minutes between two runs, as typed.
    pub every_minutes: String,
    /// It runs by itself.
    pub is_enabled: bool,
}

/// What is asked, as a form has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DraftKind {
    /// An address, a user, header lines.
    Http {
        /// The address.
        url: String,
        /// The user.
        user: String,
        /// `Name: value`, one a line.
        headers: String,
    },
    /// A command of the configuration, by its name.
    Command(String),
    /// A query.
    Sql(SqlDraft),
}

/// A query and its database, as a form has them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SqlDraft {
    /// Word of the engine.
    pub engine: String,
    /// Host.
    pub host: String,
    /// Port; empty for the usual one.
    pub port: String,
    /// Database, or path of a file.
    pub database: String,
    /// Who signs in.
    pub user: String,
    /// Name of a secret of the configuration; empty for one that is kept here.
    pub secret_name: String,
    /// Word of the protection.
    pub tls: String,
    /// The query.
    pub query: String,
}

fn sql_source(config: &Config, draft: &SqlDraft) -> Result<SqlSource, ServiceError> {
    let invalid = |field: &'static str, why: &str| ServiceError::invalid(field, why.to_owned());
    let engine = SqlEngine::from_word(&draft.engine)
        .ok_or_else(|| invalid("engine", "is none of the databases that can be asked"))?;
    let query = sql::check_query(engine, &draft.query).map_err(|why| invalid("query", &why))?;
    let database = draft.database.trim().to_owned();
    if engine == SqlEngine::Sqlite {
        sql::find_file(&config.feeds, &database).map_err(|why| invalid("database", &why))?;
        return Ok(SqlSource {
            engine,
            host: String::new(),
            port: 0,
            database,
            user: String::new(),
            secret_name: String::new(),
            tls: SqlTls::Off,
            query,
        });
    }
    let host = draft.host.trim().trim_matches(['[', ']']).to_lowercase();
    if host.is_empty() || !host.chars().all(|c| c.is_alphanumeric() || "-._:".contains(c)) {
        return Err(invalid("host", "is no name of a host and no address; a port has a field of its own"));
    }
    if let Some((name, port)) = host.rsplit_once(':').filter(|_| host.parse::<Ipv6Addr>().is_err()) {
        let message = format!(
            "`{name}:{port}` has a port in it, which has a field of its own: write `{name}` here, {port} there"
        );
        return Err(ServiceError::invalid("host", message));
    }
    let port = match draft.port.trim() {
        "" => engine.usual_port(),
        port => port.parse().ok().filter(|port| *port > 0).ok_or_else(|| invalid("port", "is no port"))?,
    };
    let user = draft.user.trim().to_owned();
    if user.is_empty() {
        return Err(invalid("user", "is empty: give the source a user of its own who may only read"));
    }
    if database.is_empty() {
        return Err(invalid("database", "is empty"));
    }
    if [&user, &database].iter().any(|text| text.chars().any(char::is_control)) {
        return Err(invalid("database", "or the user has a character that is none"));
    }
    let tls =
        SqlTls::from_word(&draft.tls).ok_or_else(|| invalid("tls", "is no way to protect a connection"))?;
    let secret_name = draft.secret_name.clone();
    let source = SqlSource { engine, host, port, database, user, secret_name, tls, query };
    if !source.secret_name.is_empty() {
        let secret = config.feeds.secret(&source.secret_name).ok_or_else(|| {
            invalid("secret_name", "is none of the secrets of the configuration (sources.secrets)")
        })?;
        if !secret.is_for(&source) {
            return Err(ServiceError::invalid(
                "secret_name",
                format!("{} (sources.secrets)", sql::NOT_FOR_IT),
            ));
        }
    }
    Ok(source)
}

fn kind(config: &Config, draft: &DraftKind) -> Result<SourceKind, ServiceError> {
    match draft {
        DraftKind::Http { url, user, headers } => {
            http::check_url(url)
                .map_err(|why| ServiceError::invalid("url", format!("cannot be used: {why}")))?;
            if user.contains(':') {
                return Err(ServiceError::invalid(
                    "user",
                    "has a colon, which basic authentication cannot say",
                ));
            }
            let mut lines = Vec::new();
            for line in headers.lines().map(str::trim).filter(|line| !line.is_empty()) {
                let (name, value) = line.split_once(':').ok_or_else(|| {
                    ServiceError::invalid("headers", format!("has a line without a colon: {line}"))
                })?;
                let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
                http::check_header(&name, &value).map_err(|why| ServiceError::invalid("headers", why))?;
                lines.push((name, value));
            }
            Ok(SourceKind::Http { url: url.trim().to_owned(), user: user.trim().to_owned(), headers: lines })
        }
        DraftKind::Command(name) => match config.feeds.command(name) {
            Some(_) => Ok(SourceKind::Command { name: name.clone() }),
            None => Err(ServiceError::invalid(
                "command",
                "is none of the commands of the configuration (sources.commands)",
            )),
        },
        DraftKind::Sql(draft) => Ok(SourceKind::Sql(sql_source(config, draft)?)),
    }
}

/// True where a secret that was meant for one kind of asking may go along with another.
fn goes_to_the_same(before: &SourceKind, after: &SourceKind) -> bool {
    match (before, after) {
        (
            SourceKind::Http { url: before, user: one, .. },
            SourceKind::Http { url: after, user: other, .. },
        ) => one == other && http::is_same_origin(before, after),
        // Less protection on the way there is another way there.
        (SourceKind::Sql(one), SourceKind::Sql(other)) => {
            let to =
                |source: &SqlSource| (source.engine, source.host.clone(), source.port, source.user.clone());
            to(one) == to(other) && (one.tls == other.tls || other.tls == SqlTls::Verify)
        }
        _ => false,
    }
}

fn apply(services: &Services, source: &mut Source, draft: &Draft) -> Result<(), ServiceError> {
    let name = draft.name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(ServiceError::invalid("name", "needs 1 to 100 characters"));
    }
    let every = draft.every_minutes.trim().parse::<u32>();
    let every = every.ok().filter(|every| (SHORTEST_INTERVAL..=LONGEST_INTERVAL).contains(every));
    let every = every.ok_or_else(|| {
        let message = format!("is not a whole number from {SHORTEST_INTERVAL} to {LONGEST_INTERVAL}");
        ServiceError::invalid("every", message)
    })?;
    let kind = kind(&services.config(), &draft.kind)?;
    let is_new_secret = !draft.secret.expose().is_empty();
    let takes_none = match &kind {
        SourceKind::Http { .. } => false,
        SourceKind::Command { .. } => true,
        SourceKind::Sql(sql) => sql.engine == SqlEngine::Sqlite || !sql.secret_name.is_empty(),
    };
    if draft.forget_secret || takes_none {
        source.secret = None;
    } else if is_new_secret {
        source.secret = Some(services.keys.seal(&sealed_for(source.id), draft.secret.expose().as_bytes())?);
    } else if source.secret.is_some() && !goes_to_the_same(&source.kind, &kind) {
        // Else changing the address would be a way to read it.
        return Err(ServiceError::invalid(
            "secret",
            "would be sent to another place: type it again, or have it forgotten",
        ));
    }
    if source.kind != kind || source.dataset != draft.dataset {
        source.runs = Runs::default();
    }
    name.clone_into(&mut source.name);
    source.dataset.clone_from(&draft.dataset);
    source.kind = kind;
    source.every_minutes = every;
    source.is_enabled = draft.is_enabled;
    source.since = services.now();
    source.next_run = services.now();
    Ok(())
}

/// What the audit log says of a source: no secret, and of an address nothing after its path.
fn described(source: &Source) -> serde_json::Value {
    let what = match &source.kind {
        SourceKind::Http { url, .. } => url.split('?').next().unwrap_or_default(),
        SourceKind::Command { name } => name,
        SourceKind::Sql(sql) if sql.engine == SqlEngine::Sqlite => &sql.database,
        SourceKind::Sql(sql) => &format!("{}:{}/{}", sql.host, sql.port, sql.database),
    };
    json!({
        "name": source.name, "dataset": source.dataset, "kind": source.kind.word(), "what": what,
        "every_minutes": source.every_minutes, "enabled": source.is_enabled,
        "secret": source.secret.is_some(), "query": match &source.kind {
            SourceKind::Sql(sql) => Some(&sql.query),
            _ => None,
        },
    })
}

/// Adds a source.
///
/// # Errors
/// [`ServiceError::Invalid`]; [`ServiceError::OutOfScope`] for an admin who sees single owners.
pub fn add(services: &Services, grant: &Grant<ManageSite>, draft: &Draft) -> Result<SourceId, ServiceError> {
    let now = services.now();
    let mut source = Source {
        id: SourceId::new(now),
        name: String::new(),
        dataset: String::new(),
        kind: SourceKind::Command { name: String::new() },
        secret: None,
        every_minutes: SHORTEST_INTERVAL,
        is_enabled: true,
        created_by: grant.by().user(),
        since: now,
        next_run: now,
        runs: Runs::default(),
    };
    services.store.write(|w| {
        reach::must_see_all(w, grant.by(), EVERY_OWNER)?;
        apply(services, &mut source, draft)?;
        must_have_dataset(w, &source)?;
        store_sources::put_source(w, &source)?;
        let target = format!("source:{}", source.id);
        audit::append(w, now, grant.by(), "feed.source.add", &target, &described(&source))?;
        Ok::<_, ServiceError>(())
    })?;
    Ok(source.id)
}

fn must_have_dataset(w: &crate::store::WriteTxn, source: &Source) -> Result<(), ServiceError> {
    match store_datasets::find_dataset_by_slug(w, &source.dataset)? {
        Some(_) => Ok(()),
        None => Err(ServiceError::invalid("dataset", "is not there; import a file into it once first")),
    }
}

/// Changes a source.
///
/// # Errors
/// [`ServiceError::Invalid`]; [`ServiceError::NotFound`]; [`ServiceError::OutOfScope`] for an admin who sees single owners.
pub fn change(
    services: &Services,
    grant: &Grant<ManageSite>,
    id: SourceId,
    draft: &Draft,
) -> Result<(), ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        reach::must_see_all(w, grant.by(), EVERY_OWNER)?;
        let mut source = store_sources::find_source(w, id)?.ok_or_else(|| no_source(id))?;
        let before = described(&source);
        apply(services, &mut source, draft)?;
        must_have_dataset(w, &source)?;
        store_sources::put_source(w, &source)?;
        let details = json!({"before": before, "after": described(&source)});
        audit::append(w, now, grant.by(), "feed.source.change", &format!("source:{id}"), &details)?;
        Ok(())
    })
}

/// Deletes a source. What it brought stays.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::OutOfScope`] for an admin who sees single owners.
pub fn delete(services: &Services, grant: &Grant<ManageSite>, id: SourceId) -> Result<(), ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        reach::must_see_all(w, grant.by(), EVERY_OWNER)?;
        let source = store_sources::find_source(w, id)?.ok_or_else(|| no_source(id))?;
        store_sources::delete_source(w, id)?;
        audit::append(
            w,
            now,
            grant.by(),
            "feed.source.delete",
            &format!("source:{id}"),
            &described(&source),
        )?;
        Ok(())
    })
}
