//! Section `site`: what the site is called and how it looks.

use jiff::tz::TimeZone;

use super::reader::Reader;
use super::setting::{Control, Setting};
use crate::domain::colour::{DARK_GROUNDS, LIGHT_GROUNDS, Rgb, parse_accent};
use crate::domain::formats::{DateStyle, Formats, NumberStyle};
use crate::domain::ids::AvatarId;
use crate::domain::user::turns_text;

/// What a site is called that was not named.
pub const DEFAULT_NAME: &str = "Stockroom";
/// Longest name in characters: it stands in the top bar.
pub const MAX_NAME_CHARS: usize = 60;

/// What the site is called and how it looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteConfig {
    /// Its name.
    pub name: String,
    /// IANA name of the zone of those who chose none; the machine's where it is not given.
    pub time_zone: Option<String>,
    /// How numbers and dates are written for those who chose nothing.
    pub formats: Formats,
    /// The picture that stands for its name.
    pub logo: Option<AvatarId>,
    /// The accent colour in the light theme, where it is not Stockroom's.
    pub accent: Option<Rgb>,
    /// The accent colour in the dark theme.
    pub accent_dark: Option<Rgb>,
}

/// What can be set.
pub const SETTINGS: &[Setting] = &[
    Setting::new("site.name", "What the site is called (default: Stockroom)").on_page(Control::Text),
    Setting::new(
        "site.time_zone",
        "Time zone of those who chose none, such as Europe/Zurich (default: the machine's)",
    )
    .on_page(Control::Zone),
    Setting::new(
        "site.dates",
        "How dates are written for those who chose nothing (default: 2026-12-31, and cells as in their file)",
    )
    .on_page(Control::Choice(DateStyle::NAMES)),
    Setting::new("site.numbers", "How numbers are written for those who chose nothing (default: 1,234.5)")
        .on_page(Control::Choice(NumberStyle::NAMES)),
    Setting::new("site.logo", "The logo that was sent on the settings page"),
    Setting::new(
        "site.accent",
        "Colour of buttons and links in the light theme, such as #0b5cad (default: Stockroom's)",
    )
    .on_page(Control::Colour),
    Setting::new("site.accent_dark", "The same in the dark theme, such as #6db3f8 (default: Stockroom's)")
        .on_page(Control::Colour),
];

/// A name as it is kept.
///
/// # Errors
/// For one that is empty, too long or holds control characters.
pub fn parse_name(name: &str) -> Result<String, String> {
    let name = name.trim();
    let is_bad = |c: char| c.is_control() || turns_text(c);
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.chars().any(is_bad) {
        return Err(format!("has 1 to {MAX_NAME_CHARS} characters, and none that turn or hide others"));
    }
    Ok(name.to_owned())
}

fn zone(text: &str) -> Result<String, String> {
    match TimeZone::get(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(format!("`{text}` is no time zone known here; expected a name like Europe/Zurich")),
    }
}

fn date_style(text: &str) -> Result<DateStyle, String> {
    DateStyle::parse(text)
        .ok_or_else(|| format!("`{text}` is not known; expected one of {}", DateStyle::NAMES.join(", ")))
}

fn number_style(text: &str) -> Result<NumberStyle, String> {
    NumberStyle::parse(text).ok_or_else(|| {
        format!("`{text}` is not known; expected one of `{}`", NumberStyle::NAMES.join("`, `"))
    })
}

impl SiteConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            name: reader.get("site.name", DEFAULT_NAME.to_owned(), parse_name),
            time_zone: reader.find("site.time_zone", zone),
            formats: Formats {
                dates: reader.find("site.dates", date_style),
                numbers: reader.get("site.numbers", NumberStyle::default(), number_style),
            },
            logo: reader.find("site.logo", |text| text.parse().map_err(|_| format!("`{text}` is no logo"))),
            accent: reader.find("site.accent", |text| parse_accent(text, &LIGHT_GROUNDS)),
            accent_dark: reader.find("site.accent_dark", |text| parse_accent(text, &DARK_GROUNDS)),
        }
    }
}
