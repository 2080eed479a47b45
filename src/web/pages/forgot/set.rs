//! `GET /reset`, `POST /reset`, `GET /welcome`, `POST /welcome`: what a link opens. Programs that read mails open links
//! too, so looking uses nothing up.

use std::time::Duration;

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::response::Response;

use super::view::{sent_page, set_page};
use crate::base::secret::SecretString;
use crate::domain::ids::TokenId;
use crate::services::ServiceError;
use crate::services::access::{self, Beside};
use crate::web::error::AppError;
use crate::web::extract::{ClientAddress, Flow, FlowForm, FormData};
use crate::web::pages::sign_in::typed_code;
use crate::web::pages::{go_to, sent_back, wrong};
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use crate::web::ui::t;

/// The form for a new password behind a link; without one, what comes after a forgotten password was told.
pub async fn show_link(
    State(state): State<AppState>,
    flow: Flow,
    query: FormData,
) -> Result<Response, AppError> {
    if !query.has("request") {
        return form(&state, &flow, query.text("token"), &[]).await;
    }
    let request = query.text("request");
    let id = flow.open_request(&state, request).await?;
    let shown = shown_link(&state, id).await;
    Ok(sent_page(&state, &flow, request, shown, query.has("again"), &[]))
}

/// The end of the link, where the site is only tried out: the job that makes it takes a moment.
async fn shown_link(state: &AppState, request: TokenId) -> Option<SecretString> {
    const LOOK_EVERY: Duration = Duration::from_millis(100);
    const LOOKS: usize = 20;
    for _ in 0..LOOKS {
        if !state.services().shows_links() {
            return None;
        }
        if let Some(link) = state.services().shown_link(request) {
            return Some(link);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    None
}

async fn form(
    state: &AppState,
    flow: &Flow,
    token: &str,
    errors: &[FieldError],
) -> Result<Response, AppError> {
    let sealed = token.to_owned();
    let opened = state.run(move |services| access::look(services, &sealed)).await?;
    Ok(set_page(flow, token, &opened, errors))
}

async fn form_again(
    state: &AppState,
    flow: &Flow,
    token: &str,
    error: FieldError,
) -> Result<Response, AppError> {
    let errors = [error];
    Ok(sent_back(form(state, flow, token, &errors).await?, &errors))
}

/// Sets the password. Nobody is signed in by it: what comes next is the sign-in with all that it asks for.
pub async fn set(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    FlowForm { flow, form: sent, is_genuine }: FlowForm,
) -> Result<Response, AppError> {
    let token = sent.text("token").to_owned();
    if !is_genuine {
        let error = FieldError::new("", t("sign-in-stale"));
        return form_again(&state, &flow, &token, error).await;
    }
    let (new, repeated) = (sent.secret("new_password"), sent.secret("new_password_again"));
    if new != repeated {
        let error = FieldError::new("new_password_again", t("password-differs"));
        return form_again(&state, &flow, &token, error).await;
    }
    let sealed = token.clone();
    let beside = Beside { answer: sent.secret("answer"), code: typed_code(&sent), address };
    let done =
        state.try_hashing(move |services| access::set_password(services, &sealed, &new, &beside)).await?;
    match done {
        Ok(device) => {
            let mut response = go_to("/login?password-set=1");
            let cookie = state.cookies().known_device(device.expose());
            response.headers_mut().append(SET_COOKIE, cookie);
            Ok(response)
        }
        Err(ServiceError::Invalid { field, message }) => {
            let field = if field == "answer" { field } else { "new_password" };
            form_again(&state, &flow, &token, wrong(field, &message)).await
        }
        Err(ServiceError::WrongCode) => {
            let error = FieldError::new("code", t("second-code-wrong"));
            form_again(&state, &flow, &token, error).await
        }
        Err(ServiceError::Throttled(wait)) => {
            form_again(&state, &flow, &token, FieldError::too_many(wait)).await
        }
        Err(other) => Err(other.into()),
    }
}
