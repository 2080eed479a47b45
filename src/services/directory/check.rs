//! Signing in with the password that one has in the directory.
//!
//! A local account wins its names: whoever typed one of them is never looked for in the directory, so that no local
//! password is sent there and nobody who is called so there gets in here under it. They write `DOMAIN\user`.

use std::time::Duration;

use serde_json::json;

use super::account::{self, adopt};
use super::guard::{self, Browser, Counted};
use crate::directory::{Connection, Directory, Name, Wanted};
use crate::domain::audit::Actor;
use crate::domain::directory::{DirectoryId, NoAnswer, PasswordAnswer, Person, Steps};
use crate::domain::email::LoginKey;
use crate::domain::ids::UserId;
use crate::domain::user::Realm;
use crate::services::authorize::By;
use crate::services::error::ServiceError;
use crate::services::passwords::Verdict;
use crate::services::sign_in::{Attempt, Checked, Door, refusal};
use crate::services::throttle::{self, Buckets};
use crate::services::{Services, audit, logins, sessions, users};
use crate::store::{Read, StoreError, devices, directory as store_directory, users as store_users};

/// Whom an attempt is about; at least one of the two is there.
struct Whom {
    /// Whoever has this name in the directory.
    name: Option<Name>,
    /// An account that came from there, by its address or number: looked for where nobody has the name.
    id: Option<DirectoryId>,
    /// What is counted: all ways to write a name are one, and that of the account where there is one.
    counted: LoginKey,
}

impl Whom {
    fn wanted(&self) -> impl Iterator<Item = Wanted<'_>> {
        self.name.iter().map(Wanted::Name).chain(self.id.iter().map(Wanted::Id))
    }
}

/// Whom of the directory this login means, if not somebody here.
fn whom(
    services: &Services,
    r: &impl Read,
    directory: &Directory,
    typed: &str,
) -> Result<Option<Whom>, ServiceError> {
    let login = logins::typed(services, r, typed)?;
    let holder = store_users::find_user_by_login(r, &login)?;
    if holder.as_ref().is_some_and(|holder| holder.realm == Realm::Local) {
        return Ok(None);
    }
    let name = Name::parse(typed, directory.config());
    // A name that somebody had here may be another's there by now.
    let by_other = holder
        .as_ref()
        .filter(|holder| holder.username.as_ref().is_none_or(|username| username.login() != login));
    let entry = by_other.map(|holder| store_directory::find_account(r, holder.id)).transpose()?.flatten();
    let id = entry.map(|entry| entry.id);
    let counted = match (&holder, &name) {
        (None, Some(name)) => LoginKey::of(&name.user),
        _ => login,
    };
    Ok((name.is_some() || id.is_some()).then_some(Whom { name, id, counted }))
}

/// True where the directory is asked about this login: it takes the network, and none of the places for hashing.
pub fn concerns(services: &Services, typed: &str) -> Result<bool, ServiceError> {
    let Some(directory) = services.directory() else { return Ok(false) };
    services.store.read(|r| Ok(users::has_admin(r)? && whom(services, r, &directory, typed)?.is_some()))
}

/// Checks an attempt that is about somebody of the directory; `None` for any other.
///
/// # Errors
/// As [`crate::services::sign_in::sign_in`]; [`ServiceError::DirectoryAway`], [`ServiceError::NotAdmitted`],
/// [`ServiceError::ChangeInDirectory`].
pub(in crate::services) fn check(
    services: &Services,
    attempt: &Attempt<'_>,
) -> Result<Option<Checked>, ServiceError> {
    let Some(directory) = services.directory() else { return Ok(None) };
    let found = services.store.read(|r| {
        // Before there is an admin here nobody comes in: one of the directory's is no way into a site of nobody's.
        let whom = if users::has_admin(r)? { whom(services, r, &directory, attempt.login)? } else { None };
        let Some(whom) = whom else { return Ok::<_, ServiceError>(None) };
        let login = whom.counted.clone();
        let account = store_users::find_user_by_login(r, &login)?.filter(|user| user.realm == Realm::Ldap);
        let buckets = buckets(r, &login, account.map(|user| user.id), attempt)?;
        let wait = throttle::wait(r, &services.config().throttle, &buckets, services.now())?;
        // Whoever asked for an account here by that name is told where it stands, as without a directory.
        let written = logins::typed(services, r, attempt.login)?;
        let asker = store_users::find_users_who_ask(r, &written)?.into_iter().next();
        let hash =
            asker.as_ref().map(|user| store_users::find_password_hash(r, user.id)).transpose()?.flatten();
        Ok(Some((whom, login, buckets, wait, asker.zip(hash))))
    })?;
    let Some((whom, login, buckets, wait, asker)) = found else { return Ok(None) };
    if let Some(wait) = wait {
        return Err(ServiceError::Throttled(wait));
    }
    let _place = services.in_flight.enter(&buckets)?;
    // What a local account costs, so that the time does not tell which is which.
    let verdict = services.passwords.verify(attempt.password, asker.as_ref().map(|(_, hash)| hash))?;
    let asker = asker.filter(|_| matches!(verdict, Verdict::Right { .. })).map(|(user, _)| user);
    let asking = Asking { services, directory: &directory, attempt, login };
    match asking.ask(&whom, &buckets) {
        Ok(checked) => Ok(Some(checked)),
        Err(error) => {
            let standing = asker.and_then(|user| refusal(&user, services.now()));
            let error = match error {
                ServiceError::WrongCredentials => standing.unwrap_or(error),
                other => other,
            };
            let error = asking.at_the_door(error);
            asking.refuse(&buckets, &error)?;
            Err(error)
        }
    }
}

/// The same work for an attempt on somebody here that failed, so that neither time nor answer tells who is where.
pub(in crate::services) fn pretend(services: &Services, attempt: &Attempt<'_>) -> Result<(), ServiceError> {
    let Some(directory) = services.directory() else { return Ok(()) };
    let login = LoginKey::of(attempt.login);
    let asking = Asking { services, directory: &directory, attempt, login };
    if !asking.may_be_asked() {
        return Ok(());
    }
    let is_known = services.store.read(|r| {
        let user = store_users::find_user_by_login(r, &asking.login)?;
        Ok::<_, StoreError>(user.is_some_and(|user| is_known(r, user.id, attempt).unwrap_or(false)))
    })?;
    // Whose browser is known, knows that there is an account.
    if is_known {
        return Ok(());
    }
    let nobody =
        Name { user: attempt.login.chars().filter(|c| !c.is_control()).take(64).collect(), upn: None };
    match asking.find([Wanted::Name(&nobody)].into_iter()) {
        Ok((connection, _)) => asking.ask_about_nobody(connection),
        Err(_) => Err(ServiceError::DirectoryAway),
    }
}

fn is_known(r: &impl Read, user: UserId, attempt: &Attempt<'_>) -> Result<bool, StoreError> {
    let hash = attempt.device.map(sessions::token_hash);
    let of = hash.map(|hash| devices::find_device_user(r, &hash)).transpose()?.flatten();
    Ok(of == Some(user))
}

fn buckets(
    r: &impl Read,
    login: &LoginKey,
    user: Option<UserId>,
    attempt: &Attempt<'_>,
) -> Result<Buckets, StoreError> {
    let is_known = user.map(|user| is_known(r, user, attempt)).transpose()?.unwrap_or(false);
    let device = attempt.device.filter(|_| is_known).map(sessions::token_hash);
    Ok(Buckets::of(login, user, device.as_ref(), attempt.address))
}

struct Asking<'a> {
    services: &'a Services,
    directory: &'a Directory,
    attempt: &'a Attempt<'a>,
    login: LoginKey,
}

impl<'a> Asking<'a> {
    /// Over plain HTTP from another machine everybody on the way would read a password that opens far more than this
    /// site.
    fn may_be_asked(&self) -> bool {
        let is_here = self.attempt.address.is_none_or(|address| address.is_loopback());
        self.services.config().is_https() || is_here || self.directory.config().over_http
    }

    /// Whoever is found first.
    fn find<'w>(
        &self,
        wanted: impl Iterator<Item = Wanted<'w>>,
    ) -> Result<(Connection<'a>, Option<Person>), NoAnswer> {
        let mut steps = Steps::default();
        let found = self.directory.connect(&mut steps).and_then(|mut connection| {
            for wanted in wanted {
                if let Some(person) = connection.find(wanted, &mut steps)? {
                    return Ok((connection, Some(person)));
                }
            }
            Ok((connection, None))
        });
        if let Err(error) = &found {
            tracing::error!(
                "The company's directory gives no answer: {error}. `stockroom doctor directory` shows each step"
            );
        }
        found
    }

    fn ask(&self, whom: &Whom, buckets: &Buckets) -> Result<Checked, ServiceError> {
        if !self.may_be_asked() {
            return Err(ServiceError::WrongCredentials);
        }
        let (connection, person) = self.find(whom.wanted()).map_err(|_| ServiceError::DirectoryAway)?;
        let Some(person) = person else {
            self.ask_about_nobody(connection)?;
            return Err(ServiceError::WrongCredentials);
        };
        let now = self.services.now();
        let counted = Counted::entry(&person.id);
        let browser = self.services.store.read(|r| {
            let user = store_directory::find_user_id(r, &person.id)?;
            let known = user.map(|user| is_known(r, user, self.attempt)).transpose()?.unwrap_or(false);
            Ok::<_, StoreError>(if known { Browser::Known } else { Browser::Unknown })
        })?;
        self.reserve(&counted, browser)?;
        let answer = connection.check(&person, self.attempt.password, &mut Steps::default());
        let answer = answer.map_err(|error| {
            tracing::error!("The company's directory gives no answer: {error}");
            ServiceError::DirectoryAway
        })?;
        match answer {
            PasswordAnswer::Right => {}
            PasswordAnswer::Wrong | PasswordAnswer::Locked => return Err(ServiceError::WrongCredentials),
            PasswordAnswer::MustChange | PasswordAnswer::NotNow => {
                if self.attempt.door == Door::Everybody {
                    self.services.store.write(|w| guard::give_back(w, &counted))?;
                }
                return Err(match answer {
                    PasswordAnswer::MustChange => ServiceError::ChangeInDirectory,
                    _ => ServiceError::NotAdmitted,
                });
            }
        }
        let rights = account::rights(self.directory.config(), &person).filter(|_| person.is_usable(now));
        let Some(rights) = rights else {
            if self.attempt.door == Door::Everybody {
                self.services.store.write(|w| guard::forget(w, &counted))?;
            }
            return Err(ServiceError::NotAdmitted);
        };
        if !self.attempt.door.is_open_to(&rights.roles) {
            return Err(ServiceError::WrongCredentials);
        }
        let by = By { actor: Actor::Visitor, address: self.attempt.address };
        let user = self.services.store.write(|w| {
            guard::forget(w, &counted)?;
            adopt(self.services, w, &person, rights, by)
        })?;
        match refusal(&user, now) {
            Some(error) => Err(error),
            None => Ok(Checked::new(user, None, buckets.clone())),
        }
    }

    /// Where admins alone are let in, nobody else learns that a password was right.
    fn at_the_door(&self, error: ServiceError) -> ServiceError {
        match error {
            ServiceError::ChangeInDirectory | ServiceError::NotAdmitted | ServiceError::NotActive(_)
                if self.attempt.door == Door::Admins =>
            {
                ServiceError::WrongCredentials
            }
            other => other,
        }
    }

    fn reserve(&self, counted: &Counted, browser: Browser) -> Result<(), ServiceError> {
        let (config, now) = (self.directory.config(), self.services.now());
        let wait: Option<Duration> =
            self.services.store.write(|w| guard::reserve(w, config, counted, browser, now))?;
        wait.map_or(Ok(()), |wait| Err(ServiceError::Throttled(wait)))
    }

    fn ask_about_nobody(&self, connection: Connection<'_>) -> Result<(), ServiceError> {
        self.reserve(&Counted::name(&self.login), Browser::Unknown)?;
        connection.check_nobody();
        Ok(())
    }

    /// Counts and audits a failure. Whoever has the password guesses nothing.
    fn refuse(&self, buckets: &Buckets, error: &ServiceError) -> Result<(), ServiceError> {
        let reason = match error {
            ServiceError::WrongCredentials => "password",
            ServiceError::DirectoryAway => "directory",
            ServiceError::ChangeInDirectory => "must-change",
            ServiceError::NotAdmitted => "not-admitted",
            ServiceError::NotActive(_) => "status",
            // Counted, so that asking goes on ever more slowly; there is nothing to tell.
            ServiceError::Throttled(_) => "",
            _ => return Ok(()),
        };
        let is_guess = matches!(
            error,
            ServiceError::WrongCredentials | ServiceError::DirectoryAway | ServiceError::Throttled(_)
        );
        let (services, now) = (self.services, self.services.now());
        services.store.write(|w| {
            if is_guess {
                throttle::count_failure(w, &services.config().throttle, buckets, now)?;
            }
            if reason.is_empty() {
                return Ok(());
            }
            let holder =
                store_users::find_user_by_login(w, &self.login)?.filter(|user| user.realm == Realm::Ldap);
            let target = holder.map_or(String::new(), |user| format!("user:{}", user.id));
            let by = By { actor: Actor::Visitor, address: self.attempt.address };
            audit::append(
                w,
                now,
                by,
                "session.refuse",
                &target,
                &json!({ "realm": "ldap", "reason": reason }),
            )
        })?;
        Ok(())
    }
}
