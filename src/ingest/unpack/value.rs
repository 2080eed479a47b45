//! A cell's value as the text that a person would type for it.

use std::fmt::Write as _;

use calamine::{CellErrorType, ExcelDateTime};
use jiff::civil::{Date, DateTime, date};

/// Digits that spreadsheets keep of a number and show: what is behind them is noise of binary arithmetic.
const DIGITS: usize = 15;
/// From here on whole numbers are not exact any more.
const EXACT: f64 = 9_007_199_254_740_992.0;
/// Powers of ten that are written out.
const WRITTEN_OUT: i32 = 30;
/// Milliseconds of a day.
const DAY: i64 = 86_400_000;
/// The last day that spreadsheets know, 9999-12-31.
const LAST_DAY: i64 = 2_958_465;

/// `0.3` for 0.30000000000000004, `100000` for 1.0E5, all digits of a whole number that is exact.
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return "#NUM!".to_owned();
    }
    if value.fract().abs() <= 0.0 && value.abs() < EXACT {
        return format!("{}", value as i64);
    }
    let text = format!("{value:.*e}", DIGITS - 1);
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if mantissa.starts_with('-') { "-" } else { "" };
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_end_matches('0');
    let places = digits.len() as i32;
    if exponent.abs() > WRITTEN_OUT {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        return format!("{sign}{first}{point}{rest}E{exponent:+}");
    }
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat((-exponent - 1) as usize));
    }
    if exponent + 1 >= places {
        return format!("{sign}{digits}{}", "0".repeat((exponent + 1 - places) as usize));
    }
    let (whole, rest) = digits.split_at((exponent + 1) as usize);
    format!("{sign}{whole}.{rest}")
}

/// How spreadsheets of both date systems count days.
pub fn moment(value: &ExcelDateTime, is_1904: bool) -> String {
    if value.is_duration() { duration(value.as_f64()) } else { date_time(value.as_f64(), is_1904) }
}

/// `26:30:00` for a day, two hours and a half.
pub fn duration(days: f64) -> String {
    if !days.is_finite() || days.abs() > 1e9 {
        return number(days);
    }
    let millis = (days * DAY as f64).round() as i64;
    let sign = if millis < 0 { "-" } else { "" };
    format!("{sign}{}", clock(millis.abs()))
}

/// `2024-02-29`, `2024-02-29 13:45:00` where there is a time, `13:45:00` where there is nothing else.
pub fn date_time(serial: f64, is_1904: bool) -> String {
    let millis = (serial * DAY as f64).round();
    if !serial.is_finite() || serial < 0.0 || serial >= (LAST_DAY + 1) as f64 {
        // Spreadsheets show ###### for it.
        return number(serial);
    }
    let (days, time) = ((millis as i64).div_euclid(DAY), (millis as i64).rem_euclid(DAY));
    if days == 0 && !is_1904 {
        return clock(time);
    }
    let day = match (is_1904, days) {
        (true, _) => day_after(date(1904, 1, 1), days),
        // They think that 1900 was a leap year.
        (false, 60) => "1900-02-29".to_owned(),
        (false, ..60) => day_after(date(1899, 12, 31), days),
        (false, _) => day_after(date(1899, 12, 30), days),
    };
    if time == 0 { day } else { format!("{day} {}", clock(time)) }
}

fn day_after(first: Date, days: i64) -> String {
    first.checked_add(jiff::Span::new().days(days)).map_or_else(|_| days.to_string(), |day| day.to_string())
}

fn clock(millis: i64) -> String {
    let seconds = millis / 1_000;
    let mut text = format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if millis % 1_000 != 0 {
        let _ = write!(text, ".{:03}", millis % 1_000);
    }
    text
}

/// What a cell says that holds an ISO date: `2024-02-29T00:00:00` is a day, and the time stays where there is one.
pub fn iso_date(text: &str) -> String {
    let text = text.trim().trim_end_matches('Z');
    match text.parse::<DateTime>() {
        Ok(moment) if moment.time() == jiff::civil::Time::midnight() => moment.date().to_string(),
        Ok(moment) => moment.to_string().replacen('T', " ", 1),
        Err(_) => text.to_owned(),
    }
}

/// `26:30:00` for `PT26H30M00S`.
pub fn iso_duration(text: &str) -> String {
    let Ok(span) = text.trim().parse::<jiff::SignedDuration>() else { return text.to_owned() };
    let millis = i64::try_from(span.as_millis()).unwrap_or(0);
    format!("{}{}", if millis < 0 { "-" } else { "" }, clock(millis.abs()))
}

/// As spreadsheets write it.
pub fn boolean(value: bool) -> &'static str {
    if value { "TRUE" } else { "FALSE" }
}

/// As spreadsheets write it.
pub fn error(error: &CellErrorType) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::{date_time, duration, iso_date, iso_duration, number};

    #[test]
    fn numbers_read_as_they_are_typed() {
        for (value, text) in [
            (0.1 + 0.2, "0.3"),
            (100_000.0, "100000"),
            (1e20, "100000000000000000000"),
            (-12.5, "-12.5"),
            (1234.5678, "1234.5678"),
            (1e-7, "0.0000001"),
            (0.15, "0.15"),
            (-0.0, "0"),
            (9_007_199_254_740_991.0, "9007199254740991"),
            (4_006_381_333_931.0, "4006381333931"),
            (1.005, "1.005"),
            (123_456_789.123_456_79, "123456789.123457"),
            (1e300, "1E+300"),
            (-1.5e-40, "-1.5E-40"),
            (f64::NAN, "#NUM!"),
        ] {
            assert_eq!(number(value), text, "{value:e}");
        }
    }

    #[test]
    fn days_are_counted_in_both_systems() {
        for (serial, is_1904, text) in [
            (45_351.0, false, "2024-02-29"),
            (45_351.0 - 1_462.0, true, "2024-02-29"),
            (45_351.573_125, false, "2024-02-29 13:45:18"),
            (45_350.999_999_999_9, false, "2024-02-29"),
            (0.5, false, "12:00:00"),
            (0.0, true, "1904-01-01"),
            (1.0, false, "1900-01-01"),
            (59.0, false, "1900-02-28"),
            (60.0, false, "1900-02-29"),
            (61.0, false, "1900-03-01"),
            (2_958_465.0, false, "9999-12-31"),
            (2_958_466.0, false, "2958466"),
            (-1.0, false, "-1"),
            (f64::INFINITY, false, "#NUM!"),
        ] {
            assert_eq!(date_time(serial, is_1904), text, "{serial}");
        }
        assert_eq!(duration(1.104_166_666_666_666_7), "26:30:00");
        assert_eq!(duration(-0.5), "-12:00:00");
        assert_eq!(iso_date("2024-02-29T00:00:00"), "2024-02-29");
        assert_eq!(iso_date("2024-02-29"), "2024-02-29");
        assert_eq!(iso_date("2024-02-29T13:45:00"), "2024-02-29 13:45:00");
        assert_eq!(iso_duration("PT26H30M00S"), "26:30:00");
    }
}
