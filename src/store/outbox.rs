//! Mails: waiting, sent, failed.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};

use super::codec::damaged;
use super::convert::{from_word, micros, timestamp, to_word};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::{OUTBOX, OUTBOX_BY_STATE};
use super::transaction::{Order, Read, WriteTxn, get, visit_keys};
use crate::domain::email::Email;
use crate::domain::ids::MailId;
use crate::domain::mail::{Letter, Mail, MailState};

#[derive(Encode, Decode)]
enum MailRecord {
    V1(MailV1),
}

#[derive(Encode, Decode)]
struct MailV1 {
    kind: String,
    to: String,
    subject: String,
    /// The parts of the letter as JSON.
    parts: String,
    expires_at: Option<i64>,
    state: String,
    attempts: u32,
    answer: Option<String>,
    sender: Option<String>,
    created_at: i64,
    updated_at: i64,
}

fn to_record(mail: &Mail) -> Result<MailRecord, StoreError> {
    let key = Key::id(mail.id.0);
    let parts = serde_json::to_string(&mail.letter.parts)
        .map_err(|error| damaged(OUTBOX, &key, &format!("it cannot be written: {error}")))?;
    Ok(MailRecord::V1(MailV1 {
        kind: mail.kind.clone(),
        to: mail.to.as_str().to_owned(),
        subject: mail.letter.subject.clone(),
        parts,
        expires_at: mail.letter.expires_at.map(micros),
        state: to_word(&mail.state),
        attempts: mail.attempts,
        answer: mail.answer.clone(),
        sender: mail.sender.clone(),
        created_at: micros(mail.created_at),
        updated_at: micros(mail.updated_at),
    }))
}

fn from_record(key: &[u8], record: MailRecord) -> Result<Mail, StoreError> {
    let MailRecord::V1(v1) = record;
    let id = KeyParts::of(key).uuid().ok_or_else(|| damaged(OUTBOX, key, "its key is no id"))?;
    let parts = serde_json::from_str(&v1.parts)
        .map_err(|error| damaged(OUTBOX, key, &format!("its letter: {error}")))?;
    Ok(Mail {
        id: MailId(id),
        kind: v1.kind,
        to: Email::parse(&v1.to).map_err(|error| damaged(OUTBOX, key, &format!("its address {error}")))?,
        letter: Letter { subject: v1.subject, parts, expires_at: v1.expires_at.map(timestamp) },
        state: from_word(OUTBOX, key, &v1.state)?,
        attempts: v1.attempts,
        answer: v1.answer,
        sender: v1.sender,
        created_at: timestamp(v1.created_at),
        updated_at: timestamp(v1.updated_at),
    })
}

fn state_byte(state: MailState) -> u8 {
    match state {
        MailState::Waiting => 1,
        MailState::Sent => 2,
        MailState::Failed => 3,
        MailState::Discarded => 4,
    }
}

fn by_state(mail: &Mail) -> Vec<u8> {
    Key::new().byte(state_byte(mail.state)).uuid(mail.id.0).done()
}

/// The mail with this id.
pub fn find_mail(r: &impl Read, id: MailId) -> Result<Option<Mail>, StoreError> {
    let key = Key::id(id.0);
    get(r, OUTBOX, &key)?.map(|record| from_record(&key, record)).transpose()
}

/// Adds a mail or replaces it.
pub fn put_mail(w: &WriteTxn, mail: &Mail) -> Result<(), StoreError> {
    if let Some(before) = find_mail(w, mail.id)? {
        w.remove(OUTBOX_BY_STATE, &by_state(&before))?;
    }
    w.put(OUTBOX, &Key::id(mail.id.0), &to_record(mail)?)?;
    w.put_raw(OUTBOX_BY_STATE, &by_state(mail), &[])
}

/// Takes a mail out of the outbox.
pub fn delete_mail(w: &WriteTxn, mail: &Mail) -> Result<(), StoreError> {
    w.remove(OUTBOX_BY_STATE, &by_state(mail))?;
    w.remove(OUTBOX, &Key::id(mail.id.0))?;
    Ok(())
}

/// Mails from the newest, older than `before` where that is given: all, or those in one state. The visitor says when it
/// has seen enough.
pub fn visit_mails(
    r: &impl Read,
    state: Option<MailState>,
    before: Option<MailId>,
    visitor: &mut dyn FnMut(Mail) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let prefix = state.map(|state| vec![state_byte(state)]).unwrap_or_default();
    let table = if state.is_some() { OUTBOX_BY_STATE } else { OUTBOX };
    let mut ids = Vec::new();
    visit_keys(r, table, &prefix, Order::Descending, &mut |key, _| {
        let id = KeyParts::of(&key[prefix.len()..]).uuid();
        ids.push(MailId(id.ok_or_else(|| damaged(table, key, "its key is cut short"))?));
        Ok(ControlFlow::Continue(()))
    })?;
    for id in ids.into_iter().filter(|id| before.is_none_or(|before| *id < before)) {
        if let Some(mail) = find_mail(r, id)?
            && visitor(mail).is_break()
        {
            break;
        }
    }
    Ok(())
}

/// How many mails are in a state.
pub fn count_mails(r: &impl Read, state: MailState) -> Result<usize, StoreError> {
    let mut count = 0;
    visit_keys(r, OUTBOX_BY_STATE, &[state_byte(state)], Order::Ascending, &mut |_, _| {
        count += 1;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(count)
}
