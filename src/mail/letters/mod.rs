//! What our mails say, one file a mail. Each takes what it needs and makes a [`Letter`] of it.
//!
//! [`Letter`]: crate::domain::mail::Letter

mod changed;
mod test;

pub use changed::{Change, Circumstances, changed};
pub use test::test;
