//! What a sign-in puts into a browser and a sign-out takes from it, for pages and programs alike.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

use super::cookies::find_cookie;
use super::csrf;
use super::error::AppError;
use super::extract::Flow;
use super::state::AppState;
use crate::base::secret::SecretString;
use crate::services::second_factor::challenge::Asker;
use crate::services::sign_in::{self, Attempt, Door, SignedIn};
use crate::services::{ServiceError, Services, directory};

/// An attempt to sign in, as it came over the network.
#[derive(Debug)]
pub struct Arrived {
    /// Mail address, user name, or a name of the company's directory.
    pub login: String,
    /// The password.
    pub password: SecretString,
    /// Where it comes from.
    pub address: Option<IpAddr>,
    /// Who is let in.
    pub door: Door,
    user_agent: String,
    device: Option<String>,
    /// What the forms of the page are bound to; `None` for a program.
    binding: Option<String>,
}

impl Arrived {
    /// With what the browser says about itself.
    pub fn new(
        state: &AppState,
        headers: &HeaderMap,
        login: String,
        password: SecretString,
        address: Option<IpAddr>,
        door: Door,
    ) -> Self {
        let (user_agent, device) = browser_of(state, headers);
        Self { login, password, address, door, user_agent, device, binding: None }
    }

    /// The same from the page: what it is asked next, it is asked in the same browser.
    #[must_use]
    pub fn on_page(self, flow: &Flow) -> Self {
        Self { binding: Some(flow.binding()), ..self }
    }

    fn attempt(&self) -> Attempt<'_> {
        Attempt {
            login: &self.login,
            password: &self.password,
            address: self.address,
            user_agent: &self.user_agent,
            device: self.device.as_deref(),
            door: self.door,
            asker: self.binding.as_deref().map_or(Asker::Program, Asker::Page),
        }
    }
}

/// What the browser calls itself, and its device cookie.
pub fn browser_of(state: &AppState, headers: &HeaderMap) -> (String, Option<String>) {
    let user_agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    (user_agent, find_cookie(headers, state.cookies().device()).map(str::to_owned))
}

/// Signs in. Whoever waits for the company's directory holds none of the places of those whose password is hashed here,
/// so that local accounts get in while it is down.
///
/// # Errors
/// 503 where too many wait already.
pub async fn try_sign_in(
    state: &AppState,
    arrived: Arrived,
) -> Result<Result<SignedIn, ServiceError>, AppError> {
    let arrived = Arc::new(arrived);
    let go = |arrived: &Arc<Arrived>| {
        let arrived = Arc::clone(arrived);
        move |services: &Services| sign_in::sign_in(services, &arrived.attempt())
    };
    if state.services().directory().is_none() {
        return state.try_hashing(go(&arrived)).await;
    }
    let asked = Arc::clone(&arrived);
    if state.run(move |services| directory::concerns(services, &asked.login)).await? {
        return state.try_asking(go(&arrived)).await;
    }
    match state.try_hashing(go(&arrived)).await? {
        Err(ServiceError::WrongCredentials) => {
            let pretended =
                state.try_asking(move |services| sign_in::pretend(services, &arrived.attempt())).await?;
            Ok(Err(pretended.err().unwrap_or(ServiceError::WrongCredentials)))
        }
        other => Ok(other),
    }
}

/// Puts session, token against cross-site requests and device into the browser's cookies.
pub fn begin(state: &AppState, signed_in: &SignedIn, mut response: Response) -> Response {
    let token = csrf::new_token(&signed_in.session_token);
    let device = signed_in.device_token.expose();
    for cookie in state.cookies().signed_in(signed_in.session_token.expose(), &token, device) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    // For pages of another origin, which cannot read our cookies.
    if let Ok(token) = HeaderValue::from_str(&token) {
        response.headers_mut().insert(csrf::HEADER, token);
    }
    response
}

/// Takes them away, and what pages kept beside them (ASVS 14.3.1).
pub fn end(state: &AppState, mut response: Response) -> Response {
    for cookie in state.cookies().signed_out() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    response
}
