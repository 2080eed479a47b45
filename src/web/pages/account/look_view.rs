//! Section of the account page: how pages look.

use maud::{Markup, html};

use super::view::AccountView;
use crate::base::text::{LANGUAGE, LANGUAGES};
use crate::domain::formats::{DateStyle, NumberStyle};
use crate::domain::preferences::{Density, Preferences, Theme, time_zones};
use crate::web::ui::form::{csrf_field, error_of, select};
use crate::web::ui::{Look, icon, t, t_with};

/// The section.
pub fn look(view: &AccountView, look: &Look, csrf: &str) -> Markup {
    let preferences = &view.preferences;
    let themes = Theme::ALL.map(|theme| {
        let word = theme.as_str();
        (word.to_owned(), t(&format!("theme-{word}")))
    });
    let densities = Density::ALL.map(|density| {
        let word = density.as_str();
        (word.to_owned(), t(&format!("density-{word}")))
    });
    let languages = LANGUAGES.map(|(tag, name)| (tag.to_owned(), name.to_owned()));
    let zones = time_zones();
    let of_site = look.site_formats;
    let zone_of_site = Preferences::default().zone(look.site_zone.as_deref());
    let zone_of_site = zone_of_site.iana_name().unwrap_or("UTC").to_owned();
    let chosen = preferences.time_zone.as_deref().unwrap_or("");
    let zone_error = error_of(&view.errors, "time_zone");
    html! {
        section.panel.padded.stack aria-labelledby="account-look" {
            h2 #account-look { (t("account-look")) }
            form.stack method="post" action="/account/preferences" {
                (csrf_field(csrf))
                div.columns {
                    (select("theme", &t("field-theme"), &themes, preferences.theme.as_str()))
                    (select("density", &t("field-density"), &densities, preferences.density.as_str()))
                }
                div.field {
                    label for="time_zone" { (t("field-time_zone")) }
                    select.input #time_zone name="time_zone" aria-describedby="time_zone-hint"
                        aria-invalid=[zone_error.map(|_| "true")] {
                        option value="" selected[chosen.is_empty()] {
                            (t_with("account-as-site", &[("value", zone_of_site.into())]))
                        }
                        // One that was chosen on a machine that knows more zones stays what it is.
                        @if !chosen.is_empty() && !zones.iter().any(|zone| zone == chosen) {
                            option value=(chosen) selected { (chosen) }
                        }
                        @for zone in &zones { option value=(zone) selected[zone == chosen] { (zone) } }
                    }
                    @if let Some(error) = zone_error { p.error { (icon("circle-alert")) (error) } }
                    p.hint #time_zone-hint { (t("account-zone-hint")) }
                }
                div.columns {
                    (select("dates", &t("field-dates"), &of_site_or(DateStyle::NAMES, of_site.dates.unwrap_or_default().as_str()), preferences.dates.map_or("", DateStyle::as_str)))
                    (select("numbers", &t("field-numbers"), &of_site_or(NumberStyle::NAMES, of_site.numbers.as_str()), preferences.numbers.map_or("", NumberStyle::as_str)))
                }
                (select("language", &t("field-language"), &languages, preferences.language.as_deref().unwrap_or(LANGUAGE)))
                div.actions { button.button type="submit" { (t("account-look-button")) } }
            }
        }
    }
}

/// These words after the choice of none, which is what the site has.
fn of_site_or(words: &[&str], of_site: &str) -> Vec<(String, String)> {
    let as_site = (String::new(), t_with("account-as-site", &[("value", of_site.into())]));
    std::iter::once(as_site)
        .chain(words.iter().map(|word| ((*word).to_owned(), (*word).to_owned())))
        .collect()
}
