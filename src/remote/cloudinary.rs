//! A folder of Cloudinary. Files go there as raw ones of type `authenticated`: nobody gets them by an address alone, as
//! they would those of type `upload`. Requests are signed as Cloudinary documents it ("Generating authentication
//! signatures"): SHA-1 over the sorted parameters and the secret; file, key and what stands in the path are not signed.

use std::io::Read;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::header::{CONTENT_RANGE, CONTENT_TYPE, HeaderName};
use jiff::Timestamp;
use md5::{Digest, Md5};
use serde::Deserialize;
use sha1::Sha1;
use sha2::Sha256;

use super::http::Client;
use super::{Object, PART_BYTES, Proof, ProofBy, RemoteError, next_part};
use crate::base::hex;
use crate::config::remote::{CloudinaryConfig, RemoteNet};

/// Joins the parts of one upload.
const UPLOAD_ID: HeaderName = HeaderName::from_static("x-unique-upload-id");
/// Words of a refusal that are shown at most.
const MOST_WORDS: usize = 300;

/// What is signed, in any order.
type Params<'p> = Vec<(&'static str, &'p str)>;

/// What comes back.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    public_id: String,
    bytes: Option<u64>,
    etag: String,
    result: String,
    error: Option<Refusal>,
}

#[derive(Debug, Deserialize)]
struct Refusal {
    message: String,
}

/// A folder that can be asked.
pub struct Folder<'c> {
    config: &'c CloudinaryConfig,
    client: Client,
}

impl<'c> Folder<'c> {
    pub fn new(config: &'c CloudinaryConfig, net: &RemoteNet) -> Result<Self, RemoteError> {
        Ok(Self { config, client: Client::new(net).map_err(RemoteError::Refused)? })
    }

    /// With its folders, in one name: the same for accounts with fixed and with dynamic folders.
    fn public_id(&self, object: &Object) -> String {
        let folder = &self.config.folder;
        if folder.is_empty() { object.key() } else { format!("{folder}/{}", object.key()) }
    }

    /// Sends it, whole or in parts, and compares size and MD5 in the last answer.
    pub async fn put(
        &self,
        object: &Object,
        content: &mut (dyn Read + Send),
        now: Timestamp,
    ) -> Result<Proof, RemoteError> {
        let (public_id, timestamp) = (self.public_id(object), now.as_second().to_string());
        let params: Params<'_> = vec![
            ("overwrite", "true"),
            ("public_id", &public_id),
            ("timestamp", &timestamp),
            ("type", "authenticated"),
        ];
        let (mut whole, mut md5) = (Sha256::new(), Md5::new());
        let (mut part, mut from) = (next_part(content)?, 0);
        let answer = loop {
            whole.update(&part);
            md5.update(&part);
            let until = from + part.len() as u64;
            let is_last = part.len() < PART_BYTES || until >= object.bytes;
            if is_last && (until != object.bytes || hex::encode(&whole.clone().finalize()) != object.sha256) {
                return Err(RemoteError::Content("it is not what its name says".to_owned()));
            }
            let range =
                (!is_last || from > 0).then(|| format!("bytes {from}-{}/{}", until - 1, object.bytes));
            let answer = self.ask("upload", &params, Some((part, object, range))).await?;
            if is_last {
                break answer;
            }
            part = next_part(content)?;
            from = until;
        };
        let damaged = |words: String| Err(RemoteError::Damaged(words));
        if answer.bytes != Some(object.bytes) {
            let bytes = answer.bytes.map_or("no".to_owned(), |bytes| bytes.to_string());
            return damaged(format!("it has {bytes} bytes and should have {}", object.bytes));
        }
        if answer.public_id != public_id {
            return damaged(format!("it is called `{}` and should be `{public_id}`", answer.public_id));
        }
        let etag = answer.etag.trim_matches('"').to_owned();
        if etag != hex::encode(&md5.finalize()) {
            return damaged("its MD5 is another".to_owned());
        }
        Ok(Proof { etag, by: ProofBy::Md5 })
    }

    pub async fn delete(&self, object: &Object, now: Timestamp) -> Result<(), RemoteError> {
        let (public_id, timestamp) = (self.public_id(object), now.as_second().to_string());
        let params: Params<'_> = vec![
            ("invalidate", "true"),
            ("public_id", &public_id),
            ("timestamp", &timestamp),
            ("type", "authenticated"),
        ];
        let answer = self.ask("destroy", &params, None).await?;
        match answer.result.as_str() {
            "ok" | "not found" => Ok(()),
            other => Err(self.refused(&format!("says `{other}`"))),
        }
    }

    fn refused(&self, words: &str) -> RemoteError {
        let words: String = words.chars().filter(|c| !c.is_control()).take(MOST_WORDS).collect();
        RemoteError::Refused(format!("Cloudinary ({}) {words}", self.config.cloud_name))
    }

    async fn ask(
        &self,
        action: &str,
        params: &Params<'_>,
        part: Option<(Vec<u8>, &Object, Option<String>)>,
    ) -> Result<Answer, RemoteError> {
        let CloudinaryConfig { api_url, cloud_name, api_key, api_secret, .. } = self.config;
        let signature = sign(params, api_secret.expose());
        let mut fields = params.clone();
        fields.extend([("api_key", api_key.as_str()), ("signature", &signature)]);
        let mut request = Request::post(format!("{api_url}/v1_1/{cloud_name}/raw/{action}"));
        let body = match part {
            None => {
                request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
                form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes()
            }
            Some((part, object, range)) => {
                // Whoever could write a content that holds its own SHA-256 could do worse.
                let boundary = format!("part-{}", object.sha256);
                request = request.header(CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"));
                if let Some(range) = range {
                    let upload = format!("{}-{}", object.sha256, &signature[..16]);
                    request = request.header(CONTENT_RANGE, range).header(UPLOAD_ID, upload);
                }
                multipart(&boundary, &fields, &part, &object.sha256)
            }
        };
        let request = request.body(Full::new(Bytes::from(body)));
        let request = request.map_err(|error| RemoteError::Refused(error.to_string()))?;
        let away = |words: String| RemoteError::Away(format!("Cloudinary ({cloud_name}): {words}"));
        let answered = self.client.ask(request).await.map_err(|error| away(error.to_string()))?;
        let status = answered.status();
        let answer: Answer = match serde_json::from_slice(answered.body()) {
            Ok(answer) => answer,
            Err(_) if status.is_server_error() => return Err(away(format!("it says {status}"))),
            Err(_) => return Err(self.refused(&format!("says {status}"))),
        };
        match answer.error {
            Some(Refusal { message }) => Err(self.refused(&format!("says {}: {message}", status.as_u16()))),
            None if status.is_success() => Ok(answer),
            None => Err(self.refused(&format!("says {status}"))),
        }
    }
}

/// The fields of a form and a file, which is called by its content.
fn multipart(boundary: &str, fields: &Params<'_>, part: &[u8], name: &str) -> Vec<u8> {
    let mut body = Vec::with_capacity(part.len() + 2_048);
    for (field, value) in fields {
        let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(value.as_bytes());
        body.extend_from_slice(b"\r\n");
    }
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(part);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    body
}

/// The signature of parameters: sorted, joined like a query without any escaping but that of `&` in values (version 2
/// of the scheme), the secret after them.
fn sign(params: &Params<'_>, secret: &str) -> String {
    let mut pairs: Vec<String> = params
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", value.replace('&', "%26")))
        .collect();
    pairs.sort();
    let signed = format!("{}{secret}", pairs.join("&"));
    hex::encode(&Sha1::digest(signed.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::sign;

    /// Made with Cloudinary's own SDK for Python, release 1.46.3: `cloudinary.utils.api_sign_request(params, "abcd")`.
    #[test]
    fn signatures_are_those_of_the_official_sdk() {
        let key = "users/01890a5d-ac96-774b-bcce-b302099a8057/\
                   ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let below = format!("stock/{key}");
        let eager = "w_400,h_300,c_pad|w_260,h_200,c_crop";
        for (params, expected) in [
            (
                vec![
                    ("type", "authenticated"),
                    ("timestamp", "1795248000"),
                    ("public_id", key),
                    ("overwrite", "true"),
                ],
                "15941d71d44e9e8ada9a9e6467aaff485c4591a6",
            ),
            (
                vec![
                    ("public_id", below.as_str()),
                    ("invalidate", "true"),
                    ("timestamp", "1795248001"),
                    ("type", "authenticated"),
                ],
                "cf426913b52b2616512e0f06361f11b70b5502ca",
            ),
            (
                vec![("public_id", "sample_image"), ("timestamp", "1315060510"), ("eager", eager)],
                "bfd09f95f331f558cbd1320e67aa8d488770583e",
            ),
            (
                vec![("public_id", "a&b=c"), ("folder", ""), ("timestamp", "1")],
                "4bcb4c579fb24fb5ff27ab08c5e2c86a68082289",
            ),
        ] {
            assert_eq!(sign(&params, "abcd"), expected, "{params:?}");
        }
    }
}
