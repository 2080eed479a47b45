//! Browsers that are not asked for a code for a while: bound to the device cookie, to the user and to the credential
//! epoch.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::base::hex;
use crate::domain::audit::Actor;
use crate::domain::session::TokenHash;
use crate::domain::user::User;
use crate::services::authorize::By;
use crate::services::error::ServiceError;
use crate::services::sessions::LiveSession;
use crate::services::{Services, audit};
use crate::store::trusted_browsers::{
    TrustedBrowser, delete_all_trusted, delete_trusted, find_trusted, list_trusted, put_trusted,
};
use crate::store::{Read, StoreError, WriteTxn};

/// How long a browser is trusted.
pub const DAYS: i64 = 30;
pub(crate) const LIFETIME: SignedDuration = SignedDuration::from_hours(24 * DAYS);
/// How far the clock may have been set back since.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_mins(5);

fn is_good(browser: &TrustedBrowser, user: &User, now: Timestamp) -> bool {
    let age = now.duration_since(browser.trusted_at);
    // A clock set back must not lengthen it.
    browser.credential_epoch == user.credential_epoch && age < LIFETIME && age > -CLOCK_SLACK
}

/// True where the user trusts this browser.
pub(super) fn is_trusted(
    r: &impl Read,
    user: &User,
    device: &TokenHash,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(find_trusted(r, user.id, device)?.is_some_and(|browser| is_good(&browser, user, now)))
}

/// Trusts the browser from now on, in the transaction of the sign-in.
pub(in crate::services) fn begin(
    w: &WriteTxn,
    user: &User,
    device: TokenHash,
    user_agent: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let user_agent = user_agent.chars().filter(|c| !c.is_control()).take(200).collect();
    let browser =
        TrustedBrowser { device, credential_epoch: user.credential_epoch, trusted_at: now, user_agent };
    put_trusted(w, user.id, &browser)
}

/// A browser that its user trusts, as it is shown to them.
#[derive(Debug, Clone)]
pub struct OwnBrowser {
    /// What forms call it.
    pub id: String,
    /// What it called itself.
    pub user_agent: String,
    /// Since when.
    pub trusted_at: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

fn id_of(browser: &TrustedBrowser) -> String {
    hex::encode(&browser.device[..8])
}

/// The browsers that one trusts, the latest first.
pub fn own(services: &Services, user: &User) -> Result<Vec<OwnBrowser>, ServiceError> {
    let now = services.now();
    let mut trusted = services.store.read(|r| list_trusted(r, user.id))?;
    trusted.retain(|browser| is_good(browser, user, now));
    trusted.sort_by_key(|browser| std::cmp::Reverse(browser.trusted_at));
    let shown = |browser: TrustedBrowser| OwnBrowser {
        id: id_of(&browser),
        until: browser.trusted_at.saturating_add(LIFETIME).unwrap_or(browser.trusted_at),
        trusted_at: browser.trusted_at,
        user_agent: browser.user_agent,
    };
    Ok(trusted.into_iter().map(shown).collect())
}

/// Ends the trust in one of one's own browsers, or in all of them; one that ended already is no error.
pub fn end_own(
    services: &Services,
    live: &LiveSession,
    id: Option<&str>,
    address: Option<std::net::IpAddr>,
) -> Result<(), ServiceError> {
    let (user, now) = (live.user.id, services.now());
    let by = By { actor: Actor::User(user), address };
    services.store.write(|w| {
        let ended = match id {
            None => delete_all_trusted(w, user, None)?,
            Some(id) => {
                let mut ended = 0;
                for browser in list_trusted(w, user)?.iter().filter(|browser| id_of(browser) == id) {
                    ended += usize::from(delete_trusted(w, user, &browser.device)?);
                }
                ended
            }
        };
        if ended > 0 {
            audit::append(
                w,
                now,
                by,
                "user.distrust",
                &format!("user:{user}"),
                &json!({ "browsers": ended }),
            )?;
        }
        Ok::<_, ServiceError>(())
    })
}
