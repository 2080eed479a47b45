//! Bytes as hexadecimal text, for messages and file names.

use std::fmt::Write;

/// Two lower-case digits a byte.
pub fn encode(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes that digits of either case stand for; `None` for anything else.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some((digit(&pair[0])? * 16 + digit(pair.get(1)?)?) as u8)).collect()
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn bytes_come_back_and_nothing_else_is_read() {
        assert_eq!(decode(&encode(&[0, 9, 0xab, 0xff])).as_deref(), Some(&[0, 9, 0xab, 0xff][..]));
        assert_eq!(decode("AbfF").as_deref(), Some(&[0xab, 0xff][..]));
        for text in ["a", "0g", "+1", "é"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
