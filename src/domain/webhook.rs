//! Webhooks: who is told what over HTTP, and what became of each telling.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use super::ids::{UserId, WebhookId, WebhookMessageId};

/// Most webhooks of a site.
pub const MAX_WEBHOOKS: usize = 20;
/// Longest name in characters.
pub const MAX_NAME_CHARS: usize = 60;
/// Longest address in bytes.
pub const MAX_URL_BYTES: usize = 1_000;
/// How much of an answer is kept, in bytes.
pub const KEPT_ANSWER_BYTES: usize = 1 << 10;
/// How many tries of a message are kept, the latest.
pub const KEPT_TRIES: usize = 40;

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub enum WebhookEvent {
    /// An import became what readers see.
    #[serde(rename = "import.published")]
    ImportPublished,
    /// An import ended without that.
    #[serde(rename = "import.failed")]
    ImportFailed,
    /// The guard held an import back; somebody decides.
    #[serde(rename = "import.held")]
    ImportHeld,
    /// Somebody asks for an account.
    #[serde(rename = "approval.requested")]
    ApprovalRequested,
    /// Somebody who asked was let in.
    #[serde(rename = "approval.approved")]
    ApprovalApproved,
    /// Somebody who asked was turned down.
    #[serde(rename = "approval.rejected")]
    ApprovalRejected,
    /// A dataset was not imported for a while.
    #[serde(rename = "alert.feed_late")]
    FeedLate,
    /// A source could not be asked.
    #[serde(rename = "alert.source_failed")]
    SourceFailed,
    /// A backup failed.
    #[serde(rename = "alert.backup_failed")]
    BackupFailed,
    /// There is little room on the disk.
    #[serde(rename = "alert.disk_low")]
    DiskLow,
    /// Somebody tries whether it works.
    #[serde(rename = "ping")]
    Ping,
}

/// A text that names no event.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is no event; expected one of import.published, import.failed, import.held, approval.requested, \
         approval.approved, approval.rejected, alert.feed_late, alert.source_failed, alert.backup_failed and \
         alert.disk_low"
)]
pub struct UnknownWebhookEvent(pub String);

impl WebhookEvent {
    /// Those that can be chosen. A ping goes to whoever asks for it.
    pub const CHOICES: [Self; 10] = [
        Self::ImportPublished,
        Self::ImportFailed,
        Self::ImportHeld,
        Self::ApprovalRequested,
        Self::ApprovalApproved,
        Self::ApprovalRejected,
        Self::FeedLate,
        Self::SourceFailed,
        Self::BackupFailed,
        Self::DiskLow,
    ];

    /// Its word in messages, addresses and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ImportPublished => "import.published",
            Self::ImportFailed => "import.failed",
            Self::ImportHeld => "import.held",
            Self::ApprovalRequested => "approval.requested",
            Self::ApprovalApproved => "approval.approved",
            Self::ApprovalRejected => "approval.rejected",
            Self::FeedLate => "alert.feed_late",
            Self::SourceFailed => "alert.source_failed",
            Self::BackupFailed => "alert.backup_failed",
            Self::DiskLow => "alert.disk_low",
            Self::Ping => "ping",
        }
    }
}

impl fmt::Display for WebhookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for WebhookEvent {
    type Err = UnknownWebhookEvent;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::CHOICES.into_iter().find(|event| event.as_str() == text);
        found.ok_or_else(|| UnknownWebhookEvent(text.to_owned()))
    }
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// What pages, the API and the audit log call it.
    pub id: WebhookId,
    /// What people call it.
    pub name: String,
    /// Where it is told.
    pub url: String,
    /// What it is told.
    pub events: BTreeSet<WebhookEvent>,
    /// It is told at all.
    pub is_on: bool,
    /// The other side said that it is gone (410), and so it was turned off.
    pub gone_at: Option<Timestamp>,
    /// A message was given up then, and none was taken since.
    pub failed_at: Option<Timestamp>,
    /// What messages are signed with, sealed.
    pub secret: String,
    /// The secret before, sealed, and until when messages are signed with it too.
    pub old_secret: Option<(String, Timestamp)>,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MessageState {
    /// It is sent, or sent again, by itself.
    Waiting,
    /// It was taken.
    Delivered,
    /// It was given up.
    Failed,
}

/// One try to hand a message over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Try {
    /// When it began.
    pub at: Timestamp,
    /// What the other side answered; `None` where there was no answer.
    pub status: Option<u16>,
    /// Milliseconds that it took.
    pub took_ms: u64,
    /// How the answer begins, or why there was none.
    pub answer: String,
}

/// One telling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookMessage {
    /// Its id; `msg_` before it makes what the other side knows it by.
    pub id: WebhookMessageId,
    /// Whom it is for.
    pub webhook: WebhookId,
    /// What happened.
    pub event: WebhookEvent,
    /// What is sent, to the byte: the signature covers it.
    pub body: String,
    /// How far it is.
    pub state: MessageState,
    /// Tries so far.
    pub attempts: u32,
    /// The latest of them.
    pub tries: Vec<Try>,
    /// When it happened.
    pub created_at: Timestamp,
    /// When the message last changed.
    pub updated_at: Timestamp,
}

impl WebhookMessage {
    /// What the other side knows it by: the same each time it is sent.
    pub fn public_id(&self) -> String {
        format!("msg_{}", self.id.0.simple())
    }
}

#[cfg(test)]
mod tests {
    use super::WebhookEvent;

    #[test]
    fn words_are_the_same_in_records_and_for_people() {
        for event in WebhookEvent::CHOICES.into_iter().chain([WebhookEvent::Ping]) {
            assert_eq!(serde_json::to_value(event).unwrap(), event.as_str());
        }
        assert_eq!("import.held".parse(), Ok(WebhookEvent::ImportHeld));
        assert!("ping".parse::<WebhookEvent>().is_err(), "nobody subscribes to pings");
    }
}
