//! A form with a small picture. The token against cross-site requests is its first field and is checked before a byte of
//! the file is taken; the file stays in memory.

use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_LENGTH;
use futures_util::StreamExt;
use multer::Multipart;

use super::form::read;
use super::page::{AnyPage, Page};
use super::session::find_session;
use crate::domain::avatar::MAX_FILE_BYTES;
use crate::web::csrf;
use crate::web::error::AppError;
use crate::web::state::AppState;
use crate::web::ui::form::{CSRF_FIELD, FieldError};
use crate::web::ui::format::limit;
use crate::web::ui::{t, t_with};
use crate::web::upload::{HEAR_OUT, boundary, broken, file_name, hear_out, text};

/// Room for what stands around the file.
const FORM_BYTES: usize = 64 << 10;
/// Fields before the file.
const MAX_FIELDS: usize = 5;

/// What was sent as a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SentFile {
    /// None was chosen.
    None,
    /// It is larger than a picture may be.
    TooLarge,
    /// Its bytes.
    Bytes(Vec<u8>),
}

impl SentFile {
    /// Its bytes, or what is wrong with the form's `field`.
    pub fn bytes(self, field: &str) -> Result<Vec<u8>, FieldError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::None => Err(FieldError::new(field, t("account-avatar-missing"))),
            Self::TooLarge => {
                let most = limit(MAX_FILE_BYTES as u64);
                Err(FieldError::new(field, t_with("account-avatar-too-large", &[("most", most.into())])))
            }
        }
    }
}

/// A form of a signed-in user with a picture.
#[derive(Debug)]
pub struct PictureForm {
    /// Who sent it, and how they see pages.
    pub page: Page,
    /// The file.
    pub file: SentFile,
}

impl FromRequest<AppState> for PictureForm {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Self::Rejection> {
        let (mut parts, body) = request.into_parts();
        let session = find_session(&mut parts, state).await?;
        csrf::check_origin(&parts.headers, state.hosts())?;
        let token = session.token.clone();
        let page = Page::of(AnyPage::of(session, &mut parts, state).await?)?;
        let Some(boundary) = boundary(&parts.headers) else {
            let form = read(Request::from_parts(parts, body), state).await?;
            let is_genuine = csrf::fits(form.text(CSRF_FIELD), token.expose());
            return if is_genuine {
                Ok(Self { page, file: SentFile::None })
            } else {
                Err(csrf::stale_form())
            };
        };
        let announced = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let mut body = body.into_data_stream();
        if announced.is_some_and(|bytes: usize| bytes > MAX_FILE_BYTES + FORM_BYTES) {
            // Nothing of it is looked at, so it changes nothing, whoever sent it.
            hear_out(&mut body).await;
            return Ok(Self { page, file: SentFile::TooLarge });
        }
        let mut fields = Multipart::new(body, boundary);
        let mut is_genuine = false;
        for _ in 0..MAX_FIELDS {
            let Some(mut field) = fields.next_field().await.map_err(|error| broken(&error))? else { break };
            if field.name() == Some(CSRF_FIELD) {
                is_genuine = csrf::fits(&text(field).await?, token.expose());
                continue;
            }
            if !is_genuine {
                break;
            }
            if file_name(&field).is_none() {
                continue;
            }
            let mut bytes = Vec::new();
            while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
                bytes.extend_from_slice(&chunk);
                if bytes.len() > MAX_FILE_BYTES {
                    let rest = async { while let Some(Ok(_)) = field.next().await {} };
                    let _ = tokio::time::timeout(HEAR_OUT, rest).await;
                    return Ok(Self { page, file: SentFile::TooLarge });
                }
            }
            // An empty file field comes as a file without name and content.
            let file = if bytes.is_empty() { SentFile::None } else { SentFile::Bytes(bytes) };
            return Ok(Self { page, file });
        }
        if is_genuine { Ok(Self { page, file: SentFile::None }) } else { Err(csrf::stale_form()) }
    }
}
