//! HTTP: the only user of axum. Imports [`crate::services`], [`crate::config`] and what is below them.
//!
//! A handler reads like a recipe: extract, call a service through [`state::AppState::run`], respond. Who is signed
//! in, cross-site requests, hosts, headers and errors are handled before and after it, where nobody can forget
//! them. The whole route table is in [`router`].

pub mod admin_socket;
pub mod api;
pub mod assets;
pub mod attachment;
pub mod body;
pub mod connections;
pub mod cookies;
pub mod csrf;
pub mod downloads;
pub mod error;
pub mod extract;
pub mod gate;
pub mod hosts;
pub mod live;
pub mod metrics;
pub mod middleware;
pub mod next_step;
pub mod pages;
pub mod plain;
pub mod rate;
pub mod router;
pub mod sent_file;
pub mod server;
pub mod signed_in;
pub mod state;
pub mod ui;
pub mod upload;
