//! `/account/second-factor` and below: setting it up, new recovery codes, switching it off. Each is a card of its own,
//! because a user whom the site wants to have one comes here before anything else.

use axum::extract::{Path, State};
use axum::response::Response;

use super::prove::proof_error;
use super::second_factor_cards::{codes_card, intro_card, off_card, renew_card, seed_card};
use crate::services::second_factor::{enrol, recovery, trust};
use crate::services::{ServiceError, site};
use crate::web::error::AppError;
use crate::web::extract::{AnyPage, PageForm};
use crate::web::pages::sign_in::{CodeRefusal, typed_code};
use crate::web::pages::{go_to, sent_back};
use crate::web::signed_in;
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;

const HERE: &str = "/account/second-factor";

/// Where somebody goes for whom there is nothing here.
fn elsewhere(page: &AnyPage, wants_on: bool) -> Option<Response> {
    let user = &page.session.live.user;
    if user.must_change_password {
        return Some(go_to("/change-password"));
    }
    match (wants_on, user.second_factor_at.is_some()) {
        (true, false) => Some(go_to(HERE)),
        (false, true) => Some(go_to("/account#account-second-factor")),
        _ => None,
    }
}

async fn set_up_card(state: &AppState, page: &AnyPage, errors: &[FieldError]) -> Result<Response, AppError> {
    let live = page.session.live.clone();
    let shown = state
        .run(move |services| {
            let site = site::name(services);
            enrol::shown(services, &live, &site)
        })
        .await?;
    let now = state.services().now();
    Ok(match shown {
        Some(shown) => seed_card(page, &shown, errors),
        None => intro_card(page, now, errors),
    })
}

/// What it is and, once it was begun, the seed.
pub async fn show(State(state): State<AppState>, page: AnyPage) -> Result<Response, AppError> {
    match elsewhere(&page, false) {
        Some(elsewhere) => Ok(elsewhere),
        None => set_up_card(&state, &page, &[]).await,
    }
}

/// Makes a seed.
pub async fn begin(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm<AnyPage>,
) -> Result<Response, AppError> {
    if let Some(elsewhere) = elsewhere(&page, false) {
        return Ok(elsewhere);
    }
    let (live, address) = (page.session.live.clone(), page.session.address);
    let password = form.secret("current_password");
    match state.try_hashing(move |services| enrol::begin(services, &live, &password, address)).await? {
        Ok(()) => Ok(go_to(HERE)),
        Err(error) => {
            let errors = [proof_error(error, "current_password")?];
            Ok(sent_back(intro_card(&page, state.services().now(), &errors), &errors))
        }
    }
}

/// Switches it on with the first code, and shows the recovery codes. A redirect would have to carry them somewhere.
pub async fn confirm(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm<AnyPage>,
) -> Result<Response, AppError> {
    if let Some(elsewhere) = elsewhere(&page, false) {
        return Ok(elsewhere);
    }
    let (live, address) = (page.session.live.clone(), page.session.address);
    let code = typed_code(&form);
    if code.expose().is_empty() {
        let errors = [CodeRefusal::Missing.error()];
        return Ok(sent_back(set_up_card(&state, &page, &errors).await?, &errors));
    }
    match state.try_run(move |services| enrol::confirm(services, &live, &code, address)).await? {
        Ok((new, codes)) => Ok(signed_in::begin(&state, &new, codes_card(&page, &codes, true))),
        Err(error) => {
            let errors = [proof_error(error, "current_password")?];
            Ok(sent_back(set_up_card(&state, &page, &errors).await?, &errors))
        }
    }
}

/// Asks for a code to make new recovery codes with.
pub async fn ask_codes(page: AnyPage) -> Response {
    elsewhere(&page, true).unwrap_or_else(|| renew_card(&page, &[]))
}

/// Makes them and shows them.
pub async fn renew_codes(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm<AnyPage>,
) -> Result<Response, AppError> {
    if let Some(elsewhere) = elsewhere(&page, true) {
        return Ok(elsewhere);
    }
    let (live, address) = (page.session.live.clone(), page.session.address);
    let code = typed_code(&form);
    if code.expose().is_empty() {
        let errors = [CodeRefusal::Missing.error()];
        return Ok(sent_back(renew_card(&page, &errors), &errors));
    }
    match state.try_run(move |services| recovery::renew_own(services, &live, &code, address)).await? {
        Ok(codes) => Ok(codes_card(&page, &codes, false)),
        Err(error) => {
            let errors = [proof_error(error, "current_password")?];
            Ok(sent_back(renew_card(&page, &errors), &errors))
        }
    }
}

/// Asks whether it is meant.
pub async fn ask_off(State(state): State<AppState>, page: AnyPage) -> Response {
    elsewhere(&page, true).unwrap_or_else(|| off_card(&state, &page, &[]))
}

/// Switches it off.
pub async fn switch_off(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm<AnyPage>,
) -> Result<Response, AppError> {
    if let Some(elsewhere) = elsewhere(&page, true) {
        return Ok(elsewhere);
    }
    let (live, address) = (page.session.live.clone(), page.session.address);
    let (password, code) = (form.secret("current_password"), typed_code(&form));
    if code.expose().is_empty() {
        let errors = [CodeRefusal::Missing.error()];
        return Ok(sent_back(off_card(&state, &page, &errors), &errors));
    }
    let off = state
        .try_hashing(move |services| enrol::switch_off(services, &live, &password, &code, address))
        .await?;
    match off {
        Ok(new) => Ok(signed_in::begin(&state, &new, go_to("/account?done=second-factor-off"))),
        Err(error) => {
            let errors = [proof_error(error, "current_password")?];
            Ok(sent_back(off_card(&state, &page, &errors), &errors))
        }
    }
}

/// Ends the trust in one browser.
pub async fn distrust(
    State(state): State<AppState>,
    Path(browser): Path<String>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    end_trust(&state, &page, Some(browser)).await
}

/// Ends the trust in all browsers.
pub async fn distrust_all(
    State(state): State<AppState>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    end_trust(&state, &page, None).await
}

async fn end_trust(
    state: &AppState,
    page: &crate::web::extract::Page,
    browser: Option<String>,
) -> Result<Response, AppError> {
    let (live, address) = (page.session.live().clone(), page.session.address());
    state
        .run(move |services| {
            trust::end_own(services, &live, browser.as_deref(), address)?;
            Ok::<_, ServiceError>(())
        })
        .await?;
    Ok(go_to("/account?done=distrust"))
}
