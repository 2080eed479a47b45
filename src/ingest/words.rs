//! Words that say what a record is.

/// Words that stand for no value.
pub(super) fn is_placeholder(value: &str) -> bool {
    const WORDS: [&str; 16] = [
        "n/a", "na", "null", "none", "nan", "#n/a", "-", "--", "?", "nil", "(null)", "\\n", ".", "..", "...",
        "n.a.",
    ];
    value.len() <= 6 && WORDS.iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// True for words as columns are called: no code, no value.
pub(super) fn is_name_like(text: &str) -> bool {
    text.starts_with(char::is_alphabetic)
        && (!text.contains(|c: char| c.is_ascii_digit()) || text.contains(' '))
        && !is_placeholder(text)
}

/// True for `Total`, `Grand total:` and the like in the languages of those who make lists.
pub(super) fn is_total_word(text: &str) -> bool {
    const WORDS: [&str; 26] = [
        "total",
        "totals",
        "grand total",
        "subtotal",
        "sub-total",
        "sub total",
        "sum",
        "summe",
        "gesamt",
        "gesamtsumme",
        "insgesamt",
        "zwischensumme",
        "totale",
        "totaal",
        "totaux",
        "total général",
        "suma",
        "razem",
        "ogółem",
        "итого",
        "всего",
        "celkem",
        "合計",
        "合计",
        "总计",
        "toplam",
    ];
    let text = text.trim_matches(|c: char| !c.is_alphabetic());
    // Asked of every record: few words begin so.
    if !text.starts_with(|c: char| "tgsizrocTGSIZROC".contains(c) || !c.is_ascii()) {
        return false;
    }
    let text = text.to_lowercase();
    WORDS.iter().any(|word| {
        text.strip_prefix(word)
            .is_some_and(|rest| rest.is_empty() || (word.len() > 4 && rest.starts_with([' ', ':', '('])))
    })
}

/// True where a line of text begins as notes do.
pub(super) fn is_note_marker(text: &str) -> bool {
    const STARTS: [&str; 34] = [
        "source",
        "note",
        "nb:",
        "n.b.",
        "*",
        "†",
        "‡",
        "¹",
        "(",
        "[",
        "#",
        "©",
        "copyright",
        "disclaimer",
        "quelle",
        "hinweis",
        "anmerkung",
        "stand",
        "fonte",
        "fuente",
        "bron",
        "nota",
        "remark",
        "legend",
        "end of",
        "ende",
        "generated",
        "printed",
        "exported",
        "report",
        "page ",
        "seite ",
        "--",
        "==",
    ];
    let text = text.to_lowercase();
    STARTS.iter().any(|start| text.starts_with(start))
}

/// True for what stands under a name to say what its numbers count.
pub(super) fn is_unit(text: &str) -> bool {
    is_wrapped(text.trim()) || is_unit_word(text)
}

fn is_wrapped(text: &str) -> bool {
    [('(', ')'), ('[', ']'), ('<', '>')]
        .iter()
        .any(|(open, close)| text.len() > 1 && text.starts_with(*open) && text.ends_with(*close))
}

/// True for a unit that is known, in brackets or not.
pub(super) fn is_unit_word(text: &str) -> bool {
    const UNITS: [&str; 84] = [
        "pcs",
        "pc",
        "pce",
        "ea",
        "each",
        "st",
        "stk",
        "stück",
        "unit",
        "units",
        "box",
        "boxes",
        "bag",
        "roll",
        "pal",
        "pallet",
        "set",
        "pack",
        "kg",
        "g",
        "mg",
        "µg",
        "t",
        "lb",
        "lbs",
        "oz",
        "m",
        "cm",
        "mm",
        "µm",
        "km",
        "in",
        "ft",
        "m2",
        "m²",
        "m3",
        "m³",
        "l",
        "ml",
        "cl",
        "hl",
        "gal",
        "s",
        "sec",
        "ms",
        "min",
        "h",
        "hr",
        "hrs",
        "d",
        "days",
        "months",
        "years",
        "yyyy-mm-dd",
        "dd.mm.yyyy",
        "dd/mm/yyyy",
        "mm/dd/yyyy",
        "hh:mm",
        "eur",
        "usd",
        "gbp",
        "chf",
        "jpy",
        "€",
        "$",
        "£",
        "%",
        "‰",
        "°c",
        "°f",
        "k",
        "pa",
        "kpa",
        "hpa",
        "bar",
        "v",
        "mv",
        "a",
        "ma",
        "w",
        "kw",
        "kwh",
        "hz",
        "ppm",
    ];
    let text = text.trim();
    let text = if is_wrapped(text) { text[1..text.len() - 1].trim() } else { text };
    let text = text.to_lowercase();
    UNITS.contains(&text.as_str())
        || (text.contains('/') && text.split('/').all(|part| UNITS.contains(&part.trim())))
}

/// True for the cells of a line drawn above or below something: nothing but dashes and the like.
pub(super) fn is_ruled_line<'c>(cells: impl Iterator<Item = &'c str>) -> bool {
    let mut cells = cells.map(str::trim).filter(|cell| !cell.is_empty()).peekable();
    cells.peek().is_some()
        && cells.all(|cell| cell.len() > 2 && cell.bytes().all(|byte| b"-=_+*:| ".contains(&byte)))
}
