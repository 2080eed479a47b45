//! `GET /admin/users/new`, `POST /admin/users`

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use maud::html;

use super::action::password_page;
use super::form::{UserForm, looks_for_owners};
use super::form_view::{FormView, user_form};
use super::owners::find;
use crate::base::ids::random_password;
use crate::services::authorize::{Grant, ManageUsers};
use crate::services::users::{self, FirstSignIn, NewPassword, NewUser};
use crate::web::error::AppError;
use crate::web::extract::{Page, PageForm};
use crate::web::pages::refused;
use crate::web::state::AppState;
use crate::web::ui::form::{FieldError, error_summary};
use crate::web::ui::{NavItem, t};

/// An empty form. Without an owner the new user sees nothing.
pub async fn new(State(state): State<AppState>, page: Page) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let form = UserForm { roles: [crate::domain::permission::Role::Customer].into(), ..UserForm::default() };
    form_page(&state, &page, grant, &form, &[]).await
}

/// Adds the user with a password made up here, which is shown this once and must be changed at the first sign-in.
pub async fn create(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let sent = UserForm::sent(&form);
    if looks_for_owners(&form) {
        return form_page(&state, &page, grant, &sent, &[]).await;
    }
    let good = match sent.read(false, state.config().accounts.country) {
        Ok(good) => good,
        Err(errors) => return again(&state, &page, grant, &sent, &errors).await,
    };
    let password = random_password();
    let new = NewUser {
        email: good.email,
        name: good.name,
        username: good.username,
        mobile: good.mobile,
        roles: good.roles,
        owners: good.owners,
        password: NewPassword::Plain(password.clone()),
        first_sign_in: FirstSignIn::ChangesPassword,
    };
    let chosen = if sent.all_owners { BTreeSet::new() } else { sent.owners.clone() };
    let (owners, _) = find(&state, &page, page.grant()?, "", &chosen).await?;
    match state.try_hashing(move |services| users::add(services, &grant, new)).await? {
        // Shown in the answer itself: a redirect would have to carry the password somewhere. Sent again, the form is
        // refused, because the address is taken.
        Ok(user) => Ok(password_page(&page, &user, &password, "user-made", &owners.missing)),
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
        action: "/admin/users",
        button: &t("user-add-button"),
        back: "/admin/users",
        form,
        owners: &owners,
        had_all: false,
        errors,
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
