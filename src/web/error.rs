//! Every error that leaves over HTTP. Handlers return [`AppError`]; the outermost middleware turns it into
//! `application/problem+json` (RFC 9457) under `/api`, or a plain page elsewhere. A 500 shows a request id and
//! nothing else (ASVS 16.5.1).

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::base::secret::SecretString;
use crate::services::ServiceError;
use crate::services::error::seconds;
use crate::store::StoreError;

/// What a client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Status code.
    pub status: StatusCode,
    /// Stable name of the kind of problem: `must-change-password`. Programs may rely on it.
    pub kind: &'static str,
    /// The kind in words.
    pub title: &'static str,
    /// This occurrence: what, where and the next step.
    pub detail: String,
    /// Seconds until trying again makes sense.
    pub retry_after: Option<u64>,
    /// What the next request is to bring along.
    pub challenge: Option<Box<SecretString>>,
    /// What a few problems say beside (RFC 9457 §3.2). Boxed, because hardly any has it.
    pub members: Option<Box<Members>>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WrongField {
    /// Its name; within a body the way to it: `cells.3.value`.
    pub field: String,
    /// What is wrong and what was expected.
    pub message: String,
}

/// What a few problems say beside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Members {
    /// What collides with what, as JSON.
    Conflicts(String),
    /// Which fields are wrong, and how.
    Errors(Vec<WrongField>),
}

/// An error on its way out.
#[derive(Debug)]
pub struct AppError {
    problem: Problem,
    /// For the log alone.
    internal: Option<String>,
}

impl AppError {
    /// A collision, with what collides.
    pub fn conflict(
        kind: &'static str,
        title: &'static str,
        detail: String,
        conflicts: &impl Serialize,
    ) -> Self {
        let mut error = Self::new(StatusCode::CONFLICT, kind, title, detail);
        error.problem.members =
            serde_json::to_string(conflicts).ok().map(|conflicts| Box::new(Members::Conflicts(conflicts)));
        error
    }

    /// A problem told to the client.
    pub fn new(
        status: StatusCode,
        kind: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            problem: Problem {
                status,
                kind,
                title,
                detail: detail.into(),
                retry_after: None,
                challenge: None,
                members: None,
            },
            internal: None,
        }
    }

    /// A fault of ours: the client learns a request id, the log the reason.
    pub fn internal(reason: impl Into<String>) -> Self {
        let problem = Problem::from_status(StatusCode::INTERNAL_SERVER_ERROR);
        Self { problem, internal: Some(reason.into()) }
    }

    /// There is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    }

    /// A program's token is not for this.
    pub fn beyond_token(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "token-scope", "Not with this token", detail)
    }

    /// The request cannot be understood.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", "Bad request", detail)
    }

    /// A value is not acceptable.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Not acceptable", detail)
    }

    /// A value of a field is not acceptable; `detail` says the whole of it.
    pub fn invalid_field(field: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let message = detail.clone();
        Self::invalid(detail).of_field(field, message)
    }

    fn of_field(mut self, field: &str, message: String) -> Self {
        let errors = vec![WrongField { field: field.to_owned(), message }];
        self.problem.members = Some(Box::new(Members::Errors(errors)));
        self
    }

    /// The body is larger than allowed.
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Too large", detail)
    }

    fn retry_after(mut self, after: std::time::Duration) -> Self {
        self.problem.retry_after = Some(seconds(after));
        self
    }
}

impl Problem {
    /// The problem that a bare status stands for.
    pub fn from_status(status: StatusCode) -> Self {
        let (kind, title, detail) = match status {
            StatusCode::BAD_REQUEST => ("bad-request", "Bad request", "The request cannot be understood."),
            StatusCode::NOT_FOUND => ("not-found", "Not found", "There is nothing at this address."),
            StatusCode::METHOD_NOT_ALLOWED => (
                "method-not-allowed",
                "Method not allowed",
                "This address does not know the method; see Allow.",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => ("too-large", "Too large", "The body is larger than allowed."),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                ("unsupported-media-type", "Unsupported media type", "Send the body as application/json.")
            }
            StatusCode::UNPROCESSABLE_ENTITY => ("invalid", "Not acceptable", "A value is not acceptable."),
            StatusCode::REQUEST_TIMEOUT => ("too-slow", "Too slow", "The body did not arrive in time."),
            status if status.is_client_error() => ("client-error", "Refused", "The request was refused."),
            _ => (
                "internal",
                "Internal error",
                "Something went wrong here. Tell the site's operator the request id; the log has the details.",
            ),
        };
        Self {
            status,
            kind,
            title,
            detail: detail.to_owned(),
            retry_after: None,
            challenge: None,
            members: None,
        }
    }

    /// The body of `application/problem+json`.
    pub fn to_json(&self, request_id: &str) -> Vec<u8> {
        #[derive(Serialize)]
        struct Body<'a> {
            r#type: String,
            title: &'a str,
            status: u16,
            detail: &'a str,
            request_id: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            challenge: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            conflicts: Option<Box<RawValue>>,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            errors: &'a [WrongField],
        }
        let (conflicts, errors) = match self.members.as_deref() {
            None => (None, &[][..]),
            Some(Members::Conflicts(conflicts)) => (RawValue::from_string(conflicts.clone()).ok(), &[][..]),
            Some(Members::Errors(errors)) => (None, errors.as_slice()),
        };
        let body = Body {
            r#type: format!("urn:stockroom:problem:{}", self.kind),
            title: self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            request_id,
            challenge: self.challenge.as_ref().map(|challenge| challenge.expose().as_str()),
            conflicts,
            errors,
        };
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

impl From<ServiceError> for AppError {
    fn from(error: ServiceError) -> Self {
        let detail = sentence(&error.to_string());
        match error {
            ServiceError::SignInRequired => Self::new(
                StatusCode::UNAUTHORIZED,
                "sign-in-required",
                "Sign in first",
                "There is no session, or it has ended. Sign in at POST /api/v1/auth/login.",
            ),
            ServiceError::WrongCredentials => {
                Self::new(StatusCode::UNAUTHORIZED, "wrong-credentials", "Wrong credentials", detail)
            }
            ServiceError::NotActive(_) => {
                Self::new(StatusCode::FORBIDDEN, "account-not-active", "The account cannot be used", detail)
            }
            ServiceError::PasswordExpired => {
                Self::new(StatusCode::FORBIDDEN, "password-expired", "The password has expired", detail)
            }
            ServiceError::SecondFactorRequired(challenge) => {
                let mut needed = Self::new(
                    StatusCode::UNAUTHORIZED,
                    "second-factor-required",
                    "A code is needed",
                    "The password is right. Post `challenge` and `code` to POST /api/v1/auth/login within ten minutes.",
                );
                needed.problem.challenge = Some(Box::new(challenge));
                needed
            }
            ServiceError::WrongCode => {
                Self::new(StatusCode::UNAUTHORIZED, "wrong-code", "Wrong code", detail)
            }
            ServiceError::ChallengeOver => {
                Self::new(StatusCode::UNAUTHORIZED, "challenge-over", "Begin anew", detail)
            }
            ServiceError::PasswordNeeded => {
                Self::new(StatusCode::FORBIDDEN, "password-needed", "Prove that it is you", detail)
            }
            ServiceError::MustSetUpSecondFactor => Self::new(
                StatusCode::FORBIDDEN,
                "must-set-up-second-factor",
                "Set up a second factor first",
                "Users with your role need a second factor. Sign in with a browser to set it up.",
            ),
            ServiceError::DirectoryAway => Self::new(
                StatusCode::UNAUTHORIZED,
                "directory-away",
                "Wrong credentials, or no answer",
                detail,
            ),
            ServiceError::ChangeInDirectory => {
                Self::new(StatusCode::FORBIDDEN, "change-in-directory", "Change your password there", detail)
            }
            ServiceError::NotAdmitted => {
                Self::new(StatusCode::FORBIDDEN, "not-admitted", "No access here", detail)
            }
            ServiceError::LinkVoid => Self::new(StatusCode::GONE, "link-void", "This link is over", detail),
            ServiceError::CodeRequired => {
                Self::new(StatusCode::FORBIDDEN, "code-required", "A code is needed", detail)
            }
            ServiceError::MustChangePassword => Self::new(
                StatusCode::FORBIDDEN,
                "must-change-password",
                "Set a new password first",
                "The password was set by somebody else. Set a new one at POST /api/v1/auth/password.",
            ),
            ServiceError::ViewingAs(_) => {
                Self::new(StatusCode::FORBIDDEN, "viewing-as", "Not in this view", detail)
            }
            ServiceError::ViewEnded(_) => {
                Self::new(StatusCode::FORBIDDEN, "view-ended", "View ended", detail)
            }
            ServiceError::Denied(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed", detail),
            ServiceError::NotFound(_) => Self::not_found(detail),
            ServiceError::Invalid { field, message } => {
                Self::invalid(detail).of_field(field, sentence(&message))
            }
            ServiceError::ChangedMeanwhile => {
                Self::new(StatusCode::PRECONDITION_FAILED, "changed-meanwhile", "Changed meanwhile", detail)
            }
            ServiceError::OutOfScope(_) => {
                Self::new(StatusCode::FORBIDDEN, "out-of-scope", "Not yours alone", detail)
            }
            ServiceError::Conflict(_) => Self::new(StatusCode::CONFLICT, "conflict", "Conflict", detail),
            ServiceError::Throttled(after) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-tries", "Too many tries", detail)
                    .retry_after(after)
            }
            ServiceError::TooOften(after) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too-often", "Too many changes", detail)
                    .retry_after(after)
            }
            ServiceError::TooManyRequests(after) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Too many requests", detail)
                    .retry_after(after)
            }
            ServiceError::Busy(after) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Busy", detail).retry_after(after)
            }
            ServiceError::TooLarge(_) => Self::too_large(detail),
            ServiceError::DiskFull(_) => {
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "storage-full", "The disk is full", detail)
                    .retry_after(std::time::Duration::from_secs(10))
            }
            ServiceError::Store(StoreError::Io(reason)) => Self {
                problem: Problem {
                    status: StatusCode::INSUFFICIENT_STORAGE,
                    kind: "storage-full",
                    title: "The disk cannot be written",
                    detail:
                        "Nothing was changed. The disk of the server is full or failing; tell its operator."
                            .into(),
                    retry_after: Some(10),
                    challenge: None,
                    members: None,
                },
                internal: Some(reason),
            },
            ServiceError::BadBackup(_)
            | ServiceError::BadCertificate(_)
            | ServiceError::Store(_)
            | ServiceError::Internal(_) => Self::internal(error.to_string()),
        }
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        ServiceError::from(error).into()
    }
}

/// A text of a service as a sentence: a capital at its beginning, a full stop at its end.
pub fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    let end = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{end}", characters.as_str())
}

impl IntoResponse for AppError {
    /// Carries the problem to [`super::middleware::problem`], which knows the request.
    fn into_response(self) -> Response {
        if let Some(reason) = &self.internal {
            tracing::error!("{reason}");
        }
        let mut response = self.problem.status.into_response();
        response.extensions_mut().insert(self.problem);
        response
    }
}
