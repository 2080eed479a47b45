//! Coming back into an account, or into it for the first time: a forgotten password, a link from a mail, a slip.

mod ask;
mod code;
mod set;
mod slip;
mod view;

pub use ask::{show, submit};
pub use code::{check, resend};
pub use set::{set, show_link};
pub use slip::{show_slip, submit_slip};
