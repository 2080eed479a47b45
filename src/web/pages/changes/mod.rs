//! What changed between two generations, row by row and field by field: before an import is published, and ever after.

mod dataset;
mod file;
mod import;
mod state;
mod view;

pub use dataset::{dataset, dataset_file};
pub use import::{import, import_file};
