//! Where identifiers and randomness come from.

use jiff::Timestamp;
use uuid::Uuid;

use super::base64;
use super::secret::SecretString;

/// `N` random bytes from the operating system (ASVS 11.5.1).
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system provides randomness");
    bytes
}

/// A new UUIDv7 (RFC 9562 §5.7): 48 bits of `now` in milliseconds, the rest random, so that ids sort by
/// creation.
pub fn new_uuid(now: Timestamp) -> Uuid {
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random_bytes::<10>()).into_uuid()
}

/// A new opaque token of 256 random bits, 43 characters long.
pub fn random_token() -> SecretString {
    SecretString::new(base64::encode(&random_bytes::<32>()))
}

/// A new password a person can read off a screen and type: 24 characters of 32, so 120 bits, in groups of six.
pub fn random_password() -> SecretString {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut password = String::with_capacity(27);
    for (index, byte) in random_bytes::<24>().iter().enumerate() {
        if index > 0 && index % 6 == 0 {
            password.push('-');
        }
        password.push(char::from(LETTERS[usize::from(byte & 31)]));
    }
    SecretString::new(password)
}
