//! `GET /trust`, `GET /trust/ca.crt`: how a device comes to trust the site's own authority. Answered over plain HTTP too,
//! because a device that does not trust it yet has no other way here; so the page sets no cookie and asks for nothing.

use std::net::IpAddr;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::config::server::host_of;
use crate::services::tls::{self, AuthorityView};
use crate::web::error::AppError;
use crate::web::extract::page::{html as page, visitor_look};
use crate::web::state::AppState;
use crate::web::ui::qr::qr;
use crate::web::ui::shell::card_page;
use crate::web::ui::{icon, t, t_with};

/// Where the certificate lies.
const CERTIFICATE: &str = "/trust/ca.crt";
/// What opens a certificate everywhere.
const CERTIFICATE_KIND: &str = "application/x-x509-ca-cert";
/// Systems with their steps, how many there are of them, and what is typed in the last one.
const SYSTEMS: &[(&str, usize, Option<&str>)] = &[
    ("windows", 4, None),
    ("macos", 3, None),
    ("ios", 3, None),
    ("android", 3, None),
    (
        "linux",
        2,
        Some("sudo cp ca.crt /usr/local/share/ca-certificates/stockroom.crt\nsudo update-ca-certificates"),
    ),
    ("firefox", 3, None),
];

async fn authority(state: &AppState) -> Result<(AuthorityView, Vec<String>), AppError> {
    let standing = state.run(tls::standing).await?;
    let names = standing.certificate.map(|certificate| certificate.names).unwrap_or_default();
    let authority =
        standing.authority.filter(|_| state.config().tls.mode == crate::config::tls::TlsMode::Auto);
    authority.map(|authority| (authority, names)).ok_or_else(|| {
        AppError::not_found(
            "This site has no certificate authority of its own, so there is nothing to install.",
        )
    })
}

/// The page.
pub async fn show(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, AppError> {
    let (authority, names) = authority(&state).await?;
    let host = address_for_others(&headers, &names);
    let here = format!("http://{host}/trust");
    let site = state.config().server.public_url.as_ref().map(|url| url.origin.clone());
    let site = site.unwrap_or_else(|| format!("https://{host}"));
    let look = visitor_look(&headers, &state.config().site);
    let content = html! {
        h1 { (t("trust-title")) }
        p { (t("trust-text")) }
        div.notice.warn { (icon("triangle-alert")) p { (t("trust-compare")) } }
        dl.facts {
            dt { (t("trust-name")) } dd { (authority.name) }
            dt { (t("trust-fingerprint")) } dd { (fingerprint(&authority.fingerprint)) }
            dt { (t("trust-ends")) } dd { (authority.expires_at.strftime("%Y-%m-%d").to_string()) }
        }
        div.actions {
            a.button.primary href=(CERTIFICATE) { (icon("download")) (t("trust-download")) }
            a.button href=(site) { (t("trust-go-on")) }
        }
        @for (system, steps, command) in SYSTEMS { (steps_of(system, *steps, *command)) }
        h2 { (t("trust-phone")) }
        p { (t_with("trust-phone-text", &[("address", here.as_str().into())])) }
        (qr(&here, &t("trust-qr")))
        h2 { (t("trust-may")) }
        p.hint { (t("trust-may-text")) }
        p.hint { code { (authority.permitted.join("  ")) } }
    };
    Ok(page(card_page(&look, &t("trust-title"), &content)))
}

/// A fingerprint, which breaks between its pairs.
pub fn fingerprint(text: &str) -> Markup {
    html! { code data-fingerprint { @for pair in text.split_inclusive(':') { (pair) wbr; } } }
}

fn steps_of(system: &str, steps: usize, command: Option<&str>) -> Markup {
    html! {
        details.more {
            summary { (icon("chevron-right")) (t(&format!("trust-{system}"))) }
            ol {
                @for step in 1..=steps { li { (t(&format!("trust-{system}-{step}"))) } }
            }
            @for line in command.iter().flat_map(|command| command.lines()) { p { code { (line) } } }
        }
    }
}

/// The certificate.
pub async fn certificate(State(state): State<AppState>) -> Result<Response, AppError> {
    let (authority, _) = authority(&state).await?;
    Ok(([(CONTENT_TYPE, CERTIFICATE_KIND)], authority.pem).into_response())
}

/// The address by which another device finds us: the one that was asked, which is known to be ours, or on the machine
/// itself one of its addresses in the network.
fn address_for_others(headers: &HeaderMap, names: &[String]) -> String {
    let asked = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let host = host_of(asked);
    let is_loopback =
        |name: &str| name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if !is_loopback(host) {
        return asked.to_owned();
    }
    let mut addresses = names.iter().filter(|name| name.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv4()));
    match addresses.find(|address| !is_loopback(address)) {
        Some(address) => asked.replacen(host, address, 1).replace(['[', ']'], ""),
        None => asked.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::address_for_others;

    #[test]
    fn a_phone_is_not_sent_to_itself() {
        let names = ["127.0.0.1", "::1", "localhost", "10.1.2.3"].map(str::to_owned);
        let shown = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("host", host.parse().unwrap());
            address_for_others(&headers, &names)
        };
        for host in ["localhost:8443", "127.0.0.1:8443", "[::1]:8443"] {
            assert_eq!(shown(host), "10.1.2.3:8443", "{host}");
        }
        assert_eq!(shown("stock.lan"), "stock.lan");
    }
}
