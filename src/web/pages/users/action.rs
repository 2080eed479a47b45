//! `GET /admin/users/{user}/{action}` asks, `POST` does: deactivate, activate, reset the password or
//! the second factor, end all sessions.
//! With script the question is a dialog on the user's page.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use super::edit::load;
use super::view::shown_name;
use crate::base::secret::SecretString;
use crate::domain::user::{Realm, UserStatus};
use crate::services::ServiceError;
use crate::services::authorize::ManageUsers;
use crate::services::users::{self, UserView};
use crate::web::error::{AppError, sentence};
use crate::web::extract::{Page, PageForm};
use crate::web::pages::go_to;
use crate::web::state::AppState;
use crate::web::ui::form::{FieldError, csrf_field, error_summary, hidden};
use crate::web::ui::{NavItem, icon, t, t_with};

/// What can be done to an account with one button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Switch it off.
    Deactivate,
    /// Switch it on.
    Activate,
    /// A new password for one sign-in.
    ResetPassword,
    /// Sign the user out everywhere.
    EndSessions,
    /// Take the second factor away.
    ResetSecondFactor,
}

impl Action {
    const ALL: [Self; 5] =
        [Self::ResetPassword, Self::ResetSecondFactor, Self::EndSessions, Self::Deactivate, Self::Activate];

    /// Its word in addresses and text ids.
    pub fn word(self) -> &'static str {
        match self {
            Self::Deactivate => "deactivate",
            Self::Activate => "activate",
            Self::ResetPassword => "reset-password",
            Self::EndSessions => "end-sessions",
            Self::ResetSecondFactor => "reset-second-factor",
        }
    }

    /// The action of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.word() == word)
    }

    /// Whether it makes sense for this user.
    fn fits(self, user: &UserView) -> bool {
        match self {
            Self::Deactivate => user.status == UserStatus::Active,
            Self::Activate => user.status == UserStatus::Deactivated,
            Self::ResetPassword => user.realm == Realm::Local,
            Self::EndSessions => true,
            Self::ResetSecondFactor => user.second_factor,
        }
    }

    fn is_harsh(self) -> bool {
        self == Self::Deactivate
    }

    fn text(self, part: &str) -> String {
        t(&format!("user-{}-{part}", self.word()))
    }
}

fn known(word: &str) -> Result<Action, AppError> {
    Action::parse(word).ok_or_else(|| AppError::not_found("There is nothing at this address."))
}

/// Asks whether it is meant.
pub async fn ask(
    State(state): State<AppState>,
    Path((id, action)): Path<(String, String)>,
    page: Page,
) -> Result<Response, AppError> {
    let user = load(&state, &page, &id).await?;
    Ok(ask_page(&page, &user.view, known(&action)?, &[]))
}

/// Does it, where the question was answered.
pub async fn act(
    State(state): State<AppState>,
    Path((id, action)): Path<(String, String)>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let user = load(&state, &page, &id).await?.view;
    let action = known(&action)?;
    if !form.has("confirm") {
        let error = FieldError::new("", t("user-unconfirmed"));
        return Ok(refuse(&page, &user, action, StatusCode::UNPROCESSABLE_ENTITY, error));
    }
    let grant = page.grant::<ManageUsers>()?;
    let login = user.id.to_string();
    let done = match action {
        Action::Deactivate => state.try_run(move |s| users::disable(s, &grant, &login).map(drop)).await?,
        Action::Activate => state.try_run(move |s| users::enable(s, &grant, &login).map(drop)).await?,
        Action::EndSessions => {
            state.try_run(move |s| users::end_sessions(s, &grant, &login).map(drop)).await?
        }
        Action::ResetSecondFactor => {
            state.try_run(move |s| users::reset_second_factor(s, &grant, &login).map(drop)).await?
        }
        Action::ResetPassword => {
            let reset = state.try_hashing(move |s| users::reset_password(s, &grant, &login)).await?;
            match reset {
                Ok((user, password)) => {
                    return Ok(password_page(&page, &user, &password, "user-reset", &BTreeSet::new()));
                }
                Err(error) => Err(error),
            }
        }
    };
    match done {
        Ok(()) => Ok(go_to(&format!("/admin/users/{}?done={}", user.id, action.word()))),
        Err(ServiceError::Conflict(message)) => {
            let error = FieldError::new("", sentence(&message));
            Ok(refuse(&page, &user, action, StatusCode::CONFLICT, error))
        }
        Err(other) => Err(other.into()),
    }
}

fn refuse(page: &Page, user: &UserView, action: Action, status: StatusCode, error: FieldError) -> Response {
    let mut response = ask_page(page, user, action, &[error]);
    *response.status_mut() = status;
    response
}

fn question(user: &UserView, action: Action) -> String {
    t_with(&format!("user-{}-question", action.word()), &[("name", shown_name(user).into())])
}

fn answer(user: &UserView, action: Action, csrf: &str, back: &Markup) -> Markup {
    let class = if action.is_harsh() { "button danger" } else { "button primary" };
    html! {
        form method="post" action=(format!("/admin/users/{}/{}", user.id, action.word())) data-once {
            (csrf_field(csrf))
            (hidden("confirm", "1"))
            div.actions {
                button class=(class) type="submit" { (action.text("button")) }
                (back)
            }
        }
    }
}

fn ask_page(page: &Page, user: &UserView, action: Action, errors: &[FieldError]) -> Response {
    let title = question(user, action);
    let address = format!("/admin/users/{}", user.id);
    let back = html! { a.button href=(address) { (t("user-cancel")) } };
    let content = html! {
        div.panel.padded.narrow.stack {
            h1 { (title) }
            (error_summary(errors))
            p { (action.text("text")) }
            (answer(user, action, &page.csrf(), &back))
        }
    };
    page.show(NavItem::Users, &title, &[], &content)
}

/// What can be done: links to the questions.
pub fn action_buttons(user: &UserView) -> Markup {
    html! {
        section.panel.padded.stack aria-labelledby="user-actions" {
            h2 #user-actions { (t("user-actions")) }
            ul.action-list {
                @for action in Action::ALL.into_iter().filter(|action| action.fits(user)) {
                    li {
                        span { strong { (action.text("title")) } span.hint { (action.text("text")) } }
                        a class=(if action.is_harsh() { "button danger" } else { "button" })
                            href=(format!("/admin/users/{}/{}", user.id, action.word()))
                            data-dialog=(format!("dialog-{}", action.word())) { (action.text("button")) }
                    }
                }
            }
        }
    }
}

/// The same questions as dialogs, for the script to open.
pub fn action_dialogs(user: &UserView, csrf: &str) -> Markup {
    let back = html! { button.button type="button" data-close-dialog { (t("user-cancel")) } };
    html! {
        @for action in Action::ALL.into_iter().filter(|action| action.fits(user)) {
            dialog id=(format!("dialog-{}", action.word())) aria-labelledby=(format!("dialog-{}-title", action.word())) {
                h2 id=(format!("dialog-{}-title", action.word())) { (question(user, action)) }
                p { (action.text("text")) }
                (answer(user, action, csrf, &back))
            }
        }
    }
}

/// A password that was made up for somebody, shown this once. `missing` are owners of theirs that no row names.
pub fn password_page(
    page: &Page,
    user: &UserView,
    password: &SecretString,
    done: &str,
    missing: &BTreeSet<String>,
) -> Response {
    let title = t_with(&format!("{done}-title"), &[("name", shown_name(user).into())]);
    let content = html! {
        div.panel.padded.narrow.stack {
            h1 { (title) }
            p { (t("user-password-text")) }
            dl.facts.handover {
                dt { (t("user-password-login")) }
                dd { code #handover-login { (user.email) }
                    button.button.quiet.small type="button" hidden data-copy="handover-login" { (icon("copy")) (t("error-copy")) } }
                dt { (t("user-password-password")) }
                dd { code #handover-password { (password.expose()) }
                    button.button.quiet.small type="button" hidden data-copy="handover-password" { (icon("copy")) (t("error-copy")) } }
            }
            div.notice.warn { (icon("key-round")) p { (t("user-password-once")) } }
            @if !missing.is_empty() {
                @let owners = missing.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                div.notice.warn { (icon("triangle-alert")) p { (t_with("user-owners-missing", &[("owners", owners.into())])) } }
            }
            div.actions {
                a.button.primary href=(format!("/admin/users/{}", user.id)) { (t("user-password-done")) }
                a.button href="/admin/users/new" { (t("user-password-another")) }
            }
        }
    };
    page.show(NavItem::Users, &title, &[], &content)
}
