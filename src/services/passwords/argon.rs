//! Argon2 and its PHC strings: our own argon2id, and what other systems made with it or with argon2i.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq;

use super::{HashError, HashKind};
use crate::base::ids::random_bytes;
use crate::base::secret::SecretString;

/// Bytes of a hash made here.
pub(super) const OUTPUT_BYTES: usize = 32;
/// Memory that a hash may ask for, in KiB: one from elsewhere must not take the machine down.
const MAX_MEMORY_KIB: u32 = 262_144;
/// Memory times passes at most: what the costliest configuration asks for.
const MAX_WORK_KIB: u64 = 262_144 * 16;

/// The memory of one thread.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    /// Gives back what a hash from elsewhere took beyond our own.
    pub(super) fn keep_at_most(&mut self, params: &Params) {
        if self.0.len() > params.block_count() {
            self.0.truncate(params.block_count());
            self.0.shrink_to_fit();
        }
    }
}

/// An argon2 hash that can be verified.
pub(super) struct Argon2Hash {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Argon2Hash {
    /// A hash of nothing, as costly as the real ones.
    pub(super) fn dummy(params: &Params) -> Self {
        Self {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            params: params.clone(),
            salt: random_bytes::<16>().to_vec(),
            hash: random_bytes::<OUTPUT_BYTES>().to_vec(),
        }
    }

    /// Reads a PHC string.
    pub(super) fn read(text: &str) -> Result<Self, HashError> {
        let damaged = HashError::Damaged(HashKind::Argon2);
        let parsed = PasswordHash::new(text).map_err(|_| damaged)?;
        let algorithm = match parsed.algorithm.as_str() {
            "argon2id" => Algorithm::Argon2id,
            "argon2i" => Algorithm::Argon2i,
            _ => return Err(HashError::Unknown),
        };
        // The first version did not write its number.
        let version = Version::try_from(parsed.version.unwrap_or(Version::V0x10.into()));
        let (Ok(version), Ok(params)) = (version, Params::try_from(&parsed)) else { return Err(damaged) };
        let (Some(salt), Some(hash)) = (parsed.salt, parsed.hash) else { return Err(damaged) };
        // A hash says nothing about its own length: one that was cut shows in its being an odd one.
        if salt.len() < argon2::MIN_SALT_LEN || hash.len() < 16 || !hash.len().is_multiple_of(4) {
            return Err(damaged);
        }
        let read = Self { algorithm, version, params, salt: salt.to_vec(), hash: hash.as_bytes().to_vec() };
        let (memory, passes, lanes) = (read.params.m_cost(), read.params.t_cost(), read.params.p_cost());
        if memory > MAX_MEMORY_KIB || read.work_kib() > MAX_WORK_KIB || passes > 64 || lanes > 16 {
            return Err(HashError::TooCostly(HashKind::Argon2));
        }
        Ok(read)
    }

    /// Memory times passes.
    pub(super) fn work_kib(&self) -> u64 {
        u64::from(self.params.m_cost()) * u64::from(self.params.t_cost())
    }

    /// Whether it is what [`hash`] would make with these parameters.
    pub(super) fn is_of(&self, today: &Params) -> bool {
        self.is_ours()
            && self.params.m_cost() == today.m_cost()
            && self.params.t_cost() == today.t_cost()
            && self.params.p_cost() == today.p_cost()
            && self.hash.len() == OUTPUT_BYTES
    }

    fn is_ours(&self) -> bool {
        self.algorithm == Algorithm::Argon2id && self.version == Version::V0x13
    }

    /// Whether it is the password's.
    pub(super) fn matches(&self, password: &SecretString, memory: &mut Memory) -> Result<bool, String> {
        let mut output = vec![0; self.hash.len()];
        let argon2 = Argon2::new(self.algorithm, self.version, self.params.clone());
        compute(&argon2, password, &self.salt, &mut output, memory)?;
        Ok(output.as_slice().ct_eq(&self.hash).into())
    }
}

fn compute(
    argon2: &Argon2<'_>,
    password: &SecretString,
    salt: &[u8],
    output: &mut [u8],
    memory: &mut Memory,
) -> Result<(), String> {
    let blocks = argon2.params().block_count();
    if memory.0.len() < blocks {
        memory.0.resize(blocks, Block::default());
    }
    argon2
        .hash_password_into_with_memory(password.expose().as_bytes(), salt, output, memory.0.as_mut_slice())
        .map_err(|error| error.to_string())
}

/// The password's hash as a PHC string.
pub(super) fn hash(
    params: &Params,
    password: &SecretString,
    memory: &mut Memory,
) -> Result<SecretString, String> {
    let (salt, mut output) = (random_bytes::<16>(), [0; OUTPUT_BYTES]);
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    compute(&argon2, password, &salt, &mut output, memory)?;
    phc(params, &salt, &output)
}

fn phc(params: &Params, salt: &[u8], output: &[u8]) -> Result<SecretString, String> {
    // Only the costs: the length of the output shows in the output itself.
    let costs =
        Params::new(params.m_cost(), params.t_cost(), params.p_cost(), None).map_err(|e| e.to_string())?;
    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&costs).map_err(|error| error.to_string())?,
        salt: Some(Salt::new(salt).map_err(|error| error.to_string())?),
        hash: Some(Output::new(output).map_err(|error| error.to_string())?),
    };
    Ok(SecretString::new(hash.to_string()))
}

/// True for a PHC string of argon2id that can be verified here.
pub fn is_usable_hash(text: &str) -> bool {
    Argon2Hash::read(text).is_ok_and(|hash| hash.is_ours())
}

#[cfg(test)]
mod tests {
    use super::is_usable_hash;

    #[test]
    fn hashes_that_ask_for_too_much_are_refused() {
        for (start, usable) in [
            ("$argon2id$v=19$m=19456,t=2,p=1", true),
            ("$argon2id$v=19$m=4194304,t=2,p=1", false),
            ("$argon2id$v=19$m=262144,t=17,p=1", false),
            ("$argon2i$v=19$m=19456,t=2,p=1", false),
            ("$argon2id$m=19456,t=2,p=1", false),
        ] {
            let hash = format!("{start}$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
            assert_eq!(is_usable_hash(&hash), usable, "{hash}");
        }
        assert!(!is_usable_hash("plaintext"));
    }
}
