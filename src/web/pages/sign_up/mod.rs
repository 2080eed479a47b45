//! Asking for an account, and confirming one's address.

mod confirm;
mod form;
mod sent;
mod submit;
mod view;

pub use confirm::{confirm, look};
pub use sent::{code, resend, sent};
pub use submit::{show, submit};
pub(super) use view::code_forms;
