//! Forms. A form of a signed-in user carries a token made for the session, one of a visitor a token made for a
//! cookie of ours: there is no other way to what was sent (ASVS 3.5.1).

use std::convert::Infallible;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use bytes::Bytes;

use super::page::{AnyPage, Flow, Page};
use super::session::find_session;
use crate::base::secret::SecretString;
use crate::domain::excerpt::excerpt;
use crate::services::{ServiceError, sessions};
use crate::web::csrf;
use crate::web::error::AppError;
use crate::web::state::AppState;
use crate::web::ui::form::CSRF_FIELD;

/// Largest form in bytes; files come another way.
const MAX_FORM_BYTES: usize = 256 << 10;

/// The fields of a form in their order. What is not asked for by name has no effect (ASVS 15.3.3).
#[derive(Debug, Clone, Default)]
pub struct FormData(Vec<(String, String)>);

impl FormData {
    /// The fields of an encoded form or query.
    pub fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// A form of these fields.
    pub fn of(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// The field, trimmed; empty where there is none.
    pub fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The field exactly as typed: passwords.
    pub fn secret(&self, name: &str) -> SecretString {
        SecretString::new(self.raw(name).to_owned())
    }

    /// All values of a repeated field.
    pub fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// True where the field was sent: a checked box, the button that was pressed.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// All fields.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// Refuses parameters that are none of `known`.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] names the first.
    pub fn only(&self, known: &[&str]) -> Result<(), ServiceError> {
        let unknown = self.0.iter().find(|(name, _)| !known.contains(&name.as_str()));
        unknown.map_or(Ok(()), |(name, _)| Err(means_nothing(name, &known.join(", "))))
    }

    fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// A parameter that is none of those that were expected.
pub fn means_nothing(name: &str, expected: &str) -> ServiceError {
    let name = excerpt(name);
    let expected = if expected.is_empty() { "none" } else { expected };
    ServiceError::invalid("parameter", format!("`{name}` means nothing here; expected {expected}"))
}

/// The parameters of the address.
impl<S: Sync> FromRequestParts<S> for FormData {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default().as_bytes()))
    }
}

pub(super) async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<FormData, AppError> {
    let content_type =
        request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if content_type.split(';').next().unwrap_or("").trim() != "application/x-www-form-urlencoded" {
        return Err(AppError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            "Unsupported media type",
            "Send the form as application/x-www-form-urlencoded.",
        ));
    }
    let (parts, body) = request.into_parts();
    let body = axum::body::Body::new(http_body_util::Limited::new(body, MAX_FORM_BYTES));
    let bytes = Bytes::from_request(Request::from_parts(parts, body), state).await.map_err(|rejection| {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                AppError::too_large(format!("A form has at most {MAX_FORM_BYTES} bytes."))
            }
            _ => AppError::bad_request("The form did not arrive whole."),
        }
    })?;
    Ok(FormData::parse(&bytes))
}

/// A form of a signed-in user; `S` is [`Page`], or [`AnyPage`] for those who must set a new password first.
#[derive(Debug)]
pub struct PageForm<S = Page> {
    /// Who sent it, and how they see pages.
    pub page: S,
    /// What was sent.
    pub form: FormData,
}

async fn session_form(request: Request, state: &AppState) -> Result<(AnyPage, FormData), AppError> {
    let (mut parts, body) = request.into_parts();
    let session = find_session(&mut parts, state).await?;
    csrf::check_origin(&parts.headers, state.hosts())?;
    let (token, hash) = (session.token.clone(), session.live.session.token_hash);
    let page = AnyPage::of(session, &mut parts, state).await?;
    let form = read(Request::from_parts(parts, body), state).await?;
    // A form may be long on its way; what its sender may do is what they may now.
    if !state.run(move |services| sessions::stands(services, &hash)).await? {
        return Err(ServiceError::SignInRequired.into());
    }
    if !csrf::fits(form.text(CSRF_FIELD), token.expose()) {
        return Err(csrf::stale_form());
    }
    Ok((page, form))
}

impl FromRequest<AppState> for PageForm<AnyPage> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Self::Rejection> {
        let (page, form) = session_form(request, state).await?;
        Ok(Self { page, form })
    }
}

impl FromRequest<AppState> for PageForm<Page> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Self::Rejection> {
        let (page, form) = session_form(request, state).await?;
        Ok(Self { page: Page::of(page)?, form })
    }
}

/// A form of a visitor.
#[derive(Debug)]
pub struct FlowForm {
    /// The visitor, and how they see pages.
    pub flow: Flow,
    /// What was sent.
    pub form: FormData,
    /// The token fits. Where it does not, the page was open before the browser was closed, or cookies are off: the
    /// form is shown again with what was typed, and nothing else happens.
    pub is_genuine: bool,
}

impl FromRequest<AppState> for FlowForm {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Self::Rejection> {
        let (mut parts, body) = request.into_parts();
        csrf::check_origin(&parts.headers, state.hosts())?;
        let flow = Flow::from_request_parts(&mut parts, state).await?;
        let form = read(Request::from_parts(parts, body), state).await?;
        let is_genuine = !flow.is_new && csrf::fits(form.text(CSRF_FIELD), flow.token.expose());
        Ok(Self { flow, form, is_genuine })
    }
}
