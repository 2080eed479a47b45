//! Tokens of one's own programs. A program itself may list them, and no more.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base::secret::{SecretString, serialize_exposed};
use crate::domain::api_token::TokenScope;
use crate::services::api_tokens::{self, ApiTokenView, NewApiToken};
use crate::web::error::AppError;
use crate::web::extract::{ApiJson, CurrentSession};
use crate::web::middleware::once::ShownOnce;
use crate::web::state::AppState;

#[derive(Serialize, ToSchema)]
struct Tokens {
    tokens: Vec<ApiTokenView>,
}

/// The tokens of one's own programs.
#[utoipa::path(get, path = "/api/v1/tokens", responses((status = 200, description = "Done", body = Tokens)))]
pub async fn list(State(state): State<AppState>, session: CurrentSession) -> Result<Response, AppError> {
    let live = session.live().clone();
    let tokens = state.run(move |services| api_tokens::own(services, &live)).await?;
    Ok(Json(Tokens { tokens }).into_response())
}

/// What is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewToken)]
pub struct MakeBody {
    name: String,
    scopes: std::collections::BTreeSet<TokenScope>,
    /// Days until it ends; 90 where nothing is said, null for one that ends when it is revoked.
    #[serde(default = "usual_days")]
    days: Option<u16>,
    /// Needed where the sign-in was a while ago.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<SecretString>,
}

#[expect(clippy::unnecessary_wraps, reason = "the type of the field that it fills")]
fn usual_days() -> Option<u16> {
    Some(90)
}

#[derive(Serialize, ToSchema)]
#[schema(as = MadeToken)]
struct Made {
    #[serde(flatten)]
    view: ApiTokenView,
    #[serde(serialize_with = "serialize_exposed")]
    #[schema(value_type = String, format = Password)]
    token: SecretString,
}

/// Makes a token for a program.
///
/// The answer is the only place where the token itself is.
#[utoipa::path(post, path = "/api/v1/tokens", request_body = MakeBody, responses((status = 201, description = "Made", body = Made)))]
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
    let body = Json(Made { view: made.view, token: made.token });
    Ok((StatusCode::CREATED, Extension(ShownOnce), body).into_response())
}

/// Revokes a token of one's own.
#[utoipa::path(delete, path = "/api/v1/tokens/{token}", responses((status = 204, description = "Done")))]
pub async fn revoke(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(token): Path<String>,
) -> Result<Response, AppError> {
    let (live, address) = (session.live().clone(), session.address());
    state.run(move |services| api_tokens::revoke_own(services, &live, &token, address)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
