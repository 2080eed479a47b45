//! The log as a file: CSV for spreadsheets, JSON lines for programs, which also proves itself (`hash`).

use std::io::{self, Write};

use serde_json::json;

use super::filter::{Filter, Wanted, target_user};
use super::search::{People, next_part};
use super::text::actor_word;
use super::{append, heads, last_seq};
use crate::base::hex;
use crate::domain::audit::{Actor, AuditEvent};
use crate::services::authorize::{By, Grant, ReadAudit};
use crate::services::export::guard_cell;
use crate::services::{ServiceError, Services};
use crate::store::StoreError;

/// What an export of the log is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditFormat {
    /// Comma-separated.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

impl AuditFormat {
    /// Reads the word used in addresses.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`].
    pub fn parse(text: &str) -> Result<Self, ServiceError> {
        match text {
            "csv" | "" => Ok(Self::Csv),
            "jsonl" => Ok(Self::Jsonl),
            _ => Err(ServiceError::invalid("format", format!("`{text}`: expected csv or jsonl"))),
        }
    }

    /// How a file of this format ends.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }

    /// The media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Jsonl => "application/x-ndjson; charset=utf-8",
        }
    }
}

/// An export that is ready to be written, oldest event first.
pub struct AuditExport {
    wanted: Wanted,
    format: AuditFormat,
    last: u64,
    name: String,
}

/// Prepares an export: notes it in the log, and signs the log up to there.
///
/// # Errors
/// The store.
pub fn prepare(
    services: &Services,
    grant: &Grant<ReadAudit>,
    filter: &Filter,
    format: AuditFormat,
) -> Result<AuditExport, ServiceError> {
    let now = services.now();
    let last = last_seq(services)?;
    note(services, grant.by(), filter, format)?;
    // The export is worth no less without a signature: that the key is gone is told by the chore and the check.
    // What was written since a site became read-only is gone with the process, and is not signed.
    if !services.is_read_only()
        && let Err(error) = heads::sign(services)
    {
        tracing::error!("The audit log could not be signed: {error}");
    }
    let wanted = services.store.read(|r| Wanted::of(r, filter))?;
    let day = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let name = format!("audit-{day}.{}", format.extension());
    Ok(AuditExport { wanted, format, last, name })
}

fn note(services: &Services, by: By, filter: &Filter, format: AuditFormat) -> Result<(), StoreError> {
    let details = json!({ "format": format.extension(), "filters": filter.to_json() });
    services.store.write(|w| append(w, services.now(), by, "audit.export", "audit", &details))
}

/// The columns of a CSV file.
const COLUMNS: [&str; 13] = [
    "seq",
    "at",
    "actor",
    "actor_name",
    "actor_email",
    "address",
    "request",
    "action",
    "target",
    "target_name",
    "details",
    "previous_hash",
    "hash",
];

impl AuditExport {
    /// What it is written as.
    pub fn format(&self) -> AuditFormat {
        self.format
    }

    /// What the file is called.
    pub fn file_name(&self) -> &str {
        &self.name
    }

    /// Writes everything.
    ///
    /// # Errors
    /// What `out` returns, or the store.
    pub fn write(&self, services: &Services, out: &mut impl Write) -> io::Result<()> {
        match self.format {
            AuditFormat::Csv => {
                let mut writer = csv::WriterBuilder::new().buffer_capacity(1 << 16).from_writer(out);
                writer.write_record(COLUMNS)?;
                self.for_each(services, |event, people| {
                    for cell in cells(event, people) {
                        writer.write_field(&*guard_cell(&cell))?;
                    }
                    Ok(writer.write_record(None::<&[u8]>)?)
                })?;
                writer.flush()
            }
            AuditFormat::Jsonl => {
                let mut out = io::BufWriter::with_capacity(1 << 16, out);
                self.for_each(services, |event, people| {
                    serde_json::to_writer(&mut out, &to_json(event, people))?;
                    out.write_all(b"\n")
                })?;
                out.flush()
            }
        }
    }

    /// Each part is read by itself, so that a slow reader holds nothing up.
    fn for_each(
        &self,
        services: &Services,
        mut write: impl FnMut(&AuditEvent, &People) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut next = Some(1);
        while let Some(first) = next {
            let read = services.store.read(|r| next_part(r, &self.wanted, first, self.last));
            let (events, people, more) =
                read.map_err(|error: StoreError| io::Error::other(error.to_string()))?;
            events.iter().try_for_each(|event| write(event, &people))?;
            next = more;
        }
        Ok(())
    }
}

fn names<'p>(event: &AuditEvent, people: &'p People) -> (&'p str, &'p str, &'p str) {
    let actor = match event.actor {
        Actor::User(id) => people.get(&id),
        Actor::CommandLine | Actor::System | Actor::Visitor => None,
    };
    let target = target_user(&event.target).and_then(|id| people.get(&id));
    let name = |person: Option<&'p super::search::Person>| person.map_or("", |person| person.name.as_str());
    (name(actor), actor.map_or("", |person| person.email.as_str()), name(target))
}

fn cells(event: &AuditEvent, people: &People) -> [String; 13] {
    let (actor_name, actor_email, target_name) = names(event, people);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        event.seq.to_string(),
        event.at.to_string(),
        actor_word(&event.actor),
        actor_name.to_owned(),
        actor_email.to_owned(),
        text(&event.address),
        text(&event.request),
        event.action.clone(),
        event.target.clone(),
        target_name.to_owned(),
        event.details.clone(),
        hex::encode(&event.previous_hash),
        hex::encode(&event.hash),
    ]
}

/// An event as JSON, for exports and the command line.
pub fn to_json(event: &AuditEvent, people: &People) -> serde_json::Value {
    let (actor_name, actor_email, target_name) = names(event, people);
    let details: serde_json::Value = serde_json::from_str(&event.details).unwrap_or_default();
    let mut json = json!({
        "seq": event.seq,
        "at": event.at,
        "actor": actor_word(&event.actor),
        "address": event.address,
        "request": event.request,
        "action": event.action,
        "target": event.target,
        "details": details,
        "previous_hash": hex::encode(&event.previous_hash),
        "hash": hex::encode(&event.hash),
    });
    for (name, value) in
        [("actor_name", actor_name), ("actor_email", actor_email), ("target_name", target_name)]
    {
        if !value.is_empty() {
            json[name] = json!(value);
        }
    }
    json
}
