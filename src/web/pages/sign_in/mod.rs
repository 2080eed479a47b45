//! Signing in and out.

mod code;
mod code_view;
mod out;
mod show;
mod submit;
mod view;

pub use code::{show_code, submit_code};
pub use code_view::{CodeRefusal, code_fields, typed_code};
pub use out::{extend, sign_out};
pub use show::{show, show_admin};
pub use submit::{submit, submit_admin};
pub use view::{HONEYPOT, trap};

use axum::response::Response;

use super::go_to;
use crate::services::second_factor;
use crate::services::sign_in::SignedIn;
use crate::web::signed_in;
use crate::web::state::AppState;

/// Goes on with a new session in the browser's cookies.
pub fn go_signed_in(state: &AppState, new: &SignedIn, address: &str) -> Response {
    signed_in::begin(state, new, go_to(address))
}

/// Goes where the person wanted, or where they have to go first.
fn go_on(state: &AppState, new: &SignedIn, next: &str) -> Response {
    let first = if new.user.must_change_password {
        Some("/change-password")
    } else if second_factor::must_enrol(&state.config(), &new.user) {
        Some("/account/second-factor")
    } else {
        None
    };
    go_signed_in(state, new, first.unwrap_or(local_path(next)))
}

/// Where the sign-in lies, with the way back to `page`, and with the reason where a session has ended.
pub fn sign_in_first(page: Option<&str>, was_signed_in: bool) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(page) = page.filter(|page| is_local(page) && *page != "/") {
        query.append_pair("next", page);
    }
    if was_signed_in {
        query.append_pair("ended", "1");
    }
    let query = query.finish();
    if query.is_empty() { "/login".to_owned() } else { format!("/login?{query}") }
}

/// Where to go after signing in: a path of this site, or `/` (no open redirect: CVE-2026-25779).
pub fn local_path(next: &str) -> &str {
    if is_local(next) { next } else { "/" }
}

/// True for a path that no browser takes for another site: one leading slash, no backslash, nothing below a space.
fn is_local(path: &str) -> bool {
    let mut bytes = path.bytes();
    bytes.next() == Some(b'/')
        && bytes.next().is_none_or(|second| second != b'/')
        && path.bytes().all(|byte| byte > b' ' && byte != b'\\' && byte != 0x7f)
        && !is_no_page(path.split('?').next().unwrap_or_default())
}

/// True for what is no page to come back to: posts, fragments, what programs ask.
fn is_no_page(path: &str) -> bool {
    const BEGINNINGS: [&str; 14] = [
        "/avatars/",
        "/login",
        "/admin-login",
        "/logout",
        "/session",
        "/api/",
        "/a/",
        "/setup",
        "/register",
        "/confirm",
        "/forgot",
        "/reset",
        "/welcome",
        "/code",
    ];
    const ENDS: [&str; 6] = ["/rows", "/generation", "/status", "/activity", "/owners", "/theme"];
    BEGINNINGS.iter().any(|beginning| path.starts_with(beginning))
        || ENDS.iter().any(|end| path.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn the_way_back_never_leaves_the_site() {
        for hostile in [
            "//x.example",
            "/\\x.example",
            "https:x.example",
            "http://x.example/",
            "",
            "x",
            "/a\r\nSet-Cookie: a=b",
            "/\t/x",
            " //x",
            "javascript:alert(1)",
            "/logout",
            "/session",
            "/api/v1/datasets",
            "/datasets/inventory/rows?offset=100",
        ] {
            assert_eq!(local_path(hostile), "/", "{hostile:?}");
        }
        assert_eq!(local_path("/inventory?q=a%20b&f.status=Hold"), "/inventory?q=a%20b&f.status=Hold");
    }
}
