//! Handing an account over: by a link in a mail, a password in a mail that is good for one sign-in, or a slip with a
//! code. Whoever hands it over never learns a password (ASVS 6.4.6).

use serde_json::json;

use super::target;
use crate::base::ids::random_password;
use crate::base::secret::SecretString;
use crate::config::accounts::Invitation;
use crate::domain::email::Email;
use crate::domain::token::{Token, TokenPurpose};
use crate::domain::user::{Realm, User};
use crate::mail::letters::Access;
use crate::services::authorize::{Grant, ManageUsers};
use crate::services::end_sessions;
use crate::services::error::ServiceError;
use crate::services::notices::{self, AccessMail};
use crate::services::users::{self, NewUser, UserView};
use crate::services::{Services, audit, live_links, sign_up, tokens};
use crate::store::{WriteTxn, tokens as store_tokens, users as store_users};

/// How an account is to reach its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By mail, where the site has it; else on a slip.
    Mail,
    /// On a slip, to print or to read out.
    Slip,
}

/// What there is to hand over.
#[derive(Debug, Clone)]
pub enum Handover {
    /// Nothing: it went to this address.
    Mailed(Email),
    /// A slip. Shown to the caller this once.
    Slip(Slip),
}

/// What stands on a slip.
#[derive(Debug, Clone)]
pub struct Slip {
    /// The code to type.
    pub code: SecretString,
    /// The same as a link, where the site knows its address.
    pub link: Option<SecretString>,
    /// When it ends.
    pub expires_at: jiff::Timestamp,
}

/// Makes an account and hands it over.
///
/// # Errors
/// [`ServiceError::Conflict`] where a login is taken.
pub fn add(
    services: &Services,
    grant: &Grant<ManageUsers>,
    new: NewUser,
    way: Way,
) -> Result<(UserView, Handover), ServiceError> {
    let mut user = users::without_password(services, new, grant.by())?;
    let prepared = prepare(services, way)?;
    let made = services.store.write(|w| {
        users::reach::check(w, grant.by(), None, &user.owners)?;
        users::insert_without_password(w, &user)?;
        let details = json!({ "after": UserView::from(&user), "handed_over": prepared.word() });
        audit::append(w, user.created_at, grant.by(), "user.add", &target(&user), &details)?;
        let handover = hand_over(services, w, &mut user, prepared, Access::Invite)?;
        Ok::<_, ServiceError>((UserView::from(&user), handover))
    })?;
    services.ring_job_bell();
    Ok(made)
}

/// Takes the password of an account away, ends its sessions, and hands the account over anew.
///
/// # Errors
/// [`ServiceError::Conflict`] for one's own account and for one whose password is a directory's.
pub fn reset(
    services: &Services,
    grant: &Grant<ManageUsers>,
    login: &str,
    way: Way,
) -> Result<(UserView, Handover), ServiceError> {
    let reset = services.store.write(|w| {
        let user = users::get(w, login)?;
        if grant.by().user() == Some(user.id) {
            return Err(ServiceError::Conflict(
                "this is your own account; change its password under Account".to_owned(),
            ));
        }
        if user.realm != Realm::Local {
            return Err(ServiceError::Conflict(
                "the password of this account is the company directory's, and can be changed only there"
                    .to_owned(),
            ));
        }
        users::reach::check(w, grant.by(), Some(&user), &user.owners)?;
        reset_in(services, w, grant, user, way)
    })?;
    services.ring_job_bell();
    Ok(reset)
}

/// The same in the caller's transaction, for an account that may be reset. Takes no time: what is handed over is a link or
/// a slip, and never a password.
pub(in crate::services) fn reset_in(
    services: &Services,
    w: &WriteTxn,
    grant: &Grant<ManageUsers>,
    mut user: User,
    way: Way,
) -> Result<(UserView, Handover), ServiceError> {
    let prepared = if needs_slip(services, &user, way) { Prepared::Slip } else { Prepared::Link };
    let ended = renew(services, w, &mut user)?;
    let details = json!({ "sessions_ended": ended, "handed_over": prepared.word() });
    audit::append(w, services.now(), grant.by(), "user.reset", &target(&user), &details)?;
    let handover = hand_over(services, w, &mut user, prepared, Access::NewAccess)?;
    Ok((UserView::from(&user), handover))
}

/// True where this user gets a slip: it is wanted, the site sends no mail, or the account has no address to send one to.
pub(in crate::services) fn needs_slip(services: &Services, user: &User, way: Way) -> bool {
    way == Way::Slip || !services.config().mail.is_on() || user.email.is_nobodys()
}

/// Sends an invitation once more, in the caller's transaction: earlier links and passwords of the account are void.
pub(in crate::services) fn resend_in(
    services: &Services,
    w: &WriteTxn,
    grant: &Grant<ManageUsers>,
    mut user: User,
) -> Result<(), ServiceError> {
    let now = services.now();
    users::reach::check(w, grant.by(), Some(&user), &user.owners)?;
    renew(services, w, &mut user)?;
    let details = json!({ "handed_over": Prepared::Link.word() });
    audit::append(w, now, grant.by(), "user.invite", &target(&user), &details)?;
    hand_over(services, w, &mut user, Prepared::Link, Access::Invite)?;
    Ok(())
}

/// Takes away whatever opens the account: password, links, sessions; how many of these.
fn renew(services: &Services, w: &WriteTxn, user: &mut User) -> Result<usize, ServiceError> {
    user.credential_epoch += 1;
    user.must_change_password = false;
    user.password_expires_at = None;
    user.updated_at = services.now();
    store_users::update_user(w, user)?;
    store_users::delete_password_hash(w, user.id)?;
    live_links::end_with_password(w, services.now(), user.id)?;
    store_tokens::delete_tokens_of(w, user.id)?;
    Ok(end_sessions::all_of(w, services.now(), user.id, None)?)
}

/// What takes time is made before the transaction.
enum Prepared {
    Link,
    Password(SecretString, SecretString),
    Slip,
}

impl Prepared {
    fn word(&self) -> &'static str {
        match self {
            Self::Link => "mail",
            Self::Password(..) => "temporary password by mail",
            Self::Slip => "slip",
        }
    }
}

fn prepare(services: &Services, way: Way) -> Result<Prepared, ServiceError> {
    if way == Way::Slip || !services.config().mail.is_on() {
        return Ok(Prepared::Slip);
    }
    if services.config().accounts.invitation == Invitation::TemporaryPassword {
        let password = random_password();
        let hash = services.passwords.hash(&password)?;
        return Ok(Prepared::Password(password, hash));
    }
    Ok(Prepared::Link)
}

fn hand_over(
    services: &Services,
    w: &WriteTxn,
    user: &mut User,
    prepared: Prepared,
    access: Access,
) -> Result<Handover, ServiceError> {
    match prepared {
        Prepared::Password(password, hash) => {
            sign_up::mail_password(services, w, user, password, &hash)?;
            Ok(Handover::Mailed(user.email.clone()))
        }
        Prepared::Link => {
            let (token, code) = slip_token(services, user, true);
            store_tokens::put_token(w, &token)?;
            let to = user.email.clone();
            let mail = AccessMail {
                access,
                to: &to,
                token: &token,
                path: Some("/welcome"),
                code: Some(code),
                asked_from: None,
            };
            notices::post_access(services, w, user, mail)?;
            Ok(Handover::Mailed(to))
        }
        Prepared::Slip => {
            let (token, code) = slip_token(services, user, false);
            store_tokens::put_token(w, &token)?;
            let link = tokens::link(services, &token, "/welcome")?;
            Ok(Handover::Slip(Slip { code, link, expires_at: token.expires_at }))
        }
    }
}

/// A token with a code that can be typed anywhere, by whoever has it.
fn slip_token(services: &Services, user: &User, by_mail: bool) -> (Token, SecretString) {
    let (code, hash) = tokens::new_slip_code();
    let token = tokens::new_for(services, TokenPurpose::Invite, user, tokens::INVITE_LIFETIME);
    (Token { slip_hash: Some(hash), proves_address: by_mail, ..token }, code)
}
