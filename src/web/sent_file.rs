//! A file that a program sends: as the body itself, or in the field `file` of a form, as `curl -F` has it.

use axum::body::{Body, BodyDataStream};
use axum::http::HeaderMap;
use bytes::Bytes;
use futures_util::StreamExt;
use multer::{Field, Multipart};

use super::error::AppError;
use super::upload::{HEAR_OUT, boundary, broken, file_name};

/// The file on its way.
pub struct SentFile {
    /// What the sender calls it, where a form says so.
    pub name: Option<String>,
    from: From,
}

enum From {
    Body(BodyDataStream),
    /// The field, until it is read, and what comes after it.
    Form(Box<(Option<Field<'static>>, Multipart<'static>)>),
}

impl SentFile {
    /// Finds it in a body.
    ///
    /// # Errors
    /// 422 for a form whose first field is not `file`: what else there is to say stands in the address.
    pub async fn open(headers: &HeaderMap, body: Body) -> Result<Self, AppError> {
        let Some(boundary) = boundary(headers) else {
            return Ok(Self { name: None, from: From::Body(body.into_data_stream()) });
        };
        let mut form = Multipart::new(body.into_data_stream(), boundary);
        let field = form.next_field().await.map_err(|error| broken(&error))?;
        let field = field.filter(|field| field.name() == Some("file")).ok_or_else(only_a_file)?;
        Ok(Self { name: file_name(&field), from: From::Form(Box::new((Some(field), form))) })
    }

    /// The next stretch; `None` after the last.
    ///
    /// # Errors
    /// 400 where it broke off, 422 where a form has more than the file.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, AppError> {
        match &mut self.from {
            From::Body(body) => body.next().await.transpose().map_err(|_| {
                AppError::bad_request("The file did not arrive whole; nothing of it was taken.")
            }),
            From::Form(form) => {
                let (field, rest) = &mut **form;
                if let Some(reading) = field {
                    let chunk = reading.chunk().await.map_err(|error| broken(&error))?;
                    if chunk.is_some() {
                        return Ok(chunk);
                    }
                }
                // A form gives its next field when the one before is gone.
                *field = None;
                match rest.next_field().await.map_err(|error| broken(&error))? {
                    Some(_) => Err(only_a_file()),
                    None => Ok(None),
                }
            }
        }
    }

    /// All of it, up to so many bytes.
    ///
    /// # Errors
    /// As [`Self::chunk`]; `too_large` for more.
    pub async fn whole(
        mut self,
        max_bytes: usize,
        too_large: impl Fn() -> AppError,
    ) -> Result<Vec<u8>, AppError> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if bytes.len() + chunk.len() > max_bytes {
                self.hear_out().await;
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// Takes what is left of a refused file and forgets it: a client that is cut off while it sends sees a broken
    /// connection instead of the reason.
    pub async fn hear_out(&mut self) {
        let to_its_end = async { while let Ok(Some(_)) = self.chunk().await {} };
        let _ = tokio::time::timeout(HEAR_OUT, to_its_end).await;
    }
}

fn only_a_file() -> AppError {
    AppError::invalid(
        "Send the file as the body, or as the one field `file` of a form; what else there is to say stands in the address.",
    )
}
