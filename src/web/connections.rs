//! Who is connected: caps in all and for each address, and which connection goes first when it gets crowded.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use tokio::sync::Notify;

/// All connections of one server.
#[derive(Clone)]
pub struct Connections {
    shared: Arc<Shared>,
}

struct Shared {
    most: usize,
    most_per_address: usize,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    next_id: u64,
    entries: HashMap<u64, Entry>,
    per_address: HashMap<IpAddr, usize>,
}

struct Entry {
    address: IpAddr,
    requests: usize,
    idle_since: Instant,
    closing: bool,
    close: Arc<Notify>,
}

/// Whether an address counts against its cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peerage {
    /// A client like any other.
    Client,
    /// A listed proxy, behind which many clients are.
    Proxy,
}

/// One connection's place; given back when dropped.
pub struct Connection {
    shared: Arc<Shared>,
    id: u64,
    close: Arc<Notify>,
}

/// One request at work on a connection; while it lives the connection is not idle.
pub struct AtWork {
    shared: Arc<Shared>,
    id: u64,
}

/// How many there are, for whoever watches.
#[derive(Debug, Clone, Default)]
pub struct Gauge(Arc<AtomicUsize>);

/// One of them; counted until dropped.
#[derive(Debug)]
pub struct Counted(Gauge);

impl Gauge {
    /// One more.
    pub fn enter(&self) -> Counted {
        self.0.fetch_add(1, Ordering::Relaxed);
        Counted(self.clone())
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connections {
    /// Nobody yet.
    pub fn new(most: usize, most_per_address: usize) -> Self {
        Self { shared: Arc::new(Shared { most, most_per_address, open: Mutex::default() }) }
    }

    /// Takes a place. Where it is crowded, the connection that has been idle longest is asked to go (of the same
    /// address, if that one has too many); `None` where all are at work.
    pub fn admit(&self, address: IpAddr, peerage: Peerage) -> Option<Connection> {
        let mut open = self.shared.open();
        let of_address = open.per_address.get(&address).copied().unwrap_or(0);
        if peerage == Peerage::Client && of_address >= self.shared.most_per_address {
            close_oldest_idle(&mut open, Some(address))?;
        } else if open.entries.len() >= self.shared.most {
            close_oldest_idle(&mut open, None)?;
        }
        let id = open.next_id;
        open.next_id += 1;
        let close = Arc::new(Notify::new());
        let entry = Entry {
            address,
            requests: 0,
            idle_since: Instant::now(),
            closing: false,
            close: Arc::clone(&close),
        };
        open.entries.insert(id, entry);
        *open.per_address.entry(address).or_insert(0) += 1;
        Some(Connection { shared: Arc::clone(&self.shared), id, close })
    }
}

fn close_oldest_idle(open: &mut Open, address: Option<IpAddr>) -> Option<()> {
    let entry = open
        .entries
        .values_mut()
        .filter(|entry| {
            entry.requests == 0 && !entry.closing && address.is_none_or(|address| entry.address == address)
        })
        .min_by_key(|entry| entry.idle_since)?;
    entry.closing = true;
    entry.close.notify_one();
    Some(())
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Connection {
    /// Returns when the connection is asked to go.
    pub async fn asked_to_close(&self) {
        self.close.notified().await;
    }

    /// Marks a request as being at work.
    pub fn at_work(&self) -> AtWork {
        if let Some(entry) = self.shared.open().entries.get_mut(&self.id) {
            entry.requests += 1;
        }
        AtWork { shared: Arc::clone(&self.shared), id: self.id }
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        if let Some(entry) = self.shared.open().entries.get_mut(&self.id) {
            entry.requests = entry.requests.saturating_sub(1);
            entry.idle_since = Instant::now();
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut open = self.shared.open();
        let Some(entry) = open.entries.remove(&self.id) else { return };
        if let Some(count) = open.per_address.get_mut(&entry.address) {
            *count -= 1;
            if *count == 0 {
                open.per_address.remove(&entry.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Connections, Peerage};

    #[tokio::test]
    async fn the_oldest_idle_connection_goes_first() {
        let connections = Connections::new(10, 2);
        let address = "10.0.0.1".parse().unwrap();
        let first = connections.admit(address, Peerage::Client).unwrap();
        let second = connections.admit(address, Peerage::Client).unwrap();
        let busy = first.at_work();
        let _third = connections.admit(address, Peerage::Client).expect("the idle second one makes room");
        second.asked_to_close().await;
        drop(busy);
    }

    #[test]
    fn nobody_is_admitted_where_all_are_at_work() {
        let connections = Connections::new(1, 1);
        let address = "10.0.0.1".parse().unwrap();
        let only = connections.admit(address, Peerage::Client).unwrap();
        let busy = only.at_work();
        assert!(connections.admit(address, Peerage::Client).is_none());
        drop((busy, only));
        assert!(connections.admit(address, Peerage::Client).is_some());
    }
}
