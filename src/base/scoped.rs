//! A value of this thread for as long as some work lasts.

use std::cell::RefCell;
use std::thread::LocalKey;

/// Does the work with `value` in its place; afterwards, also after a panic, the one before is there again.
pub fn within<V: 'static, T>(place: &'static LocalKey<RefCell<V>>, value: V, work: impl FnOnce() -> T) -> T {
    struct Restored<V: 'static>(&'static LocalKey<RefCell<V>>, Option<V>);
    impl<V> Drop for Restored<V> {
        fn drop(&mut self) {
            if let Some(before) = self.1.take() {
                self.0.set(before);
            }
        }
    }
    let before = place.replace(value);
    let _restored = Restored(place, Some(before));
    work()
}
