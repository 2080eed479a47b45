//! How values become bytes: eight bytes of checksum, then the record as bincode.
//!
//! redb does not notice flipped bits when it reads, so every value carries xxh3 of its bytes, seeded with the
//! hash of its key: a value that ends up under another key is noticed too. Records are enums with one variant a
//! version; an old variant is never edited. Nothing else in the program may use bincode, so that another codec
//! can take over record by record.

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use bincode::{Decode, Encode};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::error::StoreError;
use super::tables::Table;
use crate::base::hex;

/// Largest value in bytes: bounds what a damaged length can make the decoder allocate.
const MAX_VALUE_BYTES: usize = 64 << 20;

/// A record: an enum of its versions.
pub trait Record: Encode + Decode<()> {}
impl<T: Encode + Decode<()>> Record for T {}

fn configuration() -> Configuration<LittleEndian, Varint, Limit<MAX_VALUE_BYTES>> {
    bincode::config::standard().with_limit::<MAX_VALUE_BYTES>()
}

fn checksum(key: &[u8], payload: &[u8]) -> [u8; 8] {
    xxh3_64_with_seed(payload, xxh3_64(key)).to_le_bytes()
}

/// The bytes of `record` under `key`.
pub(super) fn encode<R: Record>(table: Table, key: &[u8], record: &R) -> Result<Vec<u8>, StoreError> {
    let payload = bincode::encode_to_vec(record, configuration())
        .map_err(|error| damaged(table, key, &format!("it cannot be written: {error}")))?;
    let mut bytes = checksum(key, &payload).to_vec();
    bytes.extend_from_slice(&payload);
    Ok(bytes)
}

/// The record that `bytes` hold under `key`.
pub(super) fn decode<R: Record>(table: Table, key: &[u8], bytes: &[u8]) -> Result<R, StoreError> {
    let payload = verify(table, key, bytes)?;
    match bincode::decode_from_slice::<R, _>(payload, configuration()) {
        Ok((record, used)) if used == payload.len() => Ok(record),
        Ok(_) => Err(damaged(table, key, "bytes are left over")),
        Err(error) => Err(damaged(table, key, &error.to_string())),
    }
}

/// The payload of `bytes`, once its checksum is right.
pub(super) fn verify<'b>(table: Table, key: &[u8], bytes: &'b [u8]) -> Result<&'b [u8], StoreError> {
    let (sum, payload) =
        bytes.split_first_chunk::<8>().ok_or_else(|| damaged(table, key, "it is cut short"))?;
    if *sum == checksum(key, payload) {
        Ok(payload)
    } else {
        Err(damaged(table, key, "its checksum is wrong"))
    }
}

/// The error for a value that is not what was written.
pub(super) fn damaged(table: Table, key: &[u8], reason: &str) -> StoreError {
    StoreError::Record { table: table.0, key: hex::encode(key), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::tables::SETTINGS;
    use super::{decode, encode};

    #[test]
    fn every_flipped_bit_is_noticed() {
        let bytes = encode(SETTINGS, b"k", &("hello".to_owned(), 7_u64)).unwrap();
        assert_eq!(decode::<(String, u64)>(SETTINGS, b"k", &bytes).unwrap(), ("hello".to_owned(), 7));
        for bit in 0..bytes.len() * 8 {
            let mut rotten = bytes.clone();
            rotten[bit / 8] ^= 1 << (bit % 8);
            let error = decode::<(String, u64)>(SETTINGS, b"k", &rotten).unwrap_err().to_string();
            assert!(error.contains("settings") && error.contains("6b"), "{error}");
        }
        assert!(decode::<(String, u64)>(SETTINGS, b"other", &bytes).is_err());
    }
}
