//! An admin sees the site as one of its users does, and changes nothing. It is the session that looks as somebody else:
//! every page of that browser says so, every request that would change something is refused, and both ends are audited
//! under the admin's name.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::authorize::{By, Grant, ManageUsers};
use super::error::ServiceError;
use super::sessions::LiveSession;
use super::{Services, audit, users};
use crate::domain::audit::Actor;
use crate::domain::scope::OwnerScope;
use crate::domain::session::Viewing;
use crate::domain::user::User;
use crate::store::{StoreError, sessions as store_sessions, users as store_users};

/// It ends by itself: a browser that is left must not show another's stock for ever.
const LASTS: SignedDuration = SignedDuration::from_mins(30);

/// True while it lasts.
fn lasts(viewing: &Viewing, now: Timestamp) -> bool {
    let age = now.duration_since(viewing.since);
    age < LASTS && age > SignedDuration::from_mins(-5)
}

/// The session as the one who is looked as sees the site. Where the admin may not any more, or whoever is looked as is
/// none to look as, it is the admin's again.
pub(super) fn apply(services: &Services, live: LiveSession) -> Result<LiveSession, ServiceError> {
    let Some(viewing) = live.session.viewing.filter(|viewing| lasts(viewing, services.now())) else {
        return Ok(live);
    };
    let found = services.store.read(|r| store_users::find_user(r, viewing.user))?;
    Ok(match found.filter(|target| why_not(&live.user, target).is_none()) {
        Some(target) => {
            // What they must do first is theirs to do; behind it is what they see.
            let target = User { must_change_password: false, ..target };
            LiveSession { viewer: Some(live.user), user: target, must_enrol: false, ..live }
        }
        None => live,
    })
}

/// Why an admin may not look as this user.
fn why_not(admin: &User, target: &User) -> Option<String> {
    if admin.id == target.id {
        return Some("this is your own account: you see what you see".to_owned());
    }
    if !target.is_active() {
        return Some(format!("{} cannot sign in, and so sees nothing", target.email));
    }
    let is_within = match (&admin.owners, &target.owners) {
        (OwnerScope::All, _) => true,
        (OwnerScope::Owners(own), OwnerScope::Owners(theirs)) => theirs.is_subset(own),
        (OwnerScope::Owners(_), OwnerScope::All) => false,
    };
    // Else it would be a way to rows that the admin is not to see.
    (!is_within).then(|| format!("{} sees rows of owners that are not among yours", target.email))
}

/// Begins to look as this user.
///
/// # Errors
/// [`ServiceError::Conflict`] for somebody to whom it does not apply; [`ServiceError::NotFound`].
pub fn begin(
    services: &Services,
    grant: &Grant<ManageUsers>,
    live: &LiveSession,
    login: &str,
) -> Result<(), ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let target = users::get(w, login)?;
        if let Some(why) = why_not(&live.user, &target) {
            return Err(ServiceError::Conflict(why));
        }
        let session = store_sessions::find_session(w, &live.session.token_hash)?;
        let mut session = session.ok_or(ServiceError::SignInRequired)?;
        session.viewing = Some(Viewing { user: target.id, since: now });
        store_sessions::put_session(w, &session)?;
        audit::append(w, now, grant.by(), "view-as.begin", &users::target(&target), &json!({}))?;
        Ok(())
    })
}

/// Ends it; as whom it was.
pub fn end(
    services: &Services,
    live: &LiveSession,
    address: Option<std::net::IpAddr>,
) -> Result<Option<User>, ServiceError> {
    let now = services.now();
    services
        .store
        .write(|w| {
            let session = store_sessions::find_session(w, &live.session.token_hash)?;
            let Some(mut session) = session else { return Ok(None) };
            let Some(viewing) = session.viewing.take() else { return Ok(None) };
            store_sessions::put_session(w, &session)?;
            let by = By { actor: Actor::User(session.user_id), address };
            let lasted = now.duration_since(viewing.since).as_secs();
            let target = format!("user:{}", viewing.user);
            audit::append(w, now, by, "view-as.end", &target, &json!({ "seconds": lasted }))?;
            store_users::find_user(w, viewing.user)
        })
        .map_err(|error: StoreError| error.into())
}
