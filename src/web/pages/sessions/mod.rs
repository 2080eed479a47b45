//! `/admin/sessions`: who is signed in now.

mod act;
mod list;
mod view;

pub use act::{end, end_others};
pub use list::list;
