//! The store as services have it. What is written for somebody who is signed in is written only while they are: the
//! session is looked at in the very transaction that makes the change, so that a request that was long on its way, or
//! ran beside the one that ended it, changes nothing (ASVS 7.4.1, 8.3.2). Who only reads stock has little to write, and
//! may not fill the audit log with it (ASVS 2.4.1).

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::base::bucket::{Buckets, Measure};
use crate::base::clock::Clock;
use crate::base::scoped;
use crate::domain::ids::UserId;
use crate::domain::permission::Permission;
use crate::domain::session::{Session, TokenHash};
use crate::domain::user::User;
use crate::store::{Read, Store, StoreError, WriteTxn, api_tokens, sessions, users};

/// The session for which a request does its work.
#[derive(Debug)]
pub struct OnBehalf {
    session: TokenHash,
    user: UserId,
    epoch: u64,
    /// Writes for their work, and not only for themselves.
    is_staff: bool,
    /// The request itself ended it, by a sign-out or new rights of one's own: what it still has to do it may.
    ended_by_itself: AtomicBool,
}

impl OnBehalf {
    /// Of a session that was found good.
    pub fn of(session: &Session, user: &User) -> Self {
        const WORK: [Permission; 4] =
            [Permission::ManageUsers, Permission::ManageSite, Permission::ImportData, Permission::EditPlans];
        Self {
            is_staff: WORK.into_iter().any(|permission| user.has(permission)),
            session: session.token_hash,
            user: session.user_id,
            epoch: session.credential_epoch,
            ended_by_itself: AtomicBool::new(false),
        }
    }

    fn stands(&self, r: &impl Read) -> Result<bool, StoreError> {
        if sessions::find_session(r, &self.session)?.is_none()
            && api_tokens::find_api_token(r, &self.session)?.is_none()
        {
            return Ok(false);
        }
        let user = users::find_user(r, self.user)?;
        Ok(user.is_some_and(|user| user.is_active() && user.credential_epoch == self.epoch))
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<OnBehalf>>> = const { RefCell::new(None) };
}

/// Does the work of a request of that session.
pub fn on_behalf_of<T>(session: Option<Arc<OnBehalf>>, work: impl FnOnce() -> T) -> T {
    scoped::within(&CURRENT, session, work)
}

/// How much somebody writes who only reads stock.
const WRITES: Measure = Measure { most: 60.0, every: Duration::from_secs(10) };

/// The store; reading is as on [`Store`].
#[derive(Clone)]
pub struct GuardedStore {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    writers: Arc<Buckets<UserId>>,
}

impl GuardedStore {
    /// Around an open store.
    pub fn new(store: Arc<Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, writers: Arc::default() }
    }

    /// Like [`Store::write`], for who is still signed in where somebody is behind the work.
    ///
    /// # Errors
    /// As [`Store::write`], and [`StoreError::SessionEnded`].
    pub fn write<T, E: From<StoreError>>(
        &self,
        body: impl FnOnce(&WriteTxn) -> Result<T, E>,
    ) -> Result<T, E> {
        let Some(current) = CURRENT.with_borrow(Clone::clone) else { return self.store.write(body) };
        if current.ended_by_itself.load(Ordering::Relaxed) {
            return self.store.write(body);
        }
        if !current.is_staff {
            self.writers.take(current.user, self.clock.now(), WRITES).map_err(StoreError::TooMany)?;
        }
        let (value, stands) = self.store.write(|w| -> Result<_, E> {
            if !current.stands(w)? {
                return Err(StoreError::SessionEnded.into());
            }
            let value = body(w)?;
            Ok((value, current.stands(w)?))
        })?;
        if !stands {
            current.ended_by_itself.store(true, Ordering::Relaxed);
        }
        Ok(value)
    }
}

impl Deref for GuardedStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}
