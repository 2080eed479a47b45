//! `GET /account/links`, `POST /account/links`, `POST /account/links/{link}/revoke`

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::links_view::{LinkForm, LinksView, links_page};
use super::prove::proof_error;
use crate::domain::ids::LiveLinkId;
use crate::services::live_links::{self, NewLiveLink};
use crate::services::{ServiceError, Services};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page, PageForm};
use crate::web::pages::{go_to, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use crate::web::ui::t;

fn parse(id: &str) -> Result<LiveLinkId, AppError> {
    id.parse().map_err(|_| AppError::not_found("There is no live link at this address."))
}

/// One's live links; with a search in the address, a form for another.
pub async fn show_links(
    State(state): State<AppState>,
    page: Page,
    query: FormData,
) -> Result<Response, AppError> {
    let form = LinkForm::asked(&query);
    let view =
        LinksView { is_revoked: query.text("done") == "revoked", ..LinksView::of(&state, form.as_ref()) };
    show(&state, &page, &view).await
}

async fn show(state: &AppState, page: &Page, view: &LinksView<'_>) -> Result<Response, AppError> {
    let live = page.session.live().clone();
    let own = state.run(move |services| live_links::own(services, &live)).await?;
    Ok(links_page(page, view, &own))
}

/// Makes one, and shows its address this once.
pub async fn make_link(
    State(state): State<AppState>,
    headers: HeaderMap,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let (live, address) = (page.session.live().clone(), page.session.address());
    let typed = LinkForm::typed(&form);
    let password = form.secret("link_password");
    let made = match typed.days.parse() {
        Ok(days) => {
            let LinkForm { name, dataset, query, .. } = typed.clone();
            let new = NewLiveLink { name, dataset, query, days };
            let make = move |services: &Services| live_links::make(services, &live, &new, &password, address);
            state.try_hashing(make).await?
        }
        Err(_) => Err(ServiceError::invalid("days", "is a number of days")),
    };
    match made {
        Ok(made) => {
            let origin = state.hosts().origin_of(&headers);
            let address = format!("{origin}{}", made.path.expose());
            let view = LinksView { made: Some((&made.view, &address)), ..LinksView::of(&state, None) };
            show(&state, &page, &view).await
        }
        Err(error) => {
            let errors = [said(error)?];
            let view = LinksView { errors: &errors, ..LinksView::of(&state, Some(&typed)) };
            Ok(sent_back(show(&state, &page, &view).await?, &errors))
        }
    }
}

/// What is wrong, beside the field that it is about.
fn said(error: ServiceError) -> Result<FieldError, AppError> {
    match error {
        ServiceError::Invalid { field: "name", message } => {
            Ok(FieldError::new("link_name", format!("{} {message}", t("field-name"))))
        }
        ServiceError::Invalid { field: "days", message } => {
            Ok(FieldError::new("days", format!("{} {message}", t("links-days"))))
        }
        other => proof_error(other, "link_password"),
    }
}

/// Ends one, or takes one from the list that has ended.
pub async fn revoke_link(
    State(state): State<AppState>,
    Path(link): Path<String>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let (live, address) = (page.session.live().clone(), page.session.address());
    let id = parse(&link)?;
    state.run(move |services| live_links::revoke_own(services, &live, id, address)).await?;
    Ok(go_to("/account/links?done=revoked"))
}
