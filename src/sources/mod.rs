//! Getting a file from elsewhere: from an address over HTTP, a database's rows, or a command's output. Knows nothing of datasets or of
//! the store; imports [`crate::base`], [`crate::config`] and [`crate::domain`].

pub mod address;
pub mod command;
pub mod http;
mod net;
pub mod sql;

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::base::secret::SecretString;

/// Takes what a source brings, bit by bit; an error ends the run.
pub type Sink<'s> = dyn FnMut(&[u8]) -> Result<(), String> + Send + 's;

/// True once nobody waits for the run any more: the server is stopping.
pub type Stop<'s> = dyn Fn() -> bool + Sync + 's;

/// How often a run looks whether it is to stop.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// What is said of a run that did.
const STOPPED: &str = "the server is stopping";

/// Does `doing` for as long as a source may take; ends it early where a stop is asked for. What is dropped with it closes its
/// connections.
async fn until_stopped<T>(
    limit: Duration,
    stop: &Stop<'_>,
    doing: impl Future<Output = Result<T, String>>,
) -> Result<T, String> {
    let asked = async {
        while !stop() {
            sleep(LOOK_EVERY).await;
        }
    };
    tokio::select! {
        outcome = timeout(limit, doing) => outcome.unwrap_or_else(|_| {
            Err(format!("it took longer than {} s (`sources.timeout`)", limit.as_secs()))
        }),
        () = asked => Err(STOPPED.to_owned()),
    }
}

/// What is asked of an address.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// `https://…`.
    pub url: String,
    /// User for basic authentication; empty where the secret is a bearer token.
    pub user: String,
    /// Password or token.
    pub secret: Option<SecretString>,
    /// Further header lines.
    pub headers: Vec<(String, String)>,
    /// Of what is known already.
    pub etag: Option<String>,
    /// Of what is known already.
    pub last_modified: Option<String>,
    /// Bytes that are taken at most.
    pub max_bytes: u64,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brought {
    /// The server says that nothing is new.
    pub is_unchanged: bool,
    /// Bytes that were taken.
    pub bytes: u64,
    /// `ETag`; of a database's rows their digest, whatever order they come in.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub last_modified: Option<String>,
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which: a part of a text's id.
    pub part: &'static str,
    /// It worked.
    pub is_good: bool,
    /// What was said.
    pub words: String,
}

/// The steps of a run, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Steps(pub Vec<Step>);

impl Steps {
    /// Notes a step that worked.
    pub fn good(&mut self, part: &'static str, words: impl Into<String>) {
        self.0.push(Step { part, is_good: true, words: words.into() });
    }

    /// Notes a step that did not, and gives its words back.
    pub fn bad(&mut self, part: &'static str, words: impl Into<String>) -> String {
        let words = words.into();
        self.0.push(Step { part, is_good: false, words: words.clone() });
        words
    }

    /// True where all of them worked.
    pub fn is_good(&self) -> bool {
        self.0.iter().all(|step| step.is_good)
    }
}
