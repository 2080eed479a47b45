//! The company's directory: connecting ([`connect`]), looking people up ([`search`]), asking whether a password is
//! theirs ([`bind`]). The only user of ldap3, which is async: each connection has a small runtime of its own, on the
//! thread of the service that asks. Imports [`crate::base`], [`crate::config`] and [`crate::domain`].
//!
//! What the server said is told step by step, whatever comes of it. Referrals are never followed: they name servers that
//! nobody here chose to trust.

mod bind;
mod connect;
mod name;
mod search;

use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

pub use connect::Connection;
pub use name::Name;

use crate::base::ids::random_token;
use crate::base::secret::SecretString;
use crate::config::directory::DirectoryConfig;
use crate::domain::directory::{DirectoryId, NoAnswer, PasswordAnswer, Person, Steps};

/// Whom to look for.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'w> {
    /// Who signs in by this name.
    Name(&'w Name),
    /// Who was known before, whatever they are called now.
    Id(&'w DirectoryId),
}

/// The directory of a site.
pub struct Directory {
    config: DirectoryConfig,
    /// The server that answered last: it is asked first.
    favourite: AtomicUsize,
    /// When it was asked last, and why there was no answer if there was none.
    last: Mutex<Option<(Instant, Option<String>)>>,
}

impl Directory {
    /// The directory that the configuration describes.
    pub fn new(config: DirectoryConfig) -> Self {
        Self { config, favourite: AtomicUsize::new(0), last: Mutex::default() }
    }

    /// What is known about it.
    pub fn config(&self) -> &DirectoryConfig {
        &self.config
    }

    /// A connection to the first server that answers, with the service account signed in.
    ///
    /// # Errors
    /// Where no server answers, or none that can be trusted, or the service account is refused.
    pub fn connect(&self, steps: &mut Steps) -> Result<Connection<'_>, NoAnswer> {
        let connection = connect::connect(&self.config, &self.favourite, steps);
        let why_not = connection.as_ref().err().map(ToString::to_string);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), why_not));
        connection
    }

    /// How long ago it was asked last, and why there was no answer if there was none; `None` before the first time.
    pub fn last_answer(&self) -> Option<(Duration, Option<String>)> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().map(|(at, why_not)| (at.elapsed(), why_not.clone()))
    }
}

impl Connection<'_> {
    /// The person, with their groups.
    ///
    /// # Errors
    /// Where the directory does not say; also where it knows several by one name.
    pub fn find(&mut self, wanted: Wanted<'_>, steps: &mut Steps) -> Result<Option<Person>, NoAnswer> {
        search::find(self, wanted, steps)
    }

    /// Whether the password is theirs. Afterwards the connection is theirs too, so it ends here.
    ///
    /// # Errors
    /// Where the directory does not say.
    pub fn check(
        mut self,
        person: &Person,
        password: &SecretString,
        steps: &mut Steps,
    ) -> Result<PasswordAnswer, NoAnswer> {
        bind::check(&mut self, &person.dn, password, steps)
    }

    /// The same work for nobody: who is not there takes as long as who is. What was typed is sent nowhere.
    pub fn check_nobody(mut self) {
        let token = random_token();
        let dn = format!("CN={},{}", token.expose(), self.config.base_dn);
        search::groups_of_nobody(&mut self, &dn);
        let _ = bind::check(&mut self, &dn, &random_token(), &mut Steps::default());
    }
}
