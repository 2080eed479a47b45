//! New keys in the place of those that are there.
//!
//! The site's key: from the moment there is a new one, everything is sealed with it and opens with either. What the store
//! holds is sealed anew in small transactions, by the command or, where that was killed, by the server's chores; links and
//! forms that are under way keep the old key until they end. Nothing left, the old key goes.
//!
//! The key of the audit log: heads of before are checked with its public half, which stays. What else is a secret is no key:
//! sessions, tokens of programs and codes are kept as hashes, forms are bound to sessions, and keys of TLS are files of
//! their own.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::ring::By as OpenedBy;
use super::sealed::{self, Sealed};
use super::{
    AUDIT_KEY_FILE, AuditKey, KEYS_DIRECTORY, OLD_AUDIT_KEYS_FILE, audit_keys, fresh_audit_key, ring,
};
use crate::services::audit::heads;
use crate::services::authorize::{By, Grant, ManageSite};
use crate::services::error::ServiceError;
use crate::services::{Services, audit};
use crate::store::tokens as store_tokens;

/// Values that are sealed anew in one transaction.
const BATCH: usize = 50;
/// What is sealed and kept nowhere lives shorter than this: a step between password and code, a form of a visitor.
const FORMS_LIVE: SignedDuration = SignedDuration::from_hours(1);
/// Beside a server, what was sealed with the old key and is not written down yet.
const UNDER_WAY: SignedDuration = SignedDuration::from_mins(1);

/// How keys stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysStatus {
    /// Secrets in the store that the site's key opens.
    pub sealed: u64,
    /// Secrets that only the old key opens.
    pub sealed_with_old: u64,
    /// Secrets that no key opens.
    pub unreadable: u64,
    /// When the old key was replaced; `None` where there is none.
    pub replaced_at: Option<Timestamp>,
    /// Links and codes that were made before that and are still good.
    pub links_of_before: u64,
    /// When the old key goes at the earliest.
    pub old_goes_at: Option<Timestamp>,
    /// What heads of the audit log are checked with, as PASERK.
    pub audit_key: Option<String>,
    /// Keys of before that their heads are checked with.
    pub old_audit_keys: u64,
}

/// Whether links that are under way are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Links {
    /// The old key stays until the last of them ended.
    Kept,
    /// They are void with the old key.
    Void,
}

/// How keys stand.
///
/// # Errors
/// The store; keys that cannot be read.
pub fn status(services: &Services, _grant: &Grant<ManageSite>) -> Result<KeysStatus, ServiceError> {
    let ring = services.keys.ring()?;
    let (mut whole, mut with_old, mut unreadable) = (0, 0, 0);
    for Sealed { place, text } in services.store.read(sealed::list)? {
        match ring.open(&place.purpose(), &text) {
            Some((OpenedBy::Current, _)) => whole += 1,
            Some((OpenedBy::Old, _)) => with_old += 1,
            None => unreadable += 1,
        }
    }
    let waits = waits(services)?;
    let audit = audit_keys(services.data_dir())?;
    Ok(KeysStatus {
        sealed: whole,
        sealed_with_old: with_old,
        unreadable,
        replaced_at: ring.old.as_ref().map(|old| old.replaced_at),
        links_of_before: waits.map_or(0, |(links, _)| links),
        old_goes_at: waits.map(|(_, at)| at),
        audit_key: heads::public_key(services)?,
        old_audit_keys: (audit.len() as u64).saturating_sub(1),
    })
}

/// Links that keep the old key, and when it may go; `None` where there is none.
fn waits(services: &Services) -> Result<Option<(u64, Timestamp)>, ServiceError> {
    let ring = services.keys.ring()?;
    let Some(old) = &ring.old else { return Ok(None) };
    let now = services.now();
    let ends: Vec<Timestamp> = services
        .store
        .read(store_tokens::list_tokens)?
        .into_iter()
        .filter(|token| token.created_at <= old.replaced_at && token.expires_at > now)
        .map(|token| token.expires_at)
        .collect();
    if old.at_once {
        return Ok(Some((ends.len() as u64, old.replaced_at + UNDER_WAY)));
    }
    let last = ends.iter().copied().max().unwrap_or(Timestamp::MIN);
    Ok(Some((ends.len() as u64, last.max(old.replaced_at + FORMS_LIVE))))
}

/// Makes a new key for the site and seals everything in the store with it. Where an earlier one did not come to its end, it
/// goes on instead if nothing is to wait for links any more.
///
/// # Errors
/// [`ServiceError::Conflict`] while the key before the present one is still there; the disk; the store. Whatever failed, all
/// that opened opens.
pub fn rotate(
    services: &Services,
    grant: &Grant<ManageSite>,
    links: Links,
    alone: bool,
) -> Result<KeysStatus, ServiceError> {
    let turn = services.keys.lock();
    let now = services.now();
    match (services.keys.ring()?.old.as_ref(), links) {
        (Some(old), Links::Kept) => {
            return Err(ServiceError::Conflict(format!(
                "the key was replaced at {} and the one before is still needed; `stockroom keys status` says for how \
                 long, `stockroom keys rotate --void-links` does not wait for links",
                old.replaced_at
            )));
        }
        (Some(_), Links::Void) => services.keys.hurry()?,
        (None, _) => {
            let details = json!({ "key": "site", "links": links });
            services.store.write(|w| audit::append(w, now, grant.by(), "keys.rotate", "site", &details))?;
            services.keys.turn(now, links == Links::Void)?;
        }
    }
    drop(turn);
    go_on(services, alone)?;
    status(services, grant)
}

/// Seals anew what the old key alone opens, and drops that key once nothing needs it. Does nothing where there is none. Safe
/// to be ended at any moment, and to be run again.
///
/// # Errors
/// The disk; the store.
pub fn go_on(services: &Services, alone: bool) -> Result<(), ServiceError> {
    let _turn = services.keys.lock();
    let ring = services.keys.ring()?;
    let Some(old) = &ring.old else { return Ok(()) };
    loop {
        let mut stale = Vec::new();
        for Sealed { place, text } in services.store.read(sealed::list)? {
            let purpose = place.purpose();
            if let Some((OpenedBy::Old, bytes)) = ring.open(&purpose, &text) {
                stale.push((place, text, services.keys.seal(&purpose, &bytes)?));
            }
        }
        if stale.is_empty() {
            break;
        }
        for batch in stale.chunks(BATCH) {
            services.store.write(|w| {
                for (place, before, after) in batch {
                    // What was changed meanwhile was sealed with the new key.
                    place.replace(w, before, after)?;
                }
                Ok::<_, ServiceError>(())
            })?;
        }
    }
    let now = services.now();
    let may_go = match waits(services)? {
        // Nobody else could be about to write something down.
        Some(_) if alone && old.at_once => true,
        Some((_, at)) => at <= now,
        None => false,
    };
    // A backup that is being made may hold what the old key alone opens, and has not put the keys in yet.
    let no_backup = services.backups.while_none_is_made();
    if may_go && no_backup.is_some() {
        let details = json!({ "key": "site", "replaced_at": old.replaced_at });
        services.store.write(|w| audit::append(w, now, By::SYSTEM, "keys.drop", "site", &details))?;
        services.keys.drop_old()?;
        tracing::info!("The old key of the site is gone: nothing is sealed with it any more");
    }
    Ok(())
}

/// Makes a new key for heads of the audit log. The log is signed up to here with the key before, whose public half stays.
///
/// # Errors
/// The disk; the store; a log whose key is gone.
pub fn rotate_audit(services: &Services, grant: &Grant<ManageSite>) -> Result<KeysStatus, ServiceError> {
    let _turn = services.keys.lock();
    heads::sign(services)?;
    let directory = services.data_dir().join(KEYS_DIRECTORY);
    let before = AuditKey::find(services.data_dir())?.map(|key| key.public()).transpose()?;
    let fresh = fresh_audit_key()?;
    let details = json!({
        "key": "audit", "before": before.map(|key| key.to_text()), "after": fresh.public()?.to_text(),
    });
    let now = services.now();
    services.store.write(|w| audit::append(w, now, grant.by(), "keys.rotate", "site", &details))?;
    // The public half first: a key that signed is never unknown.
    let known: Vec<String> = audit_keys(services.data_dir())?.iter().map(super::PublicKey::to_text).collect();
    ring::replace(&directory, OLD_AUDIT_KEYS_FILE, &(known.join("\n") + "\n"))?;
    ring::replace(&directory, AUDIT_KEY_FILE, &fresh.to_text())?;
    heads::sign(services)?;
    status(services, grant)
}
