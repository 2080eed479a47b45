//! The API for programs, version 1.

pub mod audit;
pub mod auth;
pub mod changes;
pub mod datasets;
pub mod files;
pub mod health;
pub mod imports;
pub mod links;
pub mod master_data;
pub mod openapi;
mod parts;
pub mod plans;
pub mod sessions;
pub mod site;
pub mod sources;
pub mod tokens;
pub mod users;
pub mod versions;
pub mod webhooks;
