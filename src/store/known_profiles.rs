//! Profiles that datasets remember, by the shape of the files that they are for.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};

use super::codec::damaged;
use super::convert::{from_word, micros, timestamp, to_word};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::KNOWN_PROFILES;
use super::transaction::{Order, Read, WriteTxn, get, visit};
use crate::domain::ids::{DatasetId, UserId};
use crate::domain::known_profile::KnownProfile;
use crate::domain::profile::Fingerprint;

#[derive(Encode, Decode)]
enum KnownProfileRecord {
    V1(KnownProfileV1),
}

#[derive(Encode, Decode)]
struct KnownProfileV1 {
    file_name: String,
    remembered_json: String,
    uses: u64,
    used_at: i64,
    changed_by: Option<[u8; 16]>,
}

fn key_of(dataset: DatasetId, fingerprint: Fingerprint) -> Vec<u8> {
    Key::new().uuid(dataset.0).bytes(&fingerprint.0).done()
}

fn from_record(key: &[u8], record: KnownProfileRecord) -> Result<KnownProfile, StoreError> {
    let KnownProfileRecord::V1(v1) = record;
    let mut parts = KeyParts::of(key);
    let ids = parts.uuid().zip(parts.uuid());
    let (dataset, fingerprint) =
        ids.ok_or_else(|| damaged(KNOWN_PROFILES, key, "its key is no dataset and shape"))?;
    Ok(KnownProfile {
        dataset_id: DatasetId(dataset),
        fingerprint: Fingerprint(*fingerprint.as_bytes()),
        file_name: v1.file_name,
        remembered: from_word(KNOWN_PROFILES, key, &v1.remembered_json)?,
        uses: v1.uses,
        used_at: timestamp(v1.used_at),
        changed_by: v1.changed_by.map(|id| UserId(uuid::Uuid::from_bytes(id))),
    })
}

/// What a dataset remembers of files of this shape.
pub fn find_profile(
    r: &impl Read,
    dataset: DatasetId,
    fingerprint: Fingerprint,
) -> Result<Option<KnownProfile>, StoreError> {
    let key = key_of(dataset, fingerprint);
    get(r, KNOWN_PROFILES, &key)?.map(|record| from_record(&key, record)).transpose()
}

/// All that a dataset remembers, the shape that came last first.
pub fn list_profiles(r: &impl Read, dataset: DatasetId) -> Result<Vec<KnownProfile>, StoreError> {
    let mut profiles = Vec::new();
    visit(r, KNOWN_PROFILES, &Key::id(dataset.0), Order::Ascending, &mut |key, record| {
        profiles.push(from_record(key, record)?);
        Ok(ControlFlow::Continue(()))
    })?;
    profiles.sort_by_key(|profile| std::cmp::Reverse(profile.used_at));
    Ok(profiles)
}

/// Remembers a profile, or replaces what is remembered of the shape.
pub fn put_profile(w: &WriteTxn, known: &KnownProfile) -> Result<(), StoreError> {
    let record = KnownProfileRecord::V1(KnownProfileV1 {
        file_name: known.file_name.clone(),
        remembered_json: to_word(&known.remembered),
        uses: known.uses,
        used_at: micros(known.used_at),
        changed_by: known.changed_by.map(|id| *id.0.as_bytes()),
    });
    w.put(KNOWN_PROFILES, &key_of(known.dataset_id, known.fingerprint), &record)
}

/// Forgets one; true where it was there.
pub fn delete_profile(
    w: &WriteTxn,
    dataset: DatasetId,
    fingerprint: Fingerprint,
) -> Result<bool, StoreError> {
    w.remove(KNOWN_PROFILES, &key_of(dataset, fingerprint))
}
