//! What a message quotes of a text that may be of any length.

/// Characters that a message quotes.
const QUOTED_CHARS: usize = 120;

/// The beginning of `text`, with an ellipsis where it was cut after 120 characters.
pub fn excerpt(text: &str) -> String {
    match text.char_indices().nth(QUOTED_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
