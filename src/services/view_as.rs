//! An admin sees the site as one of its users does, and changes nothing. It is the session that looks as somebody else:
//! every page of that browser says so, every request that would change something is refused, and both ends are audited
//! under the admin's name.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::authorize::{By, Grant, ManageUsers};
use super::error::ServiceError;
use super::sessions::LiveSession;
use super::{Services, audit, end_sessions, users};
use crate::domain::audit::Actor;
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

/// The session as the one who is looked as sees the site. Where time is up, the admin may not any more, or whoever is
/// looked as is none to look as, the view is over for good: it does not come back with what ended it.
///
/// # Errors
/// [`ServiceError::ViewEnded`], once, for the request that finds out: it may come from a page of the view.
pub(super) fn apply(services: &Services, live: LiveSession) -> Result<LiveSession, ServiceError> {
    let Some(viewing) = live.session.viewing else { return Ok(live) };
    let found = services.store.read(|r| store_users::find_user(r, viewing.user))?;
    let why = match &found {
        _ if !lasts(&viewing, services.now()) => Some("time was up".to_owned()),
        None => Some("the account was deleted".to_owned()),
        Some(target) => why_not(&live.user, target),
    };
    let (Some(target), None) = (found, &why) else {
        let why = why.unwrap_or_default();
        end_by_itself(services, &live, &why)?;
        return Err(ServiceError::ViewEnded(why));
    };
    // What they must do first is theirs to do; behind it is what they see.
    let target = User { must_change_password: false, ..target };
    Ok(LiveSession { viewer: Some(live.user), user: target, must_enrol: false, ..live })
}

fn end_by_itself(services: &Services, live: &LiveSession, why: &str) -> Result<(), ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let session = store_sessions::find_session(w, &live.session.token_hash)?;
        let Some(mut session) = session.filter(|session| session.viewing.is_some()) else { return Ok(()) };
        end_sessions::tell_end_of_view(w, now, &session, why)?;
        session.viewing = None;
        store_sessions::put_session(w, &session)
    })?;
    Ok(())
}

/// Why an admin may not look as this user.
fn why_not(admin: &User, target: &User) -> Option<String> {
    if admin.id == target.id {
        return Some("this is your own account: you see what you see".to_owned());
    }
    if !target.is_active() {
        return Some(format!("{} cannot sign in, and so sees nothing", target.email));
    }
    let is_within = users::reach::is_within(&target.owners, &admin.owners);
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
