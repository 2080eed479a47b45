//! Encryption on the page of the machine's side.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::services::tls::Standing;
use crate::web::extract::Page;
use crate::web::pages::trust::fingerprint;
use crate::web::ui::{icon, reader, t};

/// Whose certificate browsers see, until when, and what is wrong with it; without TLS, how it is turned on.
pub fn tls_panel(page: &Page, look: &Standing, is_https: bool) -> Markup {
    let zone = page.look.zone();
    let mode = match (look.mode.as_str(), is_https) {
        ("off", true) => "proxy",
        (mode, _) => mode,
    };
    html! {
        section.panel.padded.stack aria-labelledby="system-tls" {
            h2 #system-tls { (t("system-tls")) }
            p { (t(&format!("system-tls-{mode}"))) }
            @if let Some(trouble) = &look.trouble {
                div.notice.bad { (icon("circle-alert")) p { (trouble) } }
            }
            @if mode == "off" {
                ol {
                    li { (t("system-tls-turn-on")) " " code { "stockroom serve --tls auto" } " " (t("system-tls-or")) " " code { "[tls] mode = \"auto\"" } }
                    li { (t("system-tls-install")) " " code { "/trust" } }
                    li { (t("system-tls-done")) }
                }
            }
            dl.facts.audit-facts {
                @if let Some(certificate) = look.certificate.as_ref().filter(|_| look.mode != "off") {
                    dt { (t("system-tls-names")) } dd { (certificate.names.join(", ")) }
                    dt { (t("system-tls-issuer")) } dd { (certificate.issuer) }
                    dt { (t("system-tls-ends")) } dd { (day_of(certificate.expires_at, &zone)) }
                    dt { (t("trust-fingerprint")) } dd { (fingerprint(&certificate.fingerprint)) }
                }
                @if let Some(authority) = look.authority.as_ref().filter(|_| look.mode == "auto") {
                    dt { (t("trust-name")) } dd { (authority.name) " · " a href="/trust" { (t("system-tls-trust")) } }
                    dt { (t("system-tls-authority-ends")) } dd { (day_of(authority.expires_at, &zone)) }
                    dt { (t("system-tls-authority-fingerprint")) } dd { (fingerprint(&authority.fingerprint)) }
                }
            }
        }
    }
}

/// A day to come.
pub(super) fn day_of(at: Timestamp, zone: &TimeZone) -> Markup {
    html! { time datetime=(at) { (reader::formats().date(at.to_zoned(zone.clone()).date())) } }
}
