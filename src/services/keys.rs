//! The site's own key: links and the state of forms of visitors are sealed with it, and secrets that the store keeps
//! for users. It lies in `keys/`, apart from the store, so that neither opens anything alone (ASVS 13.3.1).
//!
//! Sealed is PASETO v4.local (XChaCha20 and BLAKE2b): what something was sealed for goes in as the implicit
//! assertion, so that it opens for nothing else.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use pasetors::Local;
use pasetors::keys::SymmetricKey;
use pasetors::token::UntrustedToken;
use pasetors::version4::{LocalToken, V4};

use super::error::ServiceError;
use crate::base::base64;
use crate::base::ids::random_bytes;

/// Directory of keys in the data directory, for its owner alone.
pub const KEYS_DIRECTORY: &str = "keys";
const KEY_FILE: &str = "site.key";

/// The site's key, read when it is first needed and made where there is none.
pub struct SiteKey {
    directory: PathBuf,
    key: OnceLock<SymmetricKey<V4>>,
}

impl SiteKey {
    /// The key of the site in this data directory.
    pub(super) fn of(data_dir: &Path) -> Self {
        Self { directory: data_dir.join(KEYS_DIRECTORY), key: OnceLock::new() }
    }

    /// Seals `bytes` for `purpose`: a text for addresses and records, which opens for the same purpose alone.
    pub fn seal(&self, purpose: &str, bytes: &[u8]) -> Result<String, ServiceError> {
        // The crate opens texts alone.
        let text = base64::encode(bytes);
        LocalToken::encrypt(self.key()?, text.as_bytes(), None, Some(purpose.as_bytes()))
            .map_err(|_| ServiceError::Internal("sealing failed".to_owned()))
    }

    /// What was sealed for `purpose`; `None` for anything else.
    pub fn open(&self, purpose: &str, sealed: &str) -> Result<Option<Vec<u8>>, ServiceError> {
        let key = self.key()?;
        let Ok(token) = UntrustedToken::<Local, V4>::try_from(sealed) else { return Ok(None) };
        let opened = LocalToken::decrypt(key, &token, None, Some(purpose.as_bytes()));
        Ok(opened.ok().and_then(|trusted| base64::decode(trusted.payload())))
    }

    fn key(&self) -> Result<&SymmetricKey<V4>, ServiceError> {
        if let Some(key) = self.key.get() {
            return Ok(key);
        }
        let path = self.directory.join(KEY_FILE);
        let bytes = read_or_make(&self.directory, &path).map_err(|error| {
            ServiceError::Internal(format!("cannot read the key {}: {error}", path.display()))
        })?;
        let key = SymmetricKey::<V4>::from(&bytes).map_err(|_| damaged(&path))?;
        Ok(self.key.get_or_init(|| key))
    }
}

fn damaged(path: &Path) -> ServiceError {
    ServiceError::Internal(format!(
        "{} is no key; put the one from a backup in its place, or delete it: links that are under way and second \
         factors end then",
        path.display()
    ))
}

/// The key in the file. Two that make one at the same moment get the same: the first file stays.
fn read_or_make(directory: &Path, path: &Path) -> io::Result<Vec<u8>> {
    let read = || -> io::Result<Vec<u8>> {
        let text = fs::read_to_string(path)?;
        base64::decode(text.trim()).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it is no key"))
    };
    match read() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        other => return other,
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    // Whole or not at all: half a key would be damage at the next start.
    let mut file =
        tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o600)).tempfile_in(directory)?;
    writeln!(file, "{}", base64::encode(&random_bytes::<32>()))?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => fs::File::open(directory)?.sync_all()?,
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error.error),
    }
    read()
}

#[cfg(test)]
mod tests {
    use super::SiteKey;

    #[test]
    fn what_is_sealed_opens_for_its_purpose_and_its_site_alone() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let key = SiteKey::of(here.path());
        let sealed = key.seal("reset", b"who\xff").unwrap();
        assert_eq!(key.open("reset", &sealed).unwrap().as_deref(), Some(b"who\xff".as_slice()));
        assert_eq!(
            SiteKey::of(here.path()).open("reset", &sealed).unwrap().as_deref(),
            Some(b"who\xff".as_slice())
        );
        assert_eq!(key.open("confirm", &sealed).unwrap(), None);
        assert_eq!(SiteKey::of(there.path()).open("reset", &sealed).unwrap(), None);
        for altered in [&sealed[..sealed.len() - 1], "v4.local.", "", &sealed.replace("v4", "v3")] {
            assert_eq!(key.open("reset", altered).unwrap(), None, "{altered}");
        }
        let mode = |path: &std::path::Path| {
            std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions()) & 0o777
        };
        assert_eq!(mode(&here.path().join("keys")), 0o700);
        assert_eq!(mode(&here.path().join("keys/site.key")), 0o600);
    }
}
