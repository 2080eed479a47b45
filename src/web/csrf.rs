//! Against requests that other sites make in a user's name (ASVS 3.5.1).
//!
//! The token is `nonce.HMAC-SHA-256(session token, nonce)`: a page can only have it from us, and a planted `csrf`
//! cookie does not fit the session, which no script and no other site can read.

use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, Method, StatusCode};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::cookies::{CookieNames, find_cookie};
use super::error::AppError;
use super::hosts::Hosts;
use crate::base::base64;
use crate::base::ids::random_bytes;
use crate::base::secret::SecretString;

/// The header in which scripts and programs send the token back.
pub const HEADER: &str = "x-csrf-token";

/// A new token for a session.
pub fn new_token(session: &SecretString) -> String {
    let nonce = random_bytes::<16>();
    format!("{}.{}", base64::encode(&nonce), base64::encode(&mac(session.expose(), &nonce)))
}

fn mac(session: &str, nonce: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(session.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(b"stockroom csrf v1");
    mac.update(nonce);
    mac.finalize().into_bytes().into()
}

/// True for methods that change nothing (RFC 9110 §9.2.1).
pub fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Checks an unsafe request made with a session cookie: an origin of ours where one is sent, and the token both in
/// the header and in the cookie.
pub fn check(headers: &HeaderMap, hosts: &Hosts, session: &str) -> Result<(), AppError> {
    check_origin(headers, hosts)?;
    let refused =
        |detail: &str| AppError::new(StatusCode::FORBIDDEN, "csrf", "Cross-site request refused", detail);
    let sent = headers.get(HEADER).and_then(|value| value.to_str().ok()).ok_or_else(|| {
        refused("The header X-CSRF-Token is missing. Send the value of the `csrf` cookie in it.")
    })?;
    let cookie = find_cookie(headers, CookieNames::CSRF);
    if cookie != Some(sent) || !fits(sent, session) {
        return Err(refused("The header X-CSRF-Token is not the value of this session's `csrf` cookie."));
    }
    Ok(())
}

/// True where the token was made for this session.
pub fn fits(token: &str, session: &str) -> bool {
    let decoded =
        token.split_once('.').and_then(|(nonce, mac)| Some((base64::decode(nonce)?, base64::decode(mac)?)));
    decoded.is_some_and(|(nonce, sent)| bool::from(mac(session, &nonce).as_slice().ct_eq(&sent)))
}

/// Refuses a request that says it comes from elsewhere. `null` is elsewhere. Browsers send `Origin` with every
/// post; programs may leave it out.
pub fn check_origin(headers: &HeaderMap, hosts: &Hosts) -> Result<(), AppError> {
    let foreign = headers
        .get_all(ORIGIN)
        .iter()
        .any(|origin| !origin.to_str().is_ok_and(|origin| hosts.is_our_origin(origin, headers)));
    let cross_site = headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    // A listed origin of another site is cross-site by definition, and allowed.
    if foreign || (cross_site && !headers.contains_key(ORIGIN)) {
        return Err(AppError::new(
            StatusCode::FORBIDDEN,
            "foreign-origin",
            "Cross-site request refused",
            "The request comes from a page of another site. Add that site to server.allowed_origins if it is yours.",
        ));
    }
    Ok(())
}

/// A form whose token is not this session's: it was open since before the sign-in, or another site sent it.
pub fn stale_form() -> AppError {
    AppError::new(
        StatusCode::FORBIDDEN,
        "csrf",
        "This form is out of date",
        "Nothing was changed. Go back, reload the page and send the form again.",
    )
}
