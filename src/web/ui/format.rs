//! How values are written: counts with thousands, quantities as they are, instants in the reader's zone.

use jiff::tz::TimeZone;
use jiff::{SpanRound, Timestamp, Unit};
use maud::{Markup, html};

use super::reader;
use crate::base::size;
use crate::base::text::t_with;

/// `1234567` as the reader has it: `1,234,567`.
pub fn count(number: u64) -> String {
    group(&number.to_string())
}

/// A plain decimal number as the reader has it: `-1234.50` as `-1,234.50`. Anything else stays as it is.
pub fn group(number: &str) -> String {
    reader::formats().numbers.number(number)
}

/// `1536` as `1.5 KiB`, as the reader has numbers: see [`size::parts`].
pub fn bytes(bytes: u64) -> String {
    let (number, unit) = size::parts(bytes);
    format!("{} {unit}", group(&number))
}

/// A limit as it is set: `1 GiB` where it is whole powers of 1,024, so that a file near it is not refused against the
/// text.
pub fn limit(limit: u64) -> String {
    let (number, unit) = size::limit_parts(limit);
    format!("{} {unit}", group(&number))
}

/// An instant in the reader's zone to the minute, with the exact one for machines and the distance in the title.
pub fn instant(at: Timestamp, zone: &TimeZone, now: Timestamp) -> Markup {
    let local = at.to_zoned(zone.clone());
    html! {
        time datetime=(at.to_string()) title=(ago(at, now)) { (reader::formats().minute(&local)) }
    }
}

/// `3 min ago`, in the largest unit that fits.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs();
    let (amount, id) = match seconds {
        ..60 => return t_with("ago-now", &[]),
        60..3600 => (seconds / 60, "ago-minutes"),
        3600..86_400 => (seconds / 3600, "ago-hours"),
        _ => (seconds / 86_400, "ago-days"),
    };
    t_with(id, &[("n", amount.into())])
}

/// A length of time: `1 min 20 s`.
pub fn duration(seconds: u64) -> String {
    let span = jiff::Span::new().seconds(i64::try_from(seconds).unwrap_or(i64::MAX).min(10_000_000_000));
    let largest = SpanRound::new().largest(Unit::Hour).smallest(Unit::Second);
    let span = span.round(largest).unwrap_or_default();
    match (span.get_hours(), span.get_minutes(), span.get_seconds()) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, duration, limit};

    #[test]
    fn sizes_and_lengths_read_well() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(120_000_000), "114 MiB");
        assert_eq!(limit(1 << 30), "1 GiB");
        assert_eq!(limit(1536 << 20), "1,536 MiB");
        assert_eq!(limit(5000), "4.8 KiB");
        assert_eq!(duration(80), "1 min 20 s");
        assert_eq!(duration(7260), "2 h 1 min");
        assert_eq!((&*duration(120), &*duration(86_400)), ("2 min", "24 h"));
    }
}
