//! Tokens of a user's programs, for who manages the user: to see and to revoke.
//! `POST /admin/customers/{user}/tokens/{token}`

use axum::extract::{Path, State};
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::services::api_tokens;
use crate::services::authorize::ManageUsers;
use crate::services::users::detail::UserDetail;
use crate::web::error::AppError;
use crate::web::extract::PageForm;
use crate::web::pages::account::tokens_table;
use crate::web::pages::go_to;
use crate::web::state::AppState;
use crate::web::ui::t;

/// Revokes one.
pub async fn revoke_token(
    State(state): State<AppState>,
    Path((user, token)): Path<(String, String)>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let address = format!(
        "/admin/customers/{}#user-tokens",
        form_urlencoded::byte_serialize(user.as_bytes()).collect::<String>()
    );
    state.run(move |services| api_tokens::revoke(services, &grant, &user, &token)).await?;
    Ok(go_to(&address))
}

/// The section; nothing where there are none.
pub fn tokens(detail: &UserDetail, zone: &TimeZone, now: Timestamp, csrf: &str) -> Markup {
    let revoke = |token| format!("/admin/customers/{}/tokens/{token}", detail.view().id);
    html! {
        @if !detail.tokens.is_empty() {
            section.panel.padded.stack aria-labelledby="user-tokens" {
                h2 #user-tokens { (t("tokens-title")) }
                (tokens_table(&detail.tokens, &revoke, (zone, now), csrf))
            }
        }
    }
}
