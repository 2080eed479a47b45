//! People of the company's directory: signing in ([`check`]), what they are here ([`account`]), reading that again while
//! they are signed in ([`refresh`]), keeping guesses made here from locking accounts there ([`guard`]), and showing what
//! works ([`test`]).

mod account;
mod check;
mod guard;
mod refresh;
mod report;

pub use check::concerns;
pub(super) use check::{check, pretend};
pub use refresh::refresh;
pub use report::{Tested, account_of, settings, test, test_alone};
