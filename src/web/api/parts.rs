//! Lists in parts: `offset` and `limit` of an address.

use crate::services::ServiceError;
use crate::web::extract::FormData;

/// Entries of an answer, where the address does not say how many.
const ENTRIES: usize = 100;
/// Most entries of an answer.
const MAX_ENTRIES: usize = 1_000;

/// Which part of a list is answered.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    offset: usize,
    limit: usize,
}

impl Part {
    /// Reads it.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for what is no whole number.
    pub fn of(query: &FormData) -> Result<Self, ServiceError> {
        let number = |name: &'static str, default: usize| match query.text(name) {
            "" => Ok(default),
            text => text.parse().map_err(|_| ServiceError::invalid(name, "expected a whole number")),
        };
        Ok(Self { offset: number("offset", 0)?, limit: number("limit", ENTRIES)?.min(MAX_ENTRIES) })
    }

    /// The part of a whole list.
    pub fn cut<F, T: From<F>>(&self, all: impl IntoIterator<Item = F>) -> Vec<T> {
        all.into_iter().skip(self.offset).take(self.limit).map(Into::into).collect()
    }
}
