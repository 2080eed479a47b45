//! Pure types and rules, in the words of the trade. No redb, axum, tantivy or tokio in here; imports
//! [`crate::base`] alone.

pub mod column;
pub mod fold;
pub mod ids;
pub mod limits;
pub mod profile;
pub mod record;
pub mod scope;
pub mod value;
