//! Signing in and out, and one's own password.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base::secret::SecretString;
use crate::domain::ids::TokenId;
use crate::services::own_login::{self, Proof};
use crate::services::second_factor::challenge::Asker;
use crate::services::sign_in::{self, CodeAttempt, Door, SignedIn, Trust};
use crate::services::users::UserView;
use crate::services::{Services, sessions};
use crate::web::csrf;
use crate::web::error::AppError;
use crate::web::extract::{AnySession, ApiJson, ClientAddress};
use crate::web::signed_in::{self, Arrived};
use crate::web::state::AppState;

/// Body of `POST /api/v1/auth/login`: login and password, or the answer to a challenge.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Login)]
pub struct LoginBody {
    /// Mail address or user name.
    #[serde(alias = "username", alias = "email")]
    login: Option<String>,
    /// Password.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<SecretString>,
    /// What the first answer gave along, where a second factor is on.
    #[schema(value_type = Option<String>, format = Password)]
    challenge: Option<SecretString>,
    /// A code of the app, or a recovery code.
    #[schema(value_type = Option<String>, format = Password)]
    code: Option<SecretString>,
}

/// The signed-in user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignedIn)]
struct UserBody {
    user: UserView,
}

/// Begins a session.
///
/// Send `login` and `password`; where a second factor is on, the answer is 401 with a `challenge`, to be sent again with a `code`. The answer sets the cookies `sid` and `csrf`: requests that change something send the latter again as the header `X-CSRF-Token`. Needs no token, but no foreign origin either: nobody signs a visitor in under another name.
#[utoipa::path(post, path = "/api/v1/auth/login", request_body = LoginBody, responses((status = 200, description = "Done", body = UserBody)))]
pub async fn login(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    ApiJson(body): ApiJson<LoginBody>,
) -> Result<Response, AppError> {
    csrf::check_origin(&headers, state.hosts())?;
    let signed_in = match body {
        LoginBody { login: Some(login), password: Some(password), challenge: None, code: None } => {
            let arrived = Arrived::new(&state, &headers, login, password, address, Door::Everybody);
            signed_in::try_sign_in(&state, arrived).await??
        }
        LoginBody { login: None, password: None, challenge: Some(challenge), code: Some(code) } => {
            let (user_agent, device) = signed_in::browser_of(&state, &headers);
            state
                .run(move |services| {
                    let attempt = CodeAttempt {
                        challenge: challenge.expose(),
                        asker: Asker::Program,
                        code: &code,
                        trust: Trust::No,
                        address,
                        user_agent: &user_agent,
                        device: device.as_deref(),
                    };
                    sign_in::sign_in_with_code(services, &attempt)
                })
                .await?
        }
        _ => return Err(AppError::invalid("Send `login` and `password`, or `challenge` and `code`.")),
    };
    Ok(with_session(&state, &signed_in))
}

/// Who is signed in.
///
/// Pages of another origin, which cannot read our cookies, find what they send as `X-CSRF-Token` in a header of that name.
#[utoipa::path(get, path = "/api/v1/auth/me", responses((status = 200, description = "Done", body = UserBody)))]
pub async fn me(headers: HeaderMap, session: AnySession) -> Response {
    let mut response = Json(UserBody { user: UserView::from(&session.live.user) }).into_response();
    if let Some(token) = session.csrf_token(&headers).and_then(|token| HeaderValue::from_str(token).ok()) {
        response.headers_mut().insert(csrf::HEADER, token);
    }
    response
}

/// Ends this session everywhere.
#[utoipa::path(post, path = "/api/v1/auth/logout", responses((status = 204, description = "Done")))]
pub async fn logout(State(state): State<AppState>, session: AnySession) -> Result<Response, AppError> {
    let AnySession { live, address, .. } = session;
    state.run(move |services| sessions::end(services, &live.session, address)).await?;
    Ok(signed_in::end(&state, StatusCode::NO_CONTENT.into_response()))
}

/// Body of `POST /api/v1/auth/password`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPassword)]
pub struct PasswordBody {
    /// The password in force; not needed with a code.
    #[schema(value_type = Option<String>, format = Password)]
    current_password: Option<SecretString>,
    /// The one to be.
    #[schema(value_type = String, format = Password)]
    new_password: SecretString,
    /// What the code was sent for.
    request: Option<TokenId>,
    /// The code from the mail.
    code: Option<String>,
}

/// Answer where a new password takes a code: send it with `request`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CodeSent)]
struct CodeSentBody {
    code_sent: bool,
    request: TokenId,
}

/// Sets a new password of one's own.
///
/// Where the site has mail, first sends a code (202) and takes it with `request`; then sets the password, ends all other sessions and begins a new one here.
#[utoipa::path(post, path = "/api/v1/auth/password", request_body = PasswordBody, responses((status = 200, description = "Done", body = UserBody), (status = 202, description = "A code is on its way by mail", body = CodeSentBody)))]
pub async fn change_password(
    State(state): State<AppState>,
    session: AnySession,
    ApiJson(body): ApiJson<PasswordBody>,
) -> Result<Response, AppError> {
    let AnySession { live, address, .. } = session;
    let current = body.current_password.unwrap_or_else(|| SecretString::new(String::new()));
    let needs_code = own_login::password_needs_code(state.services(), &live.user);
    let (Some(request), Some(code)) = (body.request, body.code) else {
        if needs_code {
            let request = state
                .run_hashing(move |s| own_login::begin_password_change(s, &live, &current, address))
                .await?;
            let sent = Json(CodeSentBody { code_sent: true, request });
            return Ok((StatusCode::ACCEPTED, sent).into_response());
        }
        let proof = move |services: &Services| {
            let proof = Proof::Password(&current);
            own_login::change_password(services, &live, &proof, &body.new_password, address)
        };
        return Ok(with_session(&state, &state.run_hashing(proof).await?));
    };
    let signed_in = state
        .run_hashing(move |services| {
            let proof = Proof::Code { request, code: &code };
            own_login::change_password(services, &live, &proof, &body.new_password, address)
        })
        .await?;
    Ok(with_session(&state, &signed_in))
}

fn with_session(state: &AppState, signed_in: &SignedIn) -> Response {
    let body = Json(UserBody { user: UserView::from(&signed_in.user) });
    signed_in::begin(state, signed_in, body.into_response())
}
