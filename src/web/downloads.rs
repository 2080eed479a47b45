//! How many downloads are on their way at once. Each holds a thread for as long as its reader is slow, and threads are
//! what everybody shares (ASVS 15.2.2).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::ids::UserId;
use crate::services::ServiceError;

/// Of all users.
const MOST: usize = 100;
/// Of one user: a browser has two or three at the most.
const MOST_OF_ONE: usize = 6;
/// How long who is too early is asked to wait.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// The downloads on their way.
#[derive(Debug, Clone, Default)]
pub struct Downloads(Arc<Mutex<HashMap<UserId, usize>>>);

/// A place among them, given back when dropped.
#[derive(Debug)]
pub struct Place {
    downloads: Downloads,
    user: UserId,
}

impl Downloads {
    /// One more.
    ///
    /// # Errors
    /// [`ServiceError::Busy`] where there are too many.
    pub fn enter(&self, user: UserId) -> Result<Place, ServiceError> {
        let mut of_users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = of_users.values().sum();
        let own = of_users.entry(user).or_default();
        if *own >= MOST_OF_ONE || all >= MOST {
            return Err(ServiceError::Busy(AGAIN_AFTER));
        }
        *own += 1;
        Ok(Place { downloads: self.clone(), user })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut of_users = self.downloads.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = of_users.get_mut(&self.user) {
            *own -= 1;
            if *own == 0 {
                of_users.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Downloads, MOST_OF_ONE};
    use crate::domain::ids::UserId;

    #[test]
    fn one_user_has_a_few_and_gets_them_back() {
        let downloads = Downloads::default();
        let user = |n| UserId(uuid::Uuid::from_u128(n));
        let mut places: Vec<_> = (0..MOST_OF_ONE).map(|_| downloads.enter(user(1)).unwrap()).collect();
        assert!(downloads.enter(user(1)).is_err() && downloads.enter(user(2)).is_ok());
        places.pop();
        assert!(downloads.enter(user(1)).is_ok());
    }
}
