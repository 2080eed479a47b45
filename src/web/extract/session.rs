//! Who is signed in. A handler that takes one of these has, on an unsafe method, also passed the check against
//! cross-site requests: it cannot be forgotten, because there is no other way to a session.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::ClientAddress;
use crate::domain::scope::Scope;
use crate::domain::user::User;
use crate::services::ServiceError;
use crate::services::authorize::{Grant, PermissionType};
use crate::services::sessions::{self, LiveSession};
use crate::web::cookies::find_cookie;
use crate::web::csrf;
use crate::web::error::AppError;
use crate::web::state::AppState;

/// A signed-in user, also one who must set a new password first. Only for the few routes that such a user needs.
#[derive(Debug, Clone)]
pub struct AnySession {
    /// Session and user.
    pub live: LiveSession,
    /// Where the request comes from.
    pub address: Option<IpAddr>,
}

/// A signed-in user who may go on. What nearly every handler takes.
#[derive(Debug, Clone)]
pub struct CurrentSession(AnySession);

impl CurrentSession {
    /// The user, as stored at this very request.
    pub fn user(&self) -> &User {
        &self.0.live.user
    }

    /// What the user may see.
    pub fn scope(&self) -> Scope {
        self.user().scope()
    }

    /// The proof that the user may do `P`.
    ///
    /// # Errors
    /// 403.
    pub fn grant<P: PermissionType>(&self) -> Result<Grant<P>, AppError> {
        Ok(Grant::check(self.user(), self.0.address)?)
    }

    /// Where the request comes from.
    pub fn address(&self) -> Option<IpAddr> {
        self.0.address
    }
}

/// A signed-in user who may do `P`, with the proof. For handlers with a body: who may not learns that before the
/// body is looked at.
#[derive(Debug)]
pub struct Granted<P> {
    /// The session.
    pub session: CurrentSession,
    /// The proof.
    pub grant: Grant<P>,
}

impl<P: PermissionType> FromRequestParts<AppState> for Granted<P> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        let session = CurrentSession::from_request_parts(parts, state).await?;
        let grant = session.grant::<P>()?;
        Ok(Self { session, grant })
    }
}

impl FromRequestParts<AppState> for AnySession {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        let token = find_cookie(&parts.headers, state.cookies().session())
            .ok_or(ServiceError::SignInRequired)?
            .to_owned();
        let Ok(ClientAddress(address)) = ClientAddress::from_request_parts(parts, state).await;
        let live = {
            let token = token.clone();
            state.run(move |services| sessions::resume(services, &token)).await?
        };
        if !csrf::is_safe(&parts.method) {
            csrf::check(&parts.headers, state.hosts(), &token)?;
        }
        Ok(Self { live, address })
    }
}

impl FromRequestParts<AppState> for CurrentSession {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        let session = AnySession::from_request_parts(parts, state).await?;
        if session.live.user.must_change_password {
            return Err(ServiceError::MustChangePassword.into());
        }
        Ok(Self(session))
    }
}
