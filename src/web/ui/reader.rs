//! How the reader of the page that is being written has numbers and dates. It is known once for a request, and needed
//! wherever a number is written; so it goes with the task that answers, and with the thread that works for it.

use std::cell::{Cell, RefCell};

use crate::base::scoped;
use crate::domain::formats::Formats;

tokio::task_local! {
    static OF_TASK: Cell<Formats>;
}

thread_local! {
    static OF_THREAD: RefCell<Option<Formats>> = const { RefCell::new(None) };
}

/// How numbers and dates are written here.
pub fn formats() -> Formats {
    OF_THREAD
        .with_borrow(|of_thread| *of_thread)
        .or_else(|| OF_TASK.try_with(Cell::get).ok())
        .unwrap_or_default()
}

/// From now on the page is written so.
pub fn set(formats: Formats) {
    // Outside of a request there is no page.
    let _ = OF_TASK.try_with(|of_task| of_task.set(formats));
}

/// Does work of a request on a thread of its own.
pub fn within<T>(formats: Formats, work: impl FnOnce() -> T) -> T {
    scoped::within(&OF_THREAD, Some(formats), work)
}

/// Answers a request: written as the site has it, until the reader is known.
pub async fn answering<T>(of_site: Formats, answer: impl Future<Output = T>) -> T {
    OF_TASK.scope(Cell::new(of_site), answer).await
}

#[cfg(test)]
mod tests {
    use super::{answering, formats, set, within};
    use crate::domain::formats::{DateStyle, Formats};

    #[tokio::test]
    async fn a_choice_lasts_as_long_as_the_answer() {
        let dots = Formats { dates: Some(DateStyle::Dots), ..Formats::default() };
        set(dots);
        assert_eq!(formats(), Formats::default());
        answering(Formats::default(), async {
            set(dots);
            tokio::task::yield_now().await;
            assert_eq!(formats(), dots);
            let carried = formats();
            let there = tokio::task::spawn_blocking(move || (formats(), within(carried, formats), formats()));
            assert_eq!(there.await.unwrap(), (Formats::default(), dots, Formats::default()));
        })
        .await;
        assert_eq!(formats(), Formats::default());
    }
}
