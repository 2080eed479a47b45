//! What a number format adds to a number: the leading zeros of codes, and words around them.

/// How a number's cell shows it, as far as it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// As a number.
    Plain,
    /// As a share of 100.
    Percent,
    /// As a code: the digits of a whole number fill the places from the right.
    Code(Vec<Place>),
}

/// A place of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A digit, 0 where there is none.
    Digit,
    /// What stands there.
    Fixed(char),
}

impl Shown {
    /// What the format code of a cell means.
    pub fn of(code: &str) -> Self {
        let mut places = Vec::new();
        let mut chars = code.chars();
        let mut is_code = true;
        while let Some(c) = chars.next() {
            match c {
                '0' => places.push(Place::Digit),
                '\\' => places.extend(chars.next().map(Place::Fixed)),
                '"' => places.extend(chars.by_ref().take_while(|c| *c != '"').map(Place::Fixed)),
                ';' => break,
                '-' | ' ' | '/' | '(' | ')' | ':' => places.push(Place::Fixed(c)),
                // A filler, a space as wide as a letter, a colour or a language: nothing of the text.
                '_' | '*' => {
                    chars.next();
                }
                '[' => {
                    let _ = chars.by_ref().find(|c| *c == ']');
                }
                '%' => return Self::Percent,
                _ => is_code = false,
            }
        }
        let digits = places.iter().filter(|place| **place == Place::Digit).count();
        if is_code && digits >= 2 { Self::Code(places) } else { Self::Plain }
    }

    /// The text of a code; `None` where the number is none that it could be.
    pub fn fill(&self, value: f64) -> Option<String> {
        let Self::Code(places) = self else { return None };
        if !(0.0..1e15).contains(&value) || value.fract().abs() > 0.0 {
            return None;
        }
        let digits = format!("{}", value as u64);
        let mut left = digits.chars().rev();
        let wanted = places.iter().filter(|place| **place == Place::Digit).count();
        let mut filled = 0;
        let mut text: Vec<char> = Vec::new();
        for place in places.iter().rev() {
            match place {
                Place::Fixed(c) => text.push(*c),
                Place::Digit => {
                    text.push(left.next().unwrap_or('0'));
                    filled += 1;
                    if filled == wanted {
                        text.extend(left.by_ref());
                    }
                }
            }
        }
        Some(text.into_iter().rev().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Shown;

    #[test]
    fn codes_keep_their_zeros_and_numbers_are_numbers() {
        let shown = |code: &str, value: f64| Shown::of(code).fill(value);
        for (code, value, text) in [
            ("00000", 42.0, "00042"),
            ("00000", 1_234_567.0, "1234567"),
            ("000\\-00\\-0000", 12_345_678.0, "012-34-5678"),
            ("\"PO-\"0000", 17.0, "PO-0017"),
            ("000-000", 12_345.0, "012-345"),
            ("[$-409]00000;@", 7.0, "00007"),
        ] {
            assert_eq!(shown(code, value).as_deref(), Some(text), "{code}");
        }
        for code in ["General", "0", "0.00", "#,##0", "0.00E+00", "@", "0\" kg\"", "# ??/??", "0%"] {
            assert_eq!(shown(code, 42.0), None, "{code}");
        }
        assert_eq!(shown("00000", 4.5), None);
        assert_eq!(shown("00000", -4.0), None);
        assert_eq!(Shown::of("0.00%"), Shown::Percent);
    }
}
