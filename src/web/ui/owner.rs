//! Names of owners where they are chosen: byte for byte what the data says, so that what cannot be seen in one is made
//! visible.

use std::fmt::Write;

use crate::domain::scope::OwnerScope;
use crate::domain::user::turns_text;

/// The name with what cannot be seen in it made visible: spaces at an end or beside another, and marks without a shape.
pub fn visible(owner: &str) -> String {
    let mut shown = String::with_capacity(owner.len());
    for (at, c) in owner.char_indices() {
        let is_edge = at == 0 || at + c.len_utf8() == owner.len() || owner[..at].ends_with(' ');
        match c {
            ' ' if is_edge => shown.push('␣'),
            ' ' => shown.push(' '),
            c if c.is_whitespace()
                || c.is_control()
                || turns_text(c)
                || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}') =>
            {
                let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    shown
}

/// The same for many names, in one line.
pub fn visible_list<'o>(owners: impl IntoIterator<Item = &'o String>) -> String {
    owners.into_iter().map(|owner| visible(owner)).collect::<Vec<_>>().join(", ")
}

/// The same scope with visible names, to be shown.
pub fn visible_scope(owners: &OwnerScope) -> OwnerScope {
    match owners {
        OwnerScope::All => OwnerScope::All,
        OwnerScope::Owners(owners) => OwnerScope::Owners(owners.iter().map(|owner| visible(owner)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn what_cannot_be_seen_is_made_visible() {
        assert_eq!(visible("Acme Foods"), "Acme Foods");
        assert_eq!(visible(" Acme  Foods "), "␣Acme ␣Foods␣");
        assert_eq!(visible("Acme\u{202e}sdooF"), "Acme⟨U+202E⟩sdooF");
        assert_eq!(visible("Acme\u{a0}Foods\u{200b}"), "Acme⟨U+00A0⟩Foods⟨U+200B⟩");
    }
}
