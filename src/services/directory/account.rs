//! The account of a person of the directory: found by what never changes about them, never by a name or an address, which
//! move between people and may be anybody's here. What the directory says about them is taken over each time.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::base::hex;
use crate::config::directory::DirectoryConfig;
use crate::domain::directory::{DirectoryAccount, Person};
use crate::domain::email::{Email, LoginKey, Username};
use crate::domain::ids::UserId;
use crate::domain::mobile::Mobile;
use crate::domain::permission::Role;
use crate::domain::scope::OwnerScope;
use crate::domain::user::{PersonName, Realm, User};
use crate::services::authorize::By;
use crate::services::end_sessions;
use crate::services::error::ServiceError;
use crate::services::users::UserView;
use crate::services::{Services, audit};
use crate::store::{Read, StoreError, WriteTxn, directory as store_directory, users as store_users};

/// What groups give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rights {
    pub(super) roles: BTreeSet<Role>,
    pub(super) owners: OwnerScope,
}

/// What the person may do and see here; `None` for nobody to let in. Several groups add up.
pub(super) fn rights(config: &DirectoryConfig, person: &Person) -> Option<Rights> {
    if config.required_group.as_ref().is_some_and(|group| !person.is_in(group)) {
        return None;
    }
    let mut rights = Rights { roles: BTreeSet::new(), owners: OwnerScope::Owners(BTreeSet::new()) };
    if config.admin_group.as_ref().is_some_and(|group| person.is_in(group)) {
        rights.roles.insert(Role::Admin);
        rights.owners = OwnerScope::All;
    }
    for rule in config.groups.iter().filter(|rule| person.is_in(&rule.group)) {
        rights.roles.extend(&rule.roles);
        match (&mut rights.owners, &rule.owners) {
            (OwnerScope::Owners(owners), OwnerScope::Owners(more)) => owners.extend(more.iter().cloned()),
            (owners, OwnerScope::All) => *owners = OwnerScope::All,
            (OwnerScope::All, OwnerScope::Owners(_)) => {}
        }
    }
    (!rights.roles.is_empty()).then_some(rights)
}

/// The person's account as the directory has it now, made where there is none. Other rights end the sessions.
pub(super) fn adopt(
    services: &Services,
    w: &WriteTxn,
    person: &Person,
    rights: Rights,
    by: By,
) -> Result<User, ServiceError> {
    let now = services.now();
    let before = match store_directory::find_user_id(w, &person.id)? {
        Some(id) => store_users::find_user(w, id)?,
        None => None,
    };
    let id = before.as_ref().map_or_else(|| UserId::new(now), |user| user.id);
    let mut missing = Vec::new();
    let logins = logins(services, w, id, person, &mut missing)?;
    let mut user = before.clone().unwrap_or_else(|| blank(id, logins.email.clone(), now));
    user.email = logins.email;
    user.username = logins.username;
    user.mobile = logins.mobile;
    user.name = name(person);
    (user.roles, user.owners) = (rights.roles, rights.owners);
    let is_new = before.is_none();
    let before = before.unwrap_or_else(|| user.clone());
    let has_other_rights = (&before.roles, &before.owners) != (&user.roles, &user.owners);
    if has_other_rights {
        user.credential_epoch += 1;
        end_sessions::all_of(w, now, id, None)?;
    }
    if is_new || before != user {
        user.updated_at = now;
        if is_new {
            store_users::insert_user(w, &user)?;
        } else {
            store_users::update_user(w, &user)?;
        }
        let action = if is_new { "user.add" } else { "user.change" };
        let mut details = json!({
            "realm": user.realm, "dn": person.dn, "after": UserView::from(&user), "held_by_others": missing,
        });
        if !is_new {
            details["before"] = json!(UserView::from(&before));
        }
        audit::append(w, now, by, action, &format!("user:{id}"), &details)?;
    }
    let known = store_directory::find_account(w, id)?;
    if !missing.is_empty() && known.is_none_or(|known| known.missing != missing) {
        let count = missing.len();
        tracing::warn!(user.id = %id, count, "{count} logins of a person of the directory are held by other accounts");
    }
    let account = DirectoryAccount { id: person.id.clone(), dn: person.dn.clone(), read_at: now, missing };
    store_directory::put_account(w, id, &account)?;
    Ok(user)
}

struct Logins {
    email: Email,
    username: Option<Username>,
    mobile: Option<Mobile>,
}

/// What the person can sign in with and be found by. What somebody else holds stays theirs.
fn logins(
    services: &Services,
    r: &impl Read,
    id: UserId,
    person: &Person,
    missing: &mut Vec<String>,
) -> Result<Logins, StoreError> {
    let mut taken: Vec<LoginKey> = Vec::new();
    let mut is_free = |login: LoginKey, text: &str| {
        let holder = store_users::find_user_by_login(r, &login)?;
        let is_free = holder.is_none_or(|holder| holder.id == id) && !taken.contains(&login);
        if is_free {
            taken.push(login);
        } else {
            missing.push(text.to_owned());
        }
        Ok::<_, StoreError>(is_free)
    };
    let email = match person.mail.as_ref().and_then(|mail| Email::parse(mail).ok()) {
        Some(email) if is_free(email.login(), email.as_str())? => Some(email),
        _ => None,
    };
    let username = match Username::parse(&person.login) {
        Ok(username) if is_free(username.login(), username.as_str())? => Some(username),
        _ => None,
    };
    let country = services.config().accounts.country;
    let mobile = match person.mobile.as_ref().and_then(|mobile| Mobile::parse(mobile, country).ok()) {
        Some(mobile) if is_free(mobile.login(), mobile.as_str())? => Some(mobile),
        _ => None,
    };
    Ok(Logins { email: email.unwrap_or_else(|| no_address(person)), username, mobile })
}

/// Stands where the directory has no address that is free, the same each time.
fn no_address(person: &Person) -> Email {
    let login: String = person.login.chars().filter(char::is_ascii_alphanumeric).take(30).collect();
    let id = hex::encode(&Sha256::digest(&person.id.0)[..8]);
    Email::nobodys(&format!("{login}.{id}").to_lowercase())
        .or_else(|| Email::nobodys(&id))
        .unwrap_or_else(|| unreachable!("letters and digits are an address"))
}

fn name(person: &Person) -> PersonName {
    let (first, last) =
        (person.first_name.as_deref().unwrap_or(""), person.last_name.as_deref().unwrap_or(""));
    let whole = person.display_name.as_deref().unwrap_or("");
    let parsed = if first.is_empty() && last.is_empty() {
        PersonName::parse("", whole)
    } else {
        PersonName::parse(first, last)
    };
    // A name that would turn the text around it is no name here.
    parsed.unwrap_or_default()
}

fn blank(id: UserId, email: Email, now: Timestamp) -> User {
    User { realm: Realm::Ldap, ..User::new(id, email, now) }
}
