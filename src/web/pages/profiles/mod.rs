//! Profiles that a dataset remembers: how files of each shape are read, to be looked at, changed, taken elsewhere and
//! forgotten.

mod act;
mod edit;
mod list;

pub use act::{bring, export, forget};
pub use edit::{save, show};
pub use list::list;

use crate::domain::profile::Fingerprint;
use crate::web::error::AppError;

fn parse(id: &str) -> Result<Fingerprint, AppError> {
    id.parse().map_err(|_| AppError::not_found("There is no such profile."))
}
