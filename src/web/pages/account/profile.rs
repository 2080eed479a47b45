//! `POST /account/name`

use axum::extract::State;
use axum::response::Response;

use super::prove::proof_error;
use super::view::ProfileForm;
use crate::domain::email::Username;
use crate::domain::mobile::Mobile;
use crate::domain::user::PersonName;
use crate::services::account::{self, OwnProfile};
use crate::web::error::AppError;
use crate::web::extract::{FormData, PageForm};
use crate::web::pages::{go_to, wrong};
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;

/// Changes what one is called, and what one signs in with beside the address.
pub async fn rename(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let typed = sent(&form, &ProfileForm::of(page.user()));
    let wanted = match read(&state, &typed) {
        Ok(wanted) => wanted,
        Err(error) => return super::again(&state, &page, error, |view| view.profile = typed).await,
    };
    let (live, address) = (page.session.live().clone(), page.session.address());
    let password = form.secret("profile_password");
    let saved = state
        .try_hashing(move |services| account::edit_profile(services, &live, wanted, &password, address))
        .await?;
    match saved {
        Ok(()) => Ok(go_to("/account?done=name")),
        Err(error) => {
            let error = proof_error(error, "profile_password")?;
            super::again(&state, &page, error, |view| view.profile = typed).await
        }
    }
}

/// What was typed; a field that was not sent stays as it is.
fn sent(form: &FormData, known: &ProfileForm) -> ProfileForm {
    let field = |name: &str, known: &str| {
        if form.has(name) { form.text(name).to_owned() } else { known.to_owned() }
    };
    ProfileForm {
        first_name: field("first_name", &known.first_name),
        last_name: field("last_name", &known.last_name),
        username: field("username", &known.username),
        mobile: field("mobile", &known.mobile),
    }
}

fn read(state: &AppState, typed: &ProfileForm) -> Result<OwnProfile, FieldError> {
    let name = PersonName::parse(&typed.first_name, &typed.last_name)
        .map_err(|(field, error)| wrong(field, &error.to_string()))?;
    let username = (!typed.username.is_empty()).then(|| Username::parse(&typed.username)).transpose();
    let username = username.map_err(|error| wrong("username", &error.to_string()))?;
    let country = state.config().accounts.country;
    let mobile = (!typed.mobile.is_empty()).then(|| Mobile::parse(&typed.mobile, country)).transpose();
    let mobile = mobile.map_err(|error| wrong("mobile", &error.to_string()))?;
    Ok(OwnProfile { name, username, mobile })
}
