//! Values that never reach a log, a debug print or an error message.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Holds a secret; `Debug` and `Display` print `[redacted]`. [`Secret::expose`] is the only way out.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T>(T);

/// A secret text: a password or a token.
pub type SecretString = Secret<String>;

impl<T> Secret<T> {
    /// Takes the secret in.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The secret itself. Search for callers of this to see where secrets are used.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

/// Writes the secret out, for the private socket between the command line and the server; use it with
/// `#[serde(serialize_with = …)]`, so that nothing is written by accident.
pub fn serialize_exposed<T: Serialize, S: Serializer>(
    secret: &Secret<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    secret.0.serialize(serializer)
}

/// Like [`serialize_exposed`], for a secret that may be absent.
pub fn serialize_exposed_option<T: Serialize, S: Serializer>(
    secret: &Option<Secret<T>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(Secret::expose).serialize(serializer)
}
