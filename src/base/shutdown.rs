//! Telling every part of a running server to stop, once.

use tokio::sync::watch;

/// The end that asks for the stop.
#[derive(Debug, Clone)]
pub struct ShutdownHandle {
    sender: watch::Sender<bool>,
}

/// The end that is told. Clone it for each task.
#[derive(Debug, Clone)]
pub struct ShutdownSignal {
    receiver: watch::Receiver<bool>,
}

/// A connected pair.
pub fn channel() -> (ShutdownHandle, ShutdownSignal) {
    let (sender, receiver) = watch::channel(false);
    (ShutdownHandle { sender }, ShutdownSignal { receiver })
}

impl ShutdownHandle {
    /// Asks everything to stop. Doing it twice is harmless.
    pub fn stop(&self) {
        self.sender.send_replace(true);
    }
}

impl ShutdownSignal {
    /// True once a stop was asked for.
    pub fn is_stopping(&self) -> bool {
        *self.receiver.borrow() || self.receiver.has_changed().is_err()
    }

    /// Returns when a stop is asked for, or when nobody is left to ask for one.
    pub async fn stopped(&mut self) {
        let _ = self.receiver.wait_for(|stopping| *stopping).await;
    }
}
