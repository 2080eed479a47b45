//! What is said about an account that comes from the company's directory.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::domain::user::Realm;
use crate::services::authorize::ManageUsers;
use crate::services::directory;
use crate::services::users::UserView;
use crate::web::error::AppError;
use crate::web::extract::Page;
use crate::web::state::AppState;
use crate::web::ui::format::instant;
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
    Ok(html! {
        div.notice {
            (icon("network"))
            div {
                p { (t("user-from-directory")) }
                p { code { (entry.dn) } " · " (t("user-directory-read")) " " (instant(entry.read_at, &page.look.zone(), now)) }
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
