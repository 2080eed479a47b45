//! `GET /admin/customers/{user}/{action}` asks, `POST` does: deactivate, activate, delete, reset the password or
//! the second factor, demand one, unlock, end all sessions.
//! With script the question is a dialog on the user's page.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use maud::{Markup, html};

use super::edit::load;
use super::slip::{SlipFor, slip_page, way_choice, way_of};
use super::view::shown_name;
use crate::domain::user::{Realm, UserStatus};
use crate::services::access::invite::{self, Handover};
use crate::services::authorize::ManageUsers;
use crate::services::users::detail::UserDetail;
use crate::services::users::protect::{Demand, demand_second_factor, unlock};
use crate::services::users::{self, UserView, delete};
use crate::services::{ServiceError, approvals};
use crate::web::error::{AppError, sentence};
use crate::web::extract::{Page, PageForm};
use crate::web::pages::{go_to, refused};
use crate::web::state::AppState;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::{NavItem, icon, t, t_with};

/// What can be done to an account with one button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Switch it off.
    Deactivate,
    /// Switch it on.
    Activate,
    /// A link or a slip for a new password.
    ResetPassword,
    /// Turn down who asked for the account.
    Reject,
    /// Sign the user out everywhere.
    EndSessions,
    /// Take the second factor away.
    ResetSecondFactor,
    /// Demand one.
    RequireSecondFactor,
    /// No longer.
    ReleaseSecondFactor,
    /// Forget wrong passwords.
    Unlock,
    /// Delete it.
    Delete,
}

impl Action {
    const ALL: [Self; 10] = [
        Self::Unlock,
        Self::ResetPassword,
        Self::RequireSecondFactor,
        Self::ReleaseSecondFactor,
        Self::ResetSecondFactor,
        Self::EndSessions,
        Self::Deactivate,
        Self::Activate,
        Self::Reject,
        Self::Delete,
    ];

    /// Its word in addresses and text ids.
    pub fn word(self) -> &'static str {
        match self {
            Self::Deactivate => "deactivate",
            Self::Activate => "activate",
            Self::ResetPassword => "reset-password",
            Self::EndSessions => "end-sessions",
            Self::ResetSecondFactor => "reset-second-factor",
            Self::RequireSecondFactor => "require-second-factor",
            Self::ReleaseSecondFactor => "release-second-factor",
            Self::Unlock => "unlock",
            Self::Delete => "delete",
            Self::Reject => "reject",
        }
    }

    /// The action of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.word() == word)
    }

    /// Whether it makes sense for this user.
    fn fits(self, detail: &UserDetail) -> bool {
        let user = detail.view();
        match self {
            Self::Unlock => detail.listed.failures.is_some(),
            Self::RequireSecondFactor => {
                !user.second_factor_required && !detail.role_wants_second_factor && holds_access(user)
            }
            Self::ReleaseSecondFactor => user.second_factor_required,
            Self::Delete => true,
            Self::Deactivate | Self::EndSessions => user.status == UserStatus::Active,
            Self::Activate => user.status == UserStatus::Deactivated,
            Self::ResetPassword => user.realm == Realm::Local && user.status == UserStatus::Active,
            Self::ResetSecondFactor => user.second_factor,
            Self::Reject => matches!(user.status, UserStatus::Pending | UserStatus::Unconfirmed),
        }
    }

    fn is_harsh(self) -> bool {
        matches!(self, Self::Deactivate | Self::Reject | Self::Delete)
    }

    fn text(self, part: &str) -> String {
        t(&format!("user-{}-{part}", self.word()))
    }
}

/// True where the account is more than a request for one.
fn holds_access(user: &UserView) -> bool {
    matches!(user.status, UserStatus::Active | UserStatus::Deactivated)
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
    Ok(ask_page(&state, &page, user.view(), known(&action)?, &[]))
}

/// Does it, where the question was answered.
pub async fn act(
    State(state): State<AppState>,
    Path((id, action)): Path<(String, String)>,
    headers: HeaderMap,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let user = load(&state, &page, &id).await?.listed.view;
    let action = known(&action)?;
    if !form.has("confirm") {
        let error = FieldError::new("", t("user-unconfirmed"));
        return Ok(refuse(&state, &page, &user, action, StatusCode::UNPROCESSABLE_ENTITY, error));
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
        Action::RequireSecondFactor | Action::ReleaseSecondFactor => {
            let required = action == Action::RequireSecondFactor;
            let demand = if required { Demand::Required } else { Demand::AsTheSite };
            state.try_run(move |s| demand_second_factor(s, &grant, &login, demand).map(drop)).await?
        }
        Action::Unlock => state.try_run(move |s| unlock(s, &grant, &login).map(drop)).await?,
        Action::Delete => {
            let typed = form.text("confirm_email").to_owned();
            match state.try_run(move |s| delete::delete(s, &grant, &login, &typed).map(drop)).await? {
                Ok(()) => return Ok(go_to("/admin/customers?done=delete")),
                Err(error) => Err(error),
            }
        }
        Action::ResetPassword => {
            let way = way_of(&form);
            match state.try_hashing(move |s| invite::reset(s, &grant, &login, way)).await? {
                Ok((user, Handover::Slip(slip))) => {
                    let sign_in = state.hosts().sign_in_for_people(&headers);
                    let none = BTreeSet::new();
                    return Ok(slip_page(&page, &user, &slip, SlipFor::NewWayIn, &none, sign_in.as_deref()));
                }
                Ok((_, Handover::Mailed(_))) => Ok(()),
                Err(error) => Err(error),
            }
        }
        Action::Reject => {
            let reason = form.text("reason").to_owned();
            let rejected =
                state.try_run(move |s| approvals::reject(s, &grant, &login, &reason).map(drop)).await?;
            match rejected {
                Ok(()) => return Ok(go_to("/admin/approvals?done=rejected")),
                Err(error) => Err(error),
            }
        }
    };
    match done {
        Ok(()) => Ok(go_to(&format!("/admin/customers/{}?done={}", user.id, action.word()))),
        Err(ServiceError::Conflict(message) | ServiceError::OutOfScope(message)) => {
            let error = FieldError::new("", sentence(&message));
            Ok(refuse(&state, &page, &user, action, StatusCode::CONFLICT, error))
        }
        Err(error @ ServiceError::Invalid { .. }) => {
            let (status, error) = (StatusCode::UNPROCESSABLE_ENTITY, refused(error)?);
            Ok(refuse(&state, &page, &user, action, status, error))
        }
        Err(other) => Err(other.into()),
    }
}

fn refuse(
    state: &AppState,
    page: &Page,
    user: &UserView,
    action: Action,
    status: StatusCode,
    error: FieldError,
) -> Response {
    let mut response = ask_page(state, page, user, action, &[error]);
    *response.status_mut() = status;
    response
}

fn question(user: &UserView, action: Action) -> String {
    t_with(&format!("user-{}-question", action.word()), &[("name", shown_name(user).into())])
}

fn answer(
    state: &AppState,
    user: &UserView,
    action: Action,
    csrf: &str,
    back: &Markup,
    errors: &[FieldError],
) -> Markup {
    let class = if action.is_harsh() { "button danger" } else { "button primary" };
    html! {
        form.stack method="post" action=(format!("/admin/customers/{}/{}", user.id, action.word())) data-once {
            (csrf_field(csrf))
            (hidden("confirm", "1"))
            @if action == Action::ResetPassword { (way_choice(state)) }
            @if action == Action::Delete {
                @if user.realm == Realm::Ldap { div.notice.warn { (icon("triangle-alert")) p { (t("user-delete-directory")) } } }
                @let label = t_with("user-delete-type", &[("email", user.email.as_str().into())]);
                (Field { required: true, autocomplete: "off", error: error_of(errors, "confirm_email"), ..Field::text("confirm_email", &label) }.render())
            }
            @if action == Action::Reject {
                div.field {
                    label for="reason" { (t("user-reject-reason")) }
                    textarea.input #reason name="reason" rows="3" maxlength=(approvals::MAX_REASON_CHARS) {}
                }
            }
            div.actions {
                button class=(class) type="submit" { (action.text("button")) }
                (back)
            }
        }
    }
}

fn ask_page(
    state: &AppState,
    page: &Page,
    user: &UserView,
    action: Action,
    errors: &[FieldError],
) -> Response {
    let title = question(user, action);
    let address = format!("/admin/customers/{}", user.id);
    let back = html! { a.button href=(address) { (t("user-cancel")) } };
    let content = html! {
        div.panel.padded.narrow.stack {
            h1 { (title) }
            (error_summary(errors))
            p { (action.text("text")) }
            (answer(state, user, action, &page.csrf(), &back, errors))
        }
    };
    page.show(NavItem::Users, &title, &[], &content)
}

/// What can be done: links to the questions.
pub fn action_buttons(detail: &UserDetail, csrf: &str) -> Markup {
    let user = detail.view();
    html! {
        section.panel.padded.stack aria-labelledby="user-actions" {
            h2 #user-actions { (t("user-actions")) }
            ul.action-list {
                @if user.status == UserStatus::Active {
                    li {
                        span { strong { (t("view-as-action")) } span.hint { (t("view-as-action-text")) } }
                        form method="post" action=(format!("/admin/view-as/{}", user.id)) {
                            (csrf_field(csrf))
                            button.button type="submit" { (icon("eye")) (t("view-as-button")) }
                        }
                    }
                }
                @for action in Action::ALL.into_iter().filter(|action| action.fits(detail)) {
                    li {
                        span { strong { (action.text("title")) } span.hint { (action.text("text")) } }
                        a class=(if action.is_harsh() { "button danger" } else { "button" })
                            href=(format!("/admin/customers/{}/{}", user.id, action.word()))
                            data-dialog=(format!("dialog-{}", action.word())) { (action.text("button")) }
                    }
                }
            }
        }
    }
}

/// The same questions as dialogs, for the script to open.
pub fn action_dialogs(state: &AppState, detail: &UserDetail, csrf: &str) -> Markup {
    let user = detail.view();
    let back = html! { button.button type="button" data-close-dialog { (t("user-cancel")) } };
    html! {
        @for action in Action::ALL.into_iter().filter(|action| action.fits(detail)) {
            dialog id=(format!("dialog-{}", action.word())) aria-labelledby=(format!("dialog-{}-title", action.word())) {
                h2 id=(format!("dialog-{}-title", action.word())) { (question(user, action)) }
                p { (action.text("text")) }
                (answer(state, user, action, csrf, &back, &[]))
            }
        }
    }
}
