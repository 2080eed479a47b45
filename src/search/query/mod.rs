//! The query language: what a person typed, as conditions on rows.

pub mod ast;
pub mod parse;
pub(super) mod rows;
