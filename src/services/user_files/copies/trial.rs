//! The store is tried: a small object is put, looked at and deleted again.

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::base::hex;
use crate::domain::ids::UserId;
use crate::remote::{Name, Object, ProofBy, Remote, RemoteError};
use crate::services::authorize::{Grant, ManageSite};
use crate::services::error::ServiceError;
use crate::services::{Services, audit};

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which: a part of a text's id.
    pub part: &'static str,
    /// It worked.
    pub is_good: bool,
    /// What was said.
    pub words: String,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    /// Where.
    pub place: String,
    /// Step by step.
    pub steps: Vec<Step>,
}

impl Tested {
    /// True where all of them worked.
    pub fn is_good(&self) -> bool {
        self.steps.iter().all(|step| step.is_good)
    }

    fn note(&mut self, part: &'static str, outcome: Result<String, RemoteError>) -> bool {
        let is_good = outcome.is_ok();
        let words = outcome.unwrap_or_else(|error| error.to_string());
        self.steps.push(Step { part, is_good, words });
        is_good
    }
}

/// Puts an object under nobody's id, asks for it, and deletes it.
///
/// # Errors
/// [`ServiceError::Conflict`] where there is no store; [`ServiceError::Store`].
pub fn test(services: &Services, grant: &Grant<ManageSite>) -> Result<Tested, ServiceError> {
    let Some(config) = services.config().remote.clone() else {
        return Err(ServiceError::Conflict("this site copies files nowhere".to_owned()));
    };
    let remote = Remote::new(config);
    let now = services.now();
    let content = format!("A test of the store for copies, {now}. It can be deleted.\n");
    let object = Object {
        name: Name::User(UserId(uuid::Uuid::nil())),
        sha256: hex::encode(&Sha256::digest(content.as_bytes())),
        bytes: content.len() as u64,
    };
    let mut tested = Tested { place: remote.place(), steps: Vec::new() };
    let put = remote.put(&object, &mut content.as_bytes(), now, &|| false);
    let etag = put.as_ref().map(|proof| proof.etag.clone()).unwrap_or_default();
    let is_put = tested.note(
        "put",
        put.map(|proof| {
            let how = match proof.by {
                ProofBy::Md5 => "its size and MD5 are right",
                ProofBy::ReadBack => "read back, every byte is right",
            };
            format!("{} bytes, and {how}", object.bytes)
        }),
    );
    if is_put {
        let checked = remote.check(&object, &etag, &|| false);
        if !matches!(checked, Ok(None)) {
            tested.note("check", checked.map(|_| "it is there and unchanged".to_owned()));
        }
    }
    // Also where it was put and could not be compared.
    if is_put || !matches!(tested.steps[0].words.as_str(), "") {
        let deleted = remote.delete(&object, now, &|| false);
        if is_put || deleted.is_ok() {
            tested.note("delete", deleted.map(|()| "it is gone".to_owned()));
        }
    }
    let failed = tested.steps.iter().find(|step| !step.is_good);
    let details = json!({
        "place": tested.place,
        "good": failed.is_none(),
        "said": failed.map(|step| step.words.chars().take(500).collect::<String>()),
    });
    services.store.write(|w| audit::append(w, now, grant.by(), "file.copy-test", "site", &details))?;
    Ok(tested)
}
