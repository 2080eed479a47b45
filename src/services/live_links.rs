//! Live links: an address under which a spreadsheet finds what one search of one user shows, as that user may see it at that
//! very moment. Made by a user who proves to be there, shown once, kept as a hash. New rights are followed; a new password
//! ends them all, because whoever took an account over may have made some. Ending sessions does not: no session is behind
//! one, and they are ended where they are listed.

use std::net::IpAddr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::authorize::{By, Grant, ManageUsers};
use super::error::ServiceError;
use super::export::{self, Export};
use super::rows::{RowsRequest, today};
use super::second_factor::{must_enrol, prove};
use super::sessions::{LiveSession, token_hash};
use super::users::{self, reach};
use super::{Services, audit, datasets, names};
use crate::base::bucket::{Buckets, Measure};
use crate::base::hex;
use crate::base::ids::random_token;
use crate::base::secret::SecretString;
use crate::domain::audit::Actor;
use crate::domain::ids::{LiveLinkId, UserId};
use crate::domain::live_link::{LiveLink, MAX_DAYS, MAX_NAME_CHARS, WhyEnded};
use crate::domain::session::TokenHash;
use crate::domain::user::User;
use crate::store::{Read, StoreError, WriteTxn, live_links as store_links, users as store_users};

/// Most links of a user.
pub const MAX_LINKS: usize = 50;
/// Longest search in bytes.
const MAX_QUERY_BYTES: usize = 8_000;
/// What has ended is listed for so long, and told to whoever has the right address.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// A fetch is written down once in so long, unless it comes from elsewhere.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// How often a link is fetched.
const FETCHES: Measure = Measure { most: 30.0, every: Duration::from_secs(10) };
/// How often an address asks for links that are none.
const MISSES: Measure = Measure { most: 30.0, every: Duration::from_secs(10) };

/// How often links are fetched, and looked for in vain.
#[derive(Debug, Default)]
pub struct Fetches {
    links: Buckets<TokenHash>,
    misses: Buckets<IpAddr>,
}

/// A link to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLiveLink {
    /// What it is called.
    pub name: String,
    /// Slug of the dataset.
    pub dataset: String,
    /// The search, as the API's parameters.
    pub query: String,
    /// Days until it ends.
    pub days: u16,
}

/// A link as it is shown: everything but its token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LiveLink)]
pub struct LiveLinkView {
    /// Its id.
    pub id: LiveLinkId,
    /// What it is called.
    pub name: String,
    /// Slug of the dataset.
    pub dataset: String,
    /// The search, as parameters of `GET /api/v1/datasets/{dataset}/rows`.
    pub query: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was last fetched, up to a minute late.
    pub used_at: Option<Timestamp>,
    /// The address that it was last fetched from.
    pub used_from: Option<String>,
    /// It opens nothing any more.
    pub is_over: bool,
    /// Why it was ended before its time.
    pub ended: Option<WhyEnded>,
}

/// A link that was made, with its address: it is nowhere else.
#[derive(Debug)]
pub struct MadeLiveLink {
    /// How it is shown.
    pub view: LiveLinkView,
    /// The address from its first slash on.
    pub path: SecretString,
}

/// What a fetch finds.
pub enum Fetched {
    /// The rows, and a mark that is another when they are.
    Rows(Box<Export>, String),
    /// The address was right once: why it opens nothing.
    Over(Over),
}

/// Why a link with the right address opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Its time has passed.
    Expired,
    /// It was ended.
    Ended(WhyEnded),
    /// Its user cannot sign in now.
    User,
    /// Its user has to set a password or a second factor first.
    MustDoFirst,
}

fn view(link: LiveLink, now: Timestamp) -> LiveLinkView {
    let is_over = link.over_since(now).is_some();
    let (used_at, used_from) = link.used.map_or((None, None), |(at, from)| (Some(at), from));
    LiveLinkView {
        id: link.id,
        name: link.name,
        dataset: link.dataset,
        query: link.query,
        created_at: link.created_at,
        expires_at: link.expires_at,
        used_at,
        used_from,
        is_over,
        ended: link.ended.map(|(_, why)| why),
    }
}

fn target(user: UserId) -> String {
    format!("user:{user}")
}

/// True where the site has live links at all.
pub fn are_on(services: &Services) -> bool {
    services.config().links.enabled
}

/// Neither a program nor somebody who looks as somebody else makes or ends links: either would leave more behind than it is.
fn by_the_user(live: &LiveSession) -> Result<(), ServiceError> {
    if live.program.is_some() {
        return Err(ServiceError::Conflict(
            "a program cannot make or revoke live links; sign in and do it yourself".to_owned(),
        ));
    }
    if live.viewer.is_some() {
        return Err(ServiceError::Conflict(
            "you look at the site as somebody else: a live link is made by whose rows it shows".to_owned(),
        ));
    }
    Ok(())
}

fn pairs(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn check(services: &Services, user: &User, new: &NewLiveLink) -> Result<(), ServiceError> {
    names::check(&new.name, MAX_NAME_CHARS)?;
    if !(1..=MAX_DAYS).contains(&new.days) {
        return Err(ServiceError::invalid("days", format!("is 1 to {MAX_DAYS}")));
    }
    if new.query.len() > MAX_QUERY_BYTES {
        return Err(ServiceError::invalid("query", format!("is longer than {MAX_QUERY_BYTES} bytes")));
    }
    // What cannot be searched now is refused here, and not found out by a spreadsheet.
    let request = RowsRequest::from_pairs(pairs(&new.query), today(services))?;
    let open = datasets::open(services, &new.dataset, &user.scope())?;
    request.columns(&open.view)?;
    open.view.search(&request.search(&open.view))?;
    Ok(())
}

/// Makes one of one's own.
///
/// # Errors
/// As [`prove`]; [`ServiceError::Invalid`]; [`ServiceError::NotFound`] for a dataset that is none;
/// [`ServiceError::Conflict`] for a program, for who looks as somebody else, where there are too many, and where the site has
/// none.
pub fn make(
    services: &Services,
    live: &LiveSession,
    new: &NewLiveLink,
    password: &SecretString,
    address: Option<IpAddr>,
) -> Result<MadeLiveLink, ServiceError> {
    by_the_user(live)?;
    if !are_on(services) {
        return Err(ServiceError::Conflict("live links are switched off on this site".to_owned()));
    }
    check(services, &live.user, new)?;
    prove(services, live, password, address)?;
    let now = services.now();
    let by = By { actor: Actor::User(live.user.id), address };
    let token = random_token();
    let link = LiveLink {
        id: LiveLinkId::new(now),
        hash: token_hash(token.expose()),
        user_id: live.user.id,
        name: new.name.clone(),
        dataset: new.dataset.clone(),
        query: new.query.clone(),
        created_at: now,
        expires_at: now + SignedDuration::from_hours(i64::from(new.days) * 24),
        used: None,
        ended: None,
    };
    services.store.write(|w| {
        let own = store_links::list_live_links_of(w, live.user.id)?;
        let standing = || own.iter().filter(|link| link.over_since(now).is_none());
        if standing().count() >= MAX_LINKS {
            let message =
                format!("there are {MAX_LINKS} live links already; revoke one that is not used any more");
            return Err(ServiceError::Conflict(message));
        }
        if standing().any(|known| known.name == link.name) {
            return Err(ServiceError::invalid("name", "is that of another live link; choose another"));
        }
        store_links::put_live_link(w, &link)?;
        let details = json!({
            "id": link.id, "name": link.name, "dataset": link.dataset, "search": excerpt_of(&link.query),
            "expires": link.expires_at.to_string(),
        });
        Ok(audit::append(w, now, by, "live-link.add", &target(live.user.id), &details).map(drop)?)
    })?;
    let path = SecretString::new(format!("/live/{}/{}.csv", token.expose(), link.dataset));
    Ok(MadeLiveLink { view: view(link, now), path })
}

/// A search as the audit log names it.
fn excerpt_of(query: &str) -> String {
    query.chars().take(500).collect()
}

/// One's own links, the oldest first.
///
/// # Errors
/// The store.
pub fn own(services: &Services, live: &LiveSession) -> Result<Vec<LiveLinkView>, ServiceError> {
    let now = services.now();
    let links = services.store.read(|r| store_links::list_live_links_of(r, live.user.id))?;
    Ok(links.into_iter().map(|link| view(link, now)).collect())
}

/// The links of a user.
///
/// # Errors
/// [`ServiceError::NotFound`] where the user is none of those who are managed.
pub fn of_user(
    services: &Services,
    grant: &Grant<ManageUsers>,
    login: &str,
) -> Result<Vec<LiveLinkView>, ServiceError> {
    let now = services.now();
    services.store.read(|r| {
        let user = users::get(r, login)?;
        reach::check(r, grant.by(), Some(&user), &user.owners)?;
        let links = store_links::list_live_links_of(r, user.id)?;
        Ok(links.into_iter().map(|link| view(link, now)).collect())
    })
}

/// Revokes one of one's own: it opens nothing from now on.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Conflict`] for a program and for who looks as somebody else.
pub fn revoke_own(
    services: &Services,
    live: &LiveSession,
    id: LiveLinkId,
    address: Option<IpAddr>,
) -> Result<(), ServiceError> {
    by_the_user(live)?;
    let by = By { actor: Actor::User(live.user.id), address };
    services.store.write(|w| revoke_in(services, w, by, live.user.id, id, WhyEnded::Revoked))
}

/// Revokes one of a user's.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn revoke(
    services: &Services,
    grant: &Grant<ManageUsers>,
    login: &str,
    id: LiveLinkId,
) -> Result<(), ServiceError> {
    services.store.write(|w| {
        let user = users::get(w, login)?;
        reach::check(w, grant.by(), Some(&user), &user.owners)?;
        revoke_in(services, w, grant.by(), user.id, id, WhyEnded::Office)
    })
}

fn revoke_in(
    services: &Services,
    w: &WriteTxn,
    by: By,
    user: UserId,
    id: LiveLinkId,
    why: WhyEnded,
) -> Result<(), ServiceError> {
    let now = services.now();
    let found = store_links::list_live_links_of(w, user)?.into_iter().find(|link| link.id == id);
    let mut link = found.ok_or_else(|| ServiceError::NotFound("live link of this account".to_owned()))?;
    if link.over_since(now).is_some() {
        // It is taken from the list.
        store_links::delete_live_link(w, &link)?;
        return Ok(());
    }
    link.ended = Some((now, why));
    store_links::put_live_link(w, &link)?;
    let details = json!({ "id": link.id, "name": link.name });
    Ok(audit::append(w, now, by, "live-link.revoke", &target(user), &details).map(drop)?)
}

/// Ends all of a user's because of a new password, in the caller's transaction.
pub(super) fn end_with_password(w: &WriteTxn, now: Timestamp, user: UserId) -> Result<(), StoreError> {
    for mut link in store_links::list_live_links_of(w, user)? {
        if link.over_since(now).is_none() {
            link.ended = Some((now, WhyEnded::Password));
            store_links::put_live_link(w, &link)?;
        }
    }
    Ok(())
}

/// Forgets all of a user's, in the caller's transaction.
pub(super) fn erase(w: &WriteTxn, user: UserId) -> Result<(), StoreError> {
    store_links::list_live_links_of(w, user)?
        .iter()
        .try_for_each(|link| store_links::delete_live_link(w, link).map(drop))
}

/// Forgets all of everybody's, in the caller's transaction.
pub(super) fn erase_all(w: &WriteTxn) -> Result<(), StoreError> {
    store_links::list_live_links(w)?
        .iter()
        .try_for_each(|link| store_links::delete_live_link(w, link).map(drop))
}

/// Forgets those that ended a while ago.
///
/// # Errors
/// The store.
pub fn purge(services: &Services) -> Result<(), ServiceError> {
    let now = services.now();
    let stale = services.store.read(|r| {
        let is_stale =
            |link: &LiveLink| link.over_since(now).is_some_and(|since| now.duration_since(since) > KEPT);
        Ok::<_, StoreError>(store_links::list_live_links(r)?.into_iter().filter(is_stale).collect::<Vec<_>>())
    })?;
    if !stale.is_empty() {
        services
            .store
            .write(|w| stale.iter().try_for_each(|link| store_links::delete_live_link(w, link).map(drop)))?;
    }
    Ok(())
}

/// Why a link opens nothing for its user as they are now.
fn over(services: &Services, link: &LiveLink, user: Option<&User>, now: Timestamp) -> Option<Over> {
    if let Some((_, why)) = link.ended {
        return Some(Over::Ended(why));
    }
    if link.over_since(now).is_some() {
        return Some(Over::Expired);
    }
    let Some(user) = user.filter(|user| user.is_active()) else { return Some(Over::User) };
    let is_temporary = user.password_expires_at.is_some();
    let must = user.must_change_password || is_temporary || must_enrol(&services.config(), user);
    must.then_some(Over::MustDoFirst)
}

/// Finds what a link shows now: the rows that its user may see at this moment, and a mark of them.
///
/// # Errors
/// [`ServiceError::NotFound`] for an address that is none; [`ServiceError::Throttled`]; [`ServiceError::Invalid`] where a column
/// is gone, or is none of the user's any more.
pub fn fetch(
    services: &Services,
    token: &str,
    address: Option<IpAddr>,
) -> Result<(UserId, Fetched), ServiceError> {
    let (hash, now) = (token_hash(token), services.now());
    let nothing = || ServiceError::NotFound("live link at this address".to_owned());
    if !are_on(services) {
        return Err(nothing());
    }
    let found = services.store.read(|r| find(r, &hash))?;
    let Some((link, user)) = found else {
        if let Some(address) = address {
            services.live_links.misses.take(address, now, MISSES).map_err(ServiceError::Throttled)?;
        }
        return Err(nothing());
    };
    services.live_links.links.take(hash, now, FETCHES).map_err(ServiceError::Throttled)?;
    let user_id = link.user_id;
    let over = over(services, &link, user.as_ref(), now);
    let (Some(user), None) = (&user, over) else {
        return Ok((user_id, Fetched::Over(over.unwrap_or(Over::User))));
    };
    let scope = user.scope();
    let export = export::find(services, &link.dataset, &scope, user.email.to_string(), pairs(&link.query))?;
    let mark = mark(&[&format!("{scope:?}"), &link.query, &export.mark(), &today(services).to_string()]);
    note(services, &link, address, export.matched())?;
    Ok((user_id, Fetched::Rows(Box::new(export), mark)))
}

fn find(r: &impl Read, hash: &TokenHash) -> Result<Option<(LiveLink, Option<User>)>, StoreError> {
    let Some(link) = store_links::find_live_link(r, hash)? else { return Ok(None) };
    let user = store_users::find_user(r, link.user_id)?;
    Ok(Some((link, user)))
}

/// A short mark of what decides which bytes are answered.
fn mark(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(&hash.finalize()[..16])
}

/// Notes a fetch: the first of a day in the audit log, as downloads are, the others with the link alone.
fn note(
    services: &Services,
    link: &LiveLink,
    address: Option<IpAddr>,
    rows: u64,
) -> Result<(), ServiceError> {
    let now = services.now();
    let from = address.map(|address| address.to_string());
    let day = |at: Timestamp| at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let is_known = |link: &LiveLink| {
        let used = link.used.as_ref();
        used.is_some_and(|(at, by)| {
            day(*at) == day(now) && *by == from && now.duration_since(*at).abs() < NOTED_EVERY
        })
    };
    if is_known(link) {
        return Ok(());
    }
    services.store.write(|w| {
        let Some(mut link) = store_links::find_live_link(w, &link.hash)? else { return Ok(()) };
        let is_first = link.used.as_ref().is_none_or(|(at, _)| day(*at) != day(now));
        link.used = Some((now, from));
        store_links::put_live_link(w, &link)?;
        if is_first {
            let by = By { actor: Actor::User(link.user_id), address };
            let details =
                json!({ "id": link.id, "name": link.name, "rows": rows, "filters": excerpt_of(&link.query) });
            audit::append(w, now, by, "live-link.use", &format!("dataset:{}", link.dataset), &details)?;
        }
        Ok::<_, StoreError>(())
    })?;
    Ok(())
}
