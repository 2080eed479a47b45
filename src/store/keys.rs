//! Keys whose byte order is the order of what they stand for. Numbers are big-endian with the sign bit
//! flipped; a text may only come last, because only there its end needs no mark.

use jiff::Timestamp;
use uuid::Uuid;

/// Builds a key from its parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Key(Vec<u8>);

impl Key {
    /// An empty key.
    pub fn new() -> Self {
        Self::default()
    }

    /// A key of one id.
    pub fn id(id: Uuid) -> Vec<u8> {
        Self::new().uuid(id).done()
    }

    /// Appends one byte.
    #[must_use]
    pub fn byte(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    /// Appends an id, 16 bytes.
    #[must_use]
    pub fn uuid(mut self, id: Uuid) -> Self {
        self.0.extend_from_slice(id.as_bytes());
        self
    }

    /// Appends a number, 8 bytes.
    #[must_use]
    pub fn number(mut self, value: u64) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    /// Appends an instant to the microsecond, 8 bytes.
    #[must_use]
    pub fn time(self, at: Timestamp) -> Self {
        self.number(at.as_microsecond().cast_unsigned() ^ (1 << 63))
    }

    /// Appends bytes of a fixed length.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Appends a text, which ends the key.
    pub fn text(mut self, text: &str) -> Vec<u8> {
        self.0.extend_from_slice(text.as_bytes());
        self.0
    }

    /// The finished key.
    pub fn done(self) -> Vec<u8> {
        self.0
    }
}

/// Takes a key apart again; every part is `None` where the key is too short.
#[derive(Debug)]
pub struct KeyParts<'k>(&'k [u8]);

impl<'k> KeyParts<'k> {
    /// Starts at the front of `key`.
    pub fn of(key: &'k [u8]) -> Self {
        Self(key)
    }

    /// Takes one byte.
    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// Takes a fixed number of bytes.
    pub fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    /// Takes an id.
    pub fn uuid(&mut self) -> Option<Uuid> {
        self.bytes().map(Uuid::from_bytes)
    }

    /// Takes a number.
    pub fn number(&mut self) -> Option<u64> {
        self.bytes().map(u64::from_be_bytes)
    }

    /// Takes a text, which ends the key.
    pub fn text(&mut self) -> Option<String> {
        String::from_utf8(std::mem::take(&mut self.0).to_vec()).ok()
    }

    /// Takes an instant.
    pub fn time(&mut self) -> Option<Timestamp> {
        let micros = (self.number()? ^ (1 << 63)).cast_signed();
        Timestamp::from_microsecond(micros).ok()
    }
}

/// The range of all keys that begin with `prefix`: from it to the end given here, exclusive. `None` stands for
/// no end.
pub fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Some(end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Key, KeyParts, prefix_end};

    #[test]
    fn times_sort_and_come_back() {
        let at = |micros| Timestamp::from_microsecond(micros).unwrap();
        let mut keys: Vec<_> =
            [5, -7, 0, 1_700_000_000_000_000, -1].map(|m| Key::new().time(at(m)).done()).into();
        keys.sort();
        let back: Vec<_> =
            keys.iter().map(|key| KeyParts::of(key).time().unwrap().as_microsecond()).collect();
        assert_eq!(back, [-7, -1, 0, 5, 1_700_000_000_000_000]);
    }

    #[test]
    fn a_prefix_ends_before_its_successor() {
        assert_eq!(prefix_end(&[1, 2]), Some(vec![1, 3]));
        assert_eq!(prefix_end(&[1, 255]), Some(vec![2]));
        assert_eq!(prefix_end(&[255, 255]), None);
    }
}
