//! Pictures of users, as the server wrote them itself.

use bincode::{Decode, Encode};

use super::error::StoreError;
use super::keys::Key;
use super::tables::AVATARS;
use super::transaction::{Read, WriteTxn, get};
use crate::domain::avatar::{Picture, PictureKind};
use crate::domain::ids::AvatarId;

#[derive(Encode, Decode)]
enum AvatarRecord {
    V1 { is_png: bool, bytes: Vec<u8> },
}

/// The picture with this id.
pub fn find_avatar(r: &impl Read, id: AvatarId) -> Result<Option<Picture>, StoreError> {
    let record: Option<AvatarRecord> = get(r, AVATARS, &Key::id(id.0))?;
    Ok(record.map(|AvatarRecord::V1 { is_png, bytes }| Picture {
        kind: if is_png { PictureKind::Png } else { PictureKind::Jpeg },
        bytes,
    }))
}

/// Adds a picture.
pub fn put_avatar(w: &WriteTxn, id: AvatarId, picture: &Picture) -> Result<(), StoreError> {
    let record = AvatarRecord::V1 { is_png: picture.kind == PictureKind::Png, bytes: picture.bytes.clone() };
    w.put(AVATARS, &Key::id(id.0), &record)
}

/// Deletes it; true where it was there.
pub fn delete_avatar(w: &WriteTxn, id: AvatarId) -> Result<bool, StoreError> {
    w.remove(AVATARS, &Key::id(id.0))
}
