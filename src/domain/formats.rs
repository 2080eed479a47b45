//! How numbers and dates are written for a reader. What is read by machines (exports, APIs, forms) keeps ISO dates and
//! plain numbers.

use std::borrow::Cow;

use jiff::Zoned;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::value::{DateFormat, NumberFormat, parse_date};

/// How dates and times of day are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DateStyle {
    /// `2026-12-31 17:05`, as ISO 8601 has it.
    #[default]
    #[serde(rename = "2026-12-31")]
    Iso,
    /// `31.12.2026 17:05`.
    #[serde(rename = "31.12.2026")]
    Dots,
    /// `31/12/2026 17:05`.
    #[serde(rename = "31/12/2026")]
    Slashes,
    /// `31 Dec 2026 17:05`: no month can be taken for a day.
    #[serde(rename = "31 Dec 2026")]
    Named,
    /// `12/31/2026 5:05 PM`.
    #[serde(rename = "12/31/2026")]
    American,
}

impl DateStyle {
    /// All styles.
    pub const ALL: [Self; 5] = [Self::Iso, Self::Dots, Self::Slashes, Self::Named, Self::American];
    /// Their names.
    pub const NAMES: &[&str] = &["2026-12-31", "31.12.2026", "31/12/2026", "31 Dec 2026", "12/31/2026"];

    /// Its name: a day written so.
    pub fn as_str(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// The style of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|style| style.as_str() == name)
    }

    fn of_date(self) -> &'static str {
        match self {
            Self::Iso => "%Y-%m-%d",
            Self::Dots => "%d.%m.%Y",
            Self::Slashes => "%d/%m/%Y",
            Self::Named => "%-d %b %Y",
            Self::American => "%m/%d/%Y",
        }
    }

    fn of_time(self) -> &'static str {
        if self == Self::American { "%-I:%M %p" } else { "%H:%M" }
    }

    fn of_seconds(self) -> &'static str {
        if self == Self::American { "%-I:%M:%S %p" } else { "%H:%M:%S" }
    }

    fn of_day_and_month(self) -> &'static str {
        match self {
            Self::Iso => "%m-%d",
            Self::Dots => "%d.%m.",
            Self::Slashes => "%d/%m",
            Self::Named => "%-d %b",
            Self::American => "%m/%d",
        }
    }
}

/// How numbers are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum NumberStyle {
    /// `1,234.5`.
    #[default]
    #[serde(rename = "1,234.5")]
    Comma,
    /// `1.234,5`.
    #[serde(rename = "1.234,5")]
    Point,
    /// `1 234,5`, with a space that breaks no line.
    #[serde(rename = "1 234,5")]
    Space,
    /// `1’234.5`, as in Switzerland.
    #[serde(rename = "1'234.5")]
    Apostrophe,
    /// `1234.5`, as in a file.
    #[serde(rename = "1234.5")]
    Plain,
}

impl NumberStyle {
    /// All styles.
    pub const ALL: [Self; 5] = [Self::Comma, Self::Point, Self::Space, Self::Apostrophe, Self::Plain];
    /// Their names.
    pub const NAMES: &[&str] = &["1,234.5", "1.234,5", "1 234,5", "1'234.5", "1234.5"];

    /// Its name: a number written so.
    pub fn as_str(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// The style of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|style| style.as_str() == name)
    }

    /// What stands between thousands.
    pub fn thousands(self) -> &'static str {
        match self {
            Self::Comma => ",",
            Self::Point => ".",
            Self::Space => "\u{202f}",
            Self::Apostrophe => "’",
            Self::Plain => "",
        }
    }

    /// What stands before a fraction.
    pub fn decimal(self) -> &'static str {
        match self {
            Self::Comma | Self::Apostrophe | Self::Plain => ".",
            Self::Point | Self::Space => ",",
        }
    }

    /// How a file writes numbers in this style.
    pub fn format(self) -> NumberFormat {
        NumberFormat { decimal_comma: self.decimal() == ",", grouping: self.thousands().chars().next() }
    }

    /// What somebody who has numbers in this style types, as a plain number: `1.234,5` as `1234.5`. What is none stays none.
    pub fn plain(self, typed: &str) -> String {
        let is_space = |c: char| c.is_whitespace() || matches!(c, '\'' | '’');
        let typed: String = typed.chars().filter(|c| !is_space(*c)).collect();
        let typed = typed.replace('\u{2212}', "-");
        if self.decimal() == "." {
            return typed;
        }
        let (whole, fraction) = match typed.split_once(',') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (typed.as_str(), None),
        };
        // A point groups digits where it does so all the way; where it cannot, it is what programs write before a fraction.
        let mut groups = whole.split('.').skip(1);
        let is_grouped = groups.clone().next().is_some()
            && groups.all(|group| group.len() == 3 && group.bytes().all(|b| b.is_ascii_digit()));
        let whole = if is_grouped { whole.replace('.', "") } else { whole.to_owned() };
        fraction.map_or_else(|| whole.clone(), |fraction| format!("{whole}.{fraction}"))
    }

    /// A plain decimal number: `-1234.50` as `-1,234.50`. Anything else stays as it is.
    pub fn number(self, number: &str) -> String {
        let (sign, digits) = match number.strip_prefix('-') {
            Some(rest) => ("-", rest),
            None => ("", number),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(whole) || fraction.is_some_and(|fraction| !plain(fraction)) {
            return number.to_owned();
        }
        let mut written = String::with_capacity(number.len() + whole.len() + 1);
        written.push_str(sign);
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                written.push_str(self.thousands());
            }
            written.push(digit);
        }
        if let Some(fraction) = fraction {
            written.push_str(self.decimal());
            written.push_str(fraction);
        }
        written
    }
}

/// How a reader has numbers and dates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Formats {
    /// Dates and times. Where none is chosen pages write ISO dates, and cells are as their file has them.
    pub dates: Option<DateStyle>,
    /// Numbers.
    pub numbers: NumberStyle,
}

impl Formats {
    fn style(self) -> DateStyle {
        self.dates.unwrap_or_default()
    }

    /// A cell of dates, where a style was chosen. What that would shorten, such as a fraction of a second, and what
    /// is no date stay as they are.
    pub fn date_cell(self, cell: &str, format: DateFormat) -> Cow<'_, str> {
        let Some((style, at)) = self.dates.and_then(|style| Some((style, parse_date(cell, format)?))) else {
            return Cow::Borrowed(cell);
        };
        let date = at.strftime(style.of_date());
        let written = match (cell.contains(':'), at.second(), at.subsec_nanosecond()) {
            (_, _, 1..) => return Cow::Borrowed(cell),
            (false, ..) => date.to_string(),
            (true, 0, _) => format!("{date} {}", at.strftime(style.of_time())),
            (true, ..) => format!("{date} {}", at.strftime(style.of_seconds())),
        };
        if written == cell { Cow::Borrowed(cell) } else { Cow::Owned(written) }
    }

    /// A day.
    pub fn date(self, day: Date) -> String {
        day.strftime(self.style().of_date()).to_string()
    }

    /// A day in a row of days: its year is known.
    pub fn day_and_month(self, day: Date) -> String {
        day.strftime(self.style().of_day_and_month()).to_string()
    }

    /// The same with the time.
    pub fn day_and_minute(self, at: &Zoned) -> String {
        format!("{} {}", self.day_and_month(at.date()), at.strftime(self.style().of_time()))
    }

    /// A day and the time to the minute.
    pub fn minute(self, at: &Zoned) -> String {
        format!("{} {}", at.strftime(self.style().of_date()), at.strftime(self.style().of_time()))
    }

    /// The same, where it may be read elsewhere: with its zone.
    pub fn minute_in_zone(self, at: &Zoned) -> String {
        format!("{} {}", self.minute(at), at.strftime("%Z"))
    }

    /// A day and the time to the second.
    pub fn second(self, at: &Zoned) -> String {
        format!("{} {}", at.strftime(self.style().of_date()), at.strftime(self.style().of_seconds()))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    use super::{DateFormat, DateStyle, Formats, NumberStyle};

    #[test]
    fn a_style_is_called_as_it_writes() {
        for style in DateStyle::ALL {
            let formats = Formats { dates: Some(style), ..Formats::default() };
            assert_eq!(formats.date(date(2026, 12, 31)), style.as_str());
            assert_eq!(DateStyle::parse(style.as_str()), Some(style));
            assert_eq!(serde_json::to_value(style).unwrap(), style.as_str());
        }
        for style in NumberStyle::ALL {
            let written = style.number("1234.5").replace('\u{202f}', " ").replace('’', "'");
            assert_eq!(written, style.as_str());
            assert_eq!(NumberStyle::parse(style.as_str()), Some(style));
            assert_eq!(serde_json::to_value(style).unwrap(), style.as_str());
        }
    }

    #[test]
    fn times_follow_the_style_of_the_day() {
        let at = date(2026, 3, 4).at(17, 5, 9, 0).to_zoned(TimeZone::UTC).unwrap();
        let written = |dates| {
            let formats = Formats { dates: Some(dates), ..Formats::default() };
            (formats.minute(&at), formats.second(&at), formats.day_and_month(at.date()))
        };
        let as_texts = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(written(DateStyle::Iso), as_texts("2026-03-04 17:05", "2026-03-04 17:05:09", "03-04"));
        assert_eq!(written(DateStyle::Dots), as_texts("04.03.2026 17:05", "04.03.2026 17:05:09", "04.03."));
        assert_eq!(written(DateStyle::Named), as_texts("4 Mar 2026 17:05", "4 Mar 2026 17:05:09", "4 Mar"));
        assert_eq!(
            written(DateStyle::American),
            as_texts("03/04/2026 5:05 PM", "03/04/2026 5:05:09 PM", "03/04")
        );
    }

    #[test]
    fn cells_of_dates_are_rewritten_where_a_style_was_chosen_and_lose_nothing() {
        let named = Formats { dates: Some(DateStyle::Named), ..Formats::default() };
        let written = |cell| named.date_cell(cell, DateFormat::DayMonthYear);
        assert_eq!(Formats::default().date_cell("4.3.26", DateFormat::DayMonthYear), "4.3.26");
        assert_eq!(written("4.3.26"), "4 Mar 2026");
        assert_eq!(written("04/03/2026 17:05"), "4 Mar 2026 17:05");
        assert_eq!(written("04/03/2026 17:05:09"), "4 Mar 2026 17:05:09");
        for kept in ["04/03/2026 17:05:09.25", "soon", "", "32.1.2026"] {
            assert_eq!(written(kept), kept);
        }
    }

    #[test]
    fn what_is_typed_is_read_as_the_reader_has_numbers() {
        for (style, typed, plain) in [
            (NumberStyle::Comma, "1 234.5", "1234.5"),
            (NumberStyle::Comma, "1,234.5", "1,234.5"),
            (NumberStyle::Comma, "\u{2212}3", "-3"),
            (NumberStyle::Apostrophe, "1’234.5", "1234.5"),
            (NumberStyle::Point, "1.234,5", "1234.5"),
            (NumberStyle::Point, "1.234", "1234"),
            (NumberStyle::Point, "1.5", "1.5"),
            (NumberStyle::Point, "1,5", "1.5"),
            (NumberStyle::Point, "-1.234.567", "-1234567"),
            (NumberStyle::Point, "1.2345,6", "1.2345.6"),
            (NumberStyle::Space, "1\u{202f}234,5", "1234.5"),
            (NumberStyle::Space, "many", "many"),
        ] {
            assert_eq!(style.plain(typed), plain, "{style:?}");
            let number = style.number("-1234567.25");
            assert_eq!(style.plain(&number).replace(',', ""), "-1234567.25", "{style:?}");
        }
    }

    #[test]
    fn thousands_are_separated_and_nothing_else_is_touched() {
        let comma = |text| NumberStyle::Comma.number(text);
        assert_eq!(comma("0"), "0");
        assert_eq!(comma("999"), "999");
        assert_eq!(comma("1234567"), "1,234,567");
        assert_eq!(comma("-1234.5000"), "-1,234.5000");
        assert_eq!(comma("12-34"), "12-34");
        assert_eq!(comma(""), "");
        assert_eq!(comma("1234,5"), "1234,5");
        assert_eq!(NumberStyle::Point.number("-1234567.25"), "-1.234.567,25");
        assert_eq!(NumberStyle::Plain.number("-1234567.25"), "-1234567.25");
    }
}
