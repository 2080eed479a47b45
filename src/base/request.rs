//! What the work of this thread is done for: the request, or the job. Audit events name it, so that they can be found
//! in the log and the log in them.

use std::cell::RefCell;
use std::sync::Arc;

use super::scoped;

thread_local! {
    static CURRENT: RefCell<Option<Arc<str>>> = const { RefCell::new(None) };
}

/// Does the work for what has this name.
pub fn within<T>(name: Option<Arc<str>>, work: impl FnOnce() -> T) -> T {
    scoped::within(&CURRENT, name, work)
}

/// The name of what is being worked for.
pub fn current() -> Option<Arc<str>> {
    CURRENT.with_borrow(Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::{current, within};

    #[test]
    fn the_name_is_there_while_the_work_lasts_even_if_that_panics() {
        assert_eq!(current(), None);
        let inner = within(Some("a".into()), || {
            let deeper = within(Some("b".into()), current);
            (current(), deeper)
        });
        assert_eq!(inner, (Some("a".into()), Some("b".into())));
        let _ = std::panic::catch_unwind(|| within(Some("c".into()), || panic!("on purpose")));
        assert_eq!(current(), None);
    }
}
