//! The colours of a site that has its own: a style sheet beside the program's. That they can be read was checked when they
//! were set ([`crate::domain::colour::parse_accent`]).

use std::fmt::Write;

use super::tokens::COLOURS;
use crate::config::site::SiteConfig;
use crate::domain::colour::Rgb;

/// What tells the colours of this site from others, for the address of the sheet; `None` where it has none of its own.
pub fn version(site: &SiteConfig) -> Option<String> {
    if site.accent.is_none() && site.accent_dark.is_none() {
        return None;
    }
    let hex =
        |colour: Option<Rgb>| colour.map(|colour| colour.to_string().replace('#', "")).unwrap_or_default();
    Some(format!("{}-{}", hex(site.accent), hex(site.accent_dark)))
}

/// The sheet.
pub fn style_sheet(site: &SiteConfig) -> String {
    let light = accent(site.accent, |colour| colour.light);
    let dark = accent(site.accent_dark, |colour| colour.dark);
    format!(
        ":root{{{light}}}@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\
         :root[data-theme=dark]{{{dark}}}\n"
    )
}

/// The accent and what goes with it: what stands on it, and what it becomes when pointed at. In the theme for which the
/// site has none, the program's.
fn accent(accent: Option<Rgb>, of_theme: fn(&super::tokens::Colour) -> &'static str) -> String {
    let own = |name: &str| {
        let found = COLOURS.iter().find(|colour| colour.name == name);
        found.and_then(|colour| Rgb::parse(of_theme(colour)).ok()).unwrap_or(Rgb(0, 0, 0))
    };
    let mut css = String::new();
    let mut set = |name: &str, colour: Rgb| {
        let _ = write!(css, "--{name}:{colour};");
    };
    match accent {
        None => {
            for name in ["accent", "on-accent", "accent-hover", "focus"] {
                set(name, own(name));
            }
        }
        Some(accent) => {
            // The darker of the two grounds is for light accents. Pointed at, it moves away from what stands on it.
            let (white, dark) = (Rgb(255, 255, 255), Rgb(6, 25, 44));
            let is_dark = accent.contrast(white) >= accent.contrast(dark);
            set("accent", accent);
            set("on-accent", if is_dark { white } else { dark });
            set("accent-hover", accent.mixed(if is_dark { Rgb(0, 0, 0) } else { white }, 0.15));
            set("focus", accent);
        }
    }
    css
}

#[cfg(test)]
mod tests {
    use super::{style_sheet, version};
    use crate::config::site::{DEFAULT_NAME, SiteConfig};
    use crate::domain::colour::{DARK_GROUNDS, LIGHT_GROUNDS, Rgb, parse_accent};
    use crate::domain::formats::Formats;
    use crate::web::ui::tokens::{COLOURS, PAIRS};

    fn site(accent: Option<&str>, dark: Option<&str>) -> SiteConfig {
        let read = |text: Option<&str>| text.map(|text| Rgb::parse(text).unwrap());
        SiteConfig {
            name: DEFAULT_NAME.to_owned(),
            time_zone: None,
            formats: Formats::default(),
            logo: None,
            accent: read(accent),
            accent_dark: read(dark),
        }
    }

    #[test]
    fn only_sites_with_colours_have_a_sheet_and_a_change_changes_its_address() {
        assert_eq!(version(&site(None, None)), None);
        assert_ne!(version(&site(Some("0b5cad"), None)), version(&site(None, Some("0b5cad"))));
        let sheet = style_sheet(&site(Some("#006400"), None));
        assert!(
            sheet.contains("--accent:#006400;--on-accent:#ffffff;") && sheet.contains("--accent:#6db3f8;"),
            "{sheet}"
        );
    }

    #[test]
    fn the_grounds_that_accents_are_checked_on_are_all_that_they_stand_on() {
        let of = |name: &str| COLOURS.iter().find(|colour| colour.name == name).unwrap();
        for (_, ground, _) in PAIRS.iter().filter(|(text, _, _)| *text == "accent") {
            assert!(LIGHT_GROUNDS.contains(&of(ground).light), "{ground}");
            assert!(DARK_GROUNDS.contains(&of(ground).dark), "{ground}");
        }
    }

    #[test]
    fn what_stands_on_an_accent_can_be_read_too() {
        for (text, grounds) in
            [("006400", &LIGHT_GROUNDS), ("7a1fa2", &LIGHT_GROUNDS), ("ffb74d", &DARK_GROUNDS)]
        {
            let accent = parse_accent(text, grounds).unwrap();
            let sheet = super::accent(Some(accent), |colour| colour.light);
            let colour = |name: &str| {
                let value = sheet.split(&format!("--{name}:")).nth(1).unwrap().split(';').next().unwrap();
                Rgb::parse(value).unwrap()
            };
            for ground in ["accent", "accent-hover"] {
                assert!(colour("on-accent").contrast(colour(ground)) >= 4.5, "{text}: {sheet}");
            }
        }
    }
}
