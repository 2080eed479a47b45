//! `/admin/sessions`: who is signed in now.

mod act;
mod ask;
mod list;
mod view;

pub use act::{end, end_others};
pub use ask::{ask_end, ask_end_all, end_all};
pub use list::list;
