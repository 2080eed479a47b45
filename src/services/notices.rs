//! What users are told by mail of changes to their accounts, in the transaction of the change.

use jiff::Timestamp;

use super::authorize::By;
use super::error::ServiceError;
use super::{Services, outbox, site, tokens, webhooks};
use crate::base::secret::SecretString;
use crate::domain::email::Email;
use crate::domain::permission::Permission;
use crate::domain::token::Token;
use crate::domain::user::{User, UserStatus};
use crate::domain::webhook::WebhookEvent;
use crate::mail::letters::{
    Access, AccessLetter, Change, Circumstances, Standing, changed, standing as standing_letter,
};
use crate::store::{Read, StoreError, WriteTxn, preferences as store_preferences, users as store_users};

/// Tells `user` of a change that `by` made, at the address `to`. Ring the job bell after the transaction.
pub(super) fn tell(
    services: &Services,
    w: &WriteTxn,
    user: &User,
    to: &Email,
    change: Change,
    by: By,
) -> Result<(), ServiceError> {
    let circumstances = Circumstances {
        at: as_read_by(services, w, user, services.now())?,
        // Where an admin sits is not for every user.
        from: by.address.filter(|_| by.user() == Some(user.id)).map(|address| address.to_string()),
    };
    let letter = changed(&site::name(services), &user.shown_name(), change, &circumstances);
    outbox::post(services, w, change.word(), to, letter)?;
    Ok(())
}

/// What lets a user in, on its way to them.
pub(super) struct AccessMail<'a> {
    /// What it lets them do.
    pub access: Access,
    /// Where it goes.
    pub to: &'a Email,
    /// What is sealed into the link; its end is the mail's.
    pub token: &'a Token,
    /// The page of the link, where there is one.
    pub path: Option<&'a str>,
    /// A code or password to type.
    pub code: Option<SecretString>,
    /// Where it was asked for, over the network.
    pub asked_from: Option<std::net::IpAddr>,
}

/// What a mail calls its reader. Before the address is proved, the name is what some visitor typed, and a mail of this
/// site must not carry a stranger's words to whomever they chose.
fn greeted(user: &User) -> String {
    if user.status == UserStatus::Unconfirmed { user.email.to_string() } else { user.shown_name() }
}

/// Mails what lets a user in. Ring the job bell after the transaction.
pub(super) fn post_access(
    services: &Services,
    w: &WriteTxn,
    user: &User,
    mail: AccessMail<'_>,
) -> Result<(), ServiceError> {
    let link = match mail.path {
        Some(path) => tokens::link(services, mail.token, path)?,
        None => None,
    };
    let now = as_read_by(services, w, user, services.now())?;
    let asked = mail.asked_from.map(|address| Circumstances { at: now, from: Some(address.to_string()) });
    let shows_login = matches!(mail.access, Access::Invite | Access::TemporaryPassword);
    let letter = AccessLetter {
        site: &site::name(services),
        person: &greeted(user),
        access: mail.access,
        login: shows_login.then(|| user.email.as_str()),
        link,
        code: mail.code,
        code_is_slip: mail.token.slip_hash.is_some(),
        asked,
        until: as_read_by(services, w, user, mail.token.expires_at)?,
        expires_at: mail.token.expires_at,
    };
    outbox::post(services, w, mail.access.word(), mail.to, letter.write())?;
    Ok(())
}

/// Tells a user where the account stands. Ring the job bell after the transaction.
pub(super) fn tell_standing(
    services: &Services,
    w: &WriteTxn,
    user: &User,
    what: &Standing,
) -> Result<(), ServiceError> {
    let config = services.config();
    let origin = config.server.public_url.as_ref().map(|url| url.origin.as_str());
    let letter = standing_letter(&site::name(services), &greeted(user), what, origin);
    outbox::post(services, w, what.word(), &user.email, letter)?;
    Ok(())
}

/// Tells those who manage users that `who` waits: a few times at once, then one mail every ten minutes. The page they
/// come to lists all who wait.
pub(super) fn tell_admins(services: &Services, w: &WriteTxn, who: &User) -> Result<(), ServiceError> {
    const AT_ONCE: f64 = 5.0;
    const THEN_EVERY: std::time::Duration = std::time::Duration::from_mins(10);
    let page = format!("/admin/approvals/{}", who.id);
    let data = serde_json::json!({ "user": who.id });
    webhooks::tell(services, w, WebhookEvent::ApprovalRequested, &data, &page)?;
    match super::limits::take_counter(w, b"admins-told", AT_ONCE, THEN_EVERY, services.now()) {
        Ok(()) => {}
        Err(ServiceError::Throttled(_)) => return Ok(()),
        Err(other) => return Err(other),
    }
    let described = match who.name.full() {
        Some(name) => format!("{name}, {}", who.email),
        None => who.email.to_string(),
    };
    let what = Standing::ApprovalWanted(described);
    let may_decide = |user: &User| user.is_active() && user.has(Permission::ManageUsers);
    for admin in store_users::list_users(w)?.into_iter().filter(may_decide) {
        tell_standing(services, w, &admin, &what)?;
    }
    Ok(())
}

/// An instant as the user reads it, with its zone.
fn as_read_by(services: &Services, r: &impl Read, user: &User, at: Timestamp) -> Result<String, StoreError> {
    let config = services.config();
    let preferences = store_preferences::get_preferences(r, user.id)?;
    let zone = preferences.zone(config.site.time_zone.as_deref());
    Ok(preferences.formats(config.site.formats).minute_in_zone(&at.to_zoned(zone)))
}
