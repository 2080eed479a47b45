//! Second factors: the seed of an authenticator app, one that is being set up, and recovery codes.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};
use jiff::Timestamp;

use super::codec::damaged;
use super::convert::{micros, timestamp};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::{ENROLMENTS, RECOVERY_CODES, SECOND_FACTORS};
use super::transaction::{Order, Read, WriteTxn, get, visit};
use crate::domain::ids::UserId;
use crate::domain::session::TokenHash;

/// A second factor in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFactor {
    /// The seed, sealed for its user.
    pub sealed_seed: String,
    /// The latest step of which a code was used; no code of it or of one before is good again.
    pub last_step: u64,
    /// Challenges that were answered lately, with when.
    pub answered: Vec<([u8; 16], Timestamp)>,
}

#[derive(Encode, Decode)]
enum SecondFactorRecord {
    V1 { sealed_seed: String, last_step: u64, answered: Vec<([u8; 16], i64)> },
}

/// The user's second factor.
pub fn find_factor(r: &impl Read, user: UserId) -> Result<Option<StoredFactor>, StoreError> {
    let record: Option<SecondFactorRecord> = get(r, SECOND_FACTORS, &Key::id(user.0))?;
    Ok(record.map(|SecondFactorRecord::V1 { sealed_seed, last_step, answered }| StoredFactor {
        sealed_seed,
        last_step,
        answered: answered.into_iter().map(|(id, at)| (id, timestamp(at))).collect(),
    }))
}

/// Sets it.
pub fn put_factor(w: &WriteTxn, user: UserId, factor: &StoredFactor) -> Result<(), StoreError> {
    let record = SecondFactorRecord::V1 {
        sealed_seed: factor.sealed_seed.clone(),
        last_step: factor.last_step,
        answered: factor.answered.iter().map(|(id, at)| (*id, micros(*at))).collect(),
    };
    w.put(SECOND_FACTORS, &Key::id(user.0), &record)
}

/// Whose seeds are kept, those in force and those that are being set up, each with the sealed seed.
pub fn list_seeds(r: &impl Read) -> Result<(Vec<SealedSeed>, Vec<SealedSeed>), StoreError> {
    let owner = |table, key: &[u8]| {
        let id = KeyParts::of(key).uuid().ok_or_else(|| damaged(table, key, "its key is no id"))?;
        Ok::<_, StoreError>(UserId(id))
    };
    let (mut factors, mut enrolments) = (Vec::new(), Vec::new());
    visit(
        r,
        SECOND_FACTORS,
        &[],
        Order::Ascending,
        &mut |key, SecondFactorRecord::V1 { sealed_seed, .. }| {
            factors.push((owner(SECOND_FACTORS, key)?, sealed_seed));
            Ok(ControlFlow::Continue(()))
        },
    )?;
    visit(r, ENROLMENTS, &[], Order::Ascending, &mut |key, EnrolmentRecord::V1 { sealed_seed, .. }| {
        enrolments.push((owner(ENROLMENTS, key)?, sealed_seed));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok((factors, enrolments))
}

/// A user and what their seed was sealed to.
pub type SealedSeed = (UserId, String);

/// Takes it away; true where there was one.
pub fn delete_factor(w: &WriteTxn, user: UserId) -> Result<bool, StoreError> {
    w.remove(SECOND_FACTORS, &Key::id(user.0))
}

/// A seed that a user was shown and has not proved to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The seed, sealed for its user.
    pub sealed_seed: String,
    /// The session that it was shown in, and which alone may go on with it.
    pub session: TokenHash,
    /// When.
    pub begun_at: Timestamp,
}

#[derive(Encode, Decode)]
enum EnrolmentRecord {
    V1 { sealed_seed: String, session: [u8; 32], begun_at: i64 },
}

/// What the user is setting up.
pub fn find_enrolment(r: &impl Read, user: UserId) -> Result<Option<Enrolment>, StoreError> {
    let record: Option<EnrolmentRecord> = get(r, ENROLMENTS, &Key::id(user.0))?;
    Ok(record.map(|EnrolmentRecord::V1 { sealed_seed, session, begun_at }| Enrolment {
        sealed_seed,
        session,
        begun_at: timestamp(begun_at),
    }))
}

/// Begins anew.
pub fn put_enrolment(w: &WriteTxn, user: UserId, enrolment: &Enrolment) -> Result<(), StoreError> {
    let record = EnrolmentRecord::V1 {
        sealed_seed: enrolment.sealed_seed.clone(),
        session: enrolment.session,
        begun_at: micros(enrolment.begun_at),
    };
    w.put(ENROLMENTS, &Key::id(user.0), &record)
}

/// Forgets it.
pub fn delete_enrolment(w: &WriteTxn, user: UserId) -> Result<bool, StoreError> {
    w.remove(ENROLMENTS, &Key::id(user.0))
}

/// Forgets those begun before this instant; how many.
pub fn purge_enrolments(w: &WriteTxn, before: Timestamp) -> Result<usize, StoreError> {
    let mut stale = Vec::new();
    visit(w, ENROLMENTS, &[], Order::Ascending, &mut |key, EnrolmentRecord::V1 { begun_at, .. }| {
        if timestamp(begun_at) < before {
            stale.push(key.to_vec());
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for key in &stale {
        w.remove(ENROLMENTS, key)?;
    }
    Ok(stale.len())
}

#[derive(Encode, Decode)]
enum RecoveryCodeRecord {
    V1 { made_at: i64 },
}

fn code_key(user: UserId, hash: &[u8; 32]) -> Vec<u8> {
    Key::new().uuid(user.0).bytes(hash).done()
}

/// Adds a recovery code by its hash.
pub fn put_recovery_code(
    w: &WriteTxn,
    user: UserId,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<(), StoreError> {
    w.put(RECOVERY_CODES, &code_key(user, hash), &RecoveryCodeRecord::V1 { made_at: micros(now) })
}

/// Uses one up; true where this very user had it.
pub fn take_recovery_code(w: &WriteTxn, user: UserId, hash: &[u8; 32]) -> Result<bool, StoreError> {
    w.remove(RECOVERY_CODES, &code_key(user, hash))
}

/// How many the user has left, and when they were made.
pub fn count_recovery_codes(r: &impl Read, user: UserId) -> Result<(usize, Option<Timestamp>), StoreError> {
    let (mut count, mut made) = (0, None);
    visit(
        r,
        RECOVERY_CODES,
        &Key::id(user.0),
        Order::Ascending,
        &mut |_, RecoveryCodeRecord::V1 { made_at }| {
            count += 1;
            made = Some(timestamp(made_at));
            Ok(ControlFlow::Continue(()))
        },
    )?;
    Ok((count, made))
}

/// Takes all of them away.
pub fn delete_recovery_codes(w: &WriteTxn, user: UserId) -> Result<(), StoreError> {
    let mut keys = Vec::new();
    visit(w, RECOVERY_CODES, &Key::id(user.0), Order::Ascending, &mut |key, _: RecoveryCodeRecord| {
        keys.push(key.to_vec());
        Ok(ControlFlow::Continue(()))
    })?;
    keys.iter().try_for_each(|key| w.remove(RECOVERY_CODES, key).map(drop))
}
