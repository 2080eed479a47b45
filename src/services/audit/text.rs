//! What free text finds in an event: parts of words anywhere in it, without case. Ids and hashes are apart from that:
//! they are found whole or by how they begin, because any short word of digits and letters up to f would be in one of
//! them by chance.

use crate::domain::audit::{Actor, AuditEvent};

/// A run of digits, letters up to f and dashes of this length is an id.
const LEAST_ID: usize = 16;
/// Letters of an id that are enough to find it.
pub(super) const LEAST_ID_START: usize = 8;

/// Who acts, as one word: `user:0193…`, `system`.
pub fn actor_word(actor: &Actor) -> String {
    match actor {
        Actor::User(id) => format!("user:{id}"),
        Actor::CommandLine => "command-line".to_owned(),
        Actor::System => "system".to_owned(),
        Actor::Visitor => "visitor".to_owned(),
    }
}

/// What free text is looked for in.
#[derive(Debug, Default)]
pub(super) struct Haystack {
    /// Everything but ids, in small letters.
    pub text: String,
    /// The ids.
    pub ids: Vec<String>,
}

impl Haystack {
    pub fn of(event: &AuditEvent) -> Self {
        let mut haystack = Self { text: String::with_capacity(event.details.len() + 160), ids: Vec::new() };
        haystack.add(&actor_word(&event.actor));
        haystack.add(event.address.as_deref().unwrap_or_default());
        haystack.add(event.request.as_deref().unwrap_or_default());
        haystack.add(&event.action);
        haystack.add(&event.target);
        haystack.add(&event.details);
        haystack
    }

    fn add(&mut self, field: &str) {
        // In place of an id stands a blank, so that nothing is joined that was apart.
        let lower = lower(field);
        let mut rest = lower.as_str();
        while let Some((start, end)) = find_id(rest) {
            self.text.push_str(&rest[..start]);
            self.text.push(' ');
            self.ids.push(rest[start..end].to_owned());
            rest = &rest[end..];
        }
        self.text.push_str(rest);
        self.text.push('\n');
    }
}

/// Each letter small by itself: what a letter stands beside must not matter, or a part of a word would not be found.
fn lower(text: &str) -> String {
    if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        text.chars().flat_map(char::to_lowercase).collect()
    }
}

/// Where the first id is.
fn find_id(text: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut start = 0;
    while start < bytes.len() {
        let length = bytes[start..].iter().take_while(|byte| is_of_id(**byte)).count();
        let run = &bytes[start..start + length];
        if length >= LEAST_ID && run.iter().any(u8::is_ascii_digit) {
            return Some((start, start + length));
        }
        start += length + 1;
    }
    None
}

fn is_of_id(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-')
}

/// A part of what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Somewhere in the text; if it may be the beginning of an id, also there.
    Text { text: String, may_begin_id: bool },
    /// An id, or its beginning.
    Id(String),
}

impl Part {
    /// The parts of a word that was typed: `user:0193…` is a text and an id.
    pub fn of(word: &str) -> Vec<Self> {
        let mut haystack = Haystack::default();
        haystack.add(word);
        let may_begin_id = word.len() >= LEAST_ID_START && lower(word).bytes().all(is_of_id);
        let texts = haystack.text.split_whitespace();
        let texts = texts.map(|text| Self::Text { text: text.to_owned(), may_begin_id });
        texts.chain(haystack.ids.iter().cloned().map(Self::Id)).collect()
    }

    pub fn is_in(&self, haystack: &Haystack) -> bool {
        let begins_id = |start: &str| haystack.ids.iter().any(|id| id.starts_with(start));
        match self {
            Self::Text { text, may_begin_id } => {
                haystack.text.contains(text.as_str()) || (*may_begin_id && begins_id(text))
            }
            Self::Id(id) => begins_id(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Haystack, Part};

    fn finds(typed: &str, field: &str) -> bool {
        let mut haystack = Haystack::default();
        haystack.add(field);
        Part::of(typed).iter().all(|part| part.is_in(&haystack))
    }

    #[test]
    fn parts_of_words_are_found_and_ids_by_how_they_begin() {
        let event = r#"{"email":"Bob@Acme.example","id":"019ab3c4-0000-7000-8000-00000000cafe"}"#;
        for found in ["acme", "ACME.EX", "b@a", "019ab3c4", "019ab3c4-0000-7000", "email"] {
            assert!(finds(found, event), "{found}");
        }
        for missed in ["cafe", "0000", "ab3c4-0000", "acmeexample", "bobacme"] {
            assert!(!finds(missed, event), "{missed}");
        }
        assert!(finds(
            "user:019ab3c4-0000-7000-8000-00000000cafe",
            "user:019ab3c4-0000-7000-8000-00000000cafe"
        ));
        assert!(finds("ΟΔΟΣ", "οδοσήμανση"), "a sigma is a sigma wherever it stands");
    }
}
