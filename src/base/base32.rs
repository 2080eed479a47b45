//! Base32 without padding (RFC 4648 §6): the form of secrets that a person reads off a screen and types.

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// `bytes` as text, five bits a character.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut group, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        group = group << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[(group >> bits) as usize & 31]));
        }
        group &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(char::from(ALPHABET[(group << (5 - bits)) as usize & 31]));
    }
    text
}

/// The text in groups of four, as it is shown.
pub fn grouped(text: &str, between: char) -> String {
    let mut grouped = String::with_capacity(text.len() * 5 / 4);
    for (at, character) in text.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            grouped.push(between);
        }
        grouped.push(character);
    }
    grouped
}

/// What was typed as it was shown: without groups and case, digits that are no part of the alphabet read as the letters
/// they look like.
pub fn typed(text: &str) -> String {
    let plain = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
    plain
        .map(|c| match c.to_ascii_uppercase() {
            '0' => 'O',
            '1' => 'I',
            '8' => 'B',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{encode, grouped, typed};

    #[test]
    fn the_vectors_of_rfc_4648_hold() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn what_is_typed_is_what_was_shown() {
        let code = encode(&[0xa5; 15]);
        assert_eq!(code.len(), 24);
        assert_eq!(typed(&grouped(&code, '-').to_lowercase()), code);
        assert_eq!(grouped("ABCDEFGH", '-'), "ABCD-EFGH");
        assert_eq!(typed(" 0a1b-8 "), "OAIBB");
    }
}
