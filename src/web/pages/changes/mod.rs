//! What changed between two generations, row by row and field by field: before an import is published, and ever after.

mod dataset;
mod file;
mod import;
mod row;
mod state;
mod view;

pub use dataset::{VISIT, dataset, dataset_file};
pub use import::{import, import_file};
pub use row::{row, row_address};
