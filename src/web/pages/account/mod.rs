//! One's own account, and the new password that some must set first.

mod avatar;
mod change;
mod data;
mod email;
mod links;
mod links_view;
mod look_view;
mod password;
mod password_view;
mod preferences;
mod profile;
mod profile_view;
mod prove;
mod question;
mod question_view;
mod second_factor;
mod second_factor_cards;
mod second_factor_view;
mod sessions;
mod sessions_view;
mod show;
mod tokens;
mod tokens_view;
mod view;

pub use avatar::{avatar, remove_avatar, set_avatar};
pub use change::{change, show_change};
pub use data::own_data;
pub use email::{send_email_codes, set_email, show_email};
pub use links::{make_link, revoke_link, show_links};
pub(super) use links_view::links_table;
pub use password::{send_password_code, set_password, show_password};
pub use preferences::{set_density, set_preferences, set_theme};
pub use profile::rename;
pub use question::{remove_question, set_question};
pub use second_factor::{
    ask_codes, ask_off, begin as begin_second_factor, confirm as confirm_second_factor, distrust,
    distrust_all, renew_codes, show as show_second_factor, switch_off as switch_second_factor_off,
};
pub use sessions::{end_one, end_others};
pub use show::show;
pub use tokens::{make_token, revoke_token, show_tokens};
pub(super) use tokens_view::tokens_table;

use axum::response::Response;

use crate::services::second_factor::{is_required, recovery, trust};
use crate::services::{account, security_question};
use crate::web::error::AppError;
use crate::web::extract::Page;
use crate::web::pages::sent_back;
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use second_factor_view::FactorView;
use view::{AccountView, ProfileForm, account_page};

/// The account as it is.
async fn load(state: &AppState, page: &Page) -> Result<AccountView, AppError> {
    let live = page.session.live().clone();
    let (sessions, question, factor) = state
        .run(move |services| {
            let factor = FactorView {
                codes_left: recovery::left(services, live.user.id)?,
                trusted: trust::own(services, &live.user)?,
                is_required: is_required(&services.config(), &live.user),
            };
            let question = security_question::own(services, &live)?;
            Ok((account::sessions(services, &live)?, question, factor))
        })
        .await?;
    let profile = ProfileForm::of(page.user());
    let has_question = question.is_some();
    let offers_question = state.config().accounts.security_question;
    let question = offers_question.then(|| question.unwrap_or_default());
    let preferences = page.look.preferences.clone();
    let now = state.services().now();
    Ok(AccountView {
        profile,
        preferences,
        sessions,
        factor,
        question,
        has_question,
        now,
        errors: Vec::new(),
        done: None,
    })
}

/// The page again, with what is wrong with what was typed.
async fn again(
    state: &AppState,
    page: &Page,
    error: FieldError,
    typed: impl FnOnce(&mut AccountView),
) -> Result<Response, AppError> {
    let mut view = load(state, page).await?;
    typed(&mut view);
    view.errors.push(error);
    Ok(sent_back(account_page(page, &view), &view.errors))
}
