//! One's own account: the name others see, and where one is signed in.

use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::json;

use super::authorize::By;
use super::error::ServiceError;
use super::sessions::{self, LiveSession};
use super::users::UserView;
use super::{Services, audit, logins, second_factor};
use crate::base::hex;
use crate::base::secret::SecretString;
use crate::domain::audit::Actor;
use crate::domain::email::Username;
use crate::domain::mobile::Mobile;
use crate::domain::second_factor::SecondFactor;
use crate::domain::session::{Session, TokenHash};
use crate::domain::user::{PersonName, Realm};
use crate::services::end_sessions;
use crate::store::{StoreError, trusted_browsers, users as store_users};

/// One of one's own sessions.
#[derive(Debug, Clone)]
pub struct OwnSession {
    /// What forms call it. Not the token, nor what finds it.
    pub id: String,
    /// It is the one that asks.
    pub is_this: bool,
    /// What the browser called itself.
    pub user_agent: String,
    /// Where the sign-in came from.
    pub address: Option<IpAddr>,
    /// Sign-in.
    pub created_at: Timestamp,
    /// Last request.
    pub seen_at: Timestamp,
    /// What there was beside the password.
    pub second_factor: SecondFactor,
}

/// The first bytes of the token's hash tell one's own few sessions apart, and find none.
fn id_of(session: &Session) -> String {
    hex::encode(&session.token_hash[..8])
}

/// Where one is signed in: this session first, then the latest.
pub fn sessions(services: &Services, live: &LiveSession) -> Result<Vec<OwnSession>, ServiceError> {
    let mut own: Vec<OwnSession> = sessions::of_user(services, &live.user)?
        .into_iter()
        .map(|session| OwnSession {
            id: id_of(&session),
            is_this: session.token_hash == live.session.token_hash,
            user_agent: session.user_agent,
            address: session.address,
            created_at: session.created_at,
            seen_at: session.seen_at,
            second_factor: session.second_factor,
        })
        .collect();
    own.sort_by_key(|session| (!session.is_this, std::cmp::Reverse(session.seen_at)));
    Ok(own)
}

/// Ends one of one's own sessions; one that ended already is no error.
pub fn end_session(
    services: &Services,
    live: &LiveSession,
    id: &str,
    address: Option<IpAddr>,
) -> Result<(), ServiceError> {
    let own = sessions::of_user(services, &live.user)?;
    match own.iter().find(|session| id_of(session) == id) {
        Some(session) => sessions::end(services, session, address),
        None => Ok(()),
    }
}

/// Ends all of one's own sessions but this one, and the trust in all browsers but this one; how many sessions there
/// were.
pub fn end_other_sessions(
    services: &Services,
    live: &LiveSession,
    device: Option<&TokenHash>,
    address: Option<IpAddr>,
) -> Result<usize, ServiceError> {
    let now = services.now();
    let by = By { actor: Actor::User(live.user.id), address };
    services.store.write(|w| {
        let ended = end_sessions::all_of(w, now, live.user.id, Some(&live.session.token_hash))?;
        let distrusted = trusted_browsers::delete_all_trusted(w, live.user.id, device)?;
        let details = json!({ "sessions_ended": ended, "browsers": distrusted, "by": "self" });
        audit::append(w, now, by, "user.sessions", &format!("user:{}", live.user.id), &details)?;
        Ok(ended)
    })
}

/// What one may change about oneself at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnProfile {
    /// What people call one.
    pub name: PersonName,
    /// A second name to sign in with.
    pub username: Option<Username>,
    /// A mobile number.
    pub mobile: Option<Mobile>,
}

/// Changes what one is called, and the user name and number that find one's account. Those that sign in take a proof of
/// who is there (ASVS 7.5.1).
///
/// # Errors
/// [`ServiceError::Invalid`] where a user name or number is somebody else's: whoever is signed in is told; as
/// [`second_factor::prove`].
pub fn edit_profile(
    services: &Services,
    live: &LiveSession,
    wanted: OwnProfile,
    password: &SecretString,
    address: Option<IpAddr>,
) -> Result<(), ServiceError> {
    if live.user.realm != Realm::Local {
        return Err(ServiceError::Conflict(
            "your names are your company's directory's, and are changed only there".to_owned(),
        ));
    }
    if live.user.username != wanted.username {
        logins::check_chosen(services, wanted.username.as_ref())?;
    }
    if (&live.user.username, &live.user.mobile) != (&wanted.username, &wanted.mobile) {
        second_factor::prove(services, live, password, address)?;
    }
    let now = services.now();
    let by = By { actor: Actor::User(live.user.id), address };
    services.store.write(|w| {
        let mut user = store_users::find_user(w, live.user.id)?.ok_or(ServiceError::SignInRequired)?;
        let before = UserView::from(&user);
        let OwnProfile { name, username, mobile } = wanted;
        user.name = name;
        user.username = username;
        user.mobile = mobile;
        user.updated_at = now;
        store_users::update_user(w, &user).map_err(|error| match error {
            StoreError::Taken { value, .. }
                if user.mobile.as_ref().is_some_and(|mobile| mobile.login().as_str() == value) =>
            {
                ServiceError::invalid("mobile", "belongs to another account; ask an admin if it is yours")
            }
            StoreError::Taken { .. } => ServiceError::invalid("username", "is taken; choose another"),
            other => other.into(),
        })?;
        let details = json!({ "before": before, "after": UserView::from(&user) });
        Ok(audit::append(w, now, by, "user.profile", &format!("user:{}", user.id), &details)?)
    })
}
