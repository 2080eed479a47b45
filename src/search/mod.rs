//! Finding rows: builds and opens generations and answers scoped questions about them. The only user of
//! tantivy; imports [`crate::base`] and [`crate::domain`].
//!
//! Nothing here reads rows, counts, facets, totals, suggestions or exports without a
//! [`Scope`](crate::domain::scope::Scope): a [`Generation`](generation::Generation) alone has no function
//! that does, only [`Generation::view`](generation::Generation::view), which takes one.

pub mod build;
mod cache;
pub mod columns;
pub mod difference;
pub mod error;
mod extremes;
pub mod facets;
pub mod generation;
pub mod merge;
mod near;
mod order;
pub mod query;
mod rank;
mod rowset;
mod still;
mod suggest;
pub mod totals;
pub mod values;
pub mod view;
mod words;

#[cfg(test)]
mod tests;
