//! Accounts: adding, changing, switching off and on. [`edit`] is the form of a page, with what changed meanwhile;
//! [`listing`] what a list of users shows, [`detail`] what one's own page does; [`bulk`] does the same to many;
//! [`delete`] leaves nothing but a name for the audit log ([`names`]); [`protect`] demands a second factor and unlocks;
//! [`owners`] are those that there are to choose from, [`coverage`] who sees the rows of which; [`import`] brings the
//! users of another system along.

pub mod admin_reset;
pub(super) mod admins;
pub mod bulk;
pub mod coverage;
pub mod delete;
pub mod detail;
pub mod edit;
pub mod import;
mod judge;
pub mod listing;
pub mod names;
pub mod owners;
pub mod protect;
pub(in crate::services) mod reach;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

pub(in crate::services) use self::admins::has_admin;
use self::admins::{is_usable_admin, keeps_an_admin};
use super::authorize::{By, Grant, ManageUsers};
use super::error::ServiceError;
use super::{Services, audit, notices, password_policy, passwords, second_factor};
use crate::base::secret::SecretString;
use crate::domain::audit::Actor;
use crate::domain::email::{Email, LoginKey, Username};
use crate::domain::ids::{AvatarId, UserId};
use crate::domain::mobile::Mobile;
use crate::domain::permission::Role;
use crate::domain::scope::OwnerScope;
use crate::domain::user::{Approval, PersonName, Realm, User, UserStatus};
use crate::mail::letters::Change;
use crate::services::{end_sessions, live_links};
use crate::store::{Read, StoreError, WriteTxn, trusted_browsers, users as store_users};

/// A user as shown: on the command line, in the API. Holds no secret.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, as JSON shows it")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = User)]
pub struct UserView {
    /// Id.
    pub id: UserId,
    /// Mail address.
    pub email: Email,
    /// What people call the user: first and last name.
    pub name: Option<String>,
    /// First name.
    #[serde(default)]
    pub first_name: Option<String>,
    /// Last name.
    #[serde(default)]
    pub last_name: Option<String>,
    /// User name, if there is one.
    pub username: Option<Username>,
    /// Mobile number, if there is one.
    #[serde(default)]
    pub mobile: Option<Mobile>,
    /// Where the account stands.
    pub status: UserStatus,
    /// Who checks the password.
    pub realm: Realm,
    /// Roles.
    pub roles: BTreeSet<Role>,
    /// Sees every row.
    pub all_owners: bool,
    /// Otherwise sees the rows of these.
    pub owners: BTreeSet<String>,
    /// Must set a new password before anything else.
    pub must_change_password: bool,
    /// A second factor is asked for at the sign-in.
    #[serde(default)]
    pub second_factor: bool,
    /// An admin wants them to have one.
    #[serde(default)]
    pub second_factor_required: bool,
    /// The user's picture.
    #[serde(default)]
    pub avatar: Option<AvatarId>,
    /// When the user proved to read mails at the address.
    #[serde(default)]
    pub confirmed_at: Option<Timestamp>,
    /// When somebody let the account in, where it was asked for.
    #[serde(default)]
    pub approval: Option<Approval>,
    /// The latest sign-in.
    #[serde(default)]
    pub signed_in_at: Option<Timestamp>,
    /// Who made the account.
    #[serde(default = "by_the_site")]
    pub made_by: Actor,
    /// When the account was made.
    pub created_at: Timestamp,
    /// Another one after each change of the account: what was read with this one is out of date then.
    #[serde(default)]
    pub version: String,
}

fn by_the_site() -> Actor {
    Actor::System
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        let owners = match &user.owners {
            OwnerScope::All => BTreeSet::new(),
            OwnerScope::Owners(owners) => owners.clone(),
        };
        Self {
            id: user.id,
            email: user.email.clone(),
            name: user.name.full(),
            first_name: user.name.first.clone(),
            last_name: user.name.last.clone(),
            username: user.username.clone(),
            mobile: user.mobile.clone(),
            status: user.status,
            realm: user.realm,
            roles: user.roles.clone(),
            all_owners: user.owners == OwnerScope::All,
            owners,
            must_change_password: user.must_change_password,
            second_factor: user.second_factor_at.is_some(),
            second_factor_required: user.second_factor_required,
            avatar: user.avatar,
            confirmed_at: user.confirmed_at,
            approval: user.approval,
            signed_in_at: user.signed_in_at,
            made_by: user.made_by,
            created_at: user.created_at,
            version: version(user),
        }
    }
}

fn version(user: &User) -> String {
    // Both: a clock may stand still or be set back.
    format!("{}-{}", user.updated_at.as_microsecond(), user.credential_epoch)
}

/// Whether a password set by somebody else must be changed at first sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FirstSignIn {
    /// The password stays.
    KeepsPassword,
    /// Only a new password opens the rest.
    ChangesPassword,
}

/// How a password comes in.
#[derive(Debug, Clone)]
pub enum NewPassword {
    /// As typed; the rules apply.
    Plain(SecretString),
    /// A PHC string made elsewhere; the rules cannot be checked.
    Hash(SecretString),
    /// None yet: the user sets one, by a link or a slip.
    Unset,
}

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Mail address.
    pub email: Email,
    /// What people call the user.
    pub name: PersonName,
    /// User name.
    pub username: Option<Username>,
    /// Mobile number.
    pub mobile: Option<Mobile>,
    /// Roles, at least one.
    pub roles: BTreeSet<Role>,
    /// What the user may see; stated, never derived.
    pub owners: OwnerScope,
    /// Password.
    pub password: NewPassword,
    /// Whether it is to be changed.
    pub first_sign_in: FirstSignIn,
}

/// Makes a user and the password's hash, ready to be put into the store. Slow: outside of transactions.
pub(super) fn prepare(
    services: &Services,
    new: NewUser,
    by: By,
) -> Result<(User, SecretString), ServiceError> {
    let password = new.password.clone();
    let user = without_password(services, new, by)?;
    let hash = hash_new(services, &user, password)?;
    Ok((user, hash))
}

/// Makes a user whose password is still to come.
pub(super) fn without_password(services: &Services, new: NewUser, by: By) -> Result<User, ServiceError> {
    if new.roles.is_empty() {
        return Err(ServiceError::invalid(
            "role",
            "is missing; expected at least one of customer, planner, operator, auditor, admin",
        ));
    }
    let now = services.now();
    Ok(User {
        name: new.name,
        username: new.username,
        mobile: new.mobile,
        roles: new.roles,
        owners: new.owners,
        must_change_password: new.first_sign_in == FirstSignIn::ChangesPassword,
        made_by: by.actor,
        ..User::new(UserId::new(now), new.email, now)
    })
}

fn hash_new(services: &Services, user: &User, password: NewPassword) -> Result<SecretString, ServiceError> {
    match password {
        NewPassword::Plain(password) => {
            password_policy::check(&services.config().password, user, &password)?;
            services.passwords.hash(&password)
        }
        NewPassword::Hash(hash) if passwords::is_usable_hash(hash.expose()) => Ok(hash),
        NewPassword::Unset => Err(ServiceError::invalid("password", "is missing")),
        NewPassword::Hash(_) => Err(ServiceError::invalid(
            "password hash",
            "is not an argon2id hash; make one with `stockroom hash-password`",
        )),
    }
}

/// Puts a user without a password into the store.
pub(super) fn insert_without_password(w: &WriteTxn, user: &User) -> Result<(), ServiceError> {
    store_users::insert_user(w, user).map_err(taken)
}

/// Puts a prepared user into the store.
pub(super) fn insert(w: &WriteTxn, user: &User, hash: &SecretString) -> Result<(), ServiceError> {
    insert_without_password(w, user)?;
    store_users::put_password_hash(w, user.id, hash)?;
    Ok(())
}

pub(super) fn taken(error: StoreError) -> ServiceError {
    match error {
        StoreError::Taken { value, .. } => {
            ServiceError::Conflict(format!("`{value}` is the login of another user already"))
        }
        other => other.into(),
    }
}

/// Adds a user.
///
/// # Errors
/// [`ServiceError::Conflict`] where a login is taken; [`ServiceError::Invalid`] for a bad password.
pub fn add(services: &Services, grant: &Grant<ManageUsers>, new: NewUser) -> Result<UserView, ServiceError> {
    let (user, hash) = prepare(services, new, grant.by())?;
    let view = UserView::from(&user);
    services.store.write(|w| {
        reach::check(w, grant.by(), None, &user.owners)?;
        insert(w, &user, &hash)?;
        let details = json!({ "after": view });
        audit::append(w, user.created_at, grant.by(), "user.add", &target(&user), &details)?;
        Ok::<_, ServiceError>(())
    })?;
    Ok(view)
}

/// All users in order of creation.
pub fn list(services: &Services, _grant: &Grant<ManageUsers>) -> Result<Vec<UserView>, ServiceError> {
    services.store.read(|r| Ok(store_users::list_users(r)?.iter().map(UserView::from).collect()))
}

/// The user with this login.
pub fn show(services: &Services, _grant: &Grant<ManageUsers>, login: &str) -> Result<UserView, ServiceError> {
    services.store.read(|r| get(r, login).map(|user| UserView::from(&user)))
}

/// Sets another user's password and ends their sessions.
pub fn set_password(
    services: &Services,
    grant: &Grant<ManageUsers>,
    login: &str,
    password: NewPassword,
    first_sign_in: FirstSignIn,
) -> Result<UserView, ServiceError> {
    let user = services.store.read(|r| get(r, login))?;
    if grant.by().user() == Some(user.id) {
        return Err(ServiceError::Conflict(
            "this is your own account; change its password under Account".to_owned(),
        ));
    }
    is_changed_here(&user)?;
    let hash = hash_new(services, &user, password)?;
    let view = change(services, grant, login, "user.password", |w, user| {
        user.must_change_password = first_sign_in == FirstSignIn::ChangesPassword;
        store_users::put_password_hash(w, user.id, &hash)?;
        live_links::end_with_password(w, services.now(), user.id)?;
        notices::tell(services, w, user, &user.email, Change::PasswordByAdmin, grant.by())
    })?;
    services.ring_job_bell();
    Ok(view)
}

/// Refused for accounts of the company's directory: rights set here would be those of its groups again within minutes, a
/// password would open nothing, and one that must be changed here could not be.
pub(super) fn is_changed_here(user: &User) -> Result<(), ServiceError> {
    match user.realm {
        Realm::Local => Ok(()),
        Realm::Ldap => Err(ServiceError::Conflict(
            "this account comes from the company's directory; change it there".to_owned(),
        )),
    }
}

/// Ends all sessions of a user; how many there were.
pub fn end_sessions(
    services: &Services,
    grant: &Grant<ManageUsers>,
    login: &str,
) -> Result<usize, ServiceError> {
    services.store.write(|w| {
        let user = get(w, login)?;
        end_sessions_in(services, w, grant, &user)
    })
}

/// The same in the caller's transaction.
fn end_sessions_in(
    services: &Services,
    w: &WriteTxn,
    grant: &Grant<ManageUsers>,
    user: &User,
) -> Result<usize, ServiceError> {
    reach::check(w, grant.by(), Some(user), &user.owners)?;
    let ended = end_sessions::all_of(w, services.now(), user.id, None)?;
    let distrusted = trusted_browsers::delete_all_trusted(w, user.id, None)?;
    let details = json!({ "sessions_ended": ended, "browsers": distrusted });
    audit::append(w, services.now(), grant.by(), "user.sessions", &target(user), &details)?;
    Ok(ended)
}

/// Takes a user's second factor away, with recovery codes and trusted browsers; their sessions end and they are told.
///
/// # Errors
/// [`ServiceError::Conflict`] for one's own account, and where there is none.
pub fn reset_second_factor(
    services: &Services,
    grant: &Grant<ManageUsers>,
    login: &str,
) -> Result<UserView, ServiceError> {
    let view = change(services, grant, login, "user.second_factor.reset", |w, user| {
        if grant.by().user() == Some(user.id) {
            return Err(ServiceError::Conflict(
                "this is your own account; switch its second factor off under Account".to_owned(),
            ));
        }
        if user.second_factor_at.take().is_none() {
            return Err(ServiceError::Conflict("this account has no second factor".to_owned()));
        }
        second_factor::erase(w, user.id)?;
        notices::tell(services, w, user, &user.email, Change::SecondFactorReset, grant.by())
    })?;
    services.ring_job_bell();
    Ok(view)
}

/// Switches an account off; its sessions end at once.
///
/// # Errors
/// [`ServiceError::Conflict`] for the last active admin and for oneself.
pub fn disable(
    services: &Services,
    grant: &Grant<ManageUsers>,
    login: &str,
) -> Result<UserView, ServiceError> {
    change(services, grant, login, "user.disable", |_, user| {
        if grant.by().user() == Some(user.id) {
            return Err(ServiceError::Conflict(
                "you cannot switch off your own account; another admin can".to_owned(),
            ));
        }
        user.status = UserStatus::Deactivated;
        Ok(())
    })
}

/// Switches an account on again.
pub fn enable(
    services: &Services,
    grant: &Grant<ManageUsers>,
    login: &str,
) -> Result<UserView, ServiceError> {
    change(services, grant, login, "user.enable", |_, user| {
        user.status = UserStatus::Active;
        Ok(())
    })
}

/// Sets roles, and scope where one is given; open sessions end, since rights change at once (ASVS 8.3.2).
///
/// # Errors
/// [`ServiceError::Conflict`] where it would leave no active admin.
pub fn set_roles(
    services: &Services,
    grant: &Grant<ManageUsers>,
    login: &str,
    roles: BTreeSet<Role>,
    owners: Option<OwnerScope>,
) -> Result<UserView, ServiceError> {
    if roles.is_empty() && owners.is_none() {
        return Err(ServiceError::invalid("role", "is missing; name a role or owners"));
    }
    change(services, grant, login, "user.role", |_, user| {
        is_changed_here(user)?;
        if !roles.is_empty() {
            user.roles = roles;
        }
        if let Some(owners) = owners {
            user.owners = owners;
        }
        Ok(())
    })
}

/// One change of an account: new epoch, sessions ended, an admin left, audited with before and after.
fn change(
    services: &Services,
    grant: &Grant<ManageUsers>,
    login: &str,
    action: &str,
    edit: impl FnOnce(&WriteTxn, &mut User) -> Result<(), ServiceError>,
) -> Result<UserView, ServiceError> {
    services.store.write(|w| {
        let user = get(w, login)?;
        change_in(services, w, grant, user, action, edit)
    })
}

/// The same in the caller's transaction.
fn change_in(
    services: &Services,
    w: &WriteTxn,
    grant: &Grant<ManageUsers>,
    mut user: User,
    action: &str,
    edit: impl FnOnce(&WriteTxn, &mut User) -> Result<(), ServiceError>,
) -> Result<UserView, ServiceError> {
    let now = services.now();
    let before = UserView::from(&user);
    let was_admin = is_usable_admin(w, &user)?;
    let as_it_was = user.clone();
    edit(w, &mut user)?;
    reach::check(w, grant.by(), Some(&as_it_was), &user.owners)?;
    user.credential_epoch += 1;
    user.updated_at = now;
    store_users::update_user(w, &user).map_err(taken)?;
    keeps_an_admin(w, was_admin, &user)?;
    let ended = end_sessions::all_of(w, services.now(), user.id, None)?;
    let view = UserView::from(&user);
    let details = json!({ "before": before, "after": view, "sessions_ended": ended });
    audit::append(w, now, grant.by(), action, &target(&user), &details)?;
    Ok(view)
}

pub(in crate::services) fn get(r: &impl Read, login: &str) -> Result<User, ServiceError> {
    let found = match login.parse::<UserId>() {
        Ok(id) => store_users::find_user(r, id)?,
        Err(_) => store_users::find_user_by_login(r, &LoginKey::of(login))?,
    };
    found.ok_or_else(|| ServiceError::NotFound(format!("user `{login}`")))
}

pub(super) fn target(user: &User) -> String {
    format!("user:{}", user.id)
}
