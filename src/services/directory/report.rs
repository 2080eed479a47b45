//! What the directory is told to be, and whether it is: for the settings page and `stockroom doctor directory`.

use super::account::rights;
use crate::base::secret::SecretString;
use crate::config::directory::{DirectoryConfig, DirectoryTls};
use crate::directory::{Directory, Name, Wanted};
use crate::domain::directory::{DirectoryAccount, Part, PasswordAnswer, Person, Steps};
use crate::domain::permission::Role;
use crate::domain::scope::OwnerScope;
use crate::domain::user::User;
use crate::services::Services;
use crate::services::authorize::{Grant, ManageSite, ManageUsers};
use crate::services::error::ServiceError;
use crate::store::directory as store_directory;

/// How the directory is set up.
#[derive(Debug, Clone, Copy)]
pub struct Report<'r> {
    /// Its settings; `None` where there is none.
    pub config: Option<&'r DirectoryConfig>,
}

impl Report<'_> {
    /// Passwords go to the directory without TLS.
    pub fn is_plain(&self) -> bool {
        self.config.is_some_and(|config| config.tls == DirectoryTls::None)
    }
}

/// How the directory is set up.
pub fn settings<'r>(services: &'r Services, _grant: &Grant<ManageSite>) -> Report<'r> {
    Report { config: services.directory.as_ref().map(Directory::config) }
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
        self.steps
            .0
            .iter()
            .all(|step| step.is_good || (step.part == Part::Tls && step.words.starts_with("none")))
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
    let directory = services
        .directory
        .as_ref()
        .ok_or_else(|| ServiceError::NotFound("directory configured".to_owned()))?;
    let mut tested = Tested::default();
    let steps = &mut tested.steps;
    let Ok(mut connection) = directory.connect(steps) else { return Ok(tested) };
    if user.is_empty() {
        return Ok(tested);
    }
    let Some(name) = Name::parse(user, directory.config()) else {
        steps.bad(
            Part::Search,
            format!("{user}: no name of this directory (see upn_suffixes and netbios_domain)"),
        );
        return Ok(tested);
    };
    let Ok(Some(person)) = connection.find(Wanted::Name(&name), steps) else { return Ok(tested) };
    tested.rights = rights(directory.config(), &person)
        .filter(|_| person.is_usable(services.now()))
        .map(|rights| (rights.roles.into_iter().collect(), rights.owners));
    if !password.expose().is_empty() {
        let answer = connection.check(&person, password, steps);
        if matches!(answer, Ok(PasswordAnswer::MustChange | PasswordAnswer::NotNow)) {
            tested.rights = None;
        }
    }
    tested.person = Some(person);
    Ok(tested)
}

/// The entry of the directory that an account is.
pub fn account_of(
    services: &Services,
    _grant: &Grant<ManageUsers>,
    user: &User,
) -> Result<Option<DirectoryAccount>, ServiceError> {
    Ok(services.store.read(|r| store_directory::find_account(r, user.id))?)
}
