//! What waits for an admin: accounts and forgotten passwords. Kept by the files that keep those, so that a page can
//! tell how much waits without reading all users.

use std::ops::ControlFlow;

use super::codec::damaged;
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::WAITING;
use super::transaction::{Order, Read, WriteTxn, visit_keys};
use crate::domain::ids::{TokenId, UserId};

/// Something that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// An account that was asked for.
    User(UserId),
    /// A forgotten password on a site without mail.
    Reset(TokenId),
}

impl Waiting {
    fn key(self) -> Vec<u8> {
        match self {
            Self::User(id) => Key::new().byte(b'u').uuid(id.0).done(),
            Self::Reset(id) => Key::new().byte(b'r').uuid(id.0).done(),
        }
    }
}

pub(super) fn add(w: &WriteTxn, what: Waiting) -> Result<(), StoreError> {
    w.put_raw(WAITING, &what.key(), &[])
}

pub(super) fn remove(w: &WriteTxn, what: Waiting) -> Result<(), StoreError> {
    w.remove(WAITING, &what.key()).map(|_| ())
}

/// All that waits, forgotten passwords first, each kind in order of arrival.
pub fn list_waiting(r: &impl Read) -> Result<Vec<Waiting>, StoreError> {
    let mut waiting = Vec::new();
    visit_keys(r, WAITING, &[], Order::Ascending, &mut |key, _| {
        let mut parts = KeyParts::of(key);
        waiting.push(match (parts.byte(), parts.uuid()) {
            (Some(b'u'), Some(id)) => Waiting::User(UserId(id)),
            (Some(b'r'), Some(id)) => Waiting::Reset(TokenId(id)),
            _ => return Err(damaged(WAITING, key, "it names nothing that waits")),
        });
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(waiting)
}
