//! The API for programs, version 1.

pub mod auth;
pub mod changes;
pub mod datasets;
pub mod health;
pub mod imports;
pub mod master_data;
pub mod plans;
pub mod sources;
pub mod tokens;
