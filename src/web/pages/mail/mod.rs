//! The outbox: what the site writes to people, and what became of it.

mod act;
mod list;
mod show;
mod test;
mod view;

pub use act::act;
pub use list::list;
pub use show::show;
pub use test::test;

use crate::domain::ids::MailId;
use crate::web::error::AppError;

fn parse(id: &str) -> Result<MailId, AppError> {
    id.parse().map_err(|_| AppError::not_found("There is no mail at this address."))
}
