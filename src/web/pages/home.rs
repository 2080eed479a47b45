//! `/`: on to what this visitor needs first.

use axum::extract::State;
use axum::response::Response;

use super::go_to;
use crate::services::bootstrap;
use crate::web::error::AppError;
use crate::web::extract::AnySession;
use crate::web::state::AppState;

/// `GET /`: the inventory for those who are signed in, which leads on where something comes first; the set-up of a new
/// site, else the sign-in.
pub async fn home(
    State(state): State<AppState>,
    session: Result<AnySession, AppError>,
) -> Result<Response, AppError> {
    match session {
        Ok(_) => Ok(go_to("/inventory")),
        Err(_) if state.run(bootstrap::is_set_up).await? => Ok(go_to("/login")),
        Err(_) => Ok(go_to("/setup")),
    }
}
