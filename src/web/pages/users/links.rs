//! Live links of a user, for who manages the user: to see and to revoke. `POST /admin/customers/{user}/links/{link}`

use axum::extract::{Path, State};
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::services::authorize::ManageUsers;
use crate::services::live_links;
use crate::services::users::detail::UserDetail;
use crate::web::error::AppError;
use crate::web::extract::PageForm;
use crate::web::pages::account::links_table;
use crate::web::pages::go_to;
use crate::web::state::AppState;
use crate::web::ui::t;

/// Revokes one.
pub async fn revoke_link(
    State(state): State<AppState>,
    Path((user, link)): Path<(String, String)>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let id = link.parse().map_err(|_| AppError::not_found("There is no live link at this address."))?;
    let address = format!(
        "/admin/customers/{}#user-links",
        form_urlencoded::byte_serialize(user.as_bytes()).collect::<String>()
    );
    state.run(move |services| live_links::revoke(services, &grant, &user, id)).await?;
    Ok(go_to(&address))
}

/// The section; nothing where there are none.
pub fn links(detail: &UserDetail, zone: &TimeZone, now: Timestamp, csrf: &str) -> Markup {
    let revoke = |link| format!("/admin/customers/{}/links/{link}", detail.view().id);
    html! {
        @if !detail.links.is_empty() {
            section.panel.padded.stack aria-labelledby="user-links" {
                h2 #user-links { (t("links-title")) }
                (links_table(&detail.links, &revoke, (zone, now), csrf))
            }
        }
    }
}
