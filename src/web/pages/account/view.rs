//! The account page: one file a section.

use axum::response::Response;
use jiff::Timestamp;
use maud::html;

use super::look_view::look;
use super::password_view::sign_in;
use super::profile_view::profile;
use super::question_view::{own_data, question};
use super::second_factor_view::{FactorView, second_factor};
use super::sessions_view::sessions;
use crate::domain::preferences::Preferences;
use crate::domain::user::User;
use crate::services::account::OwnSession;
use crate::web::extract::Page;
use crate::web::ui::form::{FieldError, error_summary};
use crate::web::ui::{NavItem, icon, t};

/// What was just done.
#[derive(Debug, Clone, Copy)]
pub struct Done(&'static str);

impl Done {
    const ALL: [(&'static str, &'static str); 12] = [
        ("name", "account-done-name"),
        ("password", "account-done-password"),
        ("email", "account-done-email"),
        ("preferences", "account-done-preferences"),
        ("session", "account-done-session"),
        ("sessions", "account-done-sessions"),
        ("avatar", "account-done-avatar"),
        ("avatar-removed", "account-done-avatar-removed"),
        ("question", "account-done-question"),
        ("question-removed", "account-done-question-removed"),
        ("second-factor-off", "account-done-second-factor-off"),
        ("distrust", "account-done-distrust"),
    ];

    /// The one of this name in the address.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, text)| Self(text))
    }
}

/// What one may change about oneself, as it is typed.
#[derive(Debug, Clone)]
pub struct ProfileForm {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// User name.
    pub username: String,
    /// Mobile number.
    pub mobile: String,
}

impl ProfileForm {
    /// As it is.
    pub fn of(user: &User) -> Self {
        Self {
            first_name: user.name.first.clone().unwrap_or_default(),
            last_name: user.name.last.clone().unwrap_or_default(),
            username: user.username.as_ref().map(ToString::to_string).unwrap_or_default(),
            mobile: user.mobile.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    }
}

/// What the account page shows.
#[derive(Debug)]
pub struct AccountView {
    /// Names and number, or what was typed for them.
    pub profile: ProfileForm,
    /// The preferences, or what was chosen.
    pub preferences: Preferences,
    /// Where one is signed in.
    pub sessions: Vec<OwnSession>,
    /// The second factor.
    pub factor: FactorView,
    /// The security question or what was typed for it; `None` where the site has none.
    pub question: Option<String>,
    /// One is set.
    pub has_question: bool,
    /// The present.
    pub now: Timestamp,
    /// What is wrong with what was sent.
    pub errors: Vec<FieldError>,
    /// What was just done.
    pub done: Option<Done>,
}

/// The page.
pub fn account_page(page: &Page, view: &AccountView) -> Response {
    let csrf = page.csrf();
    let content = html! {
        div.page-head { h1 { (t("account-title")) } }
        @if let Some(Done(text)) = view.done {
            div.notice.ok role="status" { (icon("circle-check")) p { (t(text)) } }
        }
        (error_summary(&view.errors))
        div.settings {
            div.stack {
                (profile(page, view, &csrf))
                (sign_in(page))
                (question(page, view, &csrf))
            }
            div.stack {
                (look(view, &page.look, &csrf))
                (second_factor(page, view, &csrf))
                (own_data())
            }
            (sessions(page, view, &csrf))
        }
    };
    page.show(NavItem::Account, &t("account-title"), &[], &content)
}
