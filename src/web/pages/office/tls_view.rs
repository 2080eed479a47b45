//! Encryption on the page of the machine's side.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::services::tls::Standing;
use crate::web::extract::Page;
use crate::web::ui::format::instant;
use crate::web::ui::{icon, t};

/// Whose certificate browsers see, until when, and what is wrong with it; without TLS, how it is turned on.
pub fn tls_panel(page: &Page, look: &Standing, is_https: bool, now: Timestamp) -> Markup {
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
            dl.facts {
                @if let Some(certificate) = look.certificate.as_ref().filter(|_| look.mode != "off") {
                    dt { (t("system-tls-names")) } dd { (certificate.names.join(", ")) }
                    dt { (t("system-tls-issuer")) } dd { (certificate.issuer) }
                    dt { (t("system-tls-ends")) } dd { (instant(certificate.expires_at, &zone, now)) }
                    dt { (t("trust-fingerprint")) } dd { code { (certificate.fingerprint) } }
                }
                @if let Some(authority) = look.authority.as_ref().filter(|_| look.mode == "auto") {
                    dt { (t("trust-name")) } dd { (authority.name) " · " a href="/trust" { (t("system-tls-trust")) } }
                    dt { (t("system-tls-authority-ends")) } dd { (instant(authority.expires_at, &zone, now)) }
                    dt { (t("system-tls-authority-fingerprint")) } dd { code { (authority.fingerprint) } }
                }
            }
        }
    }
}
