//! What a list of users shows.

use std::collections::HashMap;

use jiff::Timestamp;

use super::UserView;
use super::owners::{OwnerRows, owner_rows};
use crate::domain::fold::fold;
use crate::domain::ids::UserId;
use crate::domain::permission::Role;
use crate::domain::scope::{OwnerScope, Scope};
use crate::domain::user::{User, UserStatus};
use crate::services::authorize::{Grant, ManageUsers};
use crate::services::error::ServiceError;
use crate::services::{Services, sessions};
use crate::store::{StoreError, devices, users as store_users};

/// Users of one page of the list.
pub const PAGE_USERS: usize = 50;

/// Which users.
#[derive(Debug, Clone, Default)]
pub struct UserQuery {
    /// Words that must be in name, address, user name or number.
    pub words: String,
    /// Where the account stands.
    pub status: Option<UserStatus>,
    /// A role that they have.
    pub role: Option<Role>,
    /// An owner whose rows they see: this one, or where there is none like that, any that holds it; empty for any.
    pub owner: String,
    /// Only those who see no row although there are some.
    pub sees_nothing: bool,
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
    /// How many there are of each status among those who match everything else.
    pub counts: Vec<(UserStatus, usize)>,
    /// Users who match, whatever their status.
    pub matched: usize,
    /// Users who match everything.
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
///
/// # Errors
/// Where the store cannot be read.
pub fn search(
    services: &Services,
    _grant: &Grant<ManageUsers>,
    query: &UserQuery,
) -> Result<UserList, ServiceError> {
    let (users, used) = services
        .store
        .read(|r| Ok::<_, StoreError>((store_users::list_users(r)?, devices::last_used(r)?)))?;
    let total = users.len();
    let rows = owner_rows(services, &Scope::everything())?;
    let mut matching = matching(users, query, &rows);
    let counts = STATUSES
        .map(|status| (status, matching.iter().filter(|user| user.status == status).count()))
        .to_vec();
    let matched = matching.len();
    matching.retain(|user| has_status(user, query));
    let shown = matching.len();
    sort(&mut matching);
    let seen = last_seen(services, used)?;
    let users = matching
        .iter()
        .skip(query.page.saturating_mul(PAGE_USERS))
        .take(PAGE_USERS)
        .map(|user| ListedUser {
            view: UserView::from(user),
            seen_at: seen.get(&user.id).copied(),
            sees_nothing: sees_nothing(user, &rows),
        })
        .collect();
    Ok(UserList { users, counts, matched, shown, total })
}

/// All users who match, on whatever page, by name.
pub(super) fn all_matching(services: &Services, query: &UserQuery) -> Result<Vec<User>, ServiceError> {
    let users = services.store.read(store_users::list_users)?;
    let rows = owner_rows(services, &Scope::everything())?;
    let mut matching = matching(users, query, &rows);
    matching.retain(|user| has_status(user, query));
    sort(&mut matching);
    Ok(matching)
}

/// One user as the list shows them.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn one(services: &Services, grant: &Grant<ManageUsers>, id: &str) -> Result<ListedUser, ServiceError> {
    let view = super::show(services, grant, id)?;
    let (user, last_used) = services
        .store
        .read(|r| Ok::<_, StoreError>((store_users::find_user(r, view.id)?, devices::last_used(r)?)))?;
    let seen_at = last_seen(services, last_used)?.get(&view.id).copied();
    let rows = owner_rows(services, &Scope::everything())?;
    Ok(ListedUser { seen_at, sees_nothing: user.is_some_and(|user| sees_nothing(&user, &rows)), view })
}

pub(super) fn sort(users: &mut [User]) {
    users.sort_by_cached_key(|user| (fold(&user.shown_name()), user.id));
}

fn has_status(user: &User, query: &UserQuery) -> bool {
    query.status.is_none_or(|status| user.status == status)
}

/// Those who match everything but the status.
fn matching(mut users: Vec<User>, query: &UserQuery, rows: &OwnerRows) -> Vec<User> {
    let words = fold(&query.words);
    let words: Vec<&str> = words.split_whitespace().collect();
    let owner = (!query.owner.is_empty()).then(|| WantedOwner::of(&query.owner, &users, rows));
    users.retain(|user| {
        query.role.is_none_or(|role| user.roles.contains(&role))
            && owner.as_ref().is_none_or(|owner| owner.is_seen_by(user))
            && has_words(user, &words)
            && (!query.sees_nothing || sees_nothing(user, rows))
    });
    users
}

/// An owner as it is filtered by: this very one where there is one, else all that hold what was typed.
enum WantedOwner<'o> {
    Exactly(&'o str),
    Holding(String),
}

impl<'o> WantedOwner<'o> {
    fn of(typed: &'o str, users: &[User], rows: &OwnerRows) -> Self {
        let is_known = rows.rows.contains_key(typed)
            || users
                .iter()
                .any(|user| matches!(&user.owners, OwnerScope::Owners(owners) if owners.contains(typed)));
        if is_known { Self::Exactly(typed) } else { Self::Holding(fold(typed)) }
    }

    fn is_seen_by(&self, user: &User) -> bool {
        match (&user.owners, self) {
            (OwnerScope::All, _) => true,
            (OwnerScope::Owners(owners), Self::Exactly(owner)) => owners.contains(*owner),
            (OwnerScope::Owners(owners), Self::Holding(words)) => {
                owners.iter().any(|owner| fold(owner).contains(words))
            }
        }
    }
}

/// Whether all words are in the user's name or logins.
pub(in crate::services) fn has_words(user: &User, words: &[&str]) -> bool {
    if words.is_empty() {
        return true;
    }
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
pub(super) fn sees_nothing(user: &User, rows: &OwnerRows) -> bool {
    match &user.owners {
        OwnerScope::All => false,
        OwnerScope::Owners(owners) => {
            rows.has_data && user.is_active() && !owners.iter().any(|owner| rows.rows.contains_key(owner))
        }
    }
}
