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
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        out[start..].make_ascii_lowercase();
        return;
    }
    out.extend(text.nfkd().filter(|c| !is_combining_mark(*c)).default_case_fold().nfkd());
}

/// Appends `folded` without punctuation and spaces: the form in which codes are compared.
pub fn squeeze_into(folded: &str, out: &mut String) {
    // Whole stretches: character by character it showed in the profile of an import.
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
    use super::{fold, squeeze};

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
