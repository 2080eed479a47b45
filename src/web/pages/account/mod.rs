//! One's own account, and the new password that some must set first.

mod change;
mod device;
mod email;
mod password;
mod preferences;
mod profile;
mod sessions;
mod show;
mod view;

pub use change::{change, show_change};
pub use email::{send_email_codes, set_email, show_email};
pub use password::{send_password_code, set_password, show_password};
pub use preferences::{set_density, set_preferences, set_theme};
pub use profile::rename;
pub use sessions::{end_one, end_others};
pub use show::show;

use axum::http::StatusCode;
use axum::response::Response;

use crate::services::account;
use crate::web::error::AppError;
use crate::web::extract::Page;
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use view::{AccountView, account_page};

/// The account as it is.
async fn load(state: &AppState, page: &Page) -> Result<AccountView, AppError> {
    let live = page.session.live().clone();
    let sessions = state.run(move |services| account::sessions(services, &live)).await?;
    let name = page.user().name.clone();
    let name = (name.first.unwrap_or_default(), name.last.unwrap_or_default());
    let preferences = page.look.preferences.clone();
    let now = state.services().now();
    Ok(AccountView { name, preferences, sessions, now, errors: Vec::new(), done: None })
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
    let mut response = account_page(page, &view);
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}
