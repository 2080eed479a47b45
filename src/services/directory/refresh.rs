//! Reading again what people are in the directory while they are signed in here.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::json;

use super::account::{adopt, rights};
use crate::directory::Wanted;
use crate::domain::directory::{DirectoryAccount, Person, Steps};
use crate::domain::ids::UserId;
use crate::domain::user::Realm;
use crate::services::authorize::By;
use crate::services::end_sessions;
use crate::services::error::ServiceError;
use crate::services::{Services, audit};
use crate::store::{
    StoreError, directory as store_directory, sessions as store_sessions, users as store_users,
};

/// Reads those again who are signed in and were not read of late: who is gone or switched off there, or in no group that
/// gives access here, is signed out at once; other rights count at once. Where the directory does not answer nothing
/// happens to anybody. How many were signed out.
pub fn refresh(services: &Services) -> Result<usize, ServiceError> {
    let Some(directory) = services.directory() else { return Ok(0) };
    let now = services.now();
    let every = SignedDuration::try_from(directory.config().refresh).unwrap_or(SignedDuration::MAX);
    let due = services.store.read(|r| {
        let users: BTreeSet<UserId> =
            store_sessions::list_sessions(r)?.into_iter().map(|session| session.user_id).collect();
        let mut due = Vec::new();
        for id in users {
            let of_directory = store_users::find_user(r, id)?.is_some_and(|user| user.realm == Realm::Ldap);
            if of_directory && let Some(account) = store_directory::find_account(r, id)? {
                let age = now.duration_since(account.read_at);
                if age >= every || age.is_negative() {
                    due.push((id, account));
                }
            }
        }
        Ok::<_, StoreError>(due)
    })?;
    if due.is_empty() {
        return Ok(0);
    }
    let mut steps = Steps::default();
    let mut connection = match directory.connect(&mut steps) {
        Ok(connection) => connection,
        Err(error) => {
            tracing::warn!(
                "The company's directory gives no answer, so that everybody stays as they are: {error}"
            );
            return Ok(0);
        }
    };
    let mut ended = 0;
    for (id, known) in due {
        match connection.find(Wanted::Id(&known.id), &mut steps) {
            Ok(person) => ended += usize::from(apply(services, id, known, person.as_ref())?),
            Err(error) => {
                tracing::warn!("The company's directory gives no answer about everybody: {error}");
                break;
            }
        }
    }
    Ok(ended)
}

/// True where the user's sessions ended.
fn apply(
    services: &Services,
    id: UserId,
    known: DirectoryAccount,
    person: Option<&Person>,
) -> Result<bool, ServiceError> {
    let now = services.now();
    let config = services.directory();
    let usable = person.filter(|person| person.is_usable(now));
    let allowed =
        usable.zip(config).and_then(|(person, config)| Some((person, rights(config.config(), person)?)));
    let reason = match (person, usable) {
        (None, _) => "gone",
        (_, None) => "disabled",
        _ => "no group",
    };
    services.store.write(|w| {
        let Some(mut user) = store_users::find_user(w, id)? else { return Ok(false) };
        if let Some((person, rights)) = allowed {
            let epoch = user.credential_epoch;
            return Ok(adopt(services, w, person, rights, By::SYSTEM)?.credential_epoch != epoch);
        }
        user.credential_epoch += 1;
        user.updated_at = now;
        store_users::update_user(w, &user)?;
        end_sessions::all_of(w, now, id, None)?;
        store_directory::put_account(w, id, &DirectoryAccount { read_at: now, ..known })?;
        let details = json!({ "realm": "ldap", "reason": reason });
        audit::append(w, now, By::SYSTEM, "session.revoke", &format!("user:{id}"), &details)?;
        Ok(true)
    })
}
