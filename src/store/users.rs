//! Users, their logins and their password hashes.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};

use super::codec::{self, damaged};
use super::convert::{from_word, micros, timestamp, to_word};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::{CREDENTIALS, USER_BY_LOGIN, USERS};
use super::transaction::{Order, Read, WriteTxn, get, visit, visit_keys};
use crate::base::secret::SecretString;
use crate::domain::email::{Email, LoginKey, Username};
use crate::domain::ids::UserId;
use crate::domain::scope::OwnerScope;
use crate::domain::user::User;

#[derive(Encode, Decode)]
enum UserRecord {
    V1(UserV1),
}

#[derive(Encode, Decode)]
struct UserV1 {
    email: String,
    name: Option<String>,
    username: Option<String>,
    status: String,
    realm: String,
    roles: Vec<String>,
    /// `None` stands for all owners.
    owners: Option<Vec<String>>,
    must_change_password: bool,
    credential_epoch: u64,
    created_at: i64,
    updated_at: i64,
}

#[derive(Encode, Decode)]
enum CredentialRecord {
    /// A PHC string.
    V1(String),
}

fn to_record(user: &User) -> UserRecord {
    UserRecord::V1(UserV1 {
        email: user.email.as_str().to_owned(),
        name: user.name.clone(),
        username: user.username.as_ref().map(|name| name.as_str().to_owned()),
        status: to_word(&user.status),
        realm: to_word(&user.realm),
        roles: user.roles.iter().map(to_word).collect(),
        owners: match &user.owners {
            OwnerScope::All => None,
            OwnerScope::Owners(owners) => Some(owners.iter().cloned().collect()),
        },
        must_change_password: user.must_change_password,
        credential_epoch: user.credential_epoch,
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
        name: v1.name,
        username: v1
            .username
            .map(|name| Username::parse(&name))
            .transpose()
            .map_err(|error| damaged(USERS, key, &format!("its name {error}")))?,
        status: from_word(USERS, key, &v1.status)?,
        realm: from_word(USERS, key, &v1.realm)?,
        roles: v1.roles.iter().map(|role| from_word(USERS, key, role)).collect::<Result<_, _>>()?,
        owners: v1.owners.map_or(OwnerScope::All, |owners| OwnerScope::Owners(owners.into_iter().collect())),
        must_change_password: v1.must_change_password,
        credential_epoch: v1.credential_epoch,
        created_at: timestamp(v1.created_at),
        updated_at: timestamp(v1.updated_at),
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
    claim_logins(w, user)?;
    w.put(USERS, &Key::id(user.id.0), &to_record(user))
}

/// Replaces a user, moving the logins along.
///
/// # Errors
/// [`StoreError::Taken`] where one of the new logins is somebody else's.
pub fn update_user(w: &WriteTxn, user: &User) -> Result<(), StoreError> {
    if let Some(before) = find_user(w, user.id)? {
        for login in logins(&before) {
            w.remove(USER_BY_LOGIN, login.as_str().as_bytes())?;
        }
    }
    insert_user(w, user)
}

fn logins(user: &User) -> impl Iterator<Item = LoginKey> {
    std::iter::once(user.email.login()).chain(user.username.as_ref().map(Username::login))
}

fn claim_logins(w: &WriteTxn, user: &User) -> Result<(), StoreError> {
    for login in logins(user) {
        let key = login.as_str().as_bytes();
        match w.get_raw(USER_BY_LOGIN, key)? {
            Some(holder) if holder != user.id.0.as_bytes() => {
                return Err(StoreError::Taken { table: USER_BY_LOGIN.0, value: login.as_str().to_owned() });
            }
            _ => w.put_raw(USER_BY_LOGIN, key, user.id.0.as_bytes())?,
        }
    }
    Ok(())
}

/// The hash of the user's password, as a PHC string.
pub fn find_password_hash(r: &impl Read, id: UserId) -> Result<Option<SecretString>, StoreError> {
    let record: Option<CredentialRecord> = get(r, CREDENTIALS, &Key::id(id.0))?;
    Ok(record.map(|CredentialRecord::V1(hash)| SecretString::new(hash)))
}

/// Sets the hash of the user's password.
pub fn put_password_hash(w: &WriteTxn, id: UserId, hash: &SecretString) -> Result<(), StoreError> {
    w.put(CREDENTIALS, &Key::id(id.0), &CredentialRecord::V1(hash.expose().clone()))
}
