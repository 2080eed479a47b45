//! Section of the account page: how pages look.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::view::AccountView;
use crate::base::text::{LANGUAGE, LANGUAGES};
use crate::domain::preferences::{Density, Theme, time_zones};
use crate::web::ui::form::{csrf_field, error_of, select};
use crate::web::ui::{icon, t, t_with};

/// The section.
pub fn look(view: &AccountView, csrf: &str) -> Markup {
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
    let system = TimeZone::system();
    let of_machine = system.iana_name().unwrap_or("UTC").to_owned();
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
                            (t_with("account-zone-system", &[("zone", of_machine.into())]))
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
                (select("language", &t("field-language"), &languages, preferences.language.as_deref().unwrap_or(LANGUAGE)))
                div.actions { button.button type="submit" { (t("account-look-button")) } }
            }
        }
    }
}
