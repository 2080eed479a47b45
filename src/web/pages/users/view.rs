//! What the pages of users share.

use maud::{Markup, html};

use crate::domain::user::{Realm, UserStatus};
use crate::services::users::UserView;
use crate::web::ui::t;

/// Statuses with their words in addresses and the mark of their badge.
const STATUSES: [(UserStatus, &str, &str); 5] = [
    (UserStatus::Active, "active", "ok"),
    (UserStatus::Deactivated, "deactivated", "neutral"),
    (UserStatus::Pending, "pending", "warn"),
    (UserStatus::Unconfirmed, "unconfirmed", "warn"),
    (UserStatus::Rejected, "rejected", "bad"),
];

/// The status of this word.
pub fn parse_status(word: &str) -> Option<UserStatus> {
    STATUSES.iter().find(|(_, known, _)| *known == word).map(|(status, ..)| *status)
}

/// Its word.
pub fn status_word(status: UserStatus) -> &'static str {
    STATUSES.iter().find(|(known, ..)| *known == status).map_or("", |(_, word, _)| word)
}

/// Where the account stands, and what keeps its user from seeing anything.
pub fn badges(user: &UserView, sees_nothing: bool) -> Markup {
    let mark = STATUSES.iter().find(|(known, ..)| *known == user.status).map_or("", |(.., mark)| mark);
    html! {
        span class=(format!("badge {mark}")) { (t(&format!("user-status-{}", status_word(user.status)))) }
        @if user.realm == Realm::Ldap { span.badge.info { (t("user-directory-badge")) } }
        @if user.must_change_password { span.badge.info { (t("user-must-change")) } }
        @if user.second_factor { span.badge.neutral title=(t("user-second-factor-title")) { (t("user-second-factor")) } }
        @if user.second_factor_required && !user.second_factor { span.badge.info title=(t("user-second-factor-due-title")) { (t("user-second-factor-due")) } }
        @if sees_nothing { span.badge.warn { (t("user-sees-nothing")) } }
    }
}

/// What the user is called: the name, else the address.
pub fn shown_name(user: &UserView) -> &str {
    user.name.as_deref().unwrap_or(user.email.as_str())
}
