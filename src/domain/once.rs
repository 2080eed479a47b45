//! Requests that are done once however often they are sent, by a key of the sender's choice
//! (draft-ietf-httpapi-idempotency-key-header).

use jiff::Timestamp;

/// Characters of a key.
pub const MAX_KEY_CHARS: usize = 255;

/// What was asked for under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Of method, address and body: another request under the same key is none of its repetitions.
    pub fingerprint: [u8; 32],
    /// When.
    pub at: Timestamp,
    /// What it came to; `None` as long as it is at work, and for ever where the site was stopped meanwhile.
    pub answer: Option<KeptAnswer>,
}

/// An answer that can be given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Its status.
    pub status: u16,
    /// What its body is; blank for none.
    pub content_type: String,
    /// Its body; `None` where that held a secret, or was too large to be kept.
    pub body: Option<Vec<u8>>,
}
