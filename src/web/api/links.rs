//! Live links: addresses under which a spreadsheet finds what one search of one user shows.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base::secret::{SecretString, serialize_exposed};
use crate::domain::live_link::USUAL_DAYS;
use crate::services::live_links::{self, LiveLinkView, NewLiveLink};
use crate::web::error::AppError;
use crate::web::extract::{ApiJson, CurrentSession};
use crate::web::middleware::once::ShownOnce;
use crate::web::state::AppState;

/// Live links in a list.
#[derive(Serialize, ToSchema)]
#[schema(as = LiveLinks)]
struct Links {
    links: Vec<LiveLinkView>,
}

/// A live link to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLiveLink)]
pub struct MakeBody {
    name: String,
    /// Slug of the dataset.
    dataset: String,
    /// The search, as parameters of `GET /api/v1/datasets/{dataset}/export`.
    #[serde(default)]
    query: String,
    /// Days until it ends, 366 at most.
    #[serde(default = "usual_days")]
    days: u16,
    /// Needed where the sign-in was a while ago.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<SecretString>,
}

fn usual_days() -> u16 {
    USUAL_DAYS
}

/// A live link with its address: the answer is the only place where it is.
#[derive(Serialize, ToSchema)]
#[schema(as = MadeLiveLink)]
struct Made {
    #[serde(flatten)]
    view: LiveLinkView,
    /// What a spreadsheet is given.
    #[serde(serialize_with = "serialize_exposed")]
    #[schema(value_type = String, format = Password)]
    url: SecretString,
}

/// One's own live links.
#[utoipa::path(get, path = "/api/v1/links", responses((status = 200, description = "Done", body = Links)))]
pub async fn list(State(state): State<AppState>, session: CurrentSession) -> Result<Response, AppError> {
    let live = session.live().clone();
    let links = state.run(move |services| live_links::own(services, &live)).await?;
    Ok(Json(Links { links }).into_response())
}

/// Makes a live link.
///
/// The answer is the only place where its address is. It shows what its user may see when it is fetched.
#[utoipa::path(post, path = "/api/v1/links", request_body = MakeBody, responses((status = 201, description = "Made", body = Made)))]
pub async fn make(
    State(state): State<AppState>,
    session: CurrentSession,
    headers: HeaderMap,
    ApiJson(body): ApiJson<MakeBody>,
) -> Result<Response, AppError> {
    let (live, address) = (session.live().clone(), session.address());
    let origin = state.hosts().origin_of(&headers);
    let MakeBody { name, dataset, query, days, password } = body;
    let new = NewLiveLink { name: name.trim().to_owned(), dataset, query, days };
    let password = password.unwrap_or_else(|| SecretString::new(String::new()));
    let made = state
        .try_hashing(move |services| live_links::make(services, &live, &new, &password, address))
        .await??;
    let url = SecretString::new(format!("{origin}{}", made.path.expose()));
    let body = Json(Made { view: made.view, url });
    Ok((StatusCode::CREATED, Extension(ShownOnce), body).into_response())
}

/// Revokes a live link of one's own; one that has ended is taken from the list.
#[utoipa::path(delete, path = "/api/v1/links/{link}", responses((status = 204, description = "Done")))]
pub async fn revoke(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(link): Path<String>,
) -> Result<Response, AppError> {
    let (live, address) = (session.live().clone(), session.address());
    let id = link.parse().map_err(|_| AppError::not_found("There is no live link at this address."))?;
    state.run(move |services| live_links::revoke_own(services, &live, id, address)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
