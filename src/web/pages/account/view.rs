//! The account page: one file a section.

use axum::response::Response;
use jiff::Timestamp;
use maud::html;

use super::look_view::look;
use super::password_view::password;
use super::profile_view::profile;
use super::sessions_view::sessions;
use crate::domain::preferences::Preferences;
use crate::services::account::OwnSession;
use crate::web::extract::Page;
use crate::web::ui::form::{FieldError, error_summary};
use crate::web::ui::{NavItem, icon, t};

/// What was just done.
#[derive(Debug, Clone, Copy)]
pub struct Done(&'static str);

impl Done {
    const ALL: [(&'static str, &'static str); 5] = [
        ("name", "account-done-name"),
        ("password", "account-done-password"),
        ("preferences", "account-done-preferences"),
        ("session", "account-done-session"),
        ("sessions", "account-done-sessions"),
    ];

    /// The one of this name in the address.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, text)| Self(text))
    }
}

/// What the account page shows.
#[derive(Debug)]
pub struct AccountView {
    /// First and last name, or what was typed for them.
    pub name: (String, String),
    /// The preferences, or what was chosen.
    pub preferences: Preferences,
    /// Where one is signed in.
    pub sessions: Vec<OwnSession>,
    /// How long the new password must be.
    pub least_password: usize,
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
                (password(page, view, &csrf))
            }
            (look(view, &csrf))
            (sessions(page, view, &csrf))
        }
    };
    page.show(NavItem::Account, &t("account-title"), &[], &content)
}
