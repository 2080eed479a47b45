//! A site on a [`PowerDisk`], and what is to hold of it whatever happened to the disk.

use std::collections::BTreeSet;
use std::ops::{Bound, ControlFlow};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use stockroom::base::clock::ManualClock;
use stockroom::base::secret::SecretString;
use stockroom::config::Config;
use stockroom::domain::audit::AuditEvent;
use stockroom::domain::email::Email;
use stockroom::domain::job::JobState;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::domain::user::{PersonName, User};
use stockroom::services::authorize::{Grant, PermissionType};
use stockroom::services::imports::{IMPORT_JOB, WorkerProgram};
use stockroom::services::users::{FirstSignIn, NewPassword, NewUser};
use stockroom::services::{ServiceError, Services, audit, bootstrap, jobs, users};
use stockroom::store::transaction::Order;
use stockroom::store::{
    Read, Store, StoreError, audit as store_audit, imports as store_imports, jobs as store_jobs, tables,
    users as store_users,
};

use crate::disk::PowerDisk;

/// The password of every user.
pub const PASSWORD: &str = "correct horse battery";

/// SHA-256 of every key and value of every table.
pub type Picture = [u8; 32];

/// An open site.
pub struct Site {
    pub services: Services,
    pub clock: Arc<ManualClock>,
    pub disk: PowerDisk,
}

impl Site {
    /// Opens the site in `directory`, whose database lies on `disk`.
    pub fn open(directory: &Path, disk: &PowerDisk) -> Result<Self, StoreError> {
        let store = Store::open_on(directory, disk.clone())?;
        let clock = Arc::new(ManualClock::new("2026-11-21T08:00:00Z".parse::<Timestamp>().unwrap()));
        let mut config = Config { data_dir: directory.to_owned(), ..Config::default() };
        // As cheap as it can be: it is not what is tested.
        (config.password.memory_kib, config.password.passes, config.password.threads) = (8, 1, 1);
        let worker = WorkerProgram(directory.join("worker"));
        let services = Services::new(Arc::new(store), clock.clone(), Arc::new(config)).with_worker(worker);
        Ok(Self { services, clock, disk: disk.clone() })
    }

    /// A new site with an admin.
    pub fn new(directory: &Path) -> Self {
        let site = Self::open(directory, &PowerDisk::new()).unwrap();
        site.init().unwrap();
        site
    }

    /// A site whose database is larger than what of it is kept in memory.
    pub fn large(directory: &Path) -> Self {
        let site = Self::new(directory);
        let payload = "x".repeat(30_000);
        for _ in 0..14 {
            let now = site.services.now();
            let fill =
                |w: &_| (0..100).try_for_each(|_| jobs::enqueue(w, now, "none", &payload, 1).map(|_| ()));
            site.services.store.write(fill).unwrap();
        }
        site
    }

    /// Makes the admin.
    pub fn init(&self) -> Result<(), ServiceError> {
        let password = NewPassword::Plain(SecretString::new(PASSWORD.to_owned()));
        let email = Email::parse("admin@example.com").unwrap();
        bootstrap::init(&self.services, email, None, password, FirstSignIn::KeepsPassword).map(|_| ())
    }

    /// The admin, once there is one.
    pub fn admin(&self) -> Option<User> {
        self.users().into_iter().find(|user| user.roles.contains(&Role::Admin))
    }

    pub fn users(&self) -> Vec<User> {
        self.services
            .store
            .read(store_users::list_users)
            .unwrap_or_else(|error: StoreError| panic!("{error}"))
    }

    /// What the admin may do.
    pub fn grant<P: PermissionType>(&self) -> Grant<P> {
        Grant::check(&self.admin().unwrap(), None).unwrap()
    }

    /// Adds a user whose password is the admin's.
    pub fn add_user(&self, email: &str) -> Result<(), ServiceError> {
        let admin = self.admin().unwrap();
        let find = |r: &_| store_users::find_password_hash(r, admin.id);
        let hash = self.services.store.read(find).unwrap_or_else(|error: StoreError| panic!("{error}"));
        let new = NewUser {
            name: PersonName { first: Some("Ann".to_owned()), last: Some("Example".to_owned()) },
            mobile: None,
            email: Email::parse(email).unwrap(),
            username: None,
            roles: [Role::Customer].into(),
            owners: OwnerScope::Owners(["Acme".to_owned()].into()),
            password: NewPassword::Hash(hash.unwrap()),
            first_sign_in: FirstSignIn::KeepsPassword,
        };
        users::add(&self.services, &self.grant(), new).map(|_| ())
    }

    /// Everything that is in the store.
    pub fn picture(&self) -> Result<Picture, StoreError> {
        let mut hasher = Sha256::new();
        self.services.store.read(|r| {
            for table in tables::ALL {
                hasher.update(table.0);
                r.visit_raw(
                    *table,
                    (Bound::Unbounded, Bound::Unbounded),
                    Order::Ascending,
                    &mut |key, value| {
                        for part in [key, value] {
                            hasher.update((part.len() as u64).to_be_bytes());
                            hasher.update(part);
                        }
                        Ok(ControlFlow::Continue(()))
                    },
                )?;
            }
            Ok::<_, StoreError>(())
        })?;
        Ok(hasher.finalize().into())
    }

    /// All events of the audit log.
    pub fn events(&self) -> Result<Vec<AuditEvent>, StoreError> {
        let mut events = Vec::new();
        self.services.store.read(|r| {
            store_audit::visit_events(r, 0, Order::Ascending, &mut |event| {
                events.push(event?);
                Ok(ControlFlow::Continue(()))
            })
        })?;
        Ok(events)
    }

    /// What is wrong in itself: a chain that is broken, a value that rotted, one part of a transaction without the
    /// others.
    pub fn check(&self) -> Result<(), String> {
        let told = |error: &dyn std::fmt::Display| error.to_string();
        if let Some(bad) = audit::verify(&self.services).map_err(|error| told(&error))?.first_bad {
            return Err(format!("the audit log: {bad:?}"));
        }
        let damage = self.services.store.verify_values().map_err(|error| told(&error))?;
        if !damage.is_empty() {
            return Err(format!("{damage:?}"));
        }
        let events = self.events().map_err(|error| told(&error))?;
        let targets = |actions: &[&str]| -> BTreeSet<String> {
            let wanted = events.iter().filter(|event| actions.contains(&event.action.as_str()));
            wanted.map(|event| event.target.clone()).collect()
        };
        let store = &self.services.store;
        let (added, begun) = (targets(&["user.add", "site.init"]), targets(&["import.begin"]));
        let found = store.read(|r| {
            let users = store_users::list_users(r)?;
            for user in &users {
                if store_users::find_password_hash(r, user.id)?.is_none()
                    || store_users::find_user_by_login(r, &user.email.login())?.as_ref() != Some(user)
                {
                    return Ok(Err(format!("{} has no password or no login", user.email)));
                }
            }
            let imports = store_imports::list_imports(r, usize::MAX)?;
            let mut jobs = Vec::new();
            for state in [JobState::Queued, JobState::Running, JobState::Done, JobState::Dead] {
                jobs.extend(store_jobs::list_jobs(r, state, Timestamp::MAX, usize::MAX)?);
            }
            for import in &imports {
                let id = import.id.to_string();
                if !jobs.iter().any(|job| job.kind == IMPORT_JOB && job.payload.contains(&id)) {
                    return Ok(Err(format!("import {id} has no job")));
                }
            }
            let users: BTreeSet<_> = users.iter().map(|user| format!("user:{}", user.id)).collect();
            let imports: BTreeSet<_> = imports.iter().map(|import| format!("import:{}", import.id)).collect();
            Ok::<_, StoreError>(Ok((users, imports)))
        });
        let (users, imports) = found.map_err(|error| told(&error))??;
        if users != added || imports != begun {
            return Err("the audit log tells of other users or imports than there are".to_owned());
        }
        Ok(())
    }
}
