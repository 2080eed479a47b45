//! The API for programs, version 1.

pub mod auth;
pub mod datasets;
pub mod health;
pub mod imports;
