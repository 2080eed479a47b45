//! What our mails say, one file a mail. Each takes what it needs and makes a [`Letter`] of it.
//!
//! [`Letter`]: crate::domain::mail::Letter

mod access;
mod changed;
mod standing;
mod test;

pub use access::{Access, AccessLetter};
pub use changed::{Change, Circumstances, changed};
pub use standing::{Standing, standing};
pub use test::test;
