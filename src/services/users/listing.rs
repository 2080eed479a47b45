//! What a list of users shows.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;

use super::UserView;
use super::owners::{OwnerRows, owner_rows};
use crate::domain::fold::fold;
use crate::domain::ids::UserId;
use crate::domain::permission::Role;
use crate::domain::scope::{OwnerScope, Scope};
use crate::domain::user::{Realm, User, UserStatus};
use crate::services::authorize::{Grant, ManageUsers};
use crate::services::error::ServiceError;
use crate::services::{Services, sessions, throttle};
use crate::store::{Read, StoreError, devices, users as store_users};

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
    /// Only those of whom this is so.
    pub only: Option<Only>,
    /// In which order.
    pub sort: Sort,
    /// Which page, from 0; the last one where there are not so many.
    pub page: usize,
}

/// What may keep an active user from their rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    /// They see no row although there are some.
    SeesNothing,
    /// They never set a password.
    NoPassword,
}

/// An order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sort {
    /// By what.
    pub by: SortBy,
    /// Z before A, the latest first.
    pub is_descending: bool,
}

/// What a list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortBy {
    /// What they are called.
    #[default]
    Name,
    /// Their latest sign-in; those who never did are the earliest.
    SignIn,
    /// When the account was made.
    Added,
}

/// One user of the list.
#[derive(Debug, Clone)]
pub struct ListedUser {
    /// The user.
    pub view: UserView,
    /// Sees not a single row, although there are some.
    pub sees_nothing: bool,
    /// May sign in, and never set a password.
    pub no_password: bool,
    /// Wrong passwords and codes of late, and how long the next try has to wait.
    pub failures: Option<(u32, Option<Duration>)>,
}

impl ListedUser {
    fn of(services: &Services, r: &impl Read, user: &User, rows: &OwnerRows) -> Result<Self, StoreError> {
        let has_password = store_users::find_password_hash(r, user.id)?.is_some();
        Ok(Self {
            sees_nothing: sees_nothing(user, rows),
            no_password: may_lack_password(user) && !has_password,
            failures: throttle::standing(r, &services.config().throttle, user.id, services.now())?,
            view: UserView::from(user),
        })
    }
}

/// The company's directory has the others' passwords, and who may not sign in needs none.
fn may_lack_password(user: &User) -> bool {
    user.realm == Realm::Local && user.is_active()
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
    /// The page that these are.
    pub page: usize,
}

/// Statuses in the order of a list's filter.
const STATUSES: [UserStatus; 5] = [
    UserStatus::Active,
    UserStatus::Deactivated,
    UserStatus::Pending,
    UserStatus::Unconfirmed,
    UserStatus::Rejected,
];

/// Users who match.
///
/// # Errors
/// Where the store cannot be read.
pub fn search(
    services: &Services,
    _grant: &Grant<ManageUsers>,
    query: &UserQuery,
) -> Result<UserList, ServiceError> {
    let users = services.store.read(store_users::list_users)?;
    let total = users.len();
    let rows = owner_rows(services, &Scope::everything())?;
    let mut matching = matching(services, users, query, &rows)?;
    let counts = STATUSES
        .map(|status| (status, matching.iter().filter(|user| user.status == status).count()))
        .to_vec();
    let matched = matching.len();
    matching.retain(|user| has_status(user, query));
    let shown = matching.len();
    sort_by(&mut matching, query.sort);
    let page = query.page.min(shown.saturating_sub(1) / PAGE_USERS);
    let users = services.store.read(|r| {
        let of_page = matching.iter().skip(page * PAGE_USERS).take(PAGE_USERS);
        of_page.map(|user| ListedUser::of(services, r, user, &rows)).collect::<Result<_, StoreError>>()
    })?;
    Ok(UserList { users, counts, matched, shown, total, page })
}

/// All users who match, on whatever page, by name.
pub(super) fn all_matching(services: &Services, query: &UserQuery) -> Result<Vec<User>, ServiceError> {
    let users = services.store.read(store_users::list_users)?;
    let rows = owner_rows(services, &Scope::everything())?;
    let mut matching = matching(services, users, query, &rows)?;
    matching.retain(|user| has_status(user, query));
    sort(&mut matching);
    Ok(matching)
}

/// All users who match, in the order that is asked for.
///
/// # Errors
/// Where the store cannot be read.
pub fn all(
    services: &Services,
    _grant: &Grant<ManageUsers>,
    query: &UserQuery,
) -> Result<Vec<UserView>, ServiceError> {
    let mut users = all_matching(services, query)?;
    sort_by(&mut users, query.sort);
    Ok(users.iter().map(UserView::from).collect())
}

/// One user as the list shows them.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn one(services: &Services, _grant: &Grant<ManageUsers>, id: &str) -> Result<ListedUser, ServiceError> {
    let rows = owner_rows(services, &Scope::everything())?;
    services.store.read(|r| {
        let user = super::get(r, id)?;
        Ok(ListedUser::of(services, r, &user, &rows)?)
    })
}

pub(super) fn sort(users: &mut [User]) {
    users.sort_by_cached_key(|user| (fold(&user.shown_name()), user.id));
}

fn sort_by(users: &mut [User], sort: Sort) {
    // Those who are alike in it stand by name.
    self::sort(users);
    match (sort.by, sort.is_descending) {
        (SortBy::Name, false) => {}
        (SortBy::Name, true) => users.reverse(),
        (SortBy::SignIn, false) => users.sort_by_key(|user| user.signed_in_at),
        (SortBy::SignIn, true) => users.sort_by_key(|user| Reverse(user.signed_in_at)),
        (SortBy::Added, false) => users.sort_by_key(|user| user.created_at),
        (SortBy::Added, true) => users.sort_by_key(|user| Reverse(user.created_at)),
    }
}

fn has_status(user: &User, query: &UserQuery) -> bool {
    query.status.is_none_or(|status| user.status == status)
}

/// Those who match everything but the status.
fn matching(
    services: &Services,
    mut users: Vec<User>,
    query: &UserQuery,
    rows: &OwnerRows,
) -> Result<Vec<User>, StoreError> {
    let holders = match query.only {
        Some(Only::NoPassword) => services.store.read(store_users::list_password_holders)?,
        _ => HashSet::new(),
    };
    let words = fold(&query.words);
    let words: Vec<&str> = words.split_whitespace().collect();
    let owner = (!query.owner.is_empty()).then(|| WantedOwner::of(&query.owner, &users, rows));
    users.retain(|user| {
        query.role.is_none_or(|role| user.roles.contains(&role))
            && owner.as_ref().is_none_or(|owner| owner.is_seen_by(user))
            && has_words(user, &words)
            && match query.only {
                None => true,
                Some(Only::SeesNothing) => sees_nothing(user, rows),
                Some(Only::NoPassword) => may_lack_password(user) && !holders.contains(&user.id),
            }
    });
    Ok(users)
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

/// When somebody was last seen: a sign-in, or a request of a session that is still there.
pub(super) fn last_seen(services: &Services) -> Result<HashMap<UserId, Timestamp>, ServiceError> {
    let mut seen = services.store.read(devices::last_used)?;
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
