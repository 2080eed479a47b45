//! Who is signed in. A handler that takes one of these has, on an unsafe method, also passed the check against
//! cross-site requests: it cannot be forgotten, because there is no other way to a session.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use jiff::Timestamp;

use super::ClientAddress;
use crate::base::secret::SecretString;
use crate::domain::scope::Scope;
use crate::domain::user::User;
use crate::services::ServiceError;
use crate::services::api_tokens;
use crate::services::authorize::{Grant, PermissionType};
use crate::services::guarded_store::OnBehalf;
use crate::services::sessions::{self, LiveSession, Seen};
use crate::web::cookies::{CookieNames, find_cookie};
use crate::web::csrf;
use crate::web::error::AppError;
use crate::web::middleware::on_behalf;
use crate::web::middleware::session_watch::SessionWatch;
use crate::web::rate::LeftSlot;
use crate::web::state::AppState;

/// The header by which our pages mark requests that no person made: polls.
pub const BACKGROUND_HEADER: &str = "x-background";

/// The header by which a page says who made it send what it sends: the id of the user that it was written for. What was typed by one
/// is refused in the session of another who signed in to the same browser since.
pub const TYPED_BY_HEADER: &str = "x-typed-by";

/// The query with which pages load themselves anew where there is no script to ask for a part.
pub const REFRESHED: &str = "refreshed";

/// A signed-in user, also one who must set a new password first. Only for the few routes that such a user needs.
#[derive(Debug, Clone)]
pub struct AnySession {
    /// Session and user.
    pub live: LiveSession,
    /// What tokens against cross-site requests are made from: the session's token, and as whom an admin looks.
    pub(super) token: SecretString,
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

    /// When the user was here before this session; `None` where they never were, or somebody looks at the site as them.
    pub fn visited_before(&self) -> Option<Timestamp> {
        self.0.live.session.visited_before.filter(|_| self.viewer().is_none())
    }

    /// Where the request comes from.
    pub fn address(&self) -> Option<IpAddr> {
        self.0.address
    }

    /// The admin who looks at the site as [`CurrentSession::user`].
    pub fn viewer(&self) -> Option<&User> {
        self.0.live.viewer.as_ref()
    }

    /// Session and user.
    pub fn live(&self) -> &LiveSession {
        &self.0.live
    }

    /// Asks again whether the session is good, after what took a while.
    ///
    /// # Errors
    /// 401 where it has ended meanwhile.
    pub async fn still(&self, state: &AppState) -> Result<(), AppError> {
        let hash = self.0.live.session.token_hash;
        let stands = state.run(move |services| sessions::stands(services, &hash)).await?;
        if stands { Ok(()) } else { Err(ServiceError::SignInRequired.into()) }
    }

    /// The session, for those who take one of any kind.
    pub fn any(&self) -> &AnySession {
        &self.0
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

impl AnySession {
    /// The token against cross-site requests that the browser has in its cookie, where it is this session's: for pages of
    /// another origin, which cannot read our cookies.
    pub fn csrf_token<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        find_cookie(headers, CookieNames::CSRF).filter(|token| csrf::fits(token, self.token.expose()))
    }
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
        let session = find_session(parts, state).await?;
        // A program sends no cookie: nobody else's page can make it ask (DESIGN §2.12).
        if !csrf::is_safe(&parts.method) && session.live.program.is_none() {
            csrf::check(&parts.headers, state.hosts(), session.token.expose())?;
        }
        Ok(session)
    }
}

/// The token of a program, where one is sent (RFC 6750 §2.1); a cookie beside it counts for nothing.
fn bearer(parts: &Parts) -> Option<&str> {
    let sent = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = sent.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Who works through a program, within what its token is for.
async fn find_program(
    parts: &mut Parts,
    state: &AppState,
    token: SecretString,
) -> Result<AnySession, AppError> {
    let Ok(ClientAddress(address)) = ClientAddress::from_request_parts(parts, state).await;
    let path = parts.uri.path();
    if !path.starts_with("/api/v1/") && !path.starts_with("/auth/") {
        return Err(AppError::beyond_token(
            "A token is for the API alone: send it to addresses under /api/v1.",
        ));
    }
    let live = {
        let token = token.clone();
        state.run(move |services| api_tokens::resume(services, token.expose())).await?
    };
    if !csrf::is_safe(&parts.method) {
        if path.starts_with("/api/v1/auth/") || path.starts_with("/auth/") {
            return Err(AppError::beyond_token(
                "A token begins and ends no session and sets no password: sign in for that, or revoke the token.",
            ));
        }
        let only_reads = live.program.as_ref().is_some_and(|program| !program.changes());
        if only_reads {
            return Err(AppError::beyond_token(
                "This token only reads. Make one whose scopes name what it is to change.",
            ));
        }
    }
    begin(parts, state, AnySession { live, token, address })
}

/// From here on the request is that of the session: what it writes, and the answer on its way, end with it. One to the
/// API counts among those of its user.
fn begin(parts: &Parts, state: &AppState, session: AnySession) -> Result<AnySession, AppError> {
    let live = &session.live;
    if let Some(slot) = parts.extensions.get::<LeftSlot>() {
        let most = state.config().server.api_requests_per_minute;
        let taken = state.rate().take(live.session.user_id, state.services().now(), most, slot);
        taken.map_err(ServiceError::TooManyRequests)?;
    }
    on_behalf::set(OnBehalf::of(&live.session, live.viewer.as_ref().unwrap_or(&live.user)));
    if let Some(watch) = parts.extensions.get::<SessionWatch>() {
        watch.begin(live.session.token_hash);
    }
    Ok(session)
}

/// Who is signed in, without the check against cross-site requests: only for extractors that make it themselves.
pub(super) async fn find_session(parts: &mut Parts, state: &AppState) -> Result<AnySession, AppError> {
    if let Some(token) = bearer(parts) {
        let token = SecretString::new(token.to_owned());
        return find_program(parts, state, token).await;
    }
    let token = find_cookie(&parts.headers, state.cookies().session())
        .ok_or(ServiceError::SignInRequired)?
        .to_owned();
    let Ok(ClientAddress(address)) = ClientAddress::from_request_parts(parts, state).await;
    let seen = if is_background(parts) { Seen::InBackground } else { Seen::ByPerson };
    let token = SecretString::new(token);
    let live = {
        let token = token.clone();
        state.run(move |services| sessions::resume(services, token.expose(), seen)).await?
    };
    if parts
        .headers
        .get(TYPED_BY_HEADER)
        .is_some_and(|id| id.as_bytes() != live.user.id.to_string().as_bytes())
    {
        return Err(ServiceError::SignInRequired.into());
    }
    let mut forms_token = token;
    if live.viewer.is_some() {
        if !is_in_view(parts) {
            return Err(ServiceError::ViewingAs(live.user.shown_name()).into());
        }
        // What a page of the view sends fits nothing once the view is over.
        forms_token = SecretString::new(format!("{} as {}", forms_token.expose(), live.user.id));
    }
    begin(parts, state, AnySession { live, token: forms_token, address })
}

/// True for what an admin may do who looks at the site as somebody else: read stock and plans, and end it. Nothing that changes,
/// nothing that is theirs alone, and no copies, which would be audited as somebody's.
fn is_in_view(parts: &Parts) -> bool {
    let path = parts.uri.path();
    if !csrf::is_safe(&parts.method) {
        return path == END_VIEW || path == "/logout";
    }
    let is_export = path.ends_with("/export");
    let reads = ["/inventory", "/datasets/", "/api/v1/datasets", "/plan/", "/api/v1/plans", "/avatars/"];
    let pages = ["/", "/plan", "/keys", "/session", "/api/v1/auth/me", "/auth/me", VIEW];
    !is_export && (pages.contains(&path) || reads.iter().any(|read| path.starts_with(read)))
}

/// Where it is said what cannot be done in it.
pub const VIEW: &str = "/admin/view-as";

/// Where it is ended.
pub const END_VIEW: &str = "/admin/view-as/end";

/// True where no person is behind a request: our pages mark their polls, and where they load themselves anew without
/// script; browsers mark their prefetches. Who marks a request falsely only shortens their own session.
fn is_background(parts: &Parts) -> bool {
    let prefetch = |name: &str| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.contains("prefetch"))
    };
    parts.headers.contains_key(BACKGROUND_HEADER)
        || parts.uri.query() == Some(REFRESHED)
        || prefetch("sec-purpose")
        || prefetch("purpose")
}

impl FromRequestParts<AppState> for CurrentSession {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        let session = AnySession::from_request_parts(parts, state).await?;
        Self::of(session)
    }
}

impl CurrentSession {
    /// The session of a user who may go on.
    ///
    /// # Errors
    /// 403 where a new password comes first.
    pub(super) fn of(session: AnySession) -> Result<Self, AppError> {
        if session.live.user.must_change_password {
            return Err(ServiceError::MustChangePassword.into());
        }
        if session.live.must_enrol {
            return Err(ServiceError::MustSetUpSecondFactor.into());
        }
        Ok(Self(session))
    }
}
