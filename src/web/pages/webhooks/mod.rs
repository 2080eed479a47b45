//! Webhooks: who is told over HTTP what happens, and what became of each telling.

mod act;
mod edit;
mod list;
mod view;

pub use act::{again, back, ping, remove, rotate};
pub use edit::{create, new, save, show};
pub use list::list;

use crate::domain::ids::WebhookId;
use crate::domain::scope::OwnerScope;
use crate::web::error::AppError;
use crate::web::extract::Page;

fn parse(id: &str) -> Result<WebhookId, AppError> {
    id.parse().map_err(|_| AppError::not_found("There is no webhook at this address."))
}

/// True where the reader may change webhooks, if they manage the site.
fn sees_every_owner(page: &Page) -> bool {
    page.session.scope().owners == OwnerScope::All
}
