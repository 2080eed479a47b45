//! What handlers ask of a request: who is signed in, where it comes from, its body. Refuses by itself.

pub mod address;
pub mod json;
pub mod session;

pub use address::ClientAddress;
pub use json::ApiJson;
pub use session::{AnySession, CurrentSession, Granted};
