//! `POST /admin/view-as/{target}` begins to look at the site as a user, `POST /admin/view-as/end` ends it, and
//! `GET /admin/view-as` says what is no part of it.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::html;

use super::go_to;
use crate::services::authorize::ManageUsers;
use crate::services::view_as;
use crate::web::error::AppError;
use crate::web::extract::session::END_VIEW;
use crate::web::extract::{AnyPage, FormData, Page, PageForm};
use crate::web::state::AppState;
use crate::web::ui::form::csrf_field;
use crate::web::ui::{t, t_with};

/// Begins.
pub async fn begin(
    State(state): State<AppState>,
    Path(user): Path<String>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let live = page.session.live().clone();
    state.run(move |services| view_as::begin(services, &grant, &live, &user)).await?;
    Ok(go_to("/inventory"))
}

/// Ends, and leads back to the user.
pub async fn end(
    State(state): State<AppState>,
    PageForm { page, .. }: PageForm<AnyPage>,
) -> Result<Response, AppError> {
    let (live, address) = (page.session.live.clone(), page.session.address);
    let seen = state.run(move |services| view_as::end(services, &live, address)).await?;
    Ok(match seen {
        Some(user) => go_to(&format!("/admin/customers/{}", user.id)),
        None => go_to("/admin/customers"),
    })
}

/// What cannot be done in it.
pub async fn show(page: Page, query: FormData) -> Response {
    let user = page.user();
    if page.session.viewer().is_none() {
        if !query.has("over") {
            return go_to("/");
        }
        let title = t("view-as-over");
        let content = html! {
            h1 { (title) }
            p { (t("view-as-over-text")) }
            div.actions { a.button.primary href="/admin/customers" { (t("view-as-over-back")) } }
        };
        return page.show_card(&title, &content);
    }
    let title = t("view-as-title");
    let content = html! {
        h1 { (title) }
        p { (t_with("view-as-text", &[("name", user.shown_name().into())])) }
        div.actions {
            a.button href="/inventory" { (t("view-as-back")) }
            form method="post" action=(END_VIEW) {
                (csrf_field(&page.csrf()))
                button.button.primary type="submit" { (t("view-as-end")) }
            }
        }
    };
    let mut response = page.show_card(&title, &content);
    *response.status_mut() = StatusCode::FORBIDDEN;
    response
}
