//! What a column is called on a page. Exports, the API and searches know it by its header alone.

use std::borrow::Cow;

/// Parts of headers that are read letter by letter.
const ABBREVIATIONS: [&str; 14] =
    ["asn", "bom", "ean", "eta", "gtin", "id", "moq", "oem", "po", "rma", "sku", "uom", "upc", "wms"];

/// A header that is an identifier as words: `on_hand` becomes `On hand`, `uom` `UOM`. One that somebody wrote for
/// people, with a capital or a space, stays as it is.
pub fn label(header: &str) -> Cow<'_, str> {
    let is_identifier = header.starts_with(char::is_lowercase)
        && header.chars().all(|c| c.is_lowercase() || c.is_numeric() || c == '_');
    if !is_identifier {
        return Cow::Borrowed(header);
    }
    let mut label = String::with_capacity(header.len());
    for word in header.split('_').filter(|word| !word.is_empty()) {
        if !label.is_empty() {
            label.push(' ');
        }
        if ABBREVIATIONS.contains(&word) {
            label.push_str(&word.to_uppercase());
        } else if label.is_empty() {
            let mut letters = word.chars();
            label.extend(letters.next().into_iter().flat_map(char::to_uppercase));
            label.push_str(letters.as_str());
        } else {
            label.push_str(word);
        }
    }
    Cow::Owned(label)
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn identifiers_are_shown_as_words() {
        for (header, shown) in [
            ("on_hand", "On hand"),
            ("uom", "UOM"),
            ("po", "PO"),
            ("part", "Part"),
            ("customer_po", "Customer PO"),
            ("bin__2_", "Bin 2"),
            ("größe", "Größe"),
        ] {
            assert_eq!(label(header), shown);
        }
        for header in ["On Hand Qty", "MATNR", "unit cost", "qty-on-hand", "_x", "2nd", "", "a:b"] {
            assert_eq!(label(header), header);
        }
    }
}
