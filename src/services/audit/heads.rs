//! Signed heads: number and hash of an event, in which all before it are, signed with the site's key for the audit log.
//! Kept elsewhere, a head proves later that nothing before it was changed, and that nothing was cut off.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::base::hex;
use crate::domain::audit::AuditHead;
use crate::services::authorize::{Grant, ReadAudit};
use crate::services::keys::{AUDIT_KEY_FILE, AuditKey, KEYS_DIRECTORY, PublicKey, audit_keys};
use crate::services::{ServiceError, Services};
use crate::store::audit_heads::{MarkName, find_mark, last_head, put_head};
use crate::store::{Read, StoreError, audit as store_audit};

/// How often the chore signs, where there is anything new.
const SIGN_EVERY: SignedDuration = SignedDuration::from_mins(60);
/// Says what was signed, so that no other signature of the key could be taken for it.
const KIND: &str = "stockroom-audit-head";

/// What is signed, as JSON in a PASETO v4.public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadClaims {
    kind: String,
    /// Number of the event.
    pub seq: u64,
    /// Its hash, hexadecimal.
    pub hash: String,
    /// When it was signed.
    pub at: Timestamp,
}

impl HeadClaims {
    /// What the token says, where it was signed with this key.
    pub fn open(key: &PublicKey, token: &str) -> Option<Self> {
        let claims: Self = serde_json::from_str(&key.open(token)?).ok()?;
        (claims.kind == KIND).then_some(claims)
    }

    /// The same with whichever of these keys it was signed.
    pub(super) fn open_any(keys: &[PublicKey], token: &str) -> Option<Self> {
        keys.iter().find_map(|key| Self::open(key, token))
    }

    /// Whether the token said what the head says.
    pub(super) fn fits(&self, head: &AuditHead) -> bool {
        (self.seq, self.hash.as_str(), self.at) == (head.seq, hex::encode(&head.hash).as_str(), head.at)
    }
}

/// Events up to this number were dropped.
pub(super) fn floor(r: &impl Read) -> Result<u64, StoreError> {
    Ok(find_mark(r, MarkName::Floor)?.map_or(0, |mark| mark.seq))
}

/// Signs the newest event, if it is not yet; `None` for an empty log.
///
/// # Errors
/// A key that is gone although it signed before: another one would only hide that.
pub fn sign(services: &Services) -> Result<Option<AuditHead>, ServiceError> {
    sign_where(services, |_, _| true)
}

/// The same where the last head is an hour old.
pub fn sign_if_due(services: &Services) -> Result<Option<AuditHead>, ServiceError> {
    sign_where(services, |last, now| {
        last.is_none_or(|head| {
            let age = now.duration_since(head.at);
            // A clock that was set back must not stop the signing.
            age >= SIGN_EVERY || age.is_negative()
        })
    })
}

fn sign_where(
    services: &Services,
    is_due: impl Fn(Option<&AuditHead>, Timestamp) -> bool,
) -> Result<Option<AuditHead>, ServiceError> {
    let (event, last) =
        services.store.read(|r| Ok::<_, StoreError>((store_audit::last_event(r)?, last_head(r)?)))?;
    let Some(event) = event else { return Ok(None) };
    let now = services.now();
    if last.as_ref().is_some_and(|head| head.seq == event.seq) || !is_due(last.as_ref(), now) {
        return Ok(last);
    }
    let key = match (AuditKey::find(services.data_dir())?, &last) {
        (Some(key), _) => key,
        (None, None) => AuditKey::find_or_make(services.data_dir())?,
        // Restored without its keys: the log says so, and heads of before are checked with the public half.
        (None, Some(last))
            if HeadClaims::open_any(&audit_keys(services.data_dir())?, &last.token).is_some() =>
        {
            AuditKey::find_or_make(services.data_dir())?
        }
        (None, Some(_)) => {
            return Err(ServiceError::Internal(format!(
                "{KEYS_DIRECTORY}/{AUDIT_KEY_FILE} is gone, with which the audit log was signed before; put the one \
                 from a backup in its place"
            )));
        }
    };
    let at = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
    let claims = HeadClaims { kind: KIND.to_owned(), seq: event.seq, hash: hex::encode(&event.hash), at };
    let text = serde_json::to_string(&claims).map_err(|error| ServiceError::Internal(error.to_string()))?;
    let head = AuditHead { seq: event.seq, hash: event.hash, at, token: key.sign(&text)? };
    services.store.write(|w| put_head(w, &head))?;
    // In the log as well, which many sites send elsewhere: there nobody can take it back.
    tracing::info!(
        audit.seq = head.seq,
        audit.head = head.token,
        "Signed the audit log up to event {}",
        head.seq
    );
    Ok(Some(head))
}

/// A signed head as people take it elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadView {
    /// Number of the event.
    pub seq: u64,
    /// Its hash, hexadecimal.
    pub hash: String,
    /// When it was signed.
    pub at: Timestamp,
    /// All of this as PASETO v4.public.
    pub token: String,
    /// The key with which the token is checked, as PASERK.
    pub public_key: Option<String>,
}

/// The newest signed head.
///
/// # Errors
/// The store.
pub fn latest(services: &Services, _grant: &Grant<ReadAudit>) -> Result<Option<HeadView>, ServiceError> {
    let public_key = public_key(services)?;
    let head = services.store.read(last_head)?;
    Ok(head.map(|AuditHead { seq, hash, at, token }| HeadView {
        seq,
        hash: hex::encode(&hash),
        at,
        token,
        public_key,
    }))
}

/// Signs what there is, for somebody who takes the head elsewhere.
///
/// # Errors
/// As [`sign`].
pub fn sign_now(services: &Services, _grant: &Grant<ReadAudit>) -> Result<(), ServiceError> {
    sign(services).map(drop)
}

/// The key with which heads are checked, as text; `None` before the first was signed.
///
/// # Errors
/// A key that cannot be read.
pub fn public_key(services: &Services) -> Result<Option<String>, ServiceError> {
    let key = AuditKey::find(services.data_dir())?;
    Ok(key.map(|key| key.public()).transpose()?.map(|key| key.to_text()))
}
