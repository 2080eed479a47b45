//! Tokens of one's own programs. A program itself may list them, and no more.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::base::secret::{SecretString, serialize_exposed};
use crate::domain::api_token::TokenScope;
use crate::services::api_tokens::{self, ApiTokenView, NewApiToken};
use crate::web::error::AppError;
use crate::web::extract::{ApiJson, CurrentSession};
use crate::web::state::AppState;

#[derive(Serialize)]
struct Tokens {
    tokens: Vec<ApiTokenView>,
}

/// `GET /api/v1/tokens`
pub async fn list(State(state): State<AppState>, session: CurrentSession) -> Result<Response, AppError> {
    let live = session.live().clone();
    let tokens = state.run(move |services| api_tokens::own(services, &live)).await?;
    Ok(Json(Tokens { tokens }).into_response())
}

/// What is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakeBody {
    name: String,
    scopes: std::collections::BTreeSet<TokenScope>,
    /// Days until it ends; 90 where nothing is said, null for one that ends when it is revoked.
    #[serde(default = "usual_days")]
    days: Option<u16>,
    /// Needed where the sign-in was a while ago.
    #[serde(default)]
    password: Option<SecretString>,
}

#[expect(clippy::unnecessary_wraps, reason = "the type of the field that it fills")]
fn usual_days() -> Option<u16> {
    Some(90)
}

#[derive(Serialize)]
struct Made {
    #[serde(flatten)]
    view: ApiTokenView,
    #[serde(serialize_with = "serialize_exposed")]
    token: SecretString,
}

/// `POST /api/v1/tokens`: makes one; the answer is the only place where the token itself is.
pub async fn make(
    State(state): State<AppState>,
    session: CurrentSession,
    ApiJson(body): ApiJson<MakeBody>,
) -> Result<Response, AppError> {
    let (live, address) = (session.live().clone(), session.address());
    let MakeBody { name, scopes, days, password } = body;
    let new = NewApiToken { name: name.trim().to_owned(), scopes, days };
    let password = password.unwrap_or_else(|| SecretString::new(String::new()));
    let made = state
        .try_hashing(move |services| api_tokens::make(services, &live, &new, &password, address))
        .await??;
    Ok((StatusCode::CREATED, Json(Made { view: made.view, token: made.token })).into_response())
}

/// `DELETE /api/v1/tokens/{token}`
pub async fn revoke(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(token): Path<String>,
) -> Result<Response, AppError> {
    let (live, address) = (session.live().clone(), session.address());
    state.run(move |services| api_tokens::revoke_own(services, &live, &token, address)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
