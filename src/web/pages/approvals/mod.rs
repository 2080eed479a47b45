//! What waits for an admin: accounts that were asked for, and forgotten passwords on a site without mail.

mod decide;
mod dismiss;
mod list;
mod many;
mod many_view;

pub use decide::{ask, decide};
pub use dismiss::dismiss;
pub use list::list;
pub use many::{ask_many, decide_many};
