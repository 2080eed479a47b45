//! What a list of users shows.

use std::collections::HashMap;

use jiff::Timestamp;

use super::UserView;
use crate::domain::fold::fold;
use crate::domain::ids::UserId;
use crate::domain::scope::OwnerScope;
use crate::domain::user::{User, UserStatus};
use crate::services::authorize::{Grant, ManageUsers};
use crate::services::error::ServiceError;
use crate::services::{Services, datasets, sessions};
use crate::store::{StoreError, devices, users as store_users};

/// Users of one page of the list.
pub const PAGE_USERS: usize = 50;

/// Which users.
#[derive(Debug, Clone, Default)]
pub struct UserQuery {
    /// Words that must be in name, address or user name.
    pub words: String,
    /// Where the account stands.
    pub status: Option<UserStatus>,
    /// Which page, from 0.
    pub page: usize,
}

/// One user of the list.
#[derive(Debug, Clone)]
pub struct ListedUser {
    /// The user.
    pub view: UserView,
    /// When a request of theirs or a sign-in was last seen.
    pub seen_at: Option<Timestamp>,
    /// Sees not a single row, although there are some.
    pub sees_nothing: bool,
}

/// A page of the list.
#[derive(Debug, Clone)]
pub struct UserList {
    /// The users of this page.
    pub users: Vec<ListedUser>,
    /// How many there are of each status among those who match the words.
    pub counts: Vec<(UserStatus, usize)>,
    /// Users who match the words, whatever their status.
    pub matched: usize,
    /// Users who match words and status.
    pub shown: usize,
    /// All users.
    pub total: usize,
}

/// Statuses in the order of a list's filter.
const STATUSES: [UserStatus; 5] = [
    UserStatus::Active,
    UserStatus::Deactivated,
    UserStatus::Pending,
    UserStatus::Unconfirmed,
    UserStatus::Rejected,
];

/// Users who match, by name.
pub fn search(
    services: &Services,
    _grant: &Grant<ManageUsers>,
    query: &UserQuery,
) -> Result<UserList, ServiceError> {
    let (users, used) = services
        .store
        .read(|r| Ok::<_, StoreError>((store_users::list_users(r)?, devices::last_used(r)?)))?;
    let total = users.len();
    let words = fold(&query.words);
    let words: Vec<&str> = words.split_whitespace().collect();
    let mut matching: Vec<User> = users.into_iter().filter(|user| has_words(user, &words)).collect();
    let counts = STATUSES
        .map(|status| (status, matching.iter().filter(|user| user.status == status).count()))
        .to_vec();
    let matched = matching.len();
    matching.retain(|user| query.status.is_none_or(|status| user.status == status));
    let shown = matching.len();
    matching.sort_by_cached_key(|user| (fold(&user.shown_name()), user.id));
    let seen = last_seen(services, used)?;
    let users = matching
        .iter()
        .skip(query.page.saturating_mul(PAGE_USERS))
        .take(PAGE_USERS)
        .map(|user| {
            let seen_at = seen.get(&user.id).copied();
            Ok(ListedUser {
                view: UserView::from(user),
                seen_at,
                sees_nothing: sees_nothing(services, user)?,
            })
        })
        .collect::<Result<_, ServiceError>>()?;
    Ok(UserList { users, counts, matched, shown, total })
}

/// One user as the list shows them.
pub fn one(services: &Services, grant: &Grant<ManageUsers>, id: &str) -> Result<ListedUser, ServiceError> {
    let view = super::show(services, grant, id)?;
    let (user, last_used) = services
        .store
        .read(|r| Ok::<_, StoreError>((store_users::find_user(r, view.id)?, devices::last_used(r)?)))?;
    let seen_at = last_seen(services, last_used)?.get(&view.id).copied();
    let sees_nothing = user.map(|user| sees_nothing(services, &user)).transpose()?.unwrap_or_default();
    Ok(ListedUser { view, seen_at, sees_nothing })
}

/// Whether all words are in the user's name or logins.
pub(in crate::services) fn has_words(user: &User, words: &[&str]) -> bool {
    let texts = [
        user.name.full().unwrap_or_default().as_str(),
        user.email.as_str(),
        user.username.as_ref().map_or("", |name| name.as_str()),
        user.mobile.as_ref().map_or("", |mobile| mobile.as_str()),
    ]
    .map(fold);
    words.iter().all(|word| texts.iter().any(|text| text.contains(word)))
}

/// A sign-in, or a request of a session that is still there.
fn last_seen(
    services: &Services,
    mut seen: HashMap<UserId, Timestamp>,
) -> Result<HashMap<UserId, Timestamp>, ServiceError> {
    for session in sessions::all(services)? {
        let latest = seen.entry(session.user_id).or_insert(session.seen_at);
        *latest = session.seen_at.max(*latest);
    }
    Ok(seen)
}

/// True for a user who may sign in and then finds nothing, although something is there.
fn sees_nothing(services: &Services, user: &User) -> Result<bool, ServiceError> {
    if user.owners == OwnerScope::All || !user.is_active() {
        return Ok(false);
    }
    let scope = user.scope();
    let mut some_data = false;
    for dataset in datasets::list(services)? {
        // One that is being built anew says nothing about anybody.
        let Ok(open) = datasets::open(services, &dataset.slug, &scope) else { continue };
        some_data = true;
        if open.view.total() > 0 {
            return Ok(false);
        }
    }
    Ok(some_data)
}
