//! Reading single values. Each error says what was expected.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

/// Anything that reads itself from text; `expected` describes it.
pub fn from_str<T: FromStr>(expected: &'static str) -> impl Fn(&str) -> Result<T, String> {
    move |text| text.parse().map_err(|_| format!("`{text}` is not {expected}"))
}

/// A number within bounds.
pub fn number<T>(least: T, most: T) -> impl Fn(&str) -> Result<T, String>
where
    T: FromStr + PartialOrd + Display + Copy,
{
    move |text| match text.replace('_', "").parse::<T>() {
        Ok(value) if value >= least && value <= most => Ok(value),
        _ => Err(format!("`{text}` is not a whole number from {least} to {most}")),
    }
}

/// `true` or `false`, in the usual spellings.
pub fn flag(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err(format!("`{text}` is not true or false")),
    }
}

/// A duration with its unit: `90s`, `30m`, `12h`, `7d`; fractions are fine.
pub fn duration(least: Duration, most: Duration) -> impl Fn(&str) -> Result<Duration, String> {
    move |text| {
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let unit = match text[digits..].trim() {
            "s" | "sec" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            _ => {
                return Err(format!(
                    "`{text}` is not a duration; expected a number with s, m, h or d, such as 30m"
                ));
            }
        };
        let seconds =
            text[..digits].parse::<f64>().map_err(|_| format!("`{text}` is not a duration such as 30m"))?
                * unit;
        match Duration::try_from_secs_f64(seconds) {
            Ok(value) if value >= least && value <= most => Ok(value),
            _ => Err(format!("`{text}` is out of bounds; expected {} to {}", plain(least), plain(most))),
        }
    }
}

/// A number of bytes: `1048576`, `512KiB`, `64MiB`, `1GiB`, also `64MB` in thousands.
pub fn bytes(least: u64, most: u64) -> impl Fn(&str) -> Result<u64, String> {
    move |text| {
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
        let unit: u64 = match text[digits..].trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "k" | "kb" => 1_000,
            "m" | "mb" => 1_000_000,
            "g" | "gb" => 1_000_000_000,
            "kib" => 1 << 10,
            "mib" => 1 << 20,
            "gib" => 1 << 30,
            _ => return Err(format!("`{text}` is not a size; expected a number with KiB, MiB or GiB")),
        };
        let value =
            text[..digits].replace('_', "").parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
        match value {
            Some(value) if value >= least && value <= most => Ok(value),
            _ => Err(format!("`{text}` is out of bounds; expected {least} to {most} bytes")),
        }
    }
}

/// A list separated by commas or spaces, each item read by `item`.
pub fn list<T>(item: impl Fn(&str) -> Result<T, String>) -> impl Fn(&str) -> Result<Vec<T>, String> {
    move |text| text.split([',', ' ']).filter(|part| !part.is_empty()).map(&item).collect()
}

/// Any text.
pub fn text(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

fn plain(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        s if s > 0 && s % 86_400 == 0 => format!("{}d", s / 86_400),
        s if s > 0 && s % 3_600 == 0 => format!("{}h", s / 3_600),
        s if s > 0 && s % 60 == 0 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{bytes, duration};

    #[test]
    fn units_are_understood() {
        let any = duration(Duration::ZERO, Duration::from_secs(1 << 40));
        assert_eq!(any("30m").unwrap(), Duration::from_mins(30));
        assert_eq!(any("1.5h").unwrap(), Duration::from_mins(90));
        assert!(any("30").unwrap_err().contains("30m"));
        assert_eq!(bytes(0, u64::MAX)("64MiB").unwrap(), 64 << 20);
        assert!(bytes(0, 10)("1KiB").is_err());
    }
}
