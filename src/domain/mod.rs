//! Pure types and rules, in the words of the trade. No redb, axum, tantivy or tokio in here; imports
//! [`crate::base`] alone.

pub mod audit;
pub mod avatar;
pub mod colour;
pub mod column;
pub mod dataset;
pub mod directory;
pub mod email;
pub mod figures;
pub mod fold;
pub mod formats;
pub mod ids;
pub mod job;
pub mod limits;
pub mod mail;
pub mod mobile;
pub mod permission;
pub mod preferences;
pub mod profile;
pub mod record;
pub mod scope;
pub mod second_factor;
pub mod session;
pub mod token;
pub mod user;
pub mod value;
