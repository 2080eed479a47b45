//! What plans are about, on pages: items, and the lists of locations, channels and customers.

mod frame;
#[expect(clippy::module_inception, reason = "items are one of the four lists of this area")]
mod items;
mod lists;
mod state;

pub use items::{import, list, save, take};
pub use lists::{import as import_codes, list as list_codes, save as save_code};
