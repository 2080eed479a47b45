//! `GET /admin/approvals/{request}`, `POST /admin/approvals/{request}`: one account that was asked for. Roles and owners are
//! chosen and the account is let in with one form; with script it stands in a dialog over the list.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};

use super::list::about;
use crate::services::ServiceError;
use crate::services::approvals::{self, WaitingAccount};
use crate::services::authorize::ManageUsers;
use crate::services::users::edit::{Edited, UserEdit};
use crate::services::users::owners::{Owners, note_seen};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page, PageForm};
use crate::web::pages::users::{
    FormView, UserForm, accept_no_rows, find, looks_for_owners, roles, saw_owners, scope, shown_name,
    without_rows,
};
use crate::web::pages::{go_to, refused};
use crate::web::state::AppState;
use crate::web::ui::form::{FieldError, csrf_field, error_summary, hidden};
use crate::web::ui::{NavItem, icon, t, t_with};

/// Who asks for an account, and the form.
pub async fn ask(
    State(state): State<AppState>,
    Path(id): Path<String>,
    page: Page,
    query: FormData,
) -> Result<Response, AppError> {
    let account = load(&state, &page, &id).await?;
    let form = UserForm::of(&account.user);
    let owners = find(&state, &page, page.grant()?, "", &form.owners).await?.0;
    if query.has("part") {
        let content = html! {
            h2 #decide-title { (t_with("approvals-decide-title", &[("name", shown_name(&account.user).into())])) }
            (decide_form(&page, &account, &form, &owners, &[]))
        };
        return Ok(Html(content.into_string()).into_response());
    }
    Ok(decide_page(&page, &account, &form, &owners, &[]))
}

/// Lets the account in, with what was chosen.
pub async fn decide(
    State(state): State<AppState>,
    Path(id): Path<String>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let account = load(&state, &page, &id).await?;
    let sent = UserForm::sent(&form);
    let asked = UserForm {
        roles: sent.roles.clone(),
        all_owners: sent.all_owners,
        confirm_all: sent.confirm_all.clone(),
        owners: sent.owners.clone(),
        owner_words: sent.owner_words.clone(),
        version: sent.version.clone(),
        accepts_no_rows: sent.accepts_no_rows,
        ..UserForm::of(&account.user)
    };
    let owners = find(&state, &page, page.grant()?, &asked.owner_words, &asked.owners).await?.0;
    if looks_for_owners(&form) {
        saw_owners(&state, &page, &form).await?;
        return Ok(decide_page(&page, &account, &asked, &owners, &[]));
    }
    let again = |status: StatusCode, errors: &[FieldError], asked: &UserForm| {
        let shown = decide_page(&page, &account, asked, &owners, errors);
        Ok((status, shown).into_response())
    };
    let good = match asked.read(account.user.all_owners, state.config().accounts.country) {
        Ok(good) => good,
        Err(errors) => return again(StatusCode::UNPROCESSABLE_ENTITY, &errors, &asked),
    };
    let sees_rows = asked.all_owners || !asked.owners.is_empty();
    if let Some(error) = without_rows(&good.roles, sees_rows, asked.accepts_no_rows) {
        return again(StatusCode::UNPROCESSABLE_ENTITY, &[error], &asked);
    }
    let wanted = UserEdit { version: asked.version.clone(), from: None, to: good };
    let grant = page.grant::<ManageUsers>()?;
    let done = state
        .try_hashing(move |services| {
            let approved = approvals::approve(services, &grant, &id, wanted)?;
            note_seen(services, &grant)?;
            Ok(approved)
        })
        .await?;
    match done {
        Ok(Edited::Saved(_)) => Ok(go_to("/admin/approvals?done=approved")),
        Ok(Edited::Stale(meanwhile)) => {
            let asked = UserForm { version: meanwhile.now.version.clone(), ..asked };
            let errors = [FieldError::new("", t("approvals-stale"))];
            again(StatusCode::CONFLICT, &errors, &asked)
        }
        Err(error) => again(StatusCode::UNPROCESSABLE_ENTITY, &[refused(error)?], &asked),
    }
}

/// The account with this id, as long as it waits.
async fn load(state: &AppState, page: &Page, id: &str) -> Result<WaitingAccount, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let id = id.to_owned();
    state
        .run(move |services| {
            let waiting = approvals::list(services, &grant)?.accounts;
            let found = waiting.into_iter().find(|account| account.user.id.to_string() == id);
            found.ok_or_else(|| ServiceError::NotFound("account that waits at this address".to_owned()))
        })
        .await
}

fn decide_page(
    page: &Page,
    account: &WaitingAccount,
    form: &UserForm,
    owners: &Owners,
    errors: &[FieldError],
) -> Response {
    let title = t_with("approvals-decide-title", &[("name", shown_name(&account.user).into())]);
    let content = html! {
        p.crumb { a href="/admin/approvals" { (icon("chevron-left")) (t("approvals-title")) } }
        div.page-head { h1 { (title) } }
        div.narrow.stack {
            (error_summary(errors))
            (decide_form(page, account, form, owners, errors))
        }
    };
    page.show(NavItem::Approvals, &title, &["js/users.js"], &content)
}

fn decide_form(
    page: &Page,
    account: &WaitingAccount,
    form: &UserForm,
    owners: &Owners,
    errors: &[FieldError],
) -> Markup {
    let csrf = page.csrf();
    let user = &account.user;
    let action = format!("/admin/approvals/{}", user.id);
    let view = FormView {
        action: &action,
        button: &t("user-approve"),
        back: "/admin/approvals",
        form,
        owners,
        had_all: user.all_owners,
        errors,
        way: None,
        approves: true,
        zone: page.look.zone(),
    };
    html! {
        div.stack {
            section.panel.padded { (about(account)) p { a href=(format!("/admin/customers/{}", user.id)) { (t("approvals-change")) } } }
            form.stack method="post" action=(action) data-user-form data-once {
                (csrf_field(&csrf))
                (hidden("version", &form.version))
                button.visually-hidden type="submit" name="enter" value="1" tabindex="-1" aria-hidden="true" { (t("user-approve")) }
                (roles(&view))
                (scope(&view))
                (accept_no_rows(form, errors))
                div.actions {
                    button.button.primary type="submit" { (t("user-approve")) }
                    a.button href="/admin/approvals" data-close-dialog { (t("user-cancel")) }
                }
            }
            form.panel.padded.stack method="post" action=(format!("/admin/customers/{}/reject", user.id)) data-once {
                (csrf_field(&csrf))
                (hidden("confirm", "1"))
                h2 { (t("user-reject-title")) }
                p.hint { (t("user-reject-text")) }
                (reason_field())
                div.actions { button.button.danger type="submit" { (t("user-reject-button")) } }
            }
        }
    }
}

/// Why somebody is turned down.
pub(super) fn reason_field() -> Markup {
    html! {
        div.field {
            label for="reason" { (t("user-reject-reason")) }
            textarea.input #reason name="reason" rows="2" maxlength=(approvals::MAX_REASON_CHARS) {}
        }
    }
}
