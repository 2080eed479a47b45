//! How far an admin reaches who does not see every owner: to accounts that see no more, and to owners that are their own.
//! Else managing users would be a way to rows that they are not to see: by giving them to themselves, or by taking over
//! an account that has them (ASVS 8.2.2).

use crate::domain::scope::OwnerScope;
use crate::domain::user::User;
use crate::services::authorize::By;
use crate::services::error::ServiceError;
use crate::store::{Read, StoreError, users as store_users};

/// Longest name of an owner that is given.
const MAX_OWNER_CHARS: usize = 1000;

/// The owners of whoever acts; everything for the site itself and a person at the machine.
pub(in crate::services) fn own(r: &impl Read, by: By) -> Result<OwnerScope, StoreError> {
    let Some(id) = by.user() else { return Ok(OwnerScope::All) };
    let user = store_users::find_user(r, id)?;
    Ok(user.map_or_else(|| OwnerScope::Owners([].into()), |user| user.owners))
}

/// Refuses whoever does not see every owner what concerns the rows of all; `why` says what that is.
///
/// # Errors
/// [`ServiceError::OutOfScope`], which says who can do it.
pub(in crate::services) fn must_see_all(r: &impl Read, by: By, why: &str) -> Result<(), ServiceError> {
    match own(r, by)? {
        OwnerScope::All => Ok(()),
        OwnerScope::Owners(_) => Err(ServiceError::OutOfScope(why.to_owned())),
    }
}

/// True where these owners are all among the others.
pub(in crate::services) fn is_within(owners: &OwnerScope, of: &OwnerScope) -> bool {
    match (of, owners) {
        (OwnerScope::All, _) => true,
        (OwnerScope::Owners(_), OwnerScope::All) => false,
        (OwnerScope::Owners(of), OwnerScope::Owners(owners)) => owners.is_subset(of),
    }
}

/// True where whoever acts may change this account at all: their own, and those that see no more than they do.
pub(in crate::services) fn reaches(r: &impl Read, by: By, user: &User) -> Result<bool, StoreError> {
    Ok(by.user() == Some(user.id) || is_within(&user.owners, &own(r, by)?))
}

/// Refuses what is beyond: the account as it was, or the owners that it is to have; and names of owners that would
/// fill the audit log.
///
/// # Errors
/// [`ServiceError::Conflict`], which says so; [`ServiceError::Invalid`].
pub(in crate::services) fn check(
    r: &impl Read,
    by: By,
    before: Option<&User>,
    after: &OwnerScope,
) -> Result<(), ServiceError> {
    if let Some(before) = before
        && !reaches(r, by, before)?
    {
        return Err(ServiceError::Conflict(format!(
            "{} sees rows of owners that are not among yours: an admin who sees every owner can change the account",
            before.email
        )));
    }
    let had = before.map(|user| &user.owners);
    if let OwnerScope::Owners(owners) = after {
        let is_had = |owner: &String| matches!(had, Some(OwnerScope::Owners(had)) if had.contains(owner));
        if owners.iter().any(|owner| owner.chars().count() > MAX_OWNER_CHARS && !is_had(owner)) {
            return Err(ServiceError::invalid("owner", format!("has at most {MAX_OWNER_CHARS} characters")));
        }
    }
    if is_within(after, &own(r, by)?) {
        return Ok(());
    }
    Err(ServiceError::Conflict(
        "you can give only owners that are your own: an admin who sees every owner can give others"
            .to_owned(),
    ))
}
