//! `GET /admin/customers/new`, `POST /admin/customers`

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use maud::html;

use super::form::{UserForm, looks_for_owners, owners_of};
use super::form_view::{FormView, user_form};
use super::owners::{find, saw_owners};
use super::slip::{SlipFor, slip_page, way_choice, way_of};
use crate::domain::permission::Role;
use crate::services::access::invite::{self, Handover};
use crate::services::authorize::{Grant, ManageUsers};
use crate::services::users::owners::note_seen;
use crate::services::users::{FirstSignIn, NewPassword, NewUser};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page, PageForm};
use crate::web::pages::{go_to, refused};
use crate::web::state::AppState;
use crate::web::ui::form::{FieldError, error_summary};
use crate::web::ui::{NavItem, t};

/// An empty form. Without an owner the new user sees nothing.
pub async fn new(State(state): State<AppState>, page: Page, query: FormData) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    // From the report on who sees what: this owner's rows are to be seen.
    let owners = owners_of(&query);
    let form = UserForm { roles: [Role::Customer].into(), owners, ..UserForm::default() };
    form_page(&state, &page, grant, &form, &[]).await
}

/// Adds the user, who sets a password by a link in a mail or a code on a slip.
pub async fn create(
    State(state): State<AppState>,
    headers: HeaderMap,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let sent = UserForm::sent(&form);
    if looks_for_owners(&form) {
        saw_owners(&state, &page, &form).await?;
        return form_page(&state, &page, grant, &sent, &[]).await;
    }
    let good = match sent.read(false, state.config().accounts.country) {
        Ok(good) => good,
        Err(errors) => return again(&state, &page, grant, &sent, &errors).await,
    };
    let new = NewUser {
        email: good.email,
        name: good.name,
        username: good.username,
        mobile: good.mobile,
        roles: good.roles,
        owners: good.owners,
        password: NewPassword::Unset,
        first_sign_in: FirstSignIn::KeepsPassword,
    };
    let chosen = if sent.all_owners { BTreeSet::new() } else { sent.owners.clone() };
    let (owners, _) = find(&state, &page, page.grant()?, "", &chosen).await?;
    let way = way_of(&form);
    let made = state
        .try_hashing(move |services| {
            let made = invite::add(services, &grant, new, way)?;
            note_seen(services, &grant)?;
            Ok(made)
        })
        .await?;
    match made {
        Ok((user, Handover::Mailed(_))) => Ok(go_to(&format!("/admin/customers/{}?done=invited", user.id))),
        // Shown in the answer itself: a redirect would have to carry the code somewhere. Sent again, the form is
        // refused, because the address is taken.
        Ok((user, Handover::Slip(slip))) => {
            let sign_in = state.hosts().sign_in_for_people(&headers);
            let missing = &owners.missing;
            Ok(slip_page(&page, &user, &slip, SlipFor::NewAccount, missing, sign_in.as_deref()))
        }
        Err(error) => again(&state, &page, page.grant()?, &sent, &[refused(error)?]).await,
    }
}

async fn again(
    state: &AppState,
    page: &Page,
    grant: Grant<ManageUsers>,
    form: &UserForm,
    errors: &[FieldError],
) -> Result<Response, AppError> {
    let mut response = form_page(state, page, grant, form, errors).await?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

async fn form_page(
    state: &AppState,
    page: &Page,
    grant: Grant<ManageUsers>,
    form: &UserForm,
    errors: &[FieldError],
) -> Result<Response, AppError> {
    let (owners, _) = find(state, page, grant, &form.owner_words, &form.owners).await?;
    let view = FormView {
        action: "/admin/customers",
        button: &t("user-add-button"),
        back: "/admin/customers",
        form,
        owners: &owners,
        had_all: false,
        errors,
        way: Some(way_choice(state)),
        approves: false,
        zone: page.look.zone(),
    };
    let content = html! {
        div.page-head { h1 { (t("user-add-title")) } }
        div.narrow.stack {
            (error_summary(errors))
            (user_form(&view, &page.csrf()))
        }
    };
    Ok(page.show(NavItem::Users, &t("user-add-title"), &["js/users.js"], &content))
}
