//! Leaky buckets in memory: how much somebody did of late, draining with time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// Keys that are known at once; those that drained are forgotten then.
const KNOWN: usize = 10_000;

/// A level for each key.
#[derive(Debug)]
pub struct Buckets<K>(Mutex<HashMap<K, (f64, Timestamp)>>);

impl<K> Default for Buckets<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// How much a bucket holds, and how fast it drains.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// Things at once.
    pub most: f64,
    /// One more each.
    pub every: Duration,
}

impl<K: Eq + Hash> Buckets<K> {
    /// Counts one more of `key` and answers the level it comes to.
    ///
    /// # Errors
    /// How long to wait where the bucket is full; nothing is counted then.
    pub fn take(&self, key: K, now: Timestamp, measure: Measure) -> Result<f64, Duration> {
        let every = measure.every.as_secs_f64();
        let left = |(level, at): (f64, Timestamp)| {
            (level - now.duration_since(at).as_secs_f64().max(0.0) / every).max(0.0)
        };
        let mut levels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if levels.len() >= KNOWN {
            levels.retain(|_, known| left(*known) > 0.0);
        }
        let level = levels.get(&key).map_or(0.0, |known| left(*known)) + 1.0;
        if level > measure.most {
            return Err(measure.every.mul_f64(level - measure.most));
        }
        levels.insert(key, (level, now));
        Ok(level)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::{SignedDuration, Timestamp};

    use super::{Buckets, Measure};

    #[test]
    fn a_full_bucket_says_how_long_to_wait_and_drains() {
        let buckets = Buckets::default();
        let measure = Measure { most: 2.0, every: Duration::from_secs(10) };
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(buckets.take("a", now, measure), Ok(1.0));
        assert_eq!(buckets.take("a", now, measure), Ok(2.0));
        assert_eq!(buckets.take("b", now, measure), Ok(1.0));
        assert_eq!(buckets.take("a", now, measure), Err(Duration::from_secs(10)));
        let later = now + SignedDuration::from_secs(4);
        assert_eq!(buckets.take("a", later, measure), Err(Duration::from_secs(6)));
        let later = now + SignedDuration::from_secs(10);
        assert_eq!(buckets.take("a", later, measure), Ok(2.0));
        // A clock that was set back fills nothing and empties nothing.
        assert!(buckets.take("a", now, measure).is_err());
    }
}
