//! Which generation of a dataset readers saw from when on: every time one became current, by an import or by going back.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};
use jiff::Timestamp;

use super::codec::damaged;
use super::convert::micros;
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::PUBLICATIONS;
use super::transaction::{Order, Read, WriteTxn, visit};
use crate::domain::dataset::Publication;
use crate::domain::ids::{DatasetId, GenerationId, UserId};

#[derive(Encode, Decode)]
enum PublicationRecord {
    V1(PublicationV1),
}

#[derive(Encode, Decode)]
struct PublicationV1 {
    generation: u64,
    before: Option<u64>,
    is_roll_back: bool,
    by: Option<[u8; 16]>,
}

fn from_record(key: &[u8], record: PublicationRecord) -> Result<Publication, StoreError> {
    let PublicationRecord::V1(v1) = record;
    let mut parts = KeyParts::of(key);
    let (Some(dataset), Some(at)) = (parts.uuid(), parts.time()) else {
        return Err(damaged(PUBLICATIONS, key, "its key is cut short"));
    };
    Ok(Publication {
        dataset_id: DatasetId(dataset),
        at,
        generation: GenerationId(v1.generation),
        before: v1.before.map(GenerationId),
        is_roll_back: v1.is_roll_back,
        by: v1.by.map(|id| UserId(uuid::Uuid::from_bytes(id))),
    })
}

/// Notes that a generation became current. Two at the same microsecond keep their order: the later one is noted a
/// microsecond on.
pub fn add_publication(w: &WriteTxn, publication: &Publication) -> Result<(), StoreError> {
    let last = list_publications(w, publication.dataset_id, 1)?.pop();
    let at = match last {
        Some(last) if last.at >= publication.at => micros(last.at) + 1,
        _ => micros(publication.at),
    };
    let at = Timestamp::from_microsecond(at).unwrap_or(publication.at);
    let record = PublicationRecord::V1(PublicationV1 {
        generation: publication.generation.0,
        before: publication.before.map(|before| before.0),
        is_roll_back: publication.is_roll_back,
        by: publication.by.map(|id| *id.0.as_bytes()),
    });
    w.put(PUBLICATIONS, &Key::new().uuid(publication.dataset_id.0).time(at).done(), &record)
}

/// Up to `limit` of a dataset, newest first.
pub fn list_publications(
    r: &impl Read,
    dataset_id: DatasetId,
    limit: usize,
) -> Result<Vec<Publication>, StoreError> {
    let mut publications = Vec::new();
    visit(r, PUBLICATIONS, &Key::id(dataset_id.0), Order::Descending, &mut |key, record| {
        publications.push(from_record(key, record)?);
        Ok(if publications.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(publications)
}

/// What readers saw at an instant; `None` before the first.
pub fn publication_at(
    r: &impl Read,
    dataset_id: DatasetId,
    at: Timestamp,
) -> Result<Option<Publication>, StoreError> {
    let mut found = None;
    visit(r, PUBLICATIONS, &Key::id(dataset_id.0), Order::Descending, &mut |key, record| {
        let publication = from_record(key, record)?;
        if publication.at > at {
            return Ok(ControlFlow::Continue(()));
        }
        found = Some(publication);
        Ok(ControlFlow::Break(()))
    })?;
    Ok(found)
}
