//! Colours, and how well one is read on another.

use std::fmt;

/// A colour of the sRGB space, eight bits a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// Reads `#rrggbb`, with or without the sign.
    ///
    /// # Errors
    /// For anything else.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no colour; expected one like #0b5cad");
        let hex = text.trim().trim_start_matches('#');
        if hex.len() != 6 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let channel = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).map_err(|_| wrong());
        Ok(Self(channel(0)?, channel(2)?, channel(4)?))
    }

    /// Relative luminance (WCAG 2.2).
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let part = f64::from(channel) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// Contrast of text in this colour on `other`, 1 to 21 (WCAG 2.2, 1.4.3).
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance() + 0.05, other.luminance() + 0.05);
        one.max(two) / one.min(two)
    }

    /// This colour with `share` of `other` in it, 0 to 1.
    #[must_use]
    pub fn mixed(self, other: Self, share: f64) -> Self {
        let mix = |one: u8, two: u8| (f64::from(one) * (1.0 - share) + f64::from(two) * share).round() as u8;
        Self(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }
}

/// What an accent colour stands on in the light theme: page, panels, sunken parts, a row pointed at, one chosen, notices.
pub const LIGHT_GROUNDS: [&str; 8] =
    ["f6f7f9", "ffffff", "eef1f5", "f0f4f8", "e1eefb", "fdf1d8", "fdeaea", "e6f0fb"];
/// The same in the dark theme.
pub const DARK_GROUNDS: [&str; 8] =
    ["0f1419", "161c23", "0b0f13", "1f2730", "17314c", "37280b", "3d1917", "12283f"];
/// Least contrast of text (WCAG 2.2, 1.4.3).
pub const LEAST_CONTRAST: f64 = 4.5;

/// An accent colour that can be read on all of `grounds`.
///
/// # Errors
/// What it lacks, and a colour near it that would do.
pub fn parse_accent(text: &str, grounds: &[&str]) -> Result<Rgb, String> {
    let colour = Rgb::parse(text)?;
    let worst = |colour: Rgb| {
        let grounds = grounds.iter().filter_map(|ground| Rgb::parse(ground).ok());
        grounds.map(|ground| colour.contrast(ground)).fold(f64::INFINITY, f64::min)
    };
    let contrast = worst(colour);
    if contrast >= LEAST_CONTRAST {
        return Ok(colour);
    }
    let is_light =
        grounds.first().and_then(|ground| Rgb::parse(ground).ok()).is_some_and(|g| g.luminance() > 0.5);
    let end = if is_light { Rgb(0, 0, 0) } else { Rgb(255, 255, 255) };
    let near = (1..=100)
        .map(|step| colour.mixed(end, f64::from(step) / 100.0))
        .find(|near| worst(*near) >= LEAST_CONTRAST);
    let near = near.map(|near| format!("; {near} would do")).unwrap_or_default();
    Err(format!(
        "`{text}` is too hard to read here: its contrast is {contrast:.1}, and 4.5 is the least{near}"
    ))
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::{DARK_GROUNDS, LIGHT_GROUNDS, Rgb, parse_accent};

    #[test]
    fn colours_are_read_and_written() {
        assert_eq!(Rgb::parse("#0B5cad").map(|colour| colour.to_string()), Ok("#0b5cad".to_owned()));
        assert_eq!(Rgb::parse("ffffff"), Ok(Rgb(255, 255, 255)));
        for wrong in ["", "#fff", "red", "#12345g", "#1234567", "üüü"] {
            assert!(Rgb::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        let (black, white) = (Rgb(0, 0, 0), Rgb(255, 255, 255));
        assert!((black.contrast(white) - 21.0).abs() < 0.01 && (white.contrast(white) - 1.0).abs() < 0.01);
        assert!(
            (Rgb::parse("767676").map(|grey| grey.contrast(white)).unwrap_or_default() - 4.54).abs() < 0.01
        );
        assert_eq!(white.mixed(black, 0.5), Rgb(128, 128, 128));
    }

    #[test]
    fn an_accent_that_cannot_be_read_is_refused_with_one_that_can() {
        assert!(
            parse_accent("0b5cad", &LIGHT_GROUNDS).is_ok() && parse_accent("6db3f8", &DARK_GROUNDS).is_ok()
        );
        for (pale, grounds) in [("#ffcc00", &LIGHT_GROUNDS), ("#202060", &DARK_GROUNDS)] {
            let said = parse_accent(pale, grounds).unwrap_err();
            let near = said.split("; ").nth(1).and_then(|near| near.split(' ').next()).unwrap();
            assert!(parse_accent(near, grounds).is_ok(), "{said}");
        }
    }
}
