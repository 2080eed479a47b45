//! `GET /admin/sessions/{session}/end`, `GET` and `POST /admin/sessions/{session}/end-all`: the question before somebody is signed
//! out, in one browser or everywhere. With script it is a dialog over the list.

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};

use crate::services::authorize::ManageUsers;
use crate::services::signed_in_now::{self, SignedInNow};
use crate::services::users;
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page, PageForm};
use crate::web::pages::go_to;
use crate::web::state::AppState;
use crate::web::ui::form::{csrf_field, hidden};
use crate::web::ui::{NavItem, device, t, t_with};

/// What ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    One,
    All,
}

/// Asks about one browser.
pub async fn ask_end(
    State(state): State<AppState>,
    Path(session): Path<String>,
    page: Page,
    query: FormData,
) -> Result<Response, AppError> {
    ask(&state, &page, &query, session, Ends::One).await
}

/// Asks about all browsers of a user.
pub async fn ask_end_all(
    State(state): State<AppState>,
    Path(session): Path<String>,
    page: Page,
    query: FormData,
) -> Result<Response, AppError> {
    ask(&state, &page, &query, session, Ends::All).await
}

async fn ask(
    state: &AppState,
    page: &Page,
    query: &FormData,
    session: String,
    ends: Ends,
) -> Result<Response, AppError> {
    let is_part = query.has("part");
    let Some((found, of_user)) = find(state, page, session).await? else {
        // A dialog without a form: the script goes to the page.
        return Ok(if is_part {
            Html(String::new()).into_response()
        } else {
            go_to(&back(query, &[("ended", "")]))
        });
    };
    let name = found.user.shown_name();
    let id = if ends == Ends::One { "sessions-end-question" } else { "sessions-end-all-question" };
    let title = t_with(id, &[("name", name.into())]);
    let form = form(page, query, &found, of_user, ends, is_part);
    if is_part {
        let content = html! { h2 #decide-title { (title) } (form) };
        return Ok(Html(content.into_string()).into_response());
    }
    let content = html! { div.panel.padded.narrow.stack { h1 { (title) } (form) } };
    Ok(page.show(NavItem::Sessions, &title, &[], &content))
}

async fn find(
    state: &AppState,
    page: &Page,
    session: String,
) -> Result<Option<(SignedInNow, usize)>, AppError> {
    let (grant, live) = (page.grant::<ManageUsers>()?, page.session.live().clone());
    state.run(move |services| signed_in_now::find(services, &grant, &live, &session)).await
}

/// The list where it was left.
pub fn back(query: &FormData, more: &[(&str, &str)]) -> String {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.extend_pairs(more);
    pairs.extend_pairs(
        ["q", "page"].map(|name| (name, query.text(name))).iter().filter(|(_, value)| !value.is_empty()),
    );
    format!("/admin/sessions?{}", pairs.finish())
}

fn form(
    page: &Page,
    query: &FormData,
    found: &SignedInNow,
    of_user: usize,
    ends: Ends,
    is_part: bool,
) -> Markup {
    let address = found.address.map(|address| address.to_string()).unwrap_or_default();
    let text = match ends {
        Ends::One => t_with(
            "sessions-end-text",
            &[("device", device(&found.user_agent).into()), ("address", address.into())],
        ),
        Ends::All => t_with("sessions-end-all-text", &[("n", of_user.into())]),
    };
    let (action, button) = if ends == Ends::One {
        ("end", t("sessions-end-button"))
    } else {
        ("end-all", t("sessions-end-others-button"))
    };
    html! {
        form.stack method="post" action=(format!("/admin/sessions/{}/{action}", found.id)) data-once {
            (csrf_field(&page.csrf()))
            @for name in ["q", "page"] {
                @if query.has(name) { (hidden(name, query.text(name))) }
            }
            p { (text) }
            div.actions {
                button.button.danger type="submit" { (button) }
                @if is_part { button.button type="button" data-close-dialog { (t("user-cancel")) } }
                @else { a.button href=(back(query, &[])) { (t("user-cancel")) } }
            }
        }
    }
}

/// Signs a user out everywhere.
pub async fn end_all(
    State(state): State<AppState>,
    Path(session): Path<String>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let Some((found, _)) = find(&state, &page, session).await? else {
        return Ok(go_to(&back(&form, &[("ended", "")])));
    };
    let (grant, login) = (page.grant::<ManageUsers>()?, found.user.id.to_string());
    state.run(move |services| users::end_sessions(services, &grant, &login)).await?;
    Ok(go_to(&back(&form, &[("ended-all", &found.user.shown_name())])))
}
