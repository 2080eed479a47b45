//! What handlers ask of a request: who is signed in, where it comes from, its body. Refuses by itself.

pub mod address;
pub mod form;
pub mod json;
mod json_path;
pub mod page;
pub mod picture;
pub mod session;
pub mod upload;

pub use address::ClientAddress;
pub use form::{FlowForm, FormData, PageForm, means_nothing};
pub use json::{ApiJson, NoBody, PerhapsJson};
pub use page::{AnyPage, Flow, Page};
pub use session::{AnySession, CurrentSession, Granted};
pub use upload::{OwnFolder, PageUpload};
