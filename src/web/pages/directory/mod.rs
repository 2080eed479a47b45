//! The company's directory: how it is set up, and whether it works.

mod show;
mod test;
mod view;

pub use show::show;
pub use test::test;
