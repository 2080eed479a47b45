//! What a cell's text means under its column's type. The text itself is never changed.

use jiff::civil::DateTime;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How a column writes numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct NumberFormat {
    /// `12,5` instead of `12.5`.
    #[serde(default)]
    pub decimal_comma: bool,
    /// Between groups of three digits, where the column uses one: `,` `.` `'` or a space.
    #[serde(default)]
    pub grouping: Option<char>,
}

/// How a column writes dates: the order of the parts and what stands between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateFormat {
    /// `2026-11-21`, `2026/11/21`, `20261121`; a time may follow.
    #[default]
    YearMonthDay,
    /// `21.11.2026`, `21/11/26`, `2-Jun-06`, `21 November 2026`; a time may follow.
    DayMonthYear,
    /// `11/21/2026`, `Nov 21, 2026`; a time may follow.
    MonthDayYear,
}

/// Most significant digits of a number: a [`Decimal`] holds any 28.
const MAX_DIGITS: u32 = 28;

/// Longest text that is looked at as a date; `Wednesday, 23 September 2026 at 11:59:59.999999999 PM +00:00` is shorter.
const MAX_DATE_BYTES: usize = 64;

/// Two-digit years below this are 20xx, the others 19xx (POSIX `strptime`, `%y`).
const YEAR_PIVOT: i16 = 69;

/// Reads a number exactly. Leading and trailing spaces, a sign before or after, accounting parentheses and a
/// currency sign or percent sign are allowed; anything else is `None`. `12 %` is 12. An exponent (`1.2E+3`) is
/// allowed as long as the result is exact; more than 28 digits are `None`.
pub fn parse_number(cell: &str, format: NumberFormat) -> Option<Decimal> {
    let mut text = cell.trim();
    let mut sign = Sign::default();
    if let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        sign.set(true)?;
        text = inner.trim();
    }
    let mut unit = false;
    while let Some(first) = text.chars().next() {
        match first {
            '0'..='9' | '.' | ',' => break,
            '-' | '\u{2212}' => sign.set(true)?,
            '+' => sign.set(false)?,
            _ if is_unit(first) && !unit => unit = true,
            _ => return None,
        }
        text = text[first.len_utf8()..].trim_start();
    }
    while let Some(last) = text.chars().next_back() {
        match last {
            '0'..='9' | '.' | ',' => break,
            '-' | '\u{2212}' => sign.set(true)?,
            '+' => sign.set(false)?,
            _ if is_unit(last) && !unit => unit = true,
            _ => return None,
        }
        text = text[..text.len() - last.len_utf8()].trim_end();
    }
    let (mantissa, scale) = parse_digits(text, format)?;
    let mantissa = if sign.negative { -mantissa } else { mantissa };
    Decimal::try_from_i128_with_scale(mantissa, scale).ok()
}

/// The sign of a number, which may be written once.
#[derive(Default)]
struct Sign {
    seen: bool,
    negative: bool,
}

impl Sign {
    fn set(&mut self, negative: bool) -> Option<()> {
        if self.seen {
            return None;
        }
        self.seen = true;
        self.negative = negative;
        Some(())
    }
}

fn is_unit(c: char) -> bool {
    matches!(c, '$' | '%' | '¢' | '£' | '¤' | '¥' | '\u{20A0}'..='\u{20CF}')
}

/// Digits with their grouping, decimal mark and exponent, as mantissa and scale.
fn parse_digits(text: &str, format: NumberFormat) -> Option<(i128, u32)> {
    let decimal_mark = if format.decimal_comma { ',' } else { '.' };
    let mut mantissa: i128 = 0;
    let mut significant = 0;
    let mut any_digit = false;
    let mut scale: Option<u32> = None;
    // Digits since the last grouping mark; `None` until there was one.
    let mut group: Option<u32> = None;
    let mut whole_digits = 0;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if let Some(digit) = c.to_digit(10) {
            any_digit = true;
            mantissa = mantissa * 10 + i128::from(digit);
            significant += u32::from(mantissa != 0);
            if significant > MAX_DIGITS {
                return None;
            }
            match (&mut scale, &mut group) {
                (Some(scale), _) => *scale += 1,
                (None, Some(group)) => *group += 1,
                (None, None) => whole_digits += 1,
            }
        } else if c == decimal_mark && scale.is_none() {
            if group.is_some_and(|digits| digits != 3) {
                return None;
            }
            group = None;
            scale = Some(0);
        } else if scale.is_none() && format.grouping.is_some_and(|mark| is_same_grouping(mark, c)) {
            match group {
                None if !(1..=3).contains(&whole_digits) => return None,
                Some(digits) if digits != 3 => return None,
                _ => group = Some(0),
            }
        } else if matches!(c, 'e' | 'E') && any_digit {
            if group.is_some_and(|digits| digits != 3) {
                return None;
            }
            return apply_exponent(mantissa, scale.unwrap_or(0), chars.as_str());
        } else {
            return None;
        }
        if scale.is_some_and(|scale| scale > MAX_DIGITS) {
            return None;
        }
    }
    if !any_digit || group.is_some_and(|digits| digits != 3) {
        return None;
    }
    Some((mantissa, scale.unwrap_or(0)))
}

fn is_same_grouping(mark: char, c: char) -> bool {
    match mark {
        ' ' | '\u{A0}' | '\u{202F}' | '\u{2009}' => matches!(c, ' ' | '\u{A0}' | '\u{202F}' | '\u{2009}'),
        '\'' | '\u{2019}' => matches!(c, '\'' | '\u{2019}'),
        _ => c == mark,
    }
}

fn apply_exponent(mantissa: i128, scale: u32, exponent: &str) -> Option<(i128, u32)> {
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if digits.is_empty() || digits.len() > 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let exponent: i32 = exponent.parse().ok()?;
    let scale = i32::try_from(scale).ok()? - exponent;
    if scale >= 0 {
        let scale = scale.unsigned_abs();
        return (scale <= MAX_DIGITS).then_some((mantissa, scale));
    }
    let shifted = mantissa.checked_mul(10_i128.checked_pow(scale.unsigned_abs())?)?;
    (shifted < 10_i128.pow(MAX_DIGITS)).then_some((shifted, 0))
}

/// Reads a date; one without a time is at midnight. `None` for what is no such day (`31/02/2026`).
///
/// A year of four digits in front and a month by its English name leave no doubt about the order and are read
/// under every format. A zone or offset after the time is read over: the date and time are kept as written.
pub fn parse_date(cell: &str, format: DateFormat) -> Option<DateTime> {
    let text = cell.trim();
    if text.len() < 6 || text.len() > MAX_DATE_BYTES || !text.is_ascii() {
        return None;
    }
    let mut rest = Scanner { bytes: text.as_bytes() };
    rest.skip_weekday();
    let (year, month, day) = rest.date(format)?;
    let (hour, minute, second, nanos) = rest.time()?;
    DateTime::new(year, month, day, hour, minute, second, nanos).ok()
}

/// True for a date in numbers that begins with no full year: `03/11/26`, `26-11-03`, `3.11.2026`.
pub fn begins_short(value: &str) -> bool {
    let mut parts = value.splitn(3, ['.', '/', '-']);
    let mut digits = || {
        parts
            .next()
            .map_or(0, |part| if part.bytes().all(|byte| byte.is_ascii_digit()) { part.len() } else { 0 })
    };
    matches!((digits(), digits()), (1 | 2, 1 | 2))
}

/// What is left to read of a date.
struct Scanner<'a> {
    bytes: &'a [u8],
}

/// One part of a date as written.
#[derive(Clone, Copy)]
enum Part {
    Number { value: i16, digits: usize },
    Month(i8),
}

impl<'a> Scanner<'a> {
    fn take_while(&mut self, keep: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.bytes.iter().position(|byte| !keep(*byte)).unwrap_or(self.bytes.len());
        let (taken, rest) = self.bytes.split_at(end);
        self.bytes = rest;
        taken
    }

    fn skip_spaces(&mut self) -> bool {
        !self.take_while(|byte| byte == b' ').is_empty()
    }

    fn eat(&mut self, wanted: u8) -> bool {
        if self.bytes.first() == Some(&wanted) {
            self.bytes = &self.bytes[1..];
            return true;
        }
        false
    }

    /// Takes letters that spell `words` of at least three letters, cut short or not, and a full stop after.
    fn eat_name(&mut self, words: &[&str]) -> Option<usize> {
        let end = self.bytes.iter().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(self.bytes.len());
        let name = &self.bytes[..end];
        let found = words.iter().position(|word| {
            let short = name.len() == 3 || (name == b"Sept" && *word == "september");
            (name.len() == word.len() || short)
                && name.len() <= word.len()
                && word.as_bytes()[..name.len()].eq_ignore_ascii_case(name)
        })?;
        self.bytes = &self.bytes[end..];
        self.eat(b'.');
        Some(found)
    }

    fn skip_weekday(&mut self) {
        const DAYS: [&str; 7] =
            ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        if self.eat_name(&DAYS).is_some() {
            self.eat(b',');
            self.skip_spaces();
        }
    }

    fn part(&mut self) -> Option<Part> {
        const MONTHS: [&str; 12] = [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ];
        if self.bytes.first()?.is_ascii_digit() {
            let digits = self.take_while(|byte| byte.is_ascii_digit());
            if digits.len() > 4 {
                return None;
            }
            let value = digits.iter().fold(0, |value, digit| value * 10 + i16::from(digit - b'0'));
            return Some(Part::Number { value, digits: digits.len() });
        }
        self.eat_name(&MONTHS).map(|index| Part::Month(index as i8 + 1))
    }

    /// What stands between two parts, as one character; an empty separator (`21Nov2026`) is `0`.
    fn separator(&mut self) -> Option<u8> {
        let mark = match self.bytes.first()? {
            mark @ (b'-' | b'/' | b'.' | b',') => {
                self.bytes = &self.bytes[1..];
                *mark
            }
            b' ' => b' ',
            byte if byte.is_ascii_alphanumeric() => return Some(0),
            _ => return None,
        };
        if mark != b'-' && mark != b'/' {
            self.skip_spaces();
        }
        Some(mark)
    }

    fn date(&mut self, format: DateFormat) -> Option<(i16, i8, i8)> {
        let run = self.bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if run == 8 {
            let (digits, rest) = self.bytes.split_at(8);
            self.bytes = rest;
            let number =
                |part: &[u8]| part.iter().fold(0_i16, |value, digit| value * 10 + i16::from(digit - b'0'));
            let (year, month, day) = (number(&digits[..4]), number(&digits[4..6]), number(&digits[6..]));
            return (format == DateFormat::YearMonthDay && year > 0).then_some((
                year,
                month as i8,
                day as i8,
            ));
        }
        let first = self.part()?;
        let first_mark = self.separator()?;
        let second = self.part()?;
        let second_mark = self.separator()?;
        let third = self.part()?;
        let (year, month, day) = match (first, second, third) {
            (Part::Number { digits: 4, .. }, Part::Month(month), day) => (first, month, day),
            (day, Part::Month(month), year) | (Part::Month(month), day, year) => (year, month, day),
            (Part::Number { digits: 4, .. }, Part::Number { .. }, _) if first_mark == second_mark => {
                (first, second.small()?, third)
            }
            _ if first_mark != second_mark || !matches!(first_mark, b'-' | b'/' | b'.') => return None,
            _ => match format {
                // With full stops nobody writes a short year in front: `03.11.26` is a day of 2026.
                DateFormat::YearMonthDay if first_mark == b'.' => return None,
                DateFormat::YearMonthDay => (first, second.small()?, third),
                DateFormat::DayMonthYear => (third, second.small()?, first),
                DateFormat::MonthDayYear => (third, first.small()?, second),
            },
        };
        Some((year.year()?, month, day.small()?))
    }

    fn two_digits(&mut self, at_least: usize) -> Option<i8> {
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        if digits.len() < at_least || digits.len() > 2 {
            return None;
        }
        Some(digits.iter().fold(0, |value, digit| value * 10 + (digit - b'0') as i8))
    }

    /// The time of day, which must use up the text; midnight where there is none.
    fn time(&mut self) -> Option<(i8, i8, i8, i32)> {
        if self.bytes.is_empty() {
            return Some((0, 0, 0, 0));
        }
        let marked = self.eat(b'T') || self.eat(b't');
        let mut apart = self.eat(b',');
        apart |= self.skip_spaces();
        if !marked && !apart {
            return None;
        }
        let run = self.bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (mut second, mut nanos) = (0, 0);
        let (hour, minute) = if marked && (run == 4 || run == 6) {
            let digits = self.take_while(|byte| byte.is_ascii_digit());
            let pair = |at: usize| ((digits[at] - b'0') * 10 + (digits[at + 1] - b'0')) as i8;
            second = if run == 6 { pair(4) } else { 0 };
            (pair(0), pair(2))
        } else {
            let hour = self.two_digits(1)?;
            if !self.eat(b':') {
                return None;
            }
            let minute = self.two_digits(2)?;
            if self.eat(b':') {
                second = self.two_digits(2)?;
            }
            (hour, minute)
        };
        if self.eat(b'.') || self.eat(b',') {
            let digits = self.take_while(|byte| byte.is_ascii_digit());
            if digits.is_empty() {
                return None;
            }
            for place in 0..9 {
                nanos = nanos * 10 + digits.get(place).map_or(0, |digit| i32::from(digit - b'0'));
            }
        }
        self.skip_spaces();
        let hour = self.half_day(hour)?;
        self.skip_spaces();
        self.skip_zone();
        self.bytes.is_empty().then_some((hour, minute, second, nanos))
    }

    fn half_day(&mut self, hour: i8) -> Option<i8> {
        let afternoon = match self.bytes.first() {
            Some(b'a' | b'A') => false,
            Some(b'p' | b'P') => true,
            _ => return Some(hour),
        };
        self.bytes = &self.bytes[1..];
        self.eat(b'.');
        if !(self.eat(b'm') || self.eat(b'M')) || !(1..=12).contains(&hour) {
            return None;
        }
        self.eat(b'.');
        Some(hour % 12 + if afternoon { 12 } else { 0 })
    }

    fn skip_zone(&mut self) {
        match self.bytes {
            [b'Z' | b'z'] | b"UTC" | b"GMT" => self.bytes = &[],
            [b'+' | b'-', digits @ ..]
                if (2..=5).contains(&digits.len())
                    && digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b':') =>
            {
                self.bytes = &[];
            }
            _ => {}
        }
    }
}

impl Part {
    /// A day or month of one or two digits.
    fn small(self) -> Option<i8> {
        match self {
            Self::Number { value, digits: 1 | 2 } => Some(value as i8),
            _ => None,
        }
    }

    fn year(self) -> Option<i16> {
        match self {
            Self::Number { value, digits: 4 } if value > 0 => Some(value),
            Self::Number { value, digits: 2 } if value < YEAR_PIVOT => Some(2000 + value),
            Self::Number { value, digits: 2 } => Some(1900 + value),
            _ => None,
        }
    }
}

/// Reads yes or no: `true/false`, `yes/no`, `y/n`, `t/f`, `1/0`, `on/off`, in any case.
pub fn parse_bool(cell: &str) -> Option<bool> {
    let text = cell.trim();
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(&["true", "yes", "y", "t", "1", "on"]) {
        Some(true)
    } else if is(&["false", "no", "n", "f", "0", "off"]) {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{DateFormat, NumberFormat, parse_bool, parse_date, parse_number};

    const PLAIN: NumberFormat = NumberFormat { decimal_comma: false, grouping: None };
    const ENGLISH: NumberFormat = NumberFormat { decimal_comma: false, grouping: Some(',') };
    const GERMAN: NumberFormat = NumberFormat { decimal_comma: true, grouping: Some('.') };
    const FRENCH: NumberFormat = NumberFormat { decimal_comma: true, grouping: Some(' ') };

    fn number(cell: &str, format: NumberFormat) -> Option<String> {
        parse_number(cell, format).map(|number| number.to_string())
    }

    fn date(cell: &str, format: DateFormat) -> Option<String> {
        parse_date(cell, format).map(|date| date.to_string())
    }

    #[test]
    fn numbers_are_read_exactly() {
        for (cell, format, wanted) in [
            ("0", PLAIN, "0"),
            (" 42 ", PLAIN, "42"),
            ("-8", PLAIN, "-8"),
            ("8-", PLAIN, "-8"),
            ("+8", PLAIN, "8"),
            ("\u{2212}8.50", PLAIN, "-8.50"),
            ("(1,234.50)", ENGLISH, "-1234.50"),
            (".0000", PLAIN, "0.0000"),
            ("5.", PLAIN, "5"),
            ("$1,234,567.89", ENGLISH, "1234567.89"),
            ("-$5", PLAIN, "-5"),
            ("$ -5", PLAIN, "-5"),
            ("12,5 €", GERMAN, "12.5"),
            ("1.234.567,5", GERMAN, "1234567.5"),
            ("1\u{202F}234,5", FRENCH, "1234.5"),
            ("12 %", PLAIN, "12"),
            ("1.2E+3", PLAIN, "1200"),
            ("1.5e-2", PLAIN, "0.015"),
            ("9999999999999999999999999999", PLAIN, "9999999999999999999999999999"),
            ("0000000000000000000000000000000001", PLAIN, "1"),
        ] {
            assert_eq!(number(cell, format).as_deref(), Some(wanted), "{cell}");
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for (cell, format) in [
            ("", PLAIN),
            ("-", PLAIN),
            (".", PLAIN),
            ("$", PLAIN),
            ("1,234", PLAIN),
            ("1,23", ENGLISH),
            ("1234,567", ENGLISH),
            (",123", ENGLISH),
            ("1,,234", ENGLISH),
            ("1,234,", ENGLISH),
            ("1.2.3", PLAIN),
            ("--5", PLAIN),
            ("(-5)", PLAIN),
            ("5 pcs", PLAIN),
            ("0x10", PLAIN),
            ("1e", PLAIN),
            ("1e99", PLAIN),
            ("1e-40", PLAIN),
            ("10000000000000000000000000000", PLAIN),
            ("0.00000000000000000000000000001", PLAIN),
            ("NaN", PLAIN),
            ("٣", PLAIN),
        ] {
            assert_eq!(number(cell, format), None, "{cell}");
        }
    }

    #[test]
    fn dates_are_read_in_their_format() {
        use DateFormat::{DayMonthYear, MonthDayYear, YearMonthDay};
        for (cell, format, wanted) in [
            ("2026-11-21", YearMonthDay, "2026-11-21T00:00:00"),
            ("2026/1/2", DayMonthYear, "2026-01-02T00:00:00"),
            ("20261121", YearMonthDay, "2026-11-21T00:00:00"),
            ("20261121T1415Z", YearMonthDay, "2026-11-21T14:15:00"),
            ("21.11.2026", DayMonthYear, "2026-11-21T00:00:00"),
            ("21/11/26", DayMonthYear, "2026-11-21T00:00:00"),
            ("03.11.26", DayMonthYear, "2026-11-03T00:00:00"),
            ("11/21/69", MonthDayYear, "1969-11-21T00:00:00"),
            ("26-11-21", YearMonthDay, "2026-11-21T00:00:00"),
            ("2-Jun-06", YearMonthDay, "2006-06-02T00:00:00"),
            ("21Nov2026", DayMonthYear, "2026-11-21T00:00:00"),
            ("21. November 2026", DayMonthYear, "2026-11-21T00:00:00"),
            ("Nov 21, 2026", MonthDayYear, "2026-11-21T00:00:00"),
            ("Sat, 21 Nov 2026 06:05:58 GMT", DayMonthYear, "2026-11-21T06:05:58"),
            ("2011-12-01 08:12:00", YearMonthDay, "2011-12-01T08:12:00"),
            ("2021-07-28T14:37:51.084Z", YearMonthDay, "2021-07-28T14:37:51.084"),
            ("2021-07-28 14:37:51,5+02:00", YearMonthDay, "2021-07-28T14:37:51.5"),
            ("12/1/2010 8:26", MonthDayYear, "2010-12-01T08:26:00"),
            ("12/1/2010 12:05 AM", MonthDayYear, "2010-12-01T00:05:00"),
            ("12/1/2010 1:05:09 p.m.", MonthDayYear, "2010-12-01T13:05:09"),
        ] {
            assert_eq!(date(cell, format).as_deref(), Some(wanted), "{cell}");
        }
    }

    #[test]
    fn what_is_no_day_is_none() {
        use DateFormat::{DayMonthYear, MonthDayYear, YearMonthDay};
        for (cell, format) in [
            ("31/02/2026", DayMonthYear),
            ("21/11/2026", MonthDayYear),
            ("21/11/2026", YearMonthDay),
            ("2026-13-01", YearMonthDay),
            ("2026-11/21", YearMonthDay),
            ("0000-01-01", YearMonthDay),
            ("1/2/345", DayMonthYear),
            ("2026-11-21x", YearMonthDay),
            ("2026-11-21 24:00", YearMonthDay),
            ("2026-11-21 13:00 PM", YearMonthDay),
            ("2026-11-21T", YearMonthDay),
            ("20261321", YearMonthDay),
            ("21112026", DayMonthYear),
            ("Jun-06", DayMonthYear),
            ("1.2.3.4", DayMonthYear),
            ("03.11.26", YearMonthDay),
            ("Maya 1, 2026", MonthDayYear),
            ("", YearMonthDay),
        ] {
            assert_eq!(date(cell, format), None, "{cell}");
        }
    }

    #[test]
    fn yes_and_no_in_any_case() {
        assert_eq!(parse_bool(" Yes "), Some(true));
        assert_eq!(parse_bool("F"), Some(false));
        assert_eq!(parse_bool("0"), Some(false));
        assert_eq!(parse_bool("maybe"), None);
        assert_eq!(parse_bool(""), None);
    }
}
