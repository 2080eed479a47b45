//! What the directory is told to be, and whether it is: for the settings page and `stockroom doctor directory`.

use jiff::Timestamp;

use super::account::rights;
use crate::base::secret::SecretString;
use crate::config::directory::DirectoryConfig;
use crate::directory::{Directory, Name, Wanted};
use crate::domain::directory::{DirectoryAccount, Part, Person, Steps};
use crate::domain::ids::UserId;
use crate::domain::permission::Role;
use crate::domain::scope::OwnerScope;
use crate::services::Services;
use crate::services::authorize::{Grant, ManageSite, ManageUsers};
use crate::services::error::ServiceError;
use crate::store::directory as store_directory;

/// How the directory is set up; `None` where there is none.
pub fn settings(services: &Services, _grant: &Grant<ManageSite>) -> Option<DirectoryConfig> {
    services.directory().map(|directory| directory.config().clone())
}

/// What came of a test.
#[derive(Debug, Clone, Default)]
pub struct Tested {
    /// Each step, in the server's words.
    pub steps: Steps,
    /// The person, if one was looked for and found.
    pub person: Option<Person>,
    /// What they would be here; `None` for nobody to let in.
    pub rights: Option<(Vec<Role>, OwnerScope)>,
}

impl Tested {
    /// Nothing went wrong. That there is no TLS is a warning of its own.
    pub fn is_good(&self) -> bool {
        self.steps.0.iter().all(|step| step.is_good || step.is_warning())
    }
}

/// Tries what a sign-in does, with or without a person and their password. Nothing is kept, and nobody is signed in. It
/// is an admin's: the guard against locking accounts does not count it.
///
/// # Errors
/// [`ServiceError::NotFound`] where no directory is configured.
pub fn test(
    services: &Services,
    _grant: &Grant<ManageSite>,
    user: &str,
    password: &SecretString,
) -> Result<Tested, ServiceError> {
    let directory =
        services.directory().ok_or_else(|| ServiceError::NotFound("directory configured".to_owned()))?;
    Ok(ask(&directory, services.now(), user, password))
}

/// The same from the command line, which needs the configuration alone and no site.
pub fn test_alone(config: &DirectoryConfig, now: Timestamp, user: &str, password: &SecretString) -> Tested {
    ask(&Directory::new(config.clone()), now, user, password)
}

fn ask(directory: &Directory, now: Timestamp, user: &str, password: &SecretString) -> Tested {
    let mut tested = Tested::default();
    let steps = &mut tested.steps;
    let Ok(mut connection) = directory.connect(steps) else { return tested };
    if user.is_empty() {
        return tested;
    }
    let Some(name) = Name::parse(user, directory.config()) else {
        let why = "no name of this directory; see directory.upn_suffixes and directory.netbios_domain";
        steps.bad(Part::Search, format!("{user}: {why}"));
        return tested;
    };
    let Ok(Some(person)) = connection.find(Wanted::Name(&name), steps) else { return tested };
    tested.rights = rights(directory.config(), &person)
        .filter(|_| person.is_usable(now))
        .map(|rights| (rights.roles.into_iter().collect(), rights.owners));
    if !password.expose().is_empty() {
        // What it says stands among the steps.
        let _ = connection.check(&person, password, steps);
    }
    tested.person = Some(person);
    tested
}

/// The entry of the directory that an account is.
pub fn account_of(
    services: &Services,
    _grant: &Grant<ManageUsers>,
    user: UserId,
) -> Result<Option<DirectoryAccount>, ServiceError> {
    Ok(services.store.read(|r| store_directory::find_account(r, user))?)
}
