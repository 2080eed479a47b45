//! `POST /password-strength`: what the password that is being typed is worth, as part of a page. It changes nothing and
//! keeps nothing.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use maud::html;

use crate::config::password::MAX_LENGTH;
use crate::services::password_policy::{Strength, strength};
use crate::web::error::AppError;
use crate::web::extract::FlowForm;
use crate::web::state::AppState;
use crate::web::ui::{t, t_with};

/// A meter and what it says.
pub async fn show_strength(
    State(state): State<AppState>,
    FlowForm { form, .. }: FlowForm,
) -> Result<Response, AppError> {
    let least = form.text("least").parse().unwrap_or(state.config().password.min_length).min(MAX_LENGTH);
    let field = if form.has("new_password") { "new_password" } else { "password" };
    let password = form.secret(field);
    if password.expose().is_empty() {
        return Ok(Html(String::new()).into_response());
    }
    let strength = state.run(move |_| Ok(strength(least, &password))).await?;
    let (value, text) = match strength {
        Strength::TooShort(missing) => (0, t_with("strength-short", &[("n", missing.into())])),
        Strength::Guessed(why) => (1, t_with("strength-guessed", &[("why", why.into())])),
        Strength::Good(1) => (2, t("strength-good")),
        Strength::Good(2) => (3, t("strength-better")),
        Strength::Good(_) => (4, t("strength-best")),
    };
    let shown = html! {
        meter min="0" max="4" low="2" high="3" optimum="4" value=(value) aria-label=(t("strength-label")) {}
        span { (text) }
    };
    Ok(Html(shown.into_string()).into_response())
}
