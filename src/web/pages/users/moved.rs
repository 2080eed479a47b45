//! `GET /admin/users…`: where these pages were before. Bookmarks and links in old mails live on.

use axum::http::Uri;
use axum::response::Redirect;

/// The same page where it is now.
pub async fn moved(uri: Uri) -> Redirect {
    let rest = uri.path().strip_prefix("/admin/users").unwrap_or_default();
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    Redirect::permanent(&format!("/admin/customers{rest}{query}"))
}
