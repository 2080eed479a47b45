//! Users, their logins and their password hashes.

use std::collections::HashSet;
use std::ops::ControlFlow;

use bincode::{Decode, Encode};

use super::codec::{self, damaged};
use super::convert::{from_word, micros, timestamp, to_word};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::security_questions;
use super::tables::{CREDENTIALS, UNCLAIMED_LOGIN, USER_BY_LOGIN, USERS};
use super::transaction::{Order, Read, WriteTxn, get, visit, visit_keys};
use super::waiting::{self, Waiting};
use crate::base::secret::SecretString;
use crate::domain::email::{Email, LoginKey, Username};
use crate::domain::ids::{AvatarId, UserId};
use crate::domain::mobile::Mobile;
use crate::domain::scope::OwnerScope;
use crate::domain::user::{Approval, PersonName, User, UserStatus};

#[derive(Encode, Decode)]
enum UserRecord {
    V1(UserV1),
}

#[derive(Encode, Decode)]
struct UserV1 {
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    username: Option<String>,
    mobile: Option<String>,
    status: String,
    realm: String,
    roles: Vec<String>,
    /// `None` stands for all owners.
    owners: Option<Vec<String>>,
    must_change_password: bool,
    credential_epoch: u64,
    password_expires_at: Option<i64>,
    confirmed_at: Option<i64>,
    approval: Option<ApprovalV1>,
    second_factor_at: Option<i64>,
    second_factor_required: bool,
    avatar: Option<[u8; 16]>,
    signed_in_at: Option<i64>,
    made_by: String,
    created_at: i64,
    updated_at: i64,
}

#[derive(Encode, Decode)]
struct ApprovalV1 {
    by: Option<[u8; 16]>,
    at: i64,
}

#[derive(Encode, Decode)]
enum CredentialRecord {
    /// A PHC string.
    V1(String),
}

fn to_record(user: &User) -> UserRecord {
    UserRecord::V1(UserV1 {
        email: user.email.as_str().to_owned(),
        first_name: user.name.first.clone(),
        last_name: user.name.last.clone(),
        username: user.username.as_ref().map(|name| name.as_str().to_owned()),
        mobile: user.mobile.as_ref().map(|mobile| mobile.as_str().to_owned()),
        status: to_word(&user.status),
        realm: to_word(&user.realm),
        roles: user.roles.iter().map(to_word).collect(),
        owners: match &user.owners {
            OwnerScope::All => None,
            OwnerScope::Owners(owners) => Some(owners.iter().cloned().collect()),
        },
        must_change_password: user.must_change_password,
        credential_epoch: user.credential_epoch,
        password_expires_at: user.password_expires_at.map(micros),
        confirmed_at: user.confirmed_at.map(micros),
        approval: user.approval.map(|approval| ApprovalV1 {
            by: approval.by.map(|id| id.0.into_bytes()),
            at: micros(approval.at),
        }),
        second_factor_at: user.second_factor_at.map(micros),
        second_factor_required: user.second_factor_required,
        avatar: user.avatar.map(|id| id.0.into_bytes()),
        signed_in_at: user.signed_in_at.map(micros),
        made_by: to_word(&user.made_by),
        created_at: micros(user.created_at),
        updated_at: micros(user.updated_at),
    })
}

fn from_record(key: &[u8], record: UserRecord) -> Result<User, StoreError> {
    let UserRecord::V1(v1) = record;
    let id = KeyParts::of(key).uuid().ok_or_else(|| damaged(USERS, key, "its key is no id"))?;
    Ok(User {
        id: UserId(id),
        email: Email::parse(&v1.email)
            .map_err(|error| damaged(USERS, key, &format!("its address {error}")))?,
        name: PersonName { first: v1.first_name, last: v1.last_name },
        username: v1
            .username
            .map(|name| Username::parse(&name))
            .transpose()
            .map_err(|error| damaged(USERS, key, &format!("its name {error}")))?,
        mobile: v1
            .mobile
            .map(Mobile::try_from)
            .transpose()
            .map_err(|error| damaged(USERS, key, &format!("its number {error}")))?,
        status: from_word(USERS, key, &v1.status)?,
        realm: from_word(USERS, key, &v1.realm)?,
        roles: v1.roles.iter().map(|role| from_word(USERS, key, role)).collect::<Result<_, _>>()?,
        owners: v1.owners.map_or(OwnerScope::All, |owners| OwnerScope::Owners(owners.into_iter().collect())),
        must_change_password: v1.must_change_password,
        credential_epoch: v1.credential_epoch,
        password_expires_at: v1.password_expires_at.map(timestamp),
        confirmed_at: v1.confirmed_at.map(timestamp),
        approval: v1.approval.map(|approval| Approval {
            by: approval.by.map(|id| UserId(uuid::Uuid::from_bytes(id))),
            at: timestamp(approval.at),
        }),
        second_factor_at: v1.second_factor_at.map(timestamp),
        second_factor_required: v1.second_factor_required,
        avatar: v1.avatar.map(|id| AvatarId(uuid::Uuid::from_bytes(id))),
        signed_in_at: v1.signed_in_at.map(timestamp),
        made_by: from_word(USERS, key, &v1.made_by)?,
        created_at: timestamp(v1.created_at),
        updated_at: timestamp(v1.updated_at),
        narrowed_to: None,
    })
}

/// The user with this id.
pub fn find_user(r: &impl Read, id: UserId) -> Result<Option<User>, StoreError> {
    let key = Key::id(id.0);
    get(r, USERS, &key)?.map(|record| from_record(&key, record)).transpose()
}

/// The user who signs in with this.
pub fn find_user_by_login(r: &impl Read, login: &LoginKey) -> Result<Option<User>, StoreError> {
    let Some(bytes) = r.get_raw(USER_BY_LOGIN, login.as_str().as_bytes())? else { return Ok(None) };
    match KeyParts::of(&bytes).uuid() {
        Some(id) => find_user(r, UserId(id)),
        None => Err(damaged(USER_BY_LOGIN, login.as_str().as_bytes(), "it names no user")),
    }
}

/// All users in order of creation.
pub fn list_users(r: &impl Read) -> Result<Vec<User>, StoreError> {
    let mut users = Vec::new();
    visit(r, USERS, &[], Order::Ascending, &mut |key, record| {
        users.push(from_record(key, record)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(users)
}

/// True where some user is like that. One whose record is damaged keeps nobody else from being found.
///
/// # Errors
/// Where nobody is like that, as far as it can be read, and a record is damaged: it may have been the one.
pub fn has_user(r: &impl Read, is_like: impl Fn(&User) -> bool) -> Result<bool, StoreError> {
    let (mut found, mut damage) = (false, None);
    visit_keys(r, USERS, &[], Order::Ascending, &mut |key, bytes| {
        match codec::decode(USERS, key, bytes).and_then(|record| from_record(key, record)) {
            Ok(user) => found = found || is_like(&user),
            Err(error) => damage = Some(error),
        }
        Ok(if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    match damage {
        Some(error) if !found => Err(error),
        _ => Ok(found),
    }
}

/// Adds a user.
///
/// # Errors
/// [`StoreError::Taken`] where one of the logins is somebody's already.
pub fn insert_user(w: &WriteTxn, user: &User) -> Result<(), StoreError> {
    for login in logins(user) {
        if user.holds_logins() {
            claim(w, user, &login)?;
        } else {
            w.put_raw(UNCLAIMED_LOGIN, &unclaimed_key(&login, user.id), &[])?;
        }
    }
    if user.status == UserStatus::Pending {
        waiting::add(w, Waiting::User(user.id))?;
    }
    w.put(USERS, &Key::id(user.id.0), &to_record(user))
}

/// Replaces a user, moving the logins along.
///
/// # Errors
/// [`StoreError::Taken`] where one of the new logins is somebody else's.
pub fn update_user(w: &WriteTxn, user: &User) -> Result<(), StoreError> {
    if let Some(before) = find_user(w, user.id)? {
        // As at every sign-in.
        if before.status == user.status
            && before.holds_logins() == user.holds_logins()
            && logins(&before).eq(logins(user))
        {
            return w.put(USERS, &Key::id(user.id.0), &to_record(user));
        }
        release_logins(w, &before)?;
    }
    insert_user(w, user)
}

/// Deletes a user with logins, password and question; what else there is of them is the caller's to delete.
pub fn delete_user(w: &WriteTxn, user: &User) -> Result<(), StoreError> {
    release_logins(w, user)?;
    w.remove(CREDENTIALS, &Key::id(user.id.0))?;
    security_questions::delete_question(w, user.id)?;
    w.remove(USERS, &Key::id(user.id.0))?;
    Ok(())
}

fn release_logins(w: &WriteTxn, user: &User) -> Result<(), StoreError> {
    waiting::remove(w, Waiting::User(user.id))?;
    for login in logins(user) {
        if user.holds_logins() {
            w.remove(USER_BY_LOGIN, login.as_str().as_bytes())?;
        } else {
            w.remove(UNCLAIMED_LOGIN, &unclaimed_key(&login, user.id))?;
        }
    }
    Ok(())
}

/// Who else holds one of this user's logins, with the login. What an approver is told.
pub fn find_holders(r: &impl Read, user: &User) -> Result<Vec<(LoginKey, User)>, StoreError> {
    let mut holders = Vec::new();
    for login in logins(user) {
        if let Some(holder) = find_user_by_login(r, &login)?
            && holder.id != user.id
        {
            holders.push((login, holder));
        }
    }
    Ok(holders)
}

/// Users who asked for an account with this login and do not hold it, the latest first.
pub fn find_users_who_ask(r: &impl Read, login: &LoginKey) -> Result<Vec<User>, StoreError> {
    let mut ids = Vec::new();
    let prefix = unclaimed_prefix(login);
    visit_keys(r, UNCLAIMED_LOGIN, &prefix, Order::Descending, &mut |key, _| {
        match key.get(prefix.len()..).and_then(|rest| KeyParts::of(rest).uuid()) {
            Some(id) => ids.push(UserId(id)),
            None => return Err(damaged(UNCLAIMED_LOGIN, key, "it names no user")),
        }
        Ok(ControlFlow::Continue(()))
    })?;
    ids.into_iter().filter_map(|id| find_user(r, id).transpose()).collect()
}

fn unclaimed_prefix(login: &LoginKey) -> Vec<u8> {
    // No login holds a zero byte, so that none is the beginning of another's key.
    [login.as_str().as_bytes(), &[0]].concat()
}

fn unclaimed_key(login: &LoginKey, user: UserId) -> Vec<u8> {
    [unclaimed_prefix(login).as_slice(), user.0.as_bytes().as_slice()].concat()
}

fn logins(user: &User) -> impl Iterator<Item = LoginKey> {
    let optional = [user.username.as_ref().map(Username::login), user.mobile.as_ref().map(Mobile::login)];
    std::iter::once(user.email.login()).chain(optional.into_iter().flatten())
}

fn claim(w: &WriteTxn, user: &User, login: &LoginKey) -> Result<(), StoreError> {
    let key = login.as_str().as_bytes();
    match w.get_raw(USER_BY_LOGIN, key)? {
        Some(holder) if holder != user.id.0.as_bytes() => {
            Err(StoreError::Taken { table: USER_BY_LOGIN.0, value: login.as_str().to_owned() })
        }
        _ => w.put_raw(USER_BY_LOGIN, key, user.id.0.as_bytes()),
    }
}

/// The hash of the user's password, as a PHC string.
pub fn find_password_hash(r: &impl Read, id: UserId) -> Result<Option<SecretString>, StoreError> {
    let record: Option<CredentialRecord> = get(r, CREDENTIALS, &Key::id(id.0))?;
    Ok(record.map(|CredentialRecord::V1(hash)| SecretString::new(hash)))
}

/// Everybody who has a password.
pub fn list_password_holders(r: &impl Read) -> Result<HashSet<UserId>, StoreError> {
    let mut holders = HashSet::new();
    visit_keys(r, CREDENTIALS, &[], Order::Ascending, &mut |key, _| {
        holders.extend(KeyParts::of(key).uuid().map(UserId));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(holders)
}

/// Takes the password away: until another is set, nobody signs in with one.
pub fn delete_password_hash(w: &WriteTxn, id: UserId) -> Result<(), StoreError> {
    w.remove(CREDENTIALS, &Key::id(id.0)).map(|_| ())
}

/// Sets the hash of the user's password.
pub fn put_password_hash(w: &WriteTxn, id: UserId, hash: &SecretString) -> Result<(), StoreError> {
    w.put(CREDENTIALS, &Key::id(id.0), &CredentialRecord::V1(hash.expose().clone()))
}
