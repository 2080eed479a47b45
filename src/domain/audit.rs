//! Who did what to what: an immutable, hash-chained record (ASVS 16.4.2).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ids::UserId;

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A signed-in user.
    User(UserId),
    /// A person at the machine itself, through the command line.
    CommandLine,
    /// The site on its own: jobs, start-up.
    System,
    /// Somebody who is not signed in.
    Visitor,
}

/// One thing that happened. The chain: `hash = SHA-256(previous hash ++ canonical bytes of this event)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Counts from 1 without gaps; never reused.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// From where, if over the network.
    pub address: Option<String>,
    /// For which request, as its answer and the log name it; `job:…` for a job.
    pub request: Option<String>,
    /// What was done: `user.add`, `session.begin`, `import.publish`.
    pub action: String,
    /// To what: `user:0193…`, `dataset:inventory`; may be empty.
    pub target: String,
    /// Before, after and other particulars, as JSON without secrets.
    pub details: String,
    /// Hash of the event before, zeros for the first.
    pub previous_hash: [u8; 32],
    /// Hash of this event.
    pub hash: [u8; 32],
}

/// The log up to an event, signed: kept elsewhere, it proves later that nothing before it was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// Number of the event.
    pub seq: u64,
    /// Its hash, in which all before it are.
    pub hash: [u8; 32],
    /// When it was signed.
    pub at: Timestamp,
    /// All of this as PASETO v4.public.
    pub token: String,
}

/// How far the log was dropped or checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditMark {
    /// Number of the event.
    pub seq: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// When.
    pub at: Timestamp,
    /// What a check found wrong: the event and the reason.
    pub wrong: Option<(u64, String)>,
}
