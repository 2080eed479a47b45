//! Copies of files and backups in a store elsewhere: a bucket of S3 or a folder of Cloudinary; and messages to webhooks (`hooks`). Knows neither users nor jobs; imports
//! [`crate::base`], [`crate::config`] and [`crate::domain`].
//!
//! An object is called by whose it is and what it holds, `users/<id>/<sha256>`: the same content is the same object, so
//! that doing anything twice is harmless, and nothing that a user typed is in its name. A backup is called by its own name.

mod cloudinary;
pub mod hooks;
mod http;
mod s3;

use std::fmt::Display;
use std::future::Future;
use std::io::Read;
use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;

use crate::config::remote::{RemoteConfig, RemoteStore};
use crate::domain::ids::UserId;

/// Bytes that are held in memory and sent at once. Stores of S3 take parts of 5 MiB and more, all of one size but the
/// last.
const PART_BYTES: usize = 8 << 20;

/// How often it is asked whether to stop.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What an object is called after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// The user whose content it is.
    User(UserId),
    /// The backup of this name.
    Backup(String),
}

/// What is to be kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Whose, or which backup.
    pub name: Name,
    /// SHA-256 of its content, in hex.
    pub sha256: String,
    /// Size of its content.
    pub bytes: u64,
}

impl Object {
    /// Folder and name, below whatever the store's are put in.
    fn key(&self) -> String {
        match &self.name {
            Name::User(user) => format!("users/{user}/{}", self.sha256),
            Name::Backup(name) => name.clone(),
        }
    }
}

/// What shows that a copy is what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The store's own mark of the object's content, which another content does not have.
    pub etag: String,
    /// How it was compared.
    pub by: ProofBy,
}

/// How a copy was compared with the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofBy {
    /// Size and the MD5 that the store made of what it holds.
    Md5,
    /// Every byte was read back.
    ReadBack,
}

/// Why a copy was not made, looked at or deleted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RemoteError {
    /// The store gave no answer.
    #[error("no answer from {0}")]
    Away(String),
    /// The store said no.
    #[error("{0}")]
    Refused(String),
    /// What it holds is not what was sent.
    #[error("the copy is damaged: {0}")]
    Damaged(String),
    /// The file itself could not be read.
    #[error("the stored file cannot be read: {0}")]
    Content(String),
    /// The caller wanted no more of it.
    #[error("the server is stopping")]
    Stopped,
}

/// Asked again and again whether to stop: a store that is slow must not hold up the end of the server.
pub type Stops<'s> = dyn Fn() -> bool + 's;

/// A store that can be asked.
#[derive(Debug)]
pub struct Remote {
    config: RemoteConfig,
}

impl Remote {
    /// The store of the configuration. Nothing is asked yet.
    pub fn new(config: RemoteConfig) -> Self {
        Self { config }
    }

    /// Where copies are, for people.
    pub fn place(&self) -> String {
        self.config.store.place()
    }

    /// Sends a content and compares what the store holds then. An object that was there is replaced.
    ///
    /// # Errors
    /// Any; afterwards there is no copy, the one before, or a whole one.
    pub fn put(
        &self,
        object: &Object,
        content: &mut (dyn Read + Send),
        now: Timestamp,
        stops: &Stops<'_>,
    ) -> Result<Proof, RemoteError> {
        match &self.config.store {
            // It looks at the stop by itself: parts that were sent are taken back first.
            RemoteStore::S3(s3) => wait_for(&|| false, async {
                s3::Bucket::new(s3, &self.config.net)?.put(object, content, stops).await
            }),
            RemoteStore::Cloudinary(cloudinary) => wait_for(stops, async {
                cloudinary::Folder::new(cloudinary, &self.config.net)?.put(object, content, now).await
            }),
        }
    }

    /// Asks whether the copy still is what it was when it was made; `None` where the store cannot be asked that, or
    /// holds none.
    ///
    /// # Errors
    /// [`RemoteError::Damaged`] where it is something else now.
    pub fn check(
        &self,
        object: &Object,
        etag: &str,
        stops: &Stops<'_>,
    ) -> Result<Option<Proof>, RemoteError> {
        wait_for(stops, async {
            match &self.config.store {
                RemoteStore::S3(s3) => s3::Bucket::new(s3, &self.config.net)?.check(object, etag).await,
                RemoteStore::Cloudinary(_) => Ok(None),
            }
        })
    }

    /// Asks whether the store answers and knows us, without changing anything in it.
    ///
    /// # Errors
    /// Any but [`RemoteError::Damaged`] and [`RemoteError::Content`].
    pub fn probe(&self, now: Timestamp, stops: &Stops<'_>) -> Result<(), RemoteError> {
        wait_for(stops, async {
            match &self.config.store {
                RemoteStore::S3(s3) => s3::Bucket::new(s3, &self.config.net)?.probe().await,
                RemoteStore::Cloudinary(cloudinary) => {
                    // It is asked for nothing else that takes the secret: to delete what nobody has.
                    let nobody = Object {
                        name: Name::User(UserId(uuid::Uuid::nil())),
                        sha256: "0".repeat(64),
                        bytes: 0,
                    };
                    cloudinary::Folder::new(cloudinary, &self.config.net)?.delete(&nobody, now).await
                }
            }
        })
    }

    /// Deletes a copy; one that is not there is as good as deleted.
    ///
    /// # Errors
    /// Any but [`RemoteError::Damaged`] and [`RemoteError::Content`].
    pub fn delete(&self, object: &Object, now: Timestamp, stops: &Stops<'_>) -> Result<(), RemoteError> {
        wait_for(stops, async {
            match &self.config.store {
                RemoteStore::S3(s3) => s3::Bucket::new(s3, &self.config.net)?.delete(object).await,
                RemoteStore::Cloudinary(cloudinary) => {
                    cloudinary::Folder::new(cloudinary, &self.config.net)?.delete(object, now).await
                }
            }
        })
    }
}

/// On the caller's own thread, which may block.
fn wait_for<T>(
    stops: &Stops<'_>,
    work: impl Future<Output = Result<T, RemoteError>>,
) -> Result<T, RemoteError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| RemoteError::Away(format!("this machine: {error}")))?;
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = work => outcome,
            () = stopped(stops) => Err(RemoteError::Stopped),
        }
    });
    // A name server that takes its time keeps nobody waiting.
    runtime.shutdown_background();
    outcome
}

async fn stopped(stops: &Stops<'_>) {
    while !stops() {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Fills a part from a content, as far as there is any.
fn next_part(content: &mut (dyn Read + Send)) -> Result<Vec<u8>, RemoteError> {
    let mut part = Vec::new();
    content.take(PART_BYTES as u64).read_to_end(&mut part).map_err(unreadable)?;
    Ok(part)
}

fn unreadable(error: impl Display) -> RemoteError {
    RemoteError::Content(error.to_string())
}
