//! Who is signed in: oneself, and for those who manage users everybody.

use std::net::IpAddr;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::parts::Part;
use crate::domain::email::Email;
use crate::domain::ids::UserId;
use crate::services::authorize::ManageUsers;
use crate::services::signed_in_now::{self as service, SignedInNow};
use crate::services::{ServiceError, account};
use crate::web::error::AppError;
use crate::web::extract::{CurrentSession, FormData, Granted};
use crate::web::state::AppState;

/// A session.
#[derive(Serialize, ToSchema)]
struct SessionBody {
    /// What addresses call it; not the token.
    id: String,
    /// It is the one that asks.
    is_this: bool,
    user_id: UserId,
    email: Email,
    /// What the browser called itself.
    user_agent: String,
    #[schema(value_type = Option<String>)]
    address: Option<IpAddr>,
    signed_in_at: Timestamp,
    /// The latest request.
    seen_at: Timestamp,
    /// As whom they look at the site.
    viewing: Option<String>,
}

impl From<SignedInNow> for SessionBody {
    fn from(session: SignedInNow) -> Self {
        Self {
            id: session.id,
            is_this: session.is_this,
            user_id: session.user.id,
            email: session.user.email,
            user_agent: session.user_agent,
            address: session.address,
            signed_in_at: session.created_at,
            seen_at: session.seen_at,
            viewing: session.viewing,
        }
    }
}

/// Sessions in a list.
#[derive(Serialize, ToSchema)]
struct Sessions {
    /// The latest sign-in first.
    sessions: Vec<SessionBody>,
    /// How many there are in all parts.
    total: usize,
}

/// Who is signed in now.
#[utoipa::path(get, path = "/api/v1/sessions", params(("q" = Option<String>, Query, description = "Words in name, address, role or network address"), ("offset" = Option<usize>, Query, description = "Entries to leave out at the beginning"), ("limit" = Option<usize>, Query, description = "Most entries of the answer")), responses((status = 200, description = "Done", body = Sessions)))]
pub async fn list(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<ManageUsers>,
    query: FormData,
) -> Result<Response, AppError> {
    query.only(&["q", "offset", "limit"])?;
    let (live, part) = (session.live().clone(), Part::of(&query)?);
    state
        .run(move |services| {
            let all = service::all(services, &grant, &live, query.text("q"))?;
            Ok(Json(Sessions { total: all.len(), sessions: part.cut(all) }).into_response())
        })
        .await
}

/// Ends a session, at once.
#[utoipa::path(delete, path = "/api/v1/sessions/{session}", responses((status = 204, description = "Done")))]
pub async fn end(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageUsers>,
    Path(session): Path<String>,
) -> Result<Response, AppError> {
    state
        .run(move |services| {
            let ended = service::end(services, &grant, &session)?;
            ended.ok_or_else(|| ServiceError::NotFound("such session; it may have ended".to_owned()))?;
            Ok(StatusCode::NO_CONTENT.into_response())
        })
        .await
}

/// A session of one's own.
#[derive(Serialize, ToSchema)]
struct OwnSession {
    id: String,
    /// It is the one that asks.
    is_this: bool,
    user_agent: String,
    #[schema(value_type = Option<String>)]
    address: Option<IpAddr>,
    signed_in_at: Timestamp,
    seen_at: Timestamp,
}

/// Sessions of one's own.
#[derive(Serialize, ToSchema)]
struct OwnSessions {
    sessions: Vec<OwnSession>,
}

/// One's own sessions.
#[utoipa::path(get, path = "/api/v1/auth/sessions", responses((status = 200, description = "Done", body = OwnSessions)))]
pub async fn own(State(state): State<AppState>, session: CurrentSession) -> Result<Response, AppError> {
    let live = session.live().clone();
    state
        .run(move |services| {
            let sessions = account::sessions(services, &live)?.into_iter().map(|session| OwnSession {
                id: session.id,
                is_this: session.is_this,
                user_agent: session.user_agent,
                address: session.address,
                signed_in_at: session.created_at,
                seen_at: session.seen_at,
            });
            Ok(Json(OwnSessions { sessions: sessions.collect() }).into_response())
        })
        .await
}

/// Ends a session of one's own.
#[utoipa::path(delete, path = "/api/v1/auth/sessions/{session}", responses((status = 204, description = "Done")))]
pub async fn end_own(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(ended): Path<String>,
) -> Result<Response, AppError> {
    let (live, address) = (session.live().clone(), session.address());
    state.run(move |services| account::end_session(services, &live, &ended, address)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
