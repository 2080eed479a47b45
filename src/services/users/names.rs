//! What to call the users that something else names by id: an audit event, a decision, an import. Users who were
//! deleted still have a name there.

use std::collections::{BTreeSet, HashMap};

use crate::domain::ids::UserId;
use crate::services::Services;
use crate::services::error::ServiceError;
use crate::store::{Read, StoreError, gone_users, users as store_users};

/// What a user is called, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownName {
    /// What people call them: the name, else the address.
    pub name: String,
    /// The address; of one who was deleted, the last.
    pub email: String,
    /// The account was deleted.
    pub is_gone: bool,
}

/// The names of these users, as far as anything is known of them.
///
/// # Errors
/// Where the store cannot be read.
pub fn known_names(
    services: &Services,
    ids: impl IntoIterator<Item = UserId>,
) -> Result<HashMap<UserId, KnownName>, ServiceError> {
    let ids: BTreeSet<UserId> = ids.into_iter().collect();
    Ok(services.store.read(|r| known_names_in(r, ids))?)
}

/// The same in a transaction.
pub(in crate::services) fn known_names_in(
    r: &impl Read,
    ids: BTreeSet<UserId>,
) -> Result<HashMap<UserId, KnownName>, StoreError> {
    let mut names = HashMap::with_capacity(ids.len());
    for id in ids {
        let known = match store_users::find_user(r, id)? {
            Some(user) => {
                let (name, email) = (user.shown_name(), user.email.to_string());
                Some(KnownName { name, email, is_gone: false })
            }
            None => gone_users::find_gone(r, id)?.map(|gone| KnownName {
                name: gone.name,
                email: gone.email,
                is_gone: true,
            }),
        };
        names.extend(known.map(|known| (id, known)));
    }
    Ok(names)
}
