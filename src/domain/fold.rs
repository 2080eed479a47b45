//! Folding: the one form in which text is compared. Two texts are alike to a reader exactly if their foldings
//! are equal.
//!
//! NFKD, drop combining marks, full case fold, NFKD again (Unicode 16 §3.13, "compatibility caseless match",
//! with marks dropped so that `Müller` is found by `muller`).

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The folding of `text`.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

/// Appends the folding of `text` to `out`.
pub fn fold_into(text: &str, out: &mut String) {
    // ASCII folds to its own small letters, and no mark is ever moved past it: each stretch folds by itself. One `µ`
    // in a row is no reason to take all of the row letter by letter.
    let mut rest = text;
    while !rest.is_empty() {
        let (plain, after) =
            rest.split_at(rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len()));
        let start = out.len();
        out.push_str(plain);
        out[start..].make_ascii_lowercase();
        let (strange, after) =
            after.split_at(after.bytes().position(|byte| byte.is_ascii()).unwrap_or(after.len()));
        if !strange.is_empty() {
            fold_letters_into(strange, out);
        }
        rest = after;
    }
}

/// True for a text in which letters of Latin stand beside letters of a script that has their doubles: `c\u{430}rl` is not
/// `carl`, and nobody sees it (UTS 39 §5.1, for the scripts that matter in practice).
pub fn mixes_scripts(text: &str) -> bool {
    let is_latin = |c: char| c.is_ascii_alphabetic() || ('\u{c0}'..='\u{24f}').contains(&c);
    let has_doubles = |c: char| matches!(c, '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{52f}' | '\u{530}'..='\u{58f}' | '\u{13a0}'..='\u{13ff}');
    let folded: String = text.nfkc().collect();
    folded.chars().any(is_latin) && folded.chars().any(has_doubles)
}

fn fold_letters_into(text: &str, out: &mut String) {
    out.extend(text.nfkd().filter(|c| !is_combining_mark(*c)).default_case_fold().nfkd());
}

/// What is left of a name without spaces, case, invisible characters and the ways Unicode has to write the same letter:
/// names with the same key read alike and are different owners. Marks stay: `Müller` and `Muller` are two names.
pub fn spelling_key(name: &str) -> String {
    let is_seen = |c: &char| {
        !c.is_whitespace()
            && !c.is_control()
            && !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
    };
    name.nfkd().filter(is_seen).default_case_fold().nfkd().collect()
}

/// Appends `folded` without punctuation and spaces: the form in which codes are compared.
pub fn squeeze_into(folded: &str, out: &mut String) {
    for stretch in folded.split(|c: char| !c.is_alphanumeric()) {
        out.push_str(stretch);
    }
}

/// `folded` without punctuation and spaces.
pub fn squeeze(folded: &str) -> String {
    let mut squeezed = String::with_capacity(folded.len());
    squeeze_into(folded, &mut squeezed);
    squeezed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{fold, fold_letters_into, squeeze};

    proptest! {
        #[test]
        fn stretches_fold_as_the_whole_does(text in "([a-cA-C1 -]|[\u{300}-\u{330}]|[µßİſﬁǅK\u{345}가é]|\\PC){0,24}") {
            let mut whole = String::new();
            fold_letters_into(&text, &mut whole);
            prop_assert_eq!(fold(&text), whole);
        }
    }

    #[test]
    fn case_marks_and_compatibility_forms_fold_away() {
        assert_eq!(fold("Größe ÅNGSTRÖM"), "grosse angstrom");
        assert_eq!(fold("10 kΩ ℃ Ω"), fold("10 KΩ °C ω"));
        assert_eq!(fold("ＡＢＣ１２"), "abc12");
        assert_eq!(fold("贴片电阻"), "贴片电阻");
    }

    #[test]
    fn folding_is_idempotent() {
        for text in ["İstanbul", "ǅ", "ﬁn", "ẞ", "ͅ", "가각"] {
            assert_eq!(fold(&fold(text)), fold(text), "{text}");
        }
    }

    #[test]
    fn squeezing_drops_punctuation_and_spaces() {
        assert_eq!(squeeze("cm-31578-96"), "cm3157896");
        assert_eq!(squeeze("a 1/2.b"), "a12b");
    }
}
