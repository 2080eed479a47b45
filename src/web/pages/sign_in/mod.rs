//! Signing in and out.

mod out;
mod show;
mod submit;
mod view;

pub use out::{extend, sign_out};
pub use show::show;
pub use submit::submit;

use axum::http::header::SET_COOKIE;
use axum::response::Response;

use super::go_to;
use crate::services::sign_in::SignedIn;
use crate::web::csrf;
use crate::web::state::AppState;

/// Goes on with a new session in the browser's cookies.
pub fn go_signed_in(state: &AppState, signed_in: &SignedIn, address: &str) -> Response {
    let mut response = go_to(address);
    let token = csrf::new_token(&signed_in.session_token);
    let device = signed_in.device_token.expose();
    for cookie in state.cookies().signed_in(signed_in.session_token.expose(), &token, device) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Where the sign-in lies, with the way back to `page`.
pub fn sign_in_first(page: Option<&str>) -> String {
    match page.filter(|page| is_local(page) && *page != "/") {
        Some(page) => {
            let next: String = form_urlencoded::byte_serialize(page.as_bytes()).collect();
            format!("/login?next={next}")
        }
        None => "/login".to_owned(),
    }
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
        && !path.starts_with("/login")
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
        ] {
            assert_eq!(local_path(hostile), "/", "{hostile:?}");
        }
        assert_eq!(local_path("/inventory?q=a%20b&f.status=Hold"), "/inventory?q=a%20b&f.status=Hold");
    }
}
