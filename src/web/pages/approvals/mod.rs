//! What waits for an admin: accounts that were asked for, and forgotten passwords on a site without mail.

mod dismiss;
mod list;

pub use dismiss::dismiss;
pub use list::list;
