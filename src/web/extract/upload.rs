//! Forms with a file. The token against cross-site requests and the permission are checked before a byte of the
//! file is taken.

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use futures_util::StreamExt;
use multer::{Field, Multipart};

use super::form::{FormData, read};
use super::page::{AnyPage, Page};
use super::session::find_session;
use crate::services::authorize::{Grant, PermissionType};
use crate::services::files::StoredFile;
use crate::services::user_files;
use crate::web::csrf;
use crate::web::error::AppError;
use crate::web::state::AppState;
use crate::web::ui::form::CSRF_FIELD;
use crate::web::ui::t;
use crate::web::upload::{HEAR_OUT, Storing, announced_bytes, boundary, broken, file_name, hear_out, text};

/// Fields before the file.
const MAX_FIELDS: usize = 20;

/// What a form with files asks of who sends it.
pub trait UploadRight {
    /// The proof.
    type Proof;

    /// The check, before a byte of a file is taken.
    ///
    /// # Errors
    /// 403 or 404.
    fn prove(page: &Page, state: &AppState) -> Result<Self::Proof, AppError>;
}

impl<P: PermissionType> UploadRight for P {
    type Proof = Grant<P>;

    fn prove(page: &Page, _state: &AppState) -> Result<Grant<P>, AppError> {
        page.grant()
    }
}

/// Files for one's own folder.
#[derive(Debug)]
pub enum OwnFolder {}

impl UploadRight for OwnFolder {
    type Proof = ();

    fn prove(page: &Page, state: &AppState) -> Result<(), AppError> {
        Ok(user_files::must_have_folder(state.services(), page.user())?)
    }
}

/// A form of a signed-in user who may do `P`, read up to its file. The token is its first field, the file its last.
pub struct PageUpload<P: UploadRight> {
    /// Who sent it, and how they see pages.
    pub page: Page,
    /// The proof.
    pub grant: P::Proof,
    /// The fields before the file.
    pub form: FormData,
    file: Option<File>,
    refusal: Option<AppError>,
    bytes: Option<u64>,
}

/// A file that waits to be taken.
struct File {
    field: Field<'static>,
    /// What comes after it; the field is read through it, too.
    rest: Multipart<'static>,
}

impl<P: UploadRight<Proof: Send>> FromRequest<AppState> for PageUpload<P> {
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
            let grant = if is_genuine { P::prove(&page, state)? } else { return Err(csrf::stale_form()) };
            return Ok(Self { page, grant, form, file: None, refusal: None, bytes: None });
        };
        let grant = P::prove(&page, state)?;
        let mut body = body.into_data_stream();
        let bytes = match announced_bytes(state, &parts.headers) {
            Ok(bytes) => bytes,
            Err(refusal) => {
                hear_out(&mut body).await;
                let (form, refusal) = (FormData::default(), Some(refusal));
                return Ok(Self { page, grant, form, file: None, refusal, bytes: None });
            }
        };
        let mut rest = Multipart::new(body, boundary);
        let mut fields = Vec::new();
        while let Some(field) = rest.next_field().await.map_err(|error| broken(&error))? {
            let name = field.name().unwrap_or_default().to_owned();
            let is_genuine = fields.first().is_some_and(|(first, value): &(String, String)| {
                first == CSRF_FIELD && csrf::fits(value, token.expose())
            });
            if name != CSRF_FIELD && !is_genuine {
                hear_out_field(field).await;
                return Err(csrf::stale_form());
            }
            if file_name(&field).is_some() {
                let form = FormData::of(fields);
                let file = Some(File { field, rest });
                return Ok(Self { page, grant, form, file, refusal: None, bytes });
            }
            if fields.len() == MAX_FIELDS {
                return Err(AppError::invalid(format!("The form has at most {MAX_FIELDS} fields.")));
            }
            fields.push((name, text(field).await?));
        }
        let form = FormData::of(fields);
        if !csrf::fits(form.text(CSRF_FIELD), token.expose()) {
            return Err(csrf::stale_form());
        }
        Ok(Self { page, grant, form, file: None, refusal: None, bytes })
    }
}

impl<P: UploadRight> PageUpload<P> {
    /// Why the file was refused before it was read, if it was.
    pub fn refusal(&mut self) -> Option<AppError> {
        self.refusal.take()
    }

    /// Takes the file: what its sender calls it, and where it is stored; `None` where none was chosen.
    ///
    /// # Errors
    /// What was wrong; nothing of the file stays.
    pub async fn take_file(&mut self, state: &AppState) -> Result<Option<(String, StoredFile)>, AppError> {
        let Some(File { mut field, mut rest }) = self.file.take() else { return Ok(None) };
        let name = file_name(&field).unwrap_or_default();
        let stored = store(state, &mut field, self.bytes).await;
        match stored {
            // An empty file field comes as a file without name and content.
            Ok(file) if name.is_empty() && file.bytes == 0 => {
                state.run(move |services| crate::services::imports::discard(services, &file.sha256)).await?;
                Ok(None)
            }
            Ok(file) => {
                drop(field);
                let refusal = if name.is_empty() {
                    Some(AppError::invalid(t("imports-file-unnamed")))
                } else if let Err(broken) = rest_of(&mut rest).await {
                    Some(broken)
                } else {
                    self.page.session.still(state).await.err()
                };
                let Some(refusal) = refusal else { return Ok(Some((name, file))) };
                while let Ok(Some(field)) = rest.next_field().await {
                    hear_out_field(field).await;
                }
                state.run(move |services| crate::services::imports::discard(services, &file.sha256)).await?;
                Err(refusal)
            }
            Err(refused) => {
                hear_out_field(field).await;
                Err(refused)
            }
        }
    }

    /// What the sender said that the whole form has.
    pub fn announced_bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// Takes the next of several files; `None` after the last. An error is of this file alone where the answer says so:
    /// the next can be taken all the same.
    ///
    /// # Errors
    /// What was wrong; nothing of the file stays.
    pub async fn next_file(&mut self, state: &AppState) -> Result<Option<(String, StoredFile)>, AppError> {
        let Some(File { mut field, mut rest }) = self.file.take() else { return Ok(None) };
        let name = file_name(&field).unwrap_or_default();
        let stored = store(state, &mut field, self.bytes).await;
        if stored.is_err() {
            hear_out_field(field).await;
        } else {
            drop(field);
        }
        while let Ok(Some(field)) = rest.next_field().await {
            if file_name(&field).is_some() {
                self.file = Some(File { field, rest });
                break;
            }
            hear_out_field(field).await;
        }
        let stored = stored?;
        let unchosen = name.is_empty() && stored.bytes == 0;
        let refusal = self.page.session.still(state).await.err();
        if unchosen || refusal.is_some() {
            state.run(move |services| crate::services::imports::discard(services, &stored.sha256)).await?;
            return refusal.map_or(Ok(None), Err);
        }
        Ok(Some((name, stored)))
    }

    /// Takes the file and forgets it: a browser that is cut off while it sends shows a broken connection instead
    /// of what was wrong.
    pub async fn refuse_file(&mut self) {
        if let Some(File { field, rest: _rest }) = self.file.take() {
            hear_out_field(field).await;
        }
    }
}

/// Nothing that could be meant comes after the file.
async fn rest_of(rest: &mut Multipart<'static>) -> Result<(), AppError> {
    while let Some(field) = rest.next_field().await.map_err(|error| broken(&error))? {
        let is_file = file_name(&field).is_some() || field.name() == Some("file");
        hear_out_field(field).await;
        if is_file {
            return Err(AppError::invalid(t("imports-file-one")));
        }
    }
    Ok(())
}

async fn store(
    state: &AppState,
    field: &mut Field<'static>,
    bytes: Option<u64>,
) -> Result<StoredFile, AppError> {
    let mut storing = Storing::begin(state, bytes).await?;
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        storing.write(chunk).await?;
    }
    storing.finish().await
}

async fn hear_out_field(field: Field<'static>) {
    let mut chunks = field.map(|chunk: Result<Bytes, multer::Error>| chunk.is_ok());
    let _ = tokio::time::timeout(HEAR_OUT, async { while let Some(true) = chunks.next().await {} }).await;
}
