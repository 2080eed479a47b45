//! `GET /account/email`, `POST /account/email`, `POST /account/email/confirm`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use maud::html;

use super::password::{said, whose};
use crate::domain::email::Email;
use crate::domain::ids::TokenId;
use crate::domain::user::Realm;
use crate::services::ServiceError;
use crate::services::own_login::{self, EmailChange};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page, PageForm};
use crate::web::pages::sign_in::go_signed_in;
use crate::web::pages::{go_to, sent_back, wrong};
use crate::web::state::AppState;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::{NavItem, icon, t, t_with};

/// Another address: first which one, then the codes that went to both.
pub async fn show_email(
    State(state): State<AppState>,
    page: Page,
    query: FormData,
) -> Result<Response, AppError> {
    let Ok(request) = query.text("request").parse() else {
        return Ok(ask_page(&state, &page, "", &[]));
    };
    codes(&state, &page, request, &[], StatusCode::OK).await
}

async fn codes(
    state: &AppState,
    page: &Page,
    request: TokenId,
    errors: &[FieldError],
    status: StatusCode,
) -> Result<Response, AppError> {
    let live = page.session.live().clone();
    let new = state.run(move |s| own_login::email_under_way(s, &live, request)).await?;
    let mut response = codes_page(page, request, &new, errors);
    *response.status_mut() = status;
    Ok(response)
}

/// Sends the codes.
pub async fn send_email_codes(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let typed = form.text("new_email").to_owned();
    let again = |error: FieldError| {
        let errors = [error];
        Ok(sent_back(ask_page(&state, &page, &typed, &errors), &errors))
    };
    let new = match Email::parse(&typed) {
        Ok(new) => new,
        Err(error) => return again(wrong("new_email", &error.to_string())),
    };
    let (live, address) = (page.session.live().clone(), page.session.address());
    let current = form.secret("current_password");
    let begun =
        state.try_hashing(move |s| own_login::begin_email_change(s, &live, &current, &new, address)).await?;
    match begun {
        Ok(request) => Ok(go_to(&format!("/account/email?request={request}"))),
        Err(error) => again(said(error)?),
    }
}

/// Changes the address, where both codes are right.
pub async fn set_email(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let request: TokenId = form.text("request").parse().map_err(|_| ServiceError::LinkVoid)?;
    let (live, address) = (page.session.live().clone(), page.session.address());
    let (old, new) = (form.text("old_code").to_owned(), form.text("new_code").to_owned());
    let changed = state
        .try_hashing(move |s| own_login::finish_email_change(s, &live, request, (&old, &new), address))
        .await?;
    match changed {
        Ok(EmailChange::Changed(signed_in)) => Ok(go_signed_in(&state, &signed_in, "/account?done=email")),
        Ok(EmailChange::Wrong { old, new }) => {
            let wrong = |is: bool, field: &str| is.then(|| FieldError::new(field, t("password-code-wrong")));
            let errors: Vec<_> =
                [wrong(old, "old_code"), wrong(new, "new_code")].into_iter().flatten().collect();
            codes(&state, &page, request, &errors, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(ServiceError::LinkVoid) => {
            let error = FieldError::new("", t("email-codes-void"));
            let mut response = ask_page(&state, &page, "", &[error]);
            *response.status_mut() = StatusCode::GONE;
            Ok(response)
        }
        Err(error) => Err(error.into()),
    }
}

fn ask_page(state: &AppState, page: &Page, typed: &str, errors: &[FieldError]) -> Response {
    let user = page.user();
    let (email_label, current_label) = (t("field-new_email"), t("field-current_password"));
    let email = Field {
        value: typed,
        kind: "email",
        required: true,
        autocomplete: "email",
        autofocus: errors.is_empty(),
        error: error_of(errors, "new_email"),
        ..Field::text("new_email", &email_label)
    };
    let current = Field {
        error: error_of(errors, "current_password"),
        ..Field::password("current_password", &current_label, "current-password")
    };
    let by_mail = state.config().mail.is_on() && user.realm == Realm::Local;
    let content = html! {
        p.crumb { a href="/account" { (icon("chevron-left")) (t("account-title")) } }
        div.page-head { h1 { (t("email-change-title")) } }
        div.narrow.stack {
            (error_summary(errors))
            @if by_mail {
                form.panel.padded.stack method="post" action="/account/email" data-once {
                    (csrf_field(&page.csrf()))
                    p { (t_with("email-change-text", &[("email", user.email.as_str().into())])) }
                    (whose(user))
                    (email.render())
                    (current.render())
                    div.actions {
                        button.button.primary type="submit" { (t("email-change-send")) }
                        a.button href="/account" { (t("user-cancel")) }
                    }
                }
            } @else { div.notice { (icon("info")) p { (t("account-email-hint")) } } }
        }
    };
    page.show(NavItem::Account, &t("email-change-title"), &[], &content)
}

fn codes_page(page: &Page, request: TokenId, new: &Email, errors: &[FieldError]) -> Response {
    let old_label = t_with("email-code-for", &[("email", page.user().email.as_str().into())]);
    let new_label = t_with("email-code-for", &[("email", new.as_str().into())]);
    let code = |name, label, error| Field {
        autocomplete: "one-time-code",
        required: true,
        max_chars: Some(20),
        error,
        ..Field::text(name, label)
    };
    let old = code("old_code", old_label.as_str(), error_of(errors, "old_code"));
    let new = code("new_code", new_label.as_str(), error_of(errors, "new_code"));
    let content = html! {
        p.crumb { a href="/account" { (icon("chevron-left")) (t("account-title")) } }
        div.page-head { h1 { (t("email-change-title")) } }
        div.narrow.stack {
            (error_summary(errors))
            form.panel.padded.stack method="post" action="/account/email/confirm" data-once {
                (csrf_field(&page.csrf()))
                (hidden("request", &request.to_string()))
                p { (t("email-codes-text")) }
                (old.render())
                (new.render())
                div.actions {
                    button.button.primary type="submit" { (t("email-change-button")) }
                    a.button href="/account" { (t("user-cancel")) }
                }
            }
        }
    };
    page.show(NavItem::Account, &t("email-change-title"), &[], &content)
}
