//! The site's own key: links and the state of forms of visitors are sealed with it, and secrets that the store keeps
//! for users. It lies in `keys/`, apart from the store, so that neither opens anything alone (ASVS 13.3.1).
//!
//! Sealed is PASETO v4.local (XChaCha20 and BLAKE2b): what something was sealed for goes in as the implicit
//! assertion, so that it opens for nothing else.

mod ring;
pub mod rotate;
pub mod sealed;

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use jiff::Timestamp;
use pasetors::Public;
use pasetors::keys::{AsymmetricKeyPair, AsymmetricPublicKey, AsymmetricSecretKey, Generate};
use pasetors::token::UntrustedToken;
use pasetors::version4::{PublicToken, V4};

use super::error::ServiceError;
use crate::base::base64;

/// Directory of keys in the data directory, for its owner alone.
pub const KEYS_DIRECTORY: &str = "keys";
pub use ring::{OLD_KEY_FILE, Ring};

const KEY_FILE: &str = "site.key";
/// What heads of the audit log are signed with: a key of its own, whose public half may be known to anybody.
pub const AUDIT_KEY_FILE: &str = "audit.key";

/// Public halves of keys that signed heads before, one a line: a site that was restored without its keys has others.
pub const OLD_AUDIT_KEYS_FILE: &str = "audit.public";

/// The site's key, read when it is first needed and made where there is none; and the one before it, as long as it is there.
pub struct SiteKey {
    directory: PathBuf,
    ring: RwLock<Option<Arc<Ring>>>,
    /// Whoever replaces or drops a key holds it: two at once would write over the key before.
    turn: Mutex<()>,
}

impl SiteKey {
    /// The key of the site in this data directory.
    pub(super) fn of(data_dir: &Path) -> Self {
        Self { directory: data_dir.join(KEYS_DIRECTORY), ring: RwLock::new(None), turn: Mutex::default() }
    }

    /// Seals `bytes` for `purpose`: a text for addresses and records, which opens for the same purpose alone.
    pub fn seal(&self, purpose: &str, bytes: &[u8]) -> Result<String, ServiceError> {
        self.ring()?.seal(purpose, bytes)
    }

    /// What was sealed for `purpose`; `None` for anything else.
    pub fn open(&self, purpose: &str, sealed: &str) -> Result<Option<Vec<u8>>, ServiceError> {
        Ok(self.ring()?.open(purpose, sealed).map(|(_, bytes)| bytes))
    }

    /// Reads the key, so that it is known whether that can be done.
    ///
    /// # Errors
    /// Why not.
    pub fn load(&self) -> Result<(), ServiceError> {
        self.ring().map(drop)
    }

    /// When the key before was replaced; `None` where it is gone.
    ///
    /// # Errors
    /// A key that cannot be read.
    pub fn replaced_at(&self) -> Result<Option<Timestamp>, ServiceError> {
        Ok(self.ring()?.old.as_ref().map(|old| old.replaced_at))
    }

    fn ring(&self) -> Result<Arc<Ring>, ServiceError> {
        if let Some(ring) = &*self.ring.read().unwrap_or_else(PoisonError::into_inner) {
            return Ok(Arc::clone(ring));
        }
        let mut slot = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(ring) = &*slot {
            return Ok(Arc::clone(ring));
        }
        let ring = Arc::new(Ring::load(&self.directory)?);
        *slot = Some(Arc::clone(&ring));
        Ok(ring)
    }

    /// Waits for whoever replaces or drops a key.
    fn lock(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something to the files; what they say then counts at once.
    fn change(&self, work: impl FnOnce(&Ring) -> Result<(), ServiceError>) -> Result<(), ServiceError> {
        let ring = self.ring()?;
        let mut slot = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        let done = work(&ring);
        // Also where it failed half way: both keys may have another name by now.
        *slot = None;
        done
    }

    fn turn(&self, now: Timestamp, at_once: bool) -> Result<(), ServiceError> {
        self.change(|ring| ring.turn(&self.directory, now, at_once))
    }

    fn hurry(&self) -> Result<(), ServiceError> {
        self.change(|ring| ring.hurry(&self.directory))
    }

    fn drop_old(&self) -> Result<(), ServiceError> {
        self.change(|_| ring::drop_old(&self.directory))
    }
}

/// The site's key pair for heads of the audit log. Read each time: once an hour, and the file may have been put back.
pub struct AuditKey(AsymmetricSecretKey<V4>);

impl AuditKey {
    /// The key of the site in this data directory, where there is one.
    ///
    /// # Errors
    /// What cannot be read is not the same as what is not there.
    pub fn find(data_dir: &Path) -> Result<Option<Self>, ServiceError> {
        let path = data_dir.join(KEYS_DIRECTORY).join(AUDIT_KEY_FILE);
        match read_key(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            other => Self::of(&path, other).map(Some),
        }
    }

    /// The same, made where there is none.
    ///
    /// # Errors
    /// The disk; a file that is no key.
    pub fn find_or_make(data_dir: &Path) -> Result<Self, ServiceError> {
        let directory = data_dir.join(KEYS_DIRECTORY);
        let path = directory.join(AUDIT_KEY_FILE);
        let made = fresh_audit_key()?;
        Self::of(&path, read_or_make(&directory, &path, || made.0.as_bytes().to_vec()))
    }

    fn of(path: &Path, bytes: io::Result<Vec<u8>>) -> Result<Self, ServiceError> {
        let failed = |reason: String| {
            ServiceError::Internal(format!(
                "cannot use the key {}: {reason}. Put the one from a backup in its place",
                path.display()
            ))
        };
        let bytes = bytes.map_err(|error| failed(error.to_string()))?;
        AsymmetricSecretKey::from(&bytes).map(Self).map_err(|_| failed("it is no key".to_owned()))
    }

    /// As it lies in its file.
    fn to_text(&self) -> String {
        format!("{}\n", base64::encode(self.0.as_bytes()))
    }

    /// Signs a text.
    ///
    /// # Errors
    /// An internal error.
    pub fn sign(&self, text: &str) -> Result<String, ServiceError> {
        PublicToken::sign(&self.0, text.as_bytes(), None, None)
            .map_err(|_| ServiceError::Internal("signing failed".to_owned()))
    }

    /// The half that anybody may know.
    ///
    /// # Errors
    /// An internal error.
    pub fn public(&self) -> Result<PublicKey, ServiceError> {
        AsymmetricPublicKey::try_from(&self.0)
            .map(PublicKey)
            .map_err(|_| ServiceError::Internal("the key for the audit log is none".to_owned()))
    }
}

/// A new key pair.
fn fresh_audit_key() -> Result<AuditKey, ServiceError> {
    let made = AsymmetricKeyPair::<V4>::generate();
    made.map(|pair| AuditKey(pair.secret))
        .map_err(|_| ServiceError::Internal("no randomness for a key".to_owned()))
}

/// All keys that may have signed heads, the present one first.
///
/// # Errors
/// Files that cannot be read.
pub fn audit_keys(data_dir: &Path) -> Result<Vec<PublicKey>, ServiceError> {
    let mut keys: Vec<PublicKey> =
        AuditKey::find(data_dir)?.map(|key| key.public()).transpose()?.into_iter().collect();
    let path = data_dir.join(KEYS_DIRECTORY).join(OLD_AUDIT_KEYS_FILE);
    let old = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        other => other.map_err(|error| {
            ServiceError::Internal(format!("cannot read the keys {}: {error}", path.display()))
        })?,
    };
    keys.extend(old.lines().filter_map(PublicKey::parse));
    Ok(keys)
}

/// Proves who signed.
pub struct PublicKey(AsymmetricPublicKey<V4>);

impl PublicKey {
    const PASERK: &str = "k4.public.";

    /// As other programs read it: PASERK.
    pub fn to_text(&self) -> String {
        format!("{}{}", Self::PASERK, base64::encode(self.0.as_bytes()))
    }

    /// Reads what [`PublicKey::to_text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = base64::decode(text.trim().strip_prefix(Self::PASERK)?)?;
        AsymmetricPublicKey::from(&bytes).ok().map(Self)
    }

    /// The text that was signed with the other half; `None` for anything else.
    pub fn open(&self, token: &str) -> Option<String> {
        let token = UntrustedToken::<Public, V4>::try_from(token).ok()?;
        let trusted = PublicToken::verify(&self.0, &token, None, None).ok()?;
        Some(trusted.payload().to_owned())
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
fn read_or_make(directory: &Path, path: &Path, make: impl FnOnce() -> Vec<u8>) -> io::Result<Vec<u8>> {
    match read_key(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        other => return other,
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    // Whole or not at all: half a key would be damage at the next start.
    let mut file =
        tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o600)).tempfile_in(directory)?;
    writeln!(file, "{}", base64::encode(&make()))?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => fs::File::open(directory)?.sync_all()?,
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error.error),
    }
    read_key(path)
}

fn read_key(path: &Path) -> io::Result<Vec<u8>> {
    let text = fs::read_to_string(path)?;
    base64::decode(text.trim()).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it is no key"))
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
