//! The inventory and every other dataset: search, facets, rows, downloads. What is shown is a matter of the
//! address alone ([`state`]); fragments of the page answer the same address to a script.

mod chips;
mod columns;
mod facets;
mod file;
mod footer;
mod grid;
mod label;
mod nothing;
mod print;
mod rows;
mod show;
pub mod state;
mod toolbar;
mod unknown;
mod view;
mod widths;

pub use file::{file_rows, file_table};
pub use rows::{generation, rows};
pub use show::{dataset, inventory};
pub use unknown::unknown_parameters;
