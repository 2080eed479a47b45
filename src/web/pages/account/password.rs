//! `GET /account/password`, `POST /account/password`, `POST /account/password/code`

use axum::extract::State;
use axum::response::Response;
use maud::html;

use super::password_view::password_fields;
use crate::base::secret::SecretString;
use crate::domain::ids::TokenId;
use crate::domain::user::User;
use crate::services::own_login::{self, Proof};
use crate::services::sign_in::SignedIn;
use crate::services::{ServiceError, password_policy};
use crate::web::error::AppError;
use crate::web::extract::{AnySession, FormData, Page, PageForm};
use crate::web::pages::sign_in::go_signed_in;
use crate::web::pages::{go_to, refused, sent_back, wrong};
use crate::web::state::AppState;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::{NavItem, icon, t, t_with};

/// One step: the present password, a code where the site sends one, the new one twice.
pub async fn show_password(
    State(state): State<AppState>,
    page: Page,
    query: FormData,
) -> Result<Response, AppError> {
    let request = query.text("request").parse().ok();
    Ok(password_page(&state, &page, request, &[]))
}

/// Checks the present password and sends a code.
pub async fn send_password_code(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let (live, address) = (page.session.live().clone(), page.session.address());
    let current = form.secret("current_password");
    let begun =
        state.try_hashing(move |s| own_login::begin_password_change(s, &live, &current, address)).await?;
    match begun {
        Ok(request) => Ok(go_to(&format!("/account/password?request={request}"))),
        Err(error) => Ok(again(&state, &page, None, said(error)?)),
    }
}

/// Sets a new password; all other sessions end, and this one gets a new token.
pub async fn set_password(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let request = form.text("request").parse().ok();
    match try_change(&state, page.session.any(), &form, request).await? {
        Ok(signed_in) => Ok(go_signed_in(&state, &signed_in, "/account?done=password")),
        Err(error) => Ok(again(&state, &page, request, error)),
    }
}

fn again(state: &AppState, page: &Page, request: Option<TokenId>, error: FieldError) -> Response {
    let errors = [error];
    sent_back(password_page(state, page, request, &errors), &errors)
}

/// Changes the password of whoever is signed in to what the form says, or says what is wrong with the form.
pub(super) async fn try_change(
    state: &AppState,
    session: &AnySession,
    form: &FormData,
    request: Option<TokenId>,
) -> Result<Result<SignedIn, FieldError>, AppError> {
    let new = form.secret("new_password");
    if form.secret("new_password_again") != new {
        return Ok(Err(FieldError::new("new_password_again", t("password-differs"))));
    }
    let (live, address) = (session.live.clone(), session.address);
    let (current, code) = (form.secret("current_password"), form.text("code").to_owned());
    let changed = state
        .try_hashing(move |services| {
            let proof = proof(request, &current, &code);
            own_login::change_password(services, &live, &proof, &new, address)
        })
        .await?;
    match changed {
        Ok(signed_in) => Ok(Ok(signed_in)),
        Err(ServiceError::WrongCredentials) if request.is_some() => {
            Ok(Err(FieldError::new("code", t("password-code-wrong"))))
        }
        Err(ServiceError::LinkVoid) => Ok(Err(FieldError::new("code", t("password-code-void")))),
        Err(error) => Ok(Err(said(error)?)),
    }
}

fn proof<'p>(request: Option<TokenId>, current: &'p SecretString, code: &'p str) -> Proof<'p> {
    match request {
        Some(request) => Proof::Code { request, code },
        None => Proof::Password(current),
    }
}

/// What is wrong with what was typed.
pub(super) fn said(error: ServiceError) -> Result<FieldError, AppError> {
    Ok(match error {
        ServiceError::WrongCredentials => FieldError::new("current_password", t("password-wrong")),
        ServiceError::Invalid { field: "password" | "new_password", message } => {
            wrong("new_password", &message)
        }
        other => refused(other)?,
    })
}

/// The user's address, for password managers: whose password it is.
pub(super) fn whose(user: &User) -> maud::Markup {
    html! { input type="text" name="username" value=(user.email) autocomplete="username" hidden; }
}

fn password_page(state: &AppState, page: &Page, request: Option<TokenId>, errors: &[FieldError]) -> Response {
    let user = page.user();
    let least = password_policy::least_length(&state.config().password, user);
    let needs_code = own_login::password_needs_code(state.services(), user);
    let csrf = page.csrf();
    let (current_label, code_label) = (t("field-current_password"), t("code-label"));
    let current = Field {
        error: error_of(errors, "current_password"),
        autofocus: errors.is_empty(),
        ..Field::password("current_password", &current_label, "current-password")
    };
    let code = Field {
        autocomplete: "one-time-code",
        required: true,
        max_chars: Some(20),
        autofocus: errors.is_empty(),
        error: error_of(errors, "code"),
        ..Field::text("code", &code_label)
    };
    let content = html! {
        p.crumb { a href="/account" { (icon("chevron-left")) (t("account-title")) } }
        div.page-head { h1 { (t("account-password-button")) } }
        div.narrow.stack {
            (error_summary(errors))
            @if needs_code && request.is_none() {
                form.panel.padded.stack method="post" action="/account/password/code" data-once {
                    (csrf_field(&csrf))
                    p { (t_with("password-code-first", &[("email", user.email.as_str().into())])) }
                    (whose(user))
                    (current.render())
                    div.actions {
                        button.button.primary type="submit" { (t("password-code-send")) }
                        a.button href="/account" { (t("user-cancel")) }
                    }
                }
            } @else {
                form.panel.padded.stack method="post" action="/account/password" data-once {
                    (csrf_field(&csrf))
                    (whose(user))
                    @if let Some(request) = request {
                        div.notice.ok role="status" { (icon("mail")) p { (t_with("password-code-sent", &[("email", user.email.as_str().into())])) } }
                        (hidden("request", &request.to_string()))
                        (code.render())
                    } @else { (current.render()) }
                    (password_fields(least, errors))
                    p.hint { (t("account-password-text")) }
                    div.actions {
                        button.button.primary type="submit" { (t("account-password-button")) }
                        a.button href="/account" { (t("user-cancel")) }
                    }
                }
            }
        }
    };
    page.show(NavItem::Account, &t("account-password-button"), &[], &content)
}
