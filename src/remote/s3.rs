//! A bucket of anything that speaks S3. `object_store` signs and retries; requests leave through [`super::http`].

use std::io::Read;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt;

use md5::{Digest, Md5};
use object_store::aws::{AmazonS3, AmazonS3Builder, Checksum};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody,
    HttpService,
};
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, BackoffConfig, ClientOptions, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, RetryConfig,
};
use sha2::Sha256;

use super::http::{Client, NoAnswer};
use super::{Object, PART_BYTES, Proof, ProofBy, RemoteError, Stops, next_part, stopped};
use crate::base::hex;
use crate::config::remote::{RemoteNet, S3Config};

/// A request is tried again so often at once; the job's own tries come later.
const RETRIES: usize = 2;
/// How long a store may take to take back an upload that ended early: a stop waits for it.
const ABORT_PATIENCE: Duration = Duration::from_secs(5);
/// How a copy says what it holds, for whoever looks into the bucket without us.
const SHA256_NAME: &str = "sha256";

/// A bucket that can be asked.
pub struct Bucket {
    store: AmazonS3,
    prefix: String,
    name: String,
    host: String,
}

impl Bucket {
    pub fn new(config: &S3Config, net: &RemoteNet) -> Result<Self, RemoteError> {
        let client = Client::new(net).map_err(RemoteError::Refused)?;
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&config.bucket)
            .with_region(&config.region)
            .with_access_key_id(&config.access_key_id)
            .with_secret_access_key(config.secret_access_key.expose())
            .with_allow_http(net.allow_http)
            .with_virtual_hosted_style_request(!config.path_style)
            // The store refuses what does not arrive as it was sent.
            .with_checksum_algorithm(Checksum::SHA256)
            .with_retry(RetryConfig {
                max_retries: RETRIES,
                retry_timeout: net.timeout.min(Duration::from_mins(3)),
                backoff: BackoffConfig::default(),
            })
            .with_http_connector(Connector(client));
        let amazon = format!("s3.{}.amazonaws.com", config.region);
        let host = match &config.endpoint {
            None => amazon,
            Some(endpoint) => {
                let (scheme, host) = endpoint.split_once("://").unwrap_or(("https", endpoint));
                let own =
                    if config.path_style { host.to_owned() } else { format!("{}.{host}", config.bucket) };
                builder = builder.with_endpoint(format!("{scheme}://{own}"));
                host.to_owned()
            }
        };
        let store = builder.build().map_err(|error| RemoteError::Refused(error.to_string()))?;
        Ok(Self { store, prefix: config.prefix.clone(), name: config.bucket.clone(), host })
    }

    fn path(&self, object: &Object) -> Path {
        Path::from(format!("{}/{}", self.prefix, object.key()))
    }

    /// Sends it, whole or in parts, then looks at what the store has. Where that fails, or the server stops, parts that are
    /// there already are taken back.
    pub async fn put(
        &self,
        object: &Object,
        content: &mut (dyn Read + Send),
        stops: &Stops<'_>,
    ) -> Result<Proof, RemoteError> {
        let mut begun = None;
        let sent = tokio::select! {
            sent = self.send(object, content, &mut begun) => sent,
            () = stopped(stops) => Err(RemoteError::Stopped),
        };
        if sent.is_err()
            && let Some(mut upload) = begun
        {
            // Parts that nobody completes cost money until somebody deletes them.
            let _ = tokio::time::timeout(ABORT_PATIENCE, upload.abort()).await;
        }
        sent
    }

    /// `begun` holds an upload in parts as long as it is neither complete nor taken back.
    async fn send(
        &self,
        object: &Object,
        content: &mut (dyn Read + Send),
        begun: &mut Option<Box<dyn MultipartUpload>>,
    ) -> Result<Proof, RemoteError> {
        let path = self.path(object);
        let mut attributes = Attributes::new();
        attributes.insert(Attribute::Metadata(SHA256_NAME.into()), object.sha256.clone().into());
        attributes.insert(Attribute::ContentType, "application/octet-stream".into());
        let mut whole = Sha256::new();
        let first = next_part(content)?;
        whole.update(&first);
        let md5 = if first.len() < PART_BYTES {
            must_be(object, whole)?;
            let md5 = hex::encode(&Md5::digest(&first));
            let options = PutOptions { attributes, ..PutOptions::default() };
            let sent = self.store.put_opts(&path, PutPayload::from(first), options).await;
            sent.map_err(|error| self.explain(&error))?;
            md5
        } else {
            let options = PutMultipartOptions { attributes, ..PutMultipartOptions::default() };
            let upload = self.store.put_multipart_opts(&path, options).await;
            let upload = begun.insert(upload.map_err(|error| self.explain(&error))?);
            let md5 = self.put_parts(object, upload.as_mut(), first, whole, content).await?;
            *begun = None;
            md5
        };
        self.prove(object, &md5).await
    }

    /// The mark that stores give an object of parts: the MD5 of the parts' MD5s, and how many there are.
    async fn put_parts(
        &self,
        object: &Object,
        upload: &mut dyn MultipartUpload,
        first: Vec<u8>,
        mut whole: Sha256,
        content: &mut (dyn Read + Send),
    ) -> Result<String, RemoteError> {
        let (mut sums, mut parts, mut part) = (Md5::new(), 0_u32, first);
        loop {
            let is_last = part.len() < PART_BYTES;
            if !part.is_empty() {
                sums.update(Md5::digest(&part));
                parts += 1;
                upload.put_part(PutPayload::from(part)).await.map_err(|error| self.explain(&error))?;
            }
            if is_last {
                break;
            }
            part = next_part(content)?;
            whole.update(&part);
        }
        // Before anything is there: what was read may have rotted.
        must_be(object, whole)?;
        upload.complete().await.map_err(|error| self.explain(&error))?;
        Ok(format!("{}-{parts}", hex::encode(&sums.finalize())))
    }

    async fn head(&self, object: &Object) -> Result<Option<ObjectMeta>, RemoteError> {
        match self.store.head(&self.path(object)).await {
            Ok(meta) => Ok(Some(meta)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.explain(&error)),
        }
    }

    /// Size and MD5 as the store tells them; where its mark is no MD5 (as with keys of one's own), every byte.
    async fn prove(&self, object: &Object, md5: &str) -> Result<Proof, RemoteError> {
        let gone = || RemoteError::Damaged("it is not there after it was sent".to_owned());
        let meta = self.head(object).await?.ok_or_else(gone)?;
        must_have(object, meta.size)?;
        let etag = mark(&meta);
        if etag == md5 {
            return Ok(Proof { etag, by: ProofBy::Md5 });
        }
        self.read_back(object).await?;
        Ok(Proof { etag, by: ProofBy::ReadBack })
    }

    async fn read_back(&self, object: &Object) -> Result<(), RemoteError> {
        let path = self.path(object);
        let (mut whole, mut from) = (Sha256::new(), 0);
        while from < object.bytes {
            let until = object.bytes.min(from + PART_BYTES as u64);
            let read = self.store.get_range(&path, from..until).await;
            whole.update(read.map_err(|error| self.explain(&error))?);
            from = until;
        }
        if hex::encode(&whole.finalize()) == object.sha256 {
            return Ok(());
        }
        Err(RemoteError::Damaged("read back, it is something else".to_owned()))
    }

    pub async fn check(&self, object: &Object, etag: &str) -> Result<Option<Proof>, RemoteError> {
        let Some(meta) = self.head(object).await? else { return Ok(None) };
        must_have(object, meta.size)?;
        let found = mark(&meta);
        if found == etag {
            return Ok(Some(Proof { etag: found, by: ProofBy::Md5 }));
        }
        // Some stores make another mark of the same content when they move it.
        self.read_back(object).await?;
        Ok(Some(Proof { etag: found, by: ProofBy::ReadBack }))
    }

    /// Asks for the list of what is there, as far as its first page; a key that may not list asks for one object.
    pub async fn probe(&self) -> Result<(), RemoteError> {
        let prefix = Path::from(format!("{}/users", self.prefix));
        match self.store.list(Some(&prefix)).next().await {
            None | Some(Ok(_)) => Ok(()),
            Some(Err(object_store::Error::PermissionDenied { .. })) => match self.store.head(&prefix).await {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(self.explain(&error)),
            },
            Some(Err(error)) => Err(self.explain(&error)),
        }
    }

    pub async fn delete(&self, object: &Object) -> Result<(), RemoteError> {
        match self.store.delete(&self.path(object)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.explain(&error)),
        }
    }

    /// What went wrong, in words that say what to do where that is known.
    fn explain(&self, error: &object_store::Error) -> RemoteError {
        let words = chain(error);
        let said = code(&words);
        let refused = |next: &str| {
            let said = if said.is_empty() { String::new() } else { format!(" ({said})") };
            RemoteError::Refused(format!("{} {next}{said}", self.host))
        };
        match said {
            "InvalidAccessKeyId" => return refused("does not know the access key; look at s3.access_key_id"),
            "SignatureDoesNotMatch" => {
                return refused("does not take the signature; look at s3.secret_access_key and s3.region");
            }
            "NoSuchBucket" => {
                return refused(&format!("has no bucket `{}`; make it, or look at s3.bucket", self.name));
            }
            "AccessDenied" | "AllAccessDisabled" => {
                return refused(&format!("does not let this key write to the bucket `{}`", self.name));
            }
            "RequestTimeTooSkewed" => return refused("has another time; set the clock of one of the two"),
            "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException" => {
                return refused("keeps this bucket in another region; look at s3.region");
            }
            _ => {}
        }
        match error {
            object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
                refused("refuses this key; look at s3.access_key_id, its secret and its rights")
            }
            object_store::Error::NotFound { .. } => {
                refused(&format!("has no such object, or no bucket `{}`", self.name))
            }
            _ if words.contains(NO_ANSWER) => {
                let why = words.rsplit(NO_ANSWER).next().unwrap_or_default().trim();
                RemoteError::Away(format!("{}: {why}", self.host))
            }
            _ if said.is_empty() => RemoteError::Refused(format!("{}: {words}", self.host)),
            _ => refused("refuses it"),
        }
    }
}

/// The store's mark of a content; without the quotes that belong to the header.
fn mark(meta: &ObjectMeta) -> String {
    meta.e_tag.as_deref().unwrap_or_default().trim_matches('"').to_owned()
}

fn must_have(object: &Object, size: u64) -> Result<(), RemoteError> {
    if size == object.bytes {
        return Ok(());
    }
    Err(RemoteError::Damaged(format!("it has {size} bytes and should have {}", object.bytes)))
}

fn must_be(object: &Object, whole: Sha256) -> Result<(), RemoteError> {
    if hex::encode(&whole.finalize()) == object.sha256 {
        return Ok(());
    }
    Err(RemoteError::Content("it is not what its name says".to_owned()))
}

/// An error with what it came from.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let text = source.to_string();
        if !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        next = source.source();
    }
    words
}

/// The word that S3 has for what went wrong (`<Code>`).
fn code(words: &str) -> &str {
    let after = words.split_once("<Code>").map_or("", |(_, rest)| rest);
    let code = after.split_once("</Code>").map_or("", |(code, _)| code);
    if code.len() <= 80 && code.chars().all(|c| c.is_ascii_alphanumeric() || c == '.') { code } else { "" }
}

/// Marks what came of a connection, in words that went through `object_store`.
const NO_ANSWER: &str = "no answer:";

#[derive(Debug)]
struct Connector(Client);

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Service(self.0.clone())))
    }
}

#[derive(Debug)]
struct Service(Client);

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answered = self.0.ask(request).await.map_err(|error| {
            let kind = match error {
                NoAnswer::Connect(_) => HttpErrorKind::Connect,
                NoAnswer::Broken(_) => HttpErrorKind::Interrupted,
                NoAnswer::Late(_) => HttpErrorKind::Timeout,
            };
            HttpError::new(kind, Told(format!("{NO_ANSWER} {error}")))
        })?;
        Ok(answered.map(|body: Bytes| HttpResponseBody::from(body)))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Told(String);
