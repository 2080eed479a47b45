//! The colours, sizes and times that every page is made of. The style sheet's `tokens` layer is written from here,
//! and a test recomputes the contrast of every pair that is used (WCAG 2.2: text 4.5, controls and graphics 3).

use std::fmt::Write;

/// A colour in both themes, as `rrggbb`.
#[derive(Debug, Clone, Copy)]
pub struct Colour {
    /// What style sheets call it, without the leading `--`.
    pub name: &'static str,
    /// In the light theme.
    pub light: &'static str,
    /// In the dark theme.
    pub dark: &'static str,
}

const fn colour(name: &'static str, light: &'static str, dark: &'static str) -> Colour {
    Colour { name, light, dark }
}

/// All colours.
pub const COLOURS: &[Colour] = &[
    colour("bg", "f6f7f9", "0f1419"),
    colour("surface", "ffffff", "161c23"),
    colour("sunken", "eef1f5", "0b0f13"),
    colour("fg", "16202b", "e8edf2"),
    colour("muted", "4f5d6c", "a3b0bd"),
    colour("accent", "0b5cad", "6db3f8"),
    colour("on-accent", "ffffff", "06192c"),
    colour("accent-hover", "094a8c", "8cc4fb"),
    colour("focus", "0b5cad", "8cc4fb"),
    colour("control", "7b8794", "758291"),
    colour("line", "d5dbe3", "2f3a46"),
    colour("hover", "f0f4f8", "1f2730"),
    colour("sel", "e1eefb", "17314c"),
    colour("ok", "17693b", "6fd495"),
    colour("ok-bg", "e3f5ea", "12301f"),
    colour("warn", "7d4a00", "f2bd5c"),
    colour("warn-bg", "fdf1d8", "37280b"),
    colour("bad", "b3261e", "ff9088"),
    colour("bad-bg", "fdeaea", "3d1917"),
    colour("info", "0b5cad", "8cc4fb"),
    colour("info-bg", "e6f0fb", "12283f"),
    colour("neutral", "46525f", "b6c1cc"),
    colour("neutral-bg", "e9edf2", "262f39"),
];

/// Foreground, background, and the contrast that this use asks for.
pub const PAIRS: &[(&str, &str, f64)] = &[
    ("fg", "bg", 4.5),
    ("fg", "surface", 4.5),
    ("fg", "sunken", 4.5),
    ("fg", "hover", 4.5),
    ("fg", "sel", 4.5),
    ("muted", "bg", 4.5),
    ("muted", "surface", 4.5),
    ("muted", "sunken", 4.5),
    ("muted", "hover", 4.5),
    ("muted", "sel", 4.5),
    ("accent", "bg", 4.5),
    ("accent", "surface", 4.5),
    ("accent", "sunken", 4.5),
    ("accent", "hover", 4.5),
    ("accent", "sel", 4.5),
    ("on-accent", "accent", 4.5),
    ("on-accent", "accent-hover", 4.5),
    ("focus", "bg", 3.0),
    ("focus", "surface", 3.0),
    ("focus", "sunken", 3.0),
    ("focus", "sel", 3.0),
    ("control", "bg", 3.0),
    ("control", "surface", 3.0),
    ("control", "hover", 3.0),
    ("ok", "ok-bg", 4.5),
    ("ok", "surface", 4.5),
    ("warn", "warn-bg", 4.5),
    ("warn", "surface", 4.5),
    ("warn", "bg", 4.5),
    ("bad", "bad-bg", 4.5),
    ("bad", "surface", 4.5),
    ("bad", "bg", 4.5),
    ("info", "info-bg", 4.5),
    ("neutral", "neutral-bg", 4.5),
    ("fg", "warn-bg", 4.5),
    ("fg", "bad-bg", 4.5),
    ("fg", "info-bg", 4.5),
    ("fg", "ok-bg", 4.5),
    ("accent", "warn-bg", 4.5),
    ("accent", "bad-bg", 4.5),
    ("accent", "info-bg", 4.5),
];

/// Everything that is no colour.
const SIZES: &str = "\
--text-xs:.75rem;--text-sm:.8125rem;--text-md:.875rem;--text-lg:1rem;--text-xl:1.25rem;--text-2xl:1.5rem;\
--line-height:1.45;--line-height-heading:1.2;\
--space-1:4px;--space-2:8px;--space-3:12px;--space-4:16px;--space-6:24px;--space-8:32px;--space-12:48px;\
--radius-sm:4px;--radius-md:8px;--radius-lg:12px;\
--row-height:32px;--control-height:32px;\
--motion:120ms ease-out;\
--font:Inter,system-ui,sans-serif;\
--mono:ui-monospace,\"Cascadia Mono\",Menlo,Consolas,monospace;";

/// Row and control heights of the densities; a coarse pointer gets 44 of both.
const DENSITIES: &str = "\
:root[data-density=compact]{--row-height:26px;--control-height:28px}\
:root[data-density=comfortable]{--row-height:40px;--control-height:40px}\
@media (pointer:coarse){:root,:root[data-density]{--row-height:44px;--control-height:44px}}";

/// The accent colours of the light and the dark theme, where a site has none of its own.
pub fn accents() -> [&'static str; 2] {
    themes("accent")
}

/// A colour of the light theme as `rrggbb`: for drawings that are taken away.
pub fn light(name: &str) -> &'static str {
    themes(name)[0]
}

fn themes(name: &str) -> [&'static str; 2] {
    COLOURS.iter().find(|colour| colour.name == name).map_or([""; 2], |colour| [colour.light, colour.dark])
}

/// The layer order and the `tokens` layer of the style sheet. The theme is an attribute of the root, or else what
/// the system says; paper is always light; not `light-dark()`, which older handhelds do not know.
pub fn style_sheet() -> String {
    let colours = |value: fn(&Colour) -> &'static str| {
        COLOURS.iter().fold(String::new(), |mut css, colour| {
            let _ = write!(css, "--{}:#{};", colour.name, value(colour));
            css
        })
    };
    let (light, dark) = (colours(|colour| colour.light), colours(|colour| colour.dark));
    let shadow_light = "--shadow:0 1px 2px #16202b14,0 4px 12px #16202b1f;";
    let shadow_dark = "--shadow:0 1px 2px #0006,0 4px 16px #0009;";
    // The ground of the top bar in either theme, whichever the page is in.
    let [on_light, on_dark] = themes("surface");
    let grounds = format!("--ground-light:#{on_light};--ground-dark:#{on_dark};");
    format!(
        "@layer tokens,base,layout,components,print;\n@layer tokens{{\
         :root{{color-scheme:light;{light}{shadow_light}{grounds}{SIZES}}}\
         @media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}{shadow_dark}}}}}\
         @media screen{{:root[data-theme=dark]{{color-scheme:dark;{dark}{shadow_dark}}}}}\
         {DENSITIES}}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::{COLOURS, Colour, PAIRS};
    use crate::domain::colour::Rgb;

    fn contrast(one: &str, other: &str) -> f64 {
        Rgb::parse(one).unwrap().contrast(Rgb::parse(other).unwrap())
    }

    #[test]
    fn every_pair_of_colours_has_the_contrast_it_needs() {
        assert!((contrast("000000", "ffffff") - 21.0).abs() < 0.01);
        let find = |name: &str| COLOURS.iter().find(|colour| colour.name == name).unwrap();
        for &(front, back, wanted) in PAIRS {
            let themes: [fn(&Colour) -> &'static str; 2] = [|colour| colour.light, |colour| colour.dark];
            for value in themes {
                let (front_hex, back_hex) = (value(find(front)), value(find(back)));
                let found = contrast(front_hex, back_hex);
                assert!(found >= wanted, "{front} {front_hex} on {back} {back_hex}: {found:.2} < {wanted}");
            }
        }
    }
}
