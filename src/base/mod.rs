//! The ground under everything: time, identifiers, secrets, what a thread works for and orderly shutdown. Imports nothing of this crate.

pub mod base32;
pub mod base64;
pub mod bucket;
pub mod clock;
pub mod exposition;
pub mod hex;
pub mod ids;
pub mod networks;
pub mod request;
pub mod scoped;
pub mod secret;
pub mod service_manager;
pub mod shutdown;
pub mod size;
pub mod text;
pub mod tls;
pub mod tls_server;
