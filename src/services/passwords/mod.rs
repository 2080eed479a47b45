//! Passwords: hashed with argon2id on threads of their own, verified there whoever made the hash.

mod argon;
mod foreign;
mod pool;

pub use argon::is_usable_hash;
pub use foreign::{HashError, HashKind, inspect};
pub use pool::PasswordPool;

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
