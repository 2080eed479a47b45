//! Everything that this site talks to by itself: what is configured, from where, and when it was last used. Each part of the
//! site that reaches out adds a function to [`PARTS`]; with nothing configured there is nothing in the list.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::Services;
use super::authorize::{Grant, ReadAudit};
use super::error::ServiceError;
use crate::config::mail::MailMode;
use crate::config::remote::RemoteStore;
use crate::domain::feed::{SourceKind, SqlEngine};
use crate::domain::mail::MailState;
use crate::remote::hooks::Target;
use crate::store::{
    StoreError, backups as store_backups, outbox as store_outbox, sources as store_sources,
    webhooks as store_webhooks,
};

/// What something outside is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OutboundKind {
    /// Mails leave there.
    Mail,
    /// The company's directory: sign-ins are checked there.
    Directory,
    /// Files or rows come from there.
    Source,
    /// Copies of users' files go there.
    Copies,
    /// Copies of backups go there.
    Backups,
    /// It is told what happens.
    Webhook,
}

/// Something outside that the site talks to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Outbound {
    /// What it is for.
    pub kind: OutboundKind,
    /// What people call it; empty where it has no name.
    pub name: String,
    /// Host and port, or the program that is run.
    pub target: String,
    /// Where that was said.
    pub origin: String,
    /// The page where it is seen.
    pub page: String,
    /// It is used; else it is only kept.
    pub is_on: bool,
    /// When it was last used, where that is known.
    pub last_used: Option<Timestamp>,
}

type Part = fn(&Services, &mut Vec<Outbound>) -> Result<(), ServiceError>;

/// Whoever makes this site talk to something else adds a line.
const PARTS: [Part; 6] = [mail, directory, sources, copies, backups, webhooks];

/// All of it.
///
/// # Errors
/// The store.
pub fn list(services: &Services, _grant: &Grant<ReadAudit>) -> Result<Vec<Outbound>, ServiceError> {
    let mut all = Vec::new();
    for part in PARTS {
        part(services, &mut all)?;
    }
    Ok(all)
}

/// Where a setting was said; the first of them that was said at all.
fn said(services: &Services, names: &[&str]) -> String {
    let config = services.config();
    let shown = names
        .iter()
        .find_map(|name| config.shown.iter().find(|shown| shown.name == *name && shown.value.is_some()));
    shown.map_or_else(String::new, |shown| shown.origin.clone())
}

fn host_and_port(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn target_of(url: &str) -> String {
    let plain = url.split('#').next().unwrap_or_default();
    Target::of(plain).map_or_else(|_| String::new(), |target| host_and_port(&target.host, target.port))
}

fn mail(services: &Services, all: &mut Vec<Outbound>) -> Result<(), ServiceError> {
    let config = services.config();
    let MailMode::Smtp(senders) = &config.mail.mode else { return Ok(()) };
    let mut last_used = None;
    services.store.read(|r| {
        store_outbox::visit_mails(r, Some(MailState::Sent), None, &mut |mail| {
            last_used = Some(mail.updated_at);
            std::ops::ControlFlow::Break(())
        })
    })?;
    for sender in senders {
        let host = format!("{}.host", sender.section);
        all.push(Outbound {
            kind: OutboundKind::Mail,
            name: String::new(),
            target: host_and_port(&sender.host, sender.port),
            origin: said(services, &[&host]),
            page: "/admin/outbox".to_owned(),
            is_on: true,
            last_used,
        });
    }
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "a part like the others, which read the store")]
fn directory(services: &Services, all: &mut Vec<Outbound>) -> Result<(), ServiceError> {
    let config = services.config();
    let Some(directory) = &config.directory else { return Ok(()) };
    let asked = services.directory().and_then(|directory| directory.last_answer()).map(|(ago, _)| ago);
    let ago = asked.and_then(|ago| SignedDuration::try_from(ago).ok());
    for server in &directory.servers {
        all.push(Outbound {
            kind: OutboundKind::Directory,
            name: String::new(),
            target: host_and_port(&server.host, server.port),
            origin: said(services, &["directory.servers"]),
            page: "/admin/directory".to_owned(),
            is_on: true,
            last_used: ago.map(|ago| services.now() - ago),
        });
    }
    Ok(())
}

fn sources(services: &Services, all: &mut Vec<Outbound>) -> Result<(), ServiceError> {
    for source in services.store.read(store_sources::list_sources)? {
        let target = match &source.kind {
            SourceKind::Http { url, .. } => target_of(url),
            SourceKind::Sql(sql) if sql.engine == SqlEngine::Sqlite => continue,
            SourceKind::Sql(sql) => host_and_port(&sql.host, sql.port),
            // What a program of the configuration talks to is its own matter: that it is run is said.
            SourceKind::Command { name } => name.clone(),
        };
        all.push(Outbound {
            kind: OutboundKind::Source,
            name: source.name.clone(),
            target,
            origin: "/admin/sources".to_owned(),
            page: format!("/admin/sources/{}", source.id),
            is_on: source.is_enabled,
            last_used: source.runs.last,
        });
    }
    Ok(())
}

/// Where a store is asked.
fn address_of(store: &RemoteStore) -> String {
    match store {
        RemoteStore::S3(s3) => {
            let own = || format!("https://s3.{}.amazonaws.com", s3.region);
            s3.endpoint.clone().unwrap_or_else(own)
        }
        RemoteStore::Cloudinary(cloudinary) => cloudinary.api_url.clone(),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a part like the others, which read the store")]
fn copies(services: &Services, all: &mut Vec<Outbound>) -> Result<(), ServiceError> {
    let config = services.config();
    let Some(remote) = &config.remote else { return Ok(()) };
    all.push(Outbound {
        kind: OutboundKind::Copies,
        name: remote.store.place(),
        target: target_of(&address_of(&remote.store)),
        origin: said(services, &["files.remote"]),
        page: "/admin/copies".to_owned(),
        is_on: true,
        last_used: None,
    });
    Ok(())
}

fn backups(services: &Services, all: &mut Vec<Outbound>) -> Result<(), ServiceError> {
    let config = services.config();
    let Some(remote) = &config.backup.remote else { return Ok(()) };
    let copies = services.store.read(store_backups::list_copies)?;
    all.push(Outbound {
        kind: OutboundKind::Backups,
        name: remote.to.store.place(),
        target: target_of(&address_of(&remote.to.store)),
        origin: said(services, &["backup.remote"]),
        page: "/admin/system#system-backups".to_owned(),
        is_on: true,
        last_used: copies.iter().map(|copy| copy.at).max(),
    });
    Ok(())
}

fn webhooks(services: &Services, all: &mut Vec<Outbound>) -> Result<(), ServiceError> {
    let found = services.store.read(|r| {
        let mut found = Vec::new();
        for webhook in store_webhooks::list_webhooks(r)? {
            let latest = store_webhooks::list_messages(r, webhook.id, None, 1)?;
            let last = latest.first().and_then(|message| message.tries.last()).map(|one| one.at);
            found.push((webhook, last));
        }
        Ok::<_, StoreError>(found)
    })?;
    for (webhook, last_used) in found {
        all.push(Outbound {
            kind: OutboundKind::Webhook,
            name: webhook.name,
            target: target_of(&webhook.url),
            origin: "/admin/webhooks".to_owned(),
            page: format!("/admin/webhooks/{}", webhook.id),
            is_on: webhook.is_on,
            last_used,
        });
    }
    Ok(())
}
