//! How a user wants pages to look.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::formats::{DateStyle, Formats, NumberStyle};

/// Light or dark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the reader's system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All themes.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The word in forms and cookies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == word)
    }
}

/// How close rows and controls stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Density {
    /// Many rows.
    Compact,
    /// In between.
    #[default]
    Normal,
    /// Few rows.
    Comfortable,
}

impl Density {
    /// All densities, closest first.
    pub const ALL: [Self; 3] = [Self::Compact, Self::Normal, Self::Comfortable];

    /// The word in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Normal => "normal",
            Self::Comfortable => "comfortable",
        }
    }

    /// The density of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|density| density.as_str() == word)
    }
}

/// The zones to choose from: those named after places, and UTC.
pub fn time_zones() -> Vec<String> {
    let is_place = |name: &str| {
        let area = name.split_once('/').map(|(area, _)| area);
        area.is_some_and(|area| !matches!(area, "Etc" | "SystemV" | "posix" | "right" | "US"))
    };
    let mut zones: Vec<String> = jiff::tz::db()
        .available()
        .map(|name| name.as_str().to_owned())
        .filter(|name| is_place(name))
        .collect();
    zones.sort_unstable();
    zones.dedup();
    zones.insert(0, "UTC".to_owned());
    zones
}

/// How a user wants pages to look.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preferences {
    /// Light or dark.
    pub theme: Theme,
    /// How close rows stand.
    pub density: Density,
    /// IANA name of the zone in which instants are shown; the site's own where there is none.
    pub time_zone: Option<String>,
    /// Language of pages and mails; the catalogue's first where there is none.
    pub language: Option<String>,
    /// How dates are written; as on the site where there is none.
    pub dates: Option<DateStyle>,
    /// How numbers are written.
    pub numbers: Option<NumberStyle>,
    /// What happened until then is no news any more.
    pub read_until: Option<Timestamp>,
}

impl Preferences {
    /// The zone in which instants are shown: where none is chosen, or one that is not known here, the site's, and the
    /// machine's where it has none.
    pub fn zone(&self, of_site: Option<&str>) -> TimeZone {
        let zone = |name: &str| TimeZone::get(name).ok();
        let chosen = self.time_zone.as_deref().and_then(zone).or_else(|| of_site.and_then(zone));
        chosen.unwrap_or_else(TimeZone::system)
    }

    /// How numbers and dates are written: as chosen, or as the site has it.
    pub fn formats(&self, of_site: Formats) -> Formats {
        Formats { dates: self.dates.or(of_site.dates), numbers: self.numbers.unwrap_or(of_site.numbers) }
    }
}
