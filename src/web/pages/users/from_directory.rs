//! What is said about an account that comes from the company's directory.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::domain::scope::OwnerScope;
use crate::domain::user::Realm;
use crate::services::authorize::ManageUsers;
use crate::services::directory;
use crate::services::users::UserView;
use crate::web::error::AppError;
use crate::web::extract::Page;
use crate::web::state::AppState;
use crate::web::ui::format::instant;
use crate::web::ui::person::roles_text;
use crate::web::ui::shell::seen_owners;
use crate::web::ui::{icon, t, t_with};

/// Which entry it is, when that was read, and which of its logins are somebody else's here. Nothing for other accounts.
pub async fn notice(
    state: &AppState,
    page: &Page,
    user: &UserView,
    now: Timestamp,
) -> Result<Markup, AppError> {
    if user.realm != Realm::Ldap {
        return Ok(html! {});
    }
    let grant = page.grant::<ManageUsers>()?;
    let id = user.id;
    let entry = state.run(move |services| directory::account_of(services, &grant, id)).await?;
    let Some(entry) = entry else { return Ok(html! {}) };
    let owners = if user.all_owners { OwnerScope::All } else { OwnerScope::Owners(user.owners.clone()) };
    Ok(html! {
        div.notice {
            (icon("network"))
            div {
                p { (t("user-from-directory")) }
            }
        }
        section.panel.padded {
            dl.facts {
                dt { (t("user-directory-entry")) }
                dd { (entry.dn) p.hint { (t("user-directory-read")) " " (instant(entry.read_at, &page.look.zone(), now)) } }
                dt { (t("field-email")) }
                dd { @if user.email.is_nobodys() { (t("user-directory-no-email")) } @else { (user.email) } }
                @if let Some(username) = &user.username { dt { (t("field-username")) } dd { (username) } }
                @if let Some(mobile) = &user.mobile { dt { (t("field-mobile")) } dd { (mobile) } }
                dt { (t("user-roles")) } dd { (roles_text(&user.roles)) }
                dt { (t("user-sees")) } dd { (seen_owners(&owners)) }
            }
        }
        @if !entry.missing.is_empty() {
            div.notice.warn {
                (icon("triangle-alert"))
                p { (t_with("user-directory-missing", &[("logins", entry.missing.join(", ").into())])) }
            }
        }
    })
}
