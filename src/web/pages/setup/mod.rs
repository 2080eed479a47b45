//! The first start: with the code from the console, the site gets a name and its first admin, then its first file. Each
//! step can be left and taken up again.

mod data;
mod show;
mod submit;
mod view;

pub use data::{data, sample};
pub use show::show;
pub use submit::submit;
