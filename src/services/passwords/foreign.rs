//! Hashes that other systems made, brought along by an import of users. They are verified as they are; the right
//! password then gets a hash of our own.

use pbkdf2::pbkdf2_hmac;
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

use super::argon::{Argon2Hash, Memory};
use super::{HashError, HashKind};
use crate::base::secret::SecretString;
use crate::base::{base64, hex};

/// What each kind may cost, so that no hash holds a thread for more than about a second.
/// Memory in KiB times passes; our own may be set to more.
const MAX_ARGON2_WORK_KIB: u64 = 1 << 20;
const MAX_BCRYPT_COST: u32 = 14;
/// Over all readings together.
const MAX_PBKDF2_ITERATIONS: u64 = 2_000_000;
/// 64 MiB: 128 bytes for each of N * r.
const MAX_SCRYPT_BLOCKS: u64 = 1 << 19;
const MAX_SCRYPT_WORK: u64 = 1 << 20;
/// Longest hash in bytes that is looked at at all.
const MAX_TEXT_BYTES: usize = 1_024;
/// Longest salt in bytes.
const MAX_SALT_BYTES: usize = 256;

/// The kind of a hash that can be verified here.
///
/// # Errors
/// Why it cannot.
pub fn inspect(text: &str) -> Result<HashKind, HashError> {
    Ok(match KnownHash::read(text)? {
        KnownHash::Argon2(hash) if hash.work_kib() > MAX_ARGON2_WORK_KIB => {
            return Err(HashError::TooCostly(HashKind::Argon2));
        }
        KnownHash::Argon2(_) => HashKind::Argon2,
        KnownHash::Bcrypt(_) => HashKind::Bcrypt,
        KnownHash::Pbkdf2(_) => HashKind::Pbkdf2,
        KnownHash::Scrypt(_) => HashKind::Scrypt,
    })
}

/// A hash that can be verified. Not `Debug`: nothing of it belongs into a log.
pub(super) enum KnownHash {
    Argon2(Argon2Hash),
    Bcrypt(SecretString),
    Pbkdf2(Pbkdf2Hash),
    Scrypt(ScryptHash),
}

pub(super) struct Pbkdf2Hash {
    iterations: u32,
    /// The salt as each system that writes such a text would use it.
    salts: Vec<Vec<u8>>,
    hash: [u8; 32],
}

pub(super) struct ScryptHash {
    params: scrypt::Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl KnownHash {
    /// Reads a hash, within the bounds of what it may cost.
    pub(super) fn read(text: &str) -> Result<Self, HashError> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(HashError::Unknown);
        }
        if text.starts_with("$argon2") {
            return Argon2Hash::read(text).map(Self::Argon2);
        }
        if text.starts_with("$2") {
            return read_bcrypt(text);
        }
        if let Some(rest) = text.strip_prefix("pbkdf2_sha256$") {
            return read_django(rest);
        }
        if let Some(rest) = text.strip_prefix("$pbkdf2-sha256$") {
            return read_passlib(rest);
        }
        if let Some(rest) = text.strip_prefix("pbkdf2:sha256:") {
            return read_werkzeug_pbkdf2(rest);
        }
        if let Some(rest) = text.strip_prefix("scrypt:") {
            return read_werkzeug_scrypt(rest);
        }
        Err(HashError::Unknown)
    }

    /// Whether it is the password's, in constant time.
    pub(super) fn matches(&self, password: &SecretString, memory: &mut Memory) -> Result<bool, String> {
        let bytes = password.expose().as_bytes();
        match self {
            Self::Argon2(hash) => hash.matches(password, memory),
            // Compares in constant time, and cuts passwords at 72 bytes, as all of its makers did.
            Self::Bcrypt(hash) => bcrypt::verify(bytes, hash.expose()).map_err(|error| error.to_string()),
            Self::Pbkdf2(hash) => Ok(hash.matches(bytes)),
            Self::Scrypt(hash) => hash.matches(bytes),
        }
    }
}

impl Pbkdf2Hash {
    fn known(iterations: &str, salts: Vec<Vec<u8>>, hash: Option<Vec<u8>>) -> Result<KnownHash, HashError> {
        let damaged = HashError::Damaged(HashKind::Pbkdf2);
        let iterations: u64 = number(iterations).ok_or(damaged)?;
        let hash = hash.and_then(|hash| hash.try_into().ok()).ok_or(damaged)?;
        if iterations == 0 || salts.is_empty() || !salts.iter().all(|salt| is_salt(salt)) {
            return Err(damaged);
        }
        match u32::try_from(iterations) {
            Ok(rounds) if iterations.saturating_mul(salts.len() as u64) <= MAX_PBKDF2_ITERATIONS => {
                Ok(KnownHash::Pbkdf2(Self { iterations: rounds, salts, hash }))
            }
            _ => Err(HashError::TooCostly(HashKind::Pbkdf2)),
        }
    }

    fn matches(&self, password: &[u8]) -> bool {
        // Every reading is computed: which of them is right takes no less time.
        let mut found = Choice::from(0);
        for salt in &self.salts {
            let mut output = [0; 32];
            pbkdf2_hmac::<Sha256>(password, salt, self.iterations, &mut output);
            found |= output.ct_eq(&self.hash);
        }
        found.into()
    }
}

impl ScryptHash {
    fn matches(&self, password: &[u8]) -> Result<bool, String> {
        let mut output = vec![0; self.hash.len()];
        scrypt::scrypt(password, &self.salt, &self.params, &mut output).map_err(|error| error.to_string())?;
        Ok(output.as_slice().ct_eq(&self.hash).into())
    }
}

fn read_bcrypt(text: &str) -> Result<KnownHash, HashError> {
    let parts: bcrypt::HashParts = text.parse().map_err(|_| HashError::Damaged(HashKind::Bcrypt))?;
    match parts.get_cost() {
        4..=MAX_BCRYPT_COST => Ok(KnownHash::Bcrypt(SecretString::new(text.to_owned()))),
        cost if cost > MAX_BCRYPT_COST => Err(HashError::TooCostly(HashKind::Bcrypt)),
        _ => Err(HashError::Damaged(HashKind::Bcrypt)),
    }
}

/// `ITERATIONS$SALT$HASH`. Django and passlib write the salt as text and pad the hash; others write both in base64
/// without padding and use the salt decoded. Where the text may be either, both are tried.
fn read_django(rest: &str) -> Result<KnownHash, HashError> {
    let [iterations, salt, hash] = split(rest).ok_or(HashError::Damaged(HashKind::Pbkdf2))?;
    let mut salts = vec![salt.as_bytes().to_vec()];
    if !hash.ends_with('=') {
        salts.extend(decode64(salt, b'+').filter(|salt| !salt.is_empty()));
    }
    Pbkdf2Hash::known(iterations, salts, decode64(hash, b'+'))
}

/// `ITERATIONS$SALT$HASH` in passlib's own base64, with `.` for `+` and no padding.
fn read_passlib(rest: &str) -> Result<KnownHash, HashError> {
    let damaged = HashError::Damaged(HashKind::Pbkdf2);
    let [iterations, salt, hash] = split(rest).ok_or(damaged)?;
    Pbkdf2Hash::known(iterations, vec![decode64(salt, b'.').ok_or(damaged)?], decode64(hash, b'.'))
}

/// `ITERATIONS$SALT$HEX` with the salt as text.
fn read_werkzeug_pbkdf2(rest: &str) -> Result<KnownHash, HashError> {
    let [iterations, salt, hash] = split(rest).ok_or(HashError::Damaged(HashKind::Pbkdf2))?;
    Pbkdf2Hash::known(iterations, vec![salt.as_bytes().to_vec()], hex::decode(hash))
}

/// `N:r:p$SALT$HEX` with the salt as text.
fn read_werkzeug_scrypt(rest: &str) -> Result<KnownHash, HashError> {
    let damaged = HashError::Damaged(HashKind::Scrypt);
    let [costs, salt, hash] = split(rest).ok_or(damaged)?;
    let costs: Vec<u64> = costs.split(':').map(number).collect::<Option<_>>().ok_or(damaged)?;
    let (&[n, r, p], Some(hash)) = (costs.as_slice(), hex::decode(hash)) else { return Err(damaged) };
    let salt = salt.as_bytes().to_vec();
    if n < 2 || !n.is_power_of_two() || r == 0 || p == 0 || !is_salt(&salt) || hash.len() != 64 {
        return Err(damaged);
    }
    let costly = HashError::TooCostly(HashKind::Scrypt);
    let blocks = n.checked_mul(r).filter(|blocks| *blocks <= MAX_SCRYPT_BLOCKS).ok_or(costly)?;
    blocks.checked_mul(p).filter(|work| *work <= MAX_SCRYPT_WORK).ok_or(costly)?;
    let params = scrypt::Params::new(n.trailing_zeros() as u8, r as u32, p as u32).map_err(|_| damaged)?;
    Ok(KnownHash::Scrypt(ScryptHash { params, salt, hash }))
}

fn split(text: &str) -> Option<[&str; 3]> {
    text.split('$').collect::<Vec<_>>().try_into().ok()
}

/// Digits alone: no sign.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn is_salt(salt: &[u8]) -> bool {
    (1..=MAX_SALT_BYTES).contains(&salt.len())
}

/// Base64 of the standard alphabet, or of one with another letter for `+`, with its padding or without.
fn decode64(text: &str, plus: u8) -> Option<Vec<u8>> {
    let bare = text.trim_end_matches('=');
    let padding = text.len() - bare.len();
    if padding != 0 && (padding > 2 || !text.len().is_multiple_of(4)) {
        return None;
    }
    let web = bare.bytes().map(|byte| match byte {
        b'-' | b'_' => '=',
        b'/' => '_',
        byte if byte == plus => '-',
        byte => char::from(byte),
    });
    base64::decode(&web.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::{KnownHash, decode64, inspect};
    use crate::base::secret::SecretString;
    use crate::config::Config;
    use crate::services::passwords::argon::Memory;
    use crate::services::passwords::{HashError, HashKind, PasswordPool, Verdict};

    /// `changeme!`, as other libraries hash it.
    const HASHES: &[(&str, HashKind)] = &[
        // Python bcrypt 5.0.0
        ("$2a$05$04WxOwvM8hXUJBqDfYfHJO6zpISoRHo7.TPLNu8QnF42xFtRBMTe.", HashKind::Bcrypt),
        ("$2b$05$1.BBfqvuIB2BBh4WzIpNO.xrXOD1MK8T6O1ohIc2IZKBAOSj/RqXG", HashKind::Bcrypt),
        // libxcrypt 4.4.33, as PHP and htpasswd write it, and by its older name
        ("$2y$05$abcdefghijklmnopqrstuuOhDHQ599ECDUnBpxP6ApxdsXcEnljtW", HashKind::Bcrypt),
        ("$2x$05$abcdefghijklmnopqrstuuOhDHQ599ECDUnBpxP6ApxdsXcEnljtW", HashKind::Bcrypt),
        // passlib 1.7.4, its own form and Django's
        (
            "$pbkdf2-sha256$29000$4vxfy9mbc855z3lvzblXqg$VHo06lEI3Sj6Nipwxx8RA9sfrIRI87dtY3ma8KQq4Gw",
            HashKind::Pbkdf2,
        ),
        ("pbkdf2_sha256$29000$VUF1m1dNV8Yq$je3m6MwfIhpHO7DuLFSY9oMNOhS6hBhsDn+A3h0iXvQ=", HashKind::Pbkdf2),
        // Django 5.2.19
        ("pbkdf2_sha256$20000$seasalt$qGvOLY4OqU3AwIFIbZLCcag6dHA3lbtMIc6pJ29apEQ=", HashKind::Pbkdf2),
        // Salt and hash in base64 without padding, the salt used decoded
        (
            "pbkdf2_sha256$390000$xLZMCnQn7qjW030LISFGMw$wmdKegibCSwbuMOl6MQ8UhqKEMUqwdSzLdePUgVveNQ",
            HashKind::Pbkdf2,
        ),
        // Werkzeug 3.1.9
        (
            "pbkdf2:sha256:20000$aRjB1rcGPUE3VdcZ$b0158826a65c056e886dbaa63d62fcef8a456524ffba3c3814d1807cd503999c",
            HashKind::Pbkdf2,
        ),
        (
            "scrypt:1024:8:2$L2WQolSxFZHnR5EY$1a418ae4cd3cf79e11d2cf42f3888e5c29940eb789f0c1931a4c9589c88c8241\
             2caef29b14a6e75058e90e033f967af2646519cefa2c541bb5b50a5355697f6b",
            HashKind::Scrypt,
        ),
        (
            "scrypt:32768:8:1$rJnayqNdpoAN8RVA$1e8aa90a1cd04c8357f24bef48a88ef2e16808e0c2f81dc7ecd255a456047bf\
             cfc0c80bd5abed41ac2688ddf0588d3f6afcba053580ad3667d381e2dd5336af2",
            HashKind::Scrypt,
        ),
        // argon2-cffi 25.1.0, and its low level for the first version
        (
            "$argon2id$v=19$m=65536,t=3,p=4$yTC3Ke7NtbPq/rEtHlINWQ$w/h5NEzdMKHSBzWDAfTzWeHO85j1LHfqcX6P93y19Hw",
            HashKind::Argon2,
        ),
        (
            "$argon2i$v=19$m=8192,t=2,p=1$g4x4zwVqT4ul6QQvKopoWw$QnwqDtS9Lh9D8DeKfMihqBsz6kt9zcMwFoNUrq1FE10",
            HashKind::Argon2,
        ),
        (
            "$argon2i$v=16$m=8192,t=2,p=1$c2FsdHlzYWx0eXNhbHQxNg$gZYMTFZe6Fvpak57OwMsk21Nj2Mx6kR02c/Sw7pz/Mk",
            HashKind::Argon2,
        ),
    ];

    fn secret(text: &str) -> SecretString {
        SecretString::new(text.to_owned())
    }

    #[test]
    fn the_hashes_of_real_libraries_are_verified_and_made_anew() {
        let pool = PasswordPool::new(&Config::default().password);
        for (hash, kind) in HASHES {
            assert_eq!(inspect(hash), Ok(*kind), "{hash}");
            let verdict = pool.verify(&secret("changeme!"), Some(&secret(hash))).unwrap();
            let Verdict::Right { rehashed: Some(new) } = verdict else { panic!("{hash}: {verdict:?}") };
            assert!(new.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
            for wrong in ["changeme", "Changeme!", "", "changeme!!"] {
                let verdict = pool.verify(&secret(wrong), Some(&secret(hash))).unwrap();
                assert!(matches!(verdict, Verdict::Wrong), "{hash}: {wrong:?}");
            }
        }
    }

    #[test]
    fn passwords_that_are_not_ascii_are_taken_as_utf_8() {
        // Python bcrypt 5.0.0
        let hash =
            KnownHash::read("$2b$05$vXBgq6NlroDPUCCRuPkcme4AaqVIAlU7ljEBcaY2qbuw8aDfCSKmy").ok().unwrap();
        assert!(hash.matches(&secret("pässwört €"), &mut Memory::default()).unwrap());
    }

    #[test]
    fn damaged_hashes_are_told_from_unknown_ones() {
        for (hash, kind) in HASHES {
            let cut = &hash[..hash.len() - 3];
            assert_eq!(inspect(cut).err(), Some(HashError::Damaged(*kind)), "{cut}");
            let strange = format!("{}!", &hash[..hash.len() - 1]);
            assert_eq!(inspect(&strange).err(), Some(HashError::Damaged(*kind)), "{strange}");
        }
        for text in
            ["", "changeme!", "$1$md5$crypt", "sha1$a$b", "pbkdf2:sha1:1000$a$b", "$argon2d$v=19$x", "=1+1"]
        {
            let error = inspect(text).unwrap_err();
            assert!(matches!(error, HashError::Unknown | HashError::Damaged(HashKind::Argon2)), "{text}");
        }
        assert_eq!(inspect(&"$2b$".repeat(100_000)), Err(HashError::Unknown));
    }

    #[test]
    fn hashes_that_cost_too_much_are_refused() {
        let hex = "0".repeat(128);
        let digest = "A".repeat(43);
        for (hash, usable) in [
            ("$2b$14$1.BBfqvuIB2BBh4WzIpNO.xrXOD1MK8T6O1ohIc2IZKBAOSj/RqXG".to_owned(), true),
            ("$2b$15$1.BBfqvuIB2BBh4WzIpNO.xrXOD1MK8T6O1ohIc2IZKBAOSj/RqXG".to_owned(), false),
            (format!("pbkdf2_sha256$2000000$salt${digest}="), true),
            (format!("pbkdf2_sha256$2000001$salt${digest}="), false),
            (format!("$pbkdf2-sha256$99999999999$c2FsdA${digest}"), false),
            (format!("pbkdf2_sha256$1000000$c2FsdA${digest}"), true),
            (format!("pbkdf2_sha256$1000001$c2FsdA${digest}"), false),
            (format!("$argon2id$v=19$m=262144,t=4,p=1$c29tZXNhbHRzb21lc2FsdA${digest}"), true),
            (format!("$argon2id$v=19$m=262144,t=5,p=1$c29tZXNhbHRzb21lc2FsdA${digest}"), false),
            (format!("scrypt:65536:8:1$salt${hex}"), true),
            (format!("scrypt:131072:8:1$salt${hex}"), false),
            (format!("scrypt:65536:8:4$salt${hex}"), false),
            (format!("scrypt:9223372036854775808:8:1$salt${hex}"), false),
            (format!("$argon2id$v=19$m=1048576,t=1,p=1$c29tZXNhbHRzb21lc2FsdA${digest}"), false),
        ] {
            match inspect(&hash) {
                Ok(_) => assert!(usable, "{hash}"),
                Err(error) => assert!(!usable && matches!(error, HashError::TooCostly(_)), "{hash}: {error}"),
            }
        }
    }

    #[test]
    fn each_base64_is_its_own() {
        assert_eq!(decode64("+/8=", b'+').as_deref(), Some(&[0xfb, 0xff][..]));
        assert_eq!(decode64("+/8", b'+').as_deref(), Some(&[0xfb, 0xff][..]));
        assert_eq!(decode64("./8", b'.').as_deref(), Some(&[0xfb, 0xff][..]));
        for text in ["-_8", "./8", "+/8==", "=", "+/9="] {
            assert_eq!(decode64(text, b'+'), None, "{text}");
        }
    }
}
