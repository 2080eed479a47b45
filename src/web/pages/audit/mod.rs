//! The audit log: who did what to what, when and from where, and whether all of it is still as it was written.

mod diff;
mod event;
mod export;
mod head;
mod list;
mod list_view;
mod state;
mod verify;
mod words;

pub use event::show;
pub use export::export;
pub use head::{show as show_head, sign as sign_head};
pub use list::list;
pub use verify::verify;
