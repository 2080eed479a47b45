//! The keys of a site under a passphrase: argon2id makes a key of it, with which PASETO v4.local (XChaCha20 and BLAKE2b)
//! seals.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use pasetors::Local;
use pasetors::keys::SymmetricKey;
use pasetors::token::UntrustedToken;
use pasetors::version4::{LocalToken, V4};
use serde::{Deserialize, Serialize};

use crate::base::base64;
use crate::base::ids::random_bytes;
use crate::base::secret::SecretString;
use crate::services::error::ServiceError;
use crate::services::keys::KEYS_DIRECTORY;

/// What the keys are sealed for.
const PURPOSE: &[u8] = b"stockroom backup keys";
/// Memory in KiB, passes and lanes of the passphrase's hash: more than for a password, because it is guessed at leisure.
const COST: (u32, u32, u32) = (65_536, 4, 1);
/// What a file may ask for.
const MAX_COST: (u32, u32, u32) = (1_048_576, 16, 16);
/// Shortest passphrase.
const MIN_CHARS: usize = 15;
/// Largest file that can be a key.
const MAX_KEY_BYTES: u64 = 64 << 10;

/// As it lies in the archive, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedKeys {
    kdf: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
    token: String,
}

/// Files of `keys/` by name.
pub type Keys = BTreeMap<String, Vec<u8>>;

/// Seals what lies in the directory of keys; `None` where there is nothing.
///
/// # Errors
/// A passphrase that is too short; the disk.
pub fn seal(data_dir: &Path, passphrase: &SecretString) -> Result<Option<SealedKeys>, ServiceError> {
    if passphrase.expose().chars().count() < MIN_CHARS {
        return Err(ServiceError::invalid(
            "passphrase",
            format!(
                "expected at least {MIN_CHARS} characters: who gets hold of the backup can guess at leisure"
            ),
        ));
    }
    let keys = read(data_dir).map_err(|error| super::failed("reading the keys", &error))?;
    if keys.is_empty() {
        return Ok(None);
    }
    let texts: BTreeMap<&String, String> =
        keys.iter().map(|(name, bytes)| (name, base64::encode(bytes))).collect();
    let text = serde_json::to_string(&texts).map_err(|error| ServiceError::Internal(error.to_string()))?;
    let salt = random_bytes::<16>();
    let key = derive(passphrase, &salt, COST)?;
    let token = LocalToken::encrypt(&key, text.as_bytes(), None, Some(PURPOSE))
        .map_err(|_| ServiceError::Internal("sealing failed".to_owned()))?;
    let (memory_kib, passes, lanes) = COST;
    let kdf = "argon2id".to_owned();
    Ok(Some(SealedKeys { kdf, memory_kib, passes, lanes, salt: base64::encode(&salt), token }))
}

impl SealedKeys {
    /// The keys.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] where the passphrase is another one.
    pub fn open(&self, passphrase: &SecretString) -> Result<Keys, ServiceError> {
        let strange =
            || ServiceError::BadBackup("the sealed keys are none that this version knows".to_owned());
        let cost = (self.memory_kib, self.passes, self.lanes);
        let is_bearable = cost.0 <= MAX_COST.0 && cost.1 <= MAX_COST.1 && cost.2 <= MAX_COST.2;
        if self.kdf != "argon2id" || !is_bearable {
            return Err(strange());
        }
        let salt = base64::decode(&self.salt).ok_or_else(strange)?;
        let key = derive(passphrase, &salt, cost)?;
        let token = UntrustedToken::<Local, V4>::try_from(self.token.as_str()).map_err(|_| strange())?;
        let trusted = LocalToken::decrypt(&key, &token, None, Some(PURPOSE)).map_err(|_| {
            ServiceError::invalid(
                "passphrase",
                "does not open the keys in this backup; give the one it was made with",
            )
        })?;
        let texts: BTreeMap<String, String> =
            serde_json::from_str(trusted.payload()).map_err(|_| strange())?;
        let mut keys = Keys::new();
        for (name, text) in texts {
            if !is_name(&name) {
                return Err(strange());
            }
            keys.insert(name, base64::decode(&text).ok_or_else(strange)?);
        }
        Ok(keys)
    }
}

/// Letters, digits, points and dashes, and no point at the front: never a path.
fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    !name.is_empty() && name.len() <= 64 && !name.starts_with('.') && name.chars().all(is_plain)
}

/// What lies in the directory of keys.
///
/// # Errors
/// The disk.
pub fn read(data_dir: &Path) -> io::Result<Keys> {
    let mut keys = Keys::new();
    let entries = match fs::read_dir(data_dir.join(KEYS_DIRECTORY)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(keys),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let meta = entry.metadata()?;
        if is_name(&name) && meta.is_file() && meta.len() <= MAX_KEY_BYTES {
            keys.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(keys)
}

fn derive(
    passphrase: &SecretString,
    salt: &[u8],
    (memory, passes, lanes): (u32, u32, u32),
) -> Result<SymmetricKey<V4>, ServiceError> {
    let failed = |_| ServiceError::Internal("no key could be made of the passphrase".to_owned());
    let params = Params::new(memory, passes, lanes, Some(32)).map_err(failed)?;
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.expose().as_bytes(), salt, &mut key)
        .map_err(failed)?;
    SymmetricKey::from(&key).map_err(|_| ServiceError::Internal("no key could be made".to_owned()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{is_name, seal};
    use crate::base::secret::SecretString;

    #[test]
    fn keys_open_with_their_passphrase_alone_and_no_name_is_a_path() {
        let site = tempfile::tempdir().unwrap();
        let secret = |text: &str| SecretString::new(text.to_owned());
        assert_eq!(seal(site.path(), &secret("correct horse battery")).unwrap(), None);
        fs::create_dir(site.path().join("keys")).unwrap();
        fs::write(site.path().join("keys/site.key"), b"one\n").unwrap();
        assert!(seal(site.path(), &secret("too short")).is_err());
        let sealed = seal(site.path(), &secret("correct horse battery")).unwrap().unwrap();
        let keys = sealed.open(&secret("correct horse battery")).unwrap();
        assert_eq!(keys.get("site.key").map(Vec::as_slice), Some(b"one\n".as_slice()));
        let refused = sealed.open(&secret("correct horse batterz")).unwrap_err();
        assert!(refused.to_string().contains("does not open"), "{refused}");
        for name in ["../site.key", "/etc/x", "..", ".", "a/b", "", "a\0b"] {
            assert!(!is_name(name), "{name}");
        }
    }
}
