//! `/admin/settings`: what the site is told, where that was said, and changing what was not said outside.

mod logo;
mod save;
mod show;
mod style;
mod view;
mod words;

pub use logo::{logo, remove_logo, set_logo};
pub use save::save;
pub use show::show;
pub use style::style;
