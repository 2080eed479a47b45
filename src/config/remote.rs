//! Settings `files.remote…`, sections `s3` and `cloudinary`: where copies of users' files go, if anywhere.

use std::path::PathBuf;
use std::time::Duration;

use hyper::Uri;

use super::parse;
use super::reader::Reader;
use super::setting::{Control, Setting, alias};
use crate::base::secret::SecretString;

/// Where copies go, and how it is talked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteConfig {
    /// The store.
    pub store: RemoteStore,
    /// How it is talked to.
    pub net: RemoteNet,
}

/// How a store is talked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteNet {
    /// Longest time for one request with its answer: a file larger than 8 MiB takes several.
    pub timeout: Duration,
    /// Certificates (PEM) that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Plain HTTP is spoken, to loopback and private addresses alone.
    pub allow_http: bool,
}

/// A store of copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemoteStore {
    /// Anything that speaks S3.
    S3(S3Config),
    /// Cloudinary, as raw files.
    Cloudinary(CloudinaryConfig),
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Config {
    /// `https://host[:port]`; `None` for Amazon's own of the region.
    pub endpoint: Option<String>,
    /// The region that requests are signed for.
    pub region: String,
    /// The bucket.
    pub bucket: String,
    /// What keys begin with, without slashes at its ends; may be empty.
    pub prefix: String,
    /// Whose requests they are.
    pub access_key_id: String,
    /// What they are signed with.
    pub secret_access_key: SecretString,
    /// The bucket is said in the path and not in the host's name.
    pub path_style: bool,
}

/// An account of Cloudinary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudinaryConfig {
    /// `https://host[:port]` of its upload API.
    pub api_url: String,
    /// The product environment.
    pub cloud_name: String,
    /// Whose requests they are.
    pub api_key: String,
    /// What they are signed with.
    pub api_secret: SecretString,
    /// What folders begin with, without slashes at its ends; may be empty.
    pub folder: String,
}

/// Cloudinary's upload API where no other region was chosen.
const CLOUDINARY_API: &str = "https://api.cloudinary.com";

/// What can be set.
pub const SETTINGS: &[Setting] = &[
    Setting::new("files.remote", "Where each kept file is copied to: none, s3 or cloudinary (default: none)")
        .on_page(Control::Choice(&["none", "s3", "cloudinary"])),
    Setting::new("files.remote_timeout", "Longest time for one request to that store (default: 5m)"),
    Setting::new("files.remote_ca_file", "Certificates (PEM) that are trusted there beside the system's"),
    Setting::new(
        "files.remote_allow_http",
        "Speak plain HTTP to such a store on a loopback or private address (default: false)",
    ),
    Setting::new(
        "s3.endpoint",
        "Address of the store, such as https://s3.example.com (default: Amazon's own)",
    )
    .on_page(Control::Text),
    Setting::new("s3.region", "Its region (default: us-east-1)").on_page(Control::Text),
    Setting::new("s3.bucket", "The bucket").on_page(Control::Text),
    Setting::new("s3.prefix", "What keys begin with, such as stockroom/site1 (default: none)")
        .on_page(Control::Text),
    Setting::new("s3.access_key_id", "Access key").on_page(Control::Text),
    Setting::new("s3.secret_access_key", "Its secret").on_page(Control::Secret).secret(),
    Setting::new(
        "s3.path_style",
        "Say the bucket in the path and not in the host's name (default: true with an endpoint, else false)",
    ),
    Setting::new("cloudinary.url", "Cloudinary's address with key and secret: cloudinary://KEY:SECRET@CLOUD")
        .aliases(&[alias("CLOUDINARY_URL")])
        .secret(),
    Setting::new("cloudinary.cloud_name", "Cloudinary cloud name")
        .on_page(Control::Text)
        .aliases(&[alias("CLOUDINARY_CLOUD_NAME"), alias("CLOUDINARY_NAME")]),
    Setting::new("cloudinary.api_key", "Cloudinary key")
        .on_page(Control::Text)
        .aliases(&[alias("CLOUDINARY_API_KEY"), alias("CLOUDINARY_KEY")]),
    Setting::new("cloudinary.api_secret", "Cloudinary secret")
        .on_page(Control::Secret)
        .aliases(&[alias("CLOUDINARY_API_SECRET"), alias("CLOUDINARY_SECRET")])
        .secret(),
    Setting::new("cloudinary.folder", "Cloudinary folder that users' folders lie in (default: none)")
        .on_page(Control::Text)
        .aliases(&[alias("CLOUDINARY_FOLDER")]),
    Setting::new(
        "cloudinary.api_url",
        "Cloudinary's upload API, such as https://api-eu.cloudinary.com (default: https://api.cloudinary.com)",
    ),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    None,
    S3,
    Cloudinary,
}

fn kind(text: &str) -> Result<Kind, String> {
    match text {
        "none" | "off" => Ok(Kind::None),
        "s3" => Ok(Kind::S3),
        "cloudinary" => Ok(Kind::Cloudinary),
        _ => Err(format!("`{text}` is not none, s3 or cloudinary")),
    }
}

/// `https://host[:port]`: what else an address can hold has a setting of its own.
fn origin(text: &str) -> Result<String, String> {
    let wrong = || format!("`{text}` is not an address such as https://s3.example.com, without a path");
    let uri: Uri = text.trim().parse().map_err(|_| wrong())?;
    let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "https" | "http")).ok_or_else(wrong)?;
    let authority = uri.authority().filter(|authority| !authority.host().is_empty()).ok_or_else(wrong)?;
    if authority.as_str().contains('@') || !matches!(uri.path(), "" | "/") || uri.query().is_some() {
        return Err(wrong());
    }
    Ok(format!("{scheme}://{authority}"))
}

/// Parts between slashes that mean the same to every store and need no escaping anywhere.
fn folder(text: &str) -> Result<String, String> {
    let text = text.trim_matches('/');
    let is_plain = |part: &str| {
        !part.is_empty()
            && !part.chars().all(|c| c == '.')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    if text.is_empty() || (text.len() <= 200 && text.split('/').all(is_plain)) {
        return Ok(text.to_owned());
    }
    Err(format!("`{text}` has more than letters, digits, `-`, `_` and `.` between its slashes"))
}

fn bucket(text: &str) -> Result<String, String> {
    let is_plain =
        text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.' | '_'));
    if (3..=63).contains(&text.len()) && is_plain {
        return Ok(text.to_owned());
    }
    Err(format!("`{text}` is no name of a bucket: 3 to 63 lower-case letters, digits, `-` and `.`"))
}

/// A name or key that goes into addresses and signatures as it is.
fn word(text: &str) -> Result<String, String> {
    let text = text.trim();
    let is_plain = text.chars().all(|c| c.is_ascii_graphic() && !"/?#&%@:".contains(c));
    if !text.is_empty() && is_plain { Ok(text.to_owned()) } else { Err(format!("`{text}` is no such name")) }
}

/// Key, secret and cloud of `cloudinary://KEY:SECRET@CLOUD`.
fn cloudinary_url(text: &str) -> Option<(String, SecretString, String)> {
    let (credentials, rest) = text.trim().strip_prefix("cloudinary://")?.split_once('@')?;
    let (key, secret) = credentials.split_once(':')?;
    let cloud = rest.split(['/', '?']).next()?;
    let is_secret = !secret.is_empty();
    Some((word(key).ok()?, SecretString::new(secret.to_owned()), word(cloud).ok()?)).filter(|_| is_secret)
}

/// Says which of several are missing; `None` where one is.
fn need(reader: &mut Reader, by: &str, kind: &str, parts: &[(&str, bool)]) -> Option<()> {
    let missing: Vec<&str> = parts.iter().filter(|(_, is_there)| !is_there).map(|(name, _)| *name).collect();
    if missing.is_empty() {
        return Some(());
    }
    reader.complain(by, format!("`{kind}` needs {} too", missing.join(", ")));
    None
}

fn s3(reader: &mut Reader, by: &str, is_wanted: bool) -> Option<S3Config> {
    let endpoint = reader.find("s3.endpoint", origin);
    let region = reader.get("s3.region", "us-east-1".to_owned(), word);
    let (bucket_name, access_key_id) =
        (reader.find("s3.bucket", bucket), reader.find("s3.access_key_id", word));
    let secret = reader.find_secret("s3.secret_access_key").filter(|secret| !secret.expose().is_empty());
    let prefix = reader.get("s3.prefix", String::new(), folder);
    let path_style = reader.get("s3.path_style", endpoint.is_some(), parse::flag);
    if !is_wanted {
        return None;
    }
    // What is given and wrong was complained about already.
    let is_said = |reader: &Reader, name: &str| reader.given(name).is_some();
    let parts = [
        ("s3.bucket", is_said(reader, "s3.bucket")),
        ("s3.access_key_id", is_said(reader, "s3.access_key_id")),
        ("s3.secret_access_key", secret.is_some()),
    ];
    need(reader, by, "s3", &parts)?;
    Some(S3Config {
        endpoint,
        region,
        bucket: bucket_name?,
        prefix,
        access_key_id: access_key_id?,
        secret_access_key: secret?,
        path_style,
    })
}

fn cloudinary(reader: &mut Reader, is_wanted: bool) -> Option<CloudinaryConfig> {
    let api_url = reader.get("cloudinary.api_url", CLOUDINARY_API.to_owned(), origin);
    let own_cloud = reader.find("cloudinary.cloud_name", word);
    let own_key = reader.find("cloudinary.api_key", word);
    let own_secret = reader.find_secret("cloudinary.api_secret").filter(|secret| !secret.expose().is_empty());
    let folder = reader.get("cloudinary.folder", String::new(), folder);
    let url = reader.find_secret("cloudinary.url");
    if !is_wanted {
        return None;
    }
    let (key, secret, cloud) = match url.map(|url| cloudinary_url(url.expose())) {
        None => (None, None, None),
        Some(Some((key, secret, cloud))) => (Some(key), Some(secret), Some(cloud)),
        Some(None) => {
            reader.complain("cloudinary.url", "is not `cloudinary://KEY:SECRET@CLOUD`".to_owned());
            return None;
        }
    };
    let (cloud, key, secret) = (own_cloud.or(cloud), own_key.or(key), own_secret.or(secret));
    let parts = [
        ("cloudinary.cloud_name", cloud.is_some()),
        ("cloudinary.api_key", key.is_some()),
        ("cloudinary.api_secret", secret.is_some()),
    ];
    need(reader, "files.remote", "cloudinary", &parts)?;
    Some(CloudinaryConfig { api_url, cloud_name: cloud?, api_key: key?, api_secret: secret?, folder })
}

fn net(reader: &mut Reader) -> RemoteNet {
    RemoteNet {
        timeout: reader.get(
            "files.remote_timeout",
            Duration::from_mins(5),
            parse::duration(Duration::from_secs(1), Duration::from_hours(1)),
        ),
        ca_file: reader.find("files.remote_ca_file", |text| Ok(PathBuf::from(text))),
        allow_http: reader.get("files.remote_allow_http", false, parse::flag),
    }
}

/// What is said; `None` where files stay on this machine.
pub(super) fn read(reader: &mut Reader) -> Option<RemoteConfig> {
    let kind = reader.get("files.remote", Kind::None, kind);
    let net = net(reader);
    let s3 = s3(reader, "files.remote", kind == Kind::S3).map(RemoteStore::S3);
    let cloudinary = cloudinary(reader, kind == Kind::Cloudinary).map(RemoteStore::Cloudinary);
    encrypted(reader, RemoteConfig { store: s3.or(cloudinary)?, net })
}

/// Where backups are copied to: a bucket as in section `s3`, which may be another one; `None` where they stay on this machine.
pub(super) fn of_backups(reader: &mut Reader) -> Option<RemoteConfig> {
    let is_wanted = reader.get("backup.remote", false, |text| match text {
        "none" | "off" => Ok(false),
        "s3" => Ok(true),
        _ => Err(format!("`{text}` is not none or s3")),
    });
    let own_bucket = reader.find("backup.remote_bucket", bucket);
    let own_prefix = reader.find("backup.remote_prefix", folder);
    if !is_wanted {
        return None;
    }
    let net = net(reader);
    let mut s3 = s3(reader, "backup.remote", true)?;
    s3.prefix = own_prefix.unwrap_or_else(|| format!("{}/backups", s3.prefix).trim_matches('/').to_owned());
    s3.bucket = own_bucket.unwrap_or(s3.bucket);
    encrypted(reader, RemoteConfig { store: RemoteStore::S3(s3), net })
}

/// Only where that is said, anything is sent unencrypted.
fn encrypted(reader: &mut Reader, config: RemoteConfig) -> Option<RemoteConfig> {
    let (name, address) = match &config.store {
        RemoteStore::S3(s3) => ("s3.endpoint", s3.endpoint.as_deref().unwrap_or_default()),
        RemoteStore::Cloudinary(cloudinary) => ("cloudinary.api_url", cloudinary.api_url.as_str()),
    };
    if address.starts_with("http://") && !config.net.allow_http {
        let message = "would send files unencrypted: use https, or set files.remote_allow_http = true where the \
                       site is configured, for a store on this machine or a private network";
        reader.complain(name, message.to_owned());
        return None;
    }
    Some(config)
}

impl RemoteStore {
    /// Where copies are, for people and for telling one store from another; no secret is in it.
    pub fn place(&self) -> String {
        let joined = |first: &str, rest: &str| {
            if rest.is_empty() { first.to_owned() } else { format!("{first}/{rest}") }
        };
        match self {
            Self::S3(s3) => {
                let place = joined(&format!("s3://{}", s3.bucket), &s3.prefix);
                let host = s3.endpoint.as_deref().and_then(|endpoint| endpoint.split_once("://"));
                host.map_or_else(|| place.clone(), |(_, host)| format!("{place} ({host})"))
            }
            Self::Cloudinary(cloudinary) => {
                joined(&format!("cloudinary://{}", cloudinary.cloud_name), &cloudinary.folder)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{RemoteStore, cloudinary_url};
    use crate::config::{Config, Sources};

    fn load(settings: &[(&str, &str)]) -> Result<Config, String> {
        let file = settings.iter().fold(Vec::new(), |mut lines, (name, value)| {
            let (section, key) = name.split_once('.').unwrap();
            lines.push(format!("{section}.{key} = {value:?}"));
            lines
        });
        let sources =
            Sources { file: Some(("stockroom.toml".into(), file.join("\n"))), ..Sources::default() };
        Config::load(&sources).map_err(|error| error.to_string())
    }

    const S3: &[(&str, &str)] = &[
        ("files.remote", "s3"),
        ("s3.bucket", "stock"),
        ("s3.access_key_id", "AKIA"),
        ("s3.secret_access_key", "hush"),
    ];

    fn s3_with(more: &[(&str, &str)]) -> Result<Config, String> {
        load(&[S3, more].concat())
    }

    #[test]
    fn nothing_is_copied_anywhere_unless_that_is_said() {
        assert!(load(&[]).unwrap().remote.is_none());
        assert!(load(&S3[1..]).unwrap().remote.is_none());
        assert!(load(&[("cloudinary.url", "cloudinary://k:s@c")]).unwrap().remote.is_none());
    }

    #[test]
    fn half_a_store_is_told_with_what_is_missing() {
        let told = load(&[("files.remote", "s3"), ("s3.bucket", "stock")]).unwrap_err();
        assert!(told.contains("`s3` needs s3.access_key_id, s3.secret_access_key too"), "{told}");
        let told = load(&[("files.remote", "cloudinary"), ("cloudinary.api_key", "1")]).unwrap_err();
        assert!(told.contains("needs cloudinary.cloud_name, cloudinary.api_secret too"), "{told}");
        for (name, value) in [
            ("files.remote", "ftp"),
            ("s3.endpoint", "s3.example.com"),
            ("s3.endpoint", "https://user:pw@s3.example.com"),
            ("s3.endpoint", "https://s3.example.com/path"),
            ("s3.bucket", "No"),
            ("s3.prefix", "a/../b"),
            ("s3.prefix", "a b"),
            ("files.remote_timeout", "soon"),
        ] {
            let settings: Vec<_> = S3.iter().filter(|(known, _)| *known != name).copied().collect();
            let told = load(&[&settings[..], &[(name, value)]].concat()).unwrap_err();
            assert!(told.contains(name), "{name} = {value}: {told}");
        }
    }

    #[test]
    fn plain_http_takes_a_word_of_its_own() {
        let plain = ("s3.endpoint", "http://127.0.0.1:9000");
        let told = s3_with(&[plain]).unwrap_err();
        assert!(told.contains("files.remote_allow_http"), "{told}");
        assert!(s3_with(&[plain, ("files.remote_allow_http", "true")]).unwrap().remote.is_some());
    }

    #[test]
    fn backups_go_to_the_same_store_or_to_another_bucket_of_it_and_only_where_that_is_said() {
        let place = |more: &[(&str, &str)]| {
            let config = load(&[&S3[1..], more].concat()).unwrap();
            config.backup.remote.map(|remote| (remote.to.store.place(), remote.keep))
        };
        assert_eq!(place(&[]), None);
        let same = place(&[("backup.remote", "s3"), ("s3.prefix", "site")]);
        assert_eq!(same, Some(("s3://stock/site/backups".to_owned(), 30)));
        let own = [
            ("backup.remote", "s3"),
            ("backup.remote_bucket", "vault"),
            ("backup.remote_prefix", "a/b"),
            ("backup.remote_keep", "5"),
        ];
        assert_eq!(place(&own), Some(("s3://vault/a/b".to_owned(), 5)));
        let told = load(&[("backup.remote", "s3")]).unwrap_err();
        assert!(told.contains("backup.remote") && told.contains("needs s3.bucket"), "{told}");
        assert!(load(&[("backup.remote", "ftp")]).unwrap_err().contains("backup.remote"));
    }

    #[test]
    fn a_store_says_where_it_is_and_no_secret() {
        let config = s3_with(&[("s3.endpoint", "https://s3.example.com:9000/"), ("s3.prefix", "/site/1/")]);
        let remote = config.unwrap().remote.unwrap();
        assert_eq!(remote.store.place(), "s3://stock/site/1 (s3.example.com:9000)");
        assert!(!format!("{remote:?}").contains("hush"));
        let RemoteStore::S3(s3) = remote.store else { panic!("another store") };
        assert!(s3.path_style);
        let RemoteStore::S3(s3) = s3_with(&[]).unwrap().remote.unwrap().store else {
            panic!("another store")
        };
        assert!(!s3.path_style && s3.endpoint.is_none());
    }

    #[test]
    fn an_address_of_cloudinary_is_taken_apart() {
        let (key, secret, cloud) = cloudinary_url("cloudinary://874837483274837:a676b67@demo?x=1").unwrap();
        assert_eq!(
            (key.as_str(), secret.expose().as_str(), cloud.as_str()),
            ("874837483274837", "a676b67", "demo")
        );
        for wrong in ["https://k:s@c", "cloudinary://k@c", "cloudinary://k:@c", "cloudinary://k:s@"] {
            assert!(cloudinary_url(wrong).is_none(), "{wrong}");
        }
        let config = load(&[("files.remote", "cloudinary"), ("cloudinary.url", "cloudinary://k:s@demo")]);
        assert_eq!(config.unwrap().remote.unwrap().store.place(), "cloudinary://demo");
    }
}
