//! Sources and the drop folder: what comes by itself, whether it does, and how it is set up.

mod act;
mod edit;
mod list;
mod sql;
mod view;

pub use act::{delete, refresh, test};
pub use edit::{create, new, save, show};
pub use list::list;

use crate::domain::ids::SourceId;
use crate::domain::scope::OwnerScope;
use crate::web::error::AppError;
use crate::web::extract::Page;

fn parse(id: &str) -> Result<SourceId, AppError> {
    id.parse().map_err(|_| AppError::not_found("There is no source at this address."))
}

/// True where the reader may change sources, if they manage the site.
fn sees_every_owner(page: &Page) -> bool {
    page.session.scope().owners == OwnerScope::All
}
