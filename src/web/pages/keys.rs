//! `GET /keys`: the keys that work, where no script opens the sheet.

use axum::response::Response;
use maud::html;

use crate::web::extract::Page;
use crate::web::ui::{NavItem, keys, t};

/// The sheet as a page.
pub async fn show(page: Page) -> Response {
    let content = html! {
        div.page-head { h1 { (t("keys-title")) } }
        div.panel.padded.narrow.stack { (keys::sheet()) }
    };
    page.show(NavItem::None, &t("keys-title"), &[], &content)
}
