//! `POST /account/preferences`, `POST /account/theme`, `POST /account/density`

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::base::text::LANGUAGES;
use crate::domain::formats::{DateStyle, NumberStyle};
use crate::domain::preferences::{Density, Preferences, Theme};
use crate::services::preferences;
use crate::web::error::AppError;
use crate::web::extract::PageForm;
use crate::web::pages::sign_in::local_path;
use crate::web::pages::{go_to, refused, wrong};
use crate::web::state::AppState;

/// Theme, density, time zone, language, and how dates and numbers are written.
pub async fn set_preferences(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let chosen = (Theme::parse(form.text("theme")), Density::parse(form.text("density")));
    let (Some(theme), Some(density)) = chosen else {
        let field = if chosen.0.is_none() { "theme" } else { "density" };
        return super::again(&state, &page, wrong(field, "is missing"), |_| {}).await;
    };
    let zone = Some(form.text("time_zone").to_owned()).filter(|zone| !zone.is_empty());
    // As the catalogue has it; a language that is not known chooses none.
    let language = LANGUAGES.iter().find(|(tag, _)| *tag == form.text("language"));
    let language = language.map(|(tag, _)| (*tag).to_owned());
    let wanted = Preferences {
        theme,
        density,
        time_zone: zone,
        language,
        dates: DateStyle::parse(form.text("dates")),
        numbers: NumberStyle::parse(form.text("numbers")),
        read_until: page.look.preferences.read_until,
    };
    let user = page.user().clone();
    let saved = {
        let wanted = wanted.clone();
        state.try_run(move |services| preferences::change(services, &user, |own| *own = wanted)).await?
    };
    match saved {
        Ok(_) => {
            let mut response = go_to("/account?done=preferences");
            response.headers_mut().append(SET_COOKIE, state.cookies().theme(theme));
            Ok(response)
        }
        Err(error) => super::again(&state, &page, refused(error)?, |view| view.preferences = wanted).await,
    }
}

/// The theme alone, from the menu of any page; goes back to it.
pub async fn set_theme(
    State(state): State<AppState>,
    headers: HeaderMap,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let theme = Theme::parse(form.text("theme"))
        .ok_or_else(|| AppError::invalid("The theme is one of system, light and dark."))?;
    let user = page.user().clone();
    state.run(move |services| preferences::change(services, &user, |own| own.theme = theme)).await?;
    let mut response = back(&headers, form.text("next"));
    response.headers_mut().append(SET_COOKIE, state.cookies().theme(theme));
    Ok(response)
}

/// The density alone, from the menu of a page with a grid; goes back to it.
pub async fn set_density(
    State(state): State<AppState>,
    headers: HeaderMap,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let density = Density::parse(form.text("density"))
        .ok_or_else(|| AppError::invalid("The density is one of compact, normal and comfortable."))?;
    let user = page.user().clone();
    state.run(move |services| preferences::change(services, &user, |own| own.density = density)).await?;
    Ok(back(&headers, form.text("next")))
}

/// To the page that was left; a script has applied the choice already and stays where it is.
fn back(headers: &HeaderMap, next: &str) -> Response {
    let by_script = headers.contains_key("hx-request");
    if by_script { StatusCode::NO_CONTENT.into_response() } else { go_to(local_path(next)) }
}
