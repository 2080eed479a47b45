//! Browsers that are not asked for a second factor for a while.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};
use jiff::Timestamp;

use super::codec::damaged;
use super::convert::{micros, timestamp};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::TRUSTED_BROWSERS;
use super::transaction::{Order, Read, WriteTxn, get, visit};
use crate::domain::ids::UserId;
use crate::domain::session::TokenHash;

/// A browser that its user trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedBrowser {
    /// SHA-256 of its device cookie.
    pub device: TokenHash,
    /// The user's credential epoch at that moment; it ends when the user's differs.
    pub credential_epoch: u64,
    /// Since when.
    pub trusted_at: Timestamp,
    /// What it called itself.
    pub user_agent: String,
}

#[derive(Encode, Decode)]
enum TrustedBrowserRecord {
    V1 { credential_epoch: u64, trusted_at: i64, user_agent: String },
}

fn key_of(user: UserId, device: &TokenHash) -> Vec<u8> {
    Key::new().uuid(user.0).bytes(device).done()
}

fn from_record(device: TokenHash, record: TrustedBrowserRecord) -> TrustedBrowser {
    let TrustedBrowserRecord::V1 { credential_epoch, trusted_at, user_agent } = record;
    TrustedBrowser { device, credential_epoch, trusted_at: timestamp(trusted_at), user_agent }
}

/// The user's trust in this browser.
pub fn find_trusted(
    r: &impl Read,
    user: UserId,
    device: &TokenHash,
) -> Result<Option<TrustedBrowser>, StoreError> {
    let record = get(r, TRUSTED_BROWSERS, &key_of(user, device))?;
    Ok(record.map(|record| from_record(*device, record)))
}

/// All browsers that the user trusts, also those whose time has passed.
pub fn list_trusted(r: &impl Read, user: UserId) -> Result<Vec<TrustedBrowser>, StoreError> {
    let mut trusted = Vec::new();
    visit(r, TRUSTED_BROWSERS, &Key::id(user.0), Order::Ascending, &mut |key, record| {
        let mut parts = KeyParts::of(key);
        let (Some(_), Some(device)) = (parts.uuid(), parts.bytes()) else {
            return Err(damaged(TRUSTED_BROWSERS, key, "its key has the wrong length"));
        };
        trusted.push(from_record(device, record));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(trusted)
}

/// Trusts a browser, or trusts it anew.
pub fn put_trusted(w: &WriteTxn, user: UserId, browser: &TrustedBrowser) -> Result<(), StoreError> {
    let record = TrustedBrowserRecord::V1 {
        credential_epoch: browser.credential_epoch,
        trusted_at: micros(browser.trusted_at),
        user_agent: browser.user_agent.clone(),
    };
    w.put(TRUSTED_BROWSERS, &key_of(user, &browser.device), &record)
}

/// Ends the trust in one; true where there was any.
pub fn delete_trusted(w: &WriteTxn, user: UserId, device: &TokenHash) -> Result<bool, StoreError> {
    w.remove(TRUSTED_BROWSERS, &key_of(user, device))
}

/// Ends the trust in all but `except`; in how many.
pub fn delete_all_trusted(
    w: &WriteTxn,
    user: UserId,
    except: Option<&TokenHash>,
) -> Result<usize, StoreError> {
    let mut ended = 0;
    for browser in list_trusted(w, user)? {
        if except != Some(&browser.device) && delete_trusted(w, user, &browser.device)? {
            ended += 1;
        }
    }
    Ok(ended)
}

/// Forgets trust that began before this instant; how many browsers.
pub fn purge_trusted(w: &WriteTxn, before: Timestamp) -> Result<usize, StoreError> {
    let mut stale = Vec::new();
    visit(w, TRUSTED_BROWSERS, &[], Order::Ascending, &mut |key, record: TrustedBrowserRecord| {
        let TrustedBrowserRecord::V1 { trusted_at, .. } = record;
        if timestamp(trusted_at) < before {
            stale.push(key.to_vec());
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for key in &stale {
        w.remove(TRUSTED_BROWSERS, key)?;
    }
    Ok(stale.len())
}
