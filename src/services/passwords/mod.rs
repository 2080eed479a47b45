//! Passwords: hashed with argon2id on threads of their own, verified there whoever made the hash.

mod argon;
mod foreign;
mod pool;

pub use argon::is_usable_hash;
pub use foreign::inspect;
pub use pool::PasswordPool;

use std::fmt;

use thiserror::Error;

use crate::base::secret::SecretString;

/// Whether a password is right.
#[derive(Debug)]
pub enum Verdict {
    /// It is. `rehashed` is its hash under today's parameters where the stored one is older or of another system.
    Right {
        /// A better hash to store.
        rehashed: Option<SecretString>,
    },
    /// It is not.
    Wrong,
}

/// Who could have made a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashKind {
    /// argon2id or argon2i.
    Argon2,
    /// bcrypt.
    Bcrypt,
    /// PBKDF2 with SHA-256: Django, passlib, Werkzeug.
    Pbkdf2,
    /// scrypt: Werkzeug.
    Scrypt,
}

impl HashKind {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Argon2 => "argon2",
            Self::Bcrypt => "bcrypt",
            Self::Pbkdf2 => "pbkdf2",
            Self::Scrypt => "scrypt",
        }
    }
}

impl fmt::Display for HashKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a hash cannot be used. Never says the hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HashError {
    /// None of the kinds.
    #[error("is no hash that can be verified here; expected argon2, bcrypt, pbkdf2_sha256 or scrypt")]
    Unknown,
    /// Cut off, or changed on the way.
    #[error("looks like {0} but is damaged")]
    Damaged(HashKind),
    /// Takes too long or too much memory.
    #[error("is a {0} hash that costs more than a sign-in may")]
    TooCostly(HashKind),
}
