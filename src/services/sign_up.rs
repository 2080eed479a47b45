//! Asking for an account. What a visitor sees is the same whatever is known of the address: an account is written down
//! that holds no login, and a job finds out what to mail. Only who reads the mails of an address learns more (ASVS
//! 6.3.8), and nobody can take an address by typing it.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::authorize::By;
use super::error::ServiceError;
use super::limits::{self, Asking};
use super::notices::{self, AccessMail};
use super::{Services, audit, jobs, logins, password_policy, security_question, tokens};
use crate::base::ids::random_password;
use crate::base::secret::SecretString;
use crate::config::accounts::{SignupMode, SignupPassword};
use crate::domain::audit::Actor;
use crate::domain::email::{Email, Username};
use crate::domain::ids::{TokenId, UserId};
use crate::domain::mobile::Mobile;
use crate::domain::permission::Role;
use crate::domain::token::{Token, TokenPurpose};
use crate::domain::user::{PersonName, User, UserStatus};
use crate::mail::letters::{Access, Standing};
use crate::services::users::UserView;
use crate::store::{
    Read, StoreError, WriteTxn, security_questions as store_questions, tokens as store_tokens,
    users as store_users,
};

/// The kind of job that finds out what to mail.
pub const SIGN_UP_JOB: &str = "sign_up";
/// Tries of that job.
const MAX_ATTEMPTS: u32 = 20;
/// Time between two mails that were asked for.
pub const RESEND_AFTER: std::time::Duration = std::time::Duration::from_mins(1);
/// Accounts that nobody confirmed are kept for so long.
const KEEP_UNCONFIRMED: SignedDuration = SignedDuration::from_hours(48);

/// The payload of [`SIGN_UP_JOB`].
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct SignUpJob {
    /// The account.
    pub user: UserId,
    /// What lets its user confirm it.
    pub token: TokenId,
    /// Where it was asked for.
    pub address: Option<IpAddr>,
}

/// An account as a visitor wants it.
#[derive(Debug)]
pub struct SignUp {
    /// Mail address.
    pub email: Email,
    /// First and last name.
    pub name: PersonName,
    /// User name.
    pub username: Option<Username>,
    /// Mobile number.
    pub mobile: Option<Mobile>,
    /// The password, where its user chooses one.
    pub password: Option<SecretString>,
    /// A security question and its answer, where the site has them.
    pub question: Option<(String, SecretString)>,
    /// The browser that asks, as [`Confirmation::browser`] says it again.
    pub browser: String,
    /// Where the request comes from.
    pub address: Option<IpAddr>,
}

/// What a visitor is told to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterSignUp {
    /// Look into their mails; the token that codes are typed for.
    Confirm(TokenId),
    /// Wait for an admin.
    Wait,
}

fn mode(services: &Services) -> SignupMode {
    services.config().accounts.signup
}

/// True where visitors may ask for accounts.
pub fn is_open(services: &Services) -> bool {
    mode(services) != SignupMode::Off
}

/// Writes down that somebody asks for an account.
///
/// # Errors
/// [`ServiceError::NotFound`] where nobody may; [`ServiceError::Invalid`] for a bad password;
/// [`ServiceError::Throttled`] for too many from one address. Never whether anything is taken.
pub fn request(services: &Services, wanted: SignUp) -> Result<AfterSignUp, ServiceError> {
    if !is_open(services) {
        return Err(ServiceError::NotFound("sign-up on this site".to_owned()));
    }
    logins::check_brought(&wanted.email)?;
    logins::check_chosen(services, wanted.username.as_ref())?;
    let now = services.now();
    let confirms = mode(services).confirms();
    let user = User {
        name: wanted.name,
        username: wanted.username,
        mobile: wanted.mobile,
        status: if confirms { UserStatus::Unconfirmed } else { UserStatus::Pending },
        roles: [Role::Customer].into(),
        made_by: Actor::Visitor,
        ..User::new(UserId::new(now), wanted.email, now)
    };
    let chosen = services.config().accounts.signup_password == SignupPassword::Chosen;
    let hash = match wanted.password.filter(|_| chosen) {
        Some(password) => {
            password_policy::check(&services.config().password, &user, &password)?;
            Some(services.passwords.hash(&password)?)
        }
        None if chosen => return Err(ServiceError::invalid("password", "is missing")),
        None => None,
    };
    let question = match wanted.question.filter(|_| services.config().accounts.security_question) {
        Some((question, answer)) => {
            let (question, answer) = security_question::read(services, &question, &answer)?;
            Some((question, services.passwords.hash(&answer)?))
        }
        None => None,
    };
    let by = By { actor: Actor::Visitor, address: wanted.address };
    let after = services.store.write(|w| {
        limits::take(services, w, Asking::SignUp, wanted.address)?;
        store_users::insert_user(w, &user)?;
        if let Some(hash) = &hash {
            store_users::put_password_hash(w, user.id, hash)?;
        }
        if let Some((question, hash)) = &question {
            store_questions::put_question(w, user.id, question, hash, now)?;
        }
        let details = json!({ "after": UserView::from(&user) });
        audit::append(w, now, by, "user.sign-up", &target(&user), &details)?;
        if !confirms {
            notices::tell_admins(services, w, &user)?;
            return Ok::<_, ServiceError>(AfterSignUp::Wait);
        }
        let token = begin_confirmation(services, w, &user, &wanted.browser, wanted.address)?;
        Ok(AfterSignUp::Confirm(token))
    })?;
    services.ring_job_bell();
    Ok(after)
}

fn begin_confirmation(
    services: &Services,
    w: &WriteTxn,
    user: &User,
    browser: &str,
    address: Option<IpAddr>,
) -> Result<TokenId, ServiceError> {
    let token = Token {
        about: browser.to_owned(),
        ..tokens::new_for(services, TokenPurpose::Confirm, user, tokens::CONFIRM_LIFETIME)
    };
    store_tokens::put_token(w, &token)?;
    let payload = SignUpJob { user: user.id, token: token.id, address };
    jobs::enqueue(w, services.now(), SIGN_UP_JOB, &payload, MAX_ATTEMPTS)?;
    Ok(token.id)
}

/// What a sign-up brings into the mailbox: a link and a code, or word of the account that is there already. Safe to run
/// twice.
pub fn mail(services: &Services, job: SignUpJob) -> Result<(), ServiceError> {
    let code = tokens::new_code();
    let hash = tokens::hash_code(services, job.token, &code)?;
    let now = services.now();
    services.store.write(|w| {
        let user = store_users::find_user(w, job.user)?;
        let token = store_tokens::find_token(w, job.token)?;
        let (Some(user), Some(mut token)) = (user, token) else { return Ok(()) };
        if user.status != UserStatus::Unconfirmed || token.code_hash.is_some() || !token.is_live(now) {
            return Ok(());
        }
        if let Some(holder) = store_users::find_user_by_login(w, &user.email.login())? {
            // The token stays, of nobody: codes typed for it are as wrong as any.
            token.user = None;
            store_tokens::put_token(w, &token)?;
            store_users::delete_user(w, &user)?;
            let what = match holder.status {
                UserStatus::Pending => Standing::ExistsPending,
                UserStatus::Deactivated => Standing::ExistsDeactivated,
                _ => Standing::Exists,
            };
            if may_tell(services, w, &holder)? {
                notices::tell_standing(services, w, &holder, &what)?;
            }
            let details = json!({ "sign_up": user.id.to_string() });
            audit::append(w, now, By::SYSTEM, "user.sign-up-again", &target(&holder), &details)?;
            return Ok::<_, ServiceError>(());
        }
        if live_confirmations(w, &user.email, now)? > tokens::MAX_LIVE {
            return Ok(());
        }
        token.code_hash = Some(hash.clone());
        store_tokens::put_token(w, &token)?;
        let mail = AccessMail {
            access: Access::Confirm,
            to: &user.email,
            token: &token,
            path: Some("/confirm"),
            code: Some(code.clone()),
            asked_from: job.address,
        };
        notices::post_access(services, w, &user, mail)
    })?;
    services.ring_job_bell();
    Ok(())
}

/// True where the user may be told once more of what others did with their address: three times, then once an hour.
pub(super) fn may_tell(services: &Services, w: &WriteTxn, user: &User) -> Result<bool, ServiceError> {
    const EVERY: std::time::Duration = std::time::Duration::from_hours(1);
    let key = [b"told".as_slice(), user.id.0.as_bytes()].concat();
    match limits::take_counter(w, &key, 3.0, EVERY, services.now()) {
        Ok(()) => Ok(true),
        Err(ServiceError::Throttled(_)) => Ok(false),
        Err(other) => Err(other),
    }
}

/// Mails that are out to confirm this address: a stranger must not fill somebody's mailbox.
fn live_confirmations(r: &impl Read, email: &Email, now: Timestamp) -> Result<usize, StoreError> {
    let mut live = 0;
    for asker in store_users::find_users_who_ask(r, &email.login())? {
        live += store_tokens::list_tokens_of(r, asker.id)?
            .iter()
            .filter(|token| token.purpose == TokenPurpose::Confirm && token.is_live(now))
            .count();
    }
    Ok(live)
}

/// Asks for the mail once more; what codes are typed for from then on. The one before stays good.
///
/// # Errors
/// [`ServiceError::Throttled`] within a minute of the last one; [`ServiceError::LinkVoid`] where there is nothing to
/// confirm any more.
pub fn resend(services: &Services, id: TokenId, address: Option<IpAddr>) -> Result<TokenId, ServiceError> {
    let sent_again = services.store.write(|w| {
        let token = store_tokens::find_token(w, id)?
            .filter(|token| token.purpose == TokenPurpose::Confirm)
            .ok_or(ServiceError::LinkVoid)?;
        let left = RESEND_AFTER.saturating_sub(tokens::age(services, &token));
        if !left.is_zero() {
            return Err(ServiceError::Throttled(left));
        }
        limits::take(services, w, Asking::Resend, address)?;
        let user = token.user.map(|user| store_users::find_user(w, user)).transpose()?.flatten();
        match user.filter(|user| user.status == UserStatus::Unconfirmed) {
            Some(user) => begin_confirmation(services, w, &user, &token.about, address),
            None => {
                let lifetime = tokens::CONFIRM_LIFETIME;
                let token = tokens::new(services, TokenPurpose::Confirm, &token.about, lifetime);
                store_tokens::put_token(w, &token)?;
                Ok(token.id)
            }
        }
    })?;
    services.ring_job_bell();
    Ok(sent_again)
}

/// What somebody is about to confirm.
#[derive(Debug, Clone)]
pub struct ToConfirm {
    /// The address.
    pub email: Email,
    /// Who asked.
    pub name: PersonName,
    /// The user name they asked for.
    pub username: Option<Username>,
    /// The mobile number they asked for.
    pub mobile: Option<Mobile>,
    /// The user name they asked for, where somebody else has it by now.
    pub taken_username: Option<Username>,
    /// The mobile number they asked for, where somebody else has it by now.
    pub taken_mobile: Option<Mobile>,
    /// True where a password must be set: whoever chose the first one did so in another browser, and may be a stranger.
    pub wants_password: bool,
}

/// What the link would confirm. Uses nothing up.
///
/// # Errors
/// [`ServiceError::LinkVoid`].
pub fn look(services: &Services, sealed: &str, browser: &str) -> Result<ToConfirm, ServiceError> {
    services.store.read(|r| {
        let (token, user) = open(services, r, sealed)?;
        to_confirm(services, r, &token, &user, browser)
    })
}

fn open(services: &Services, r: &impl Read, sealed: &str) -> Result<(Token, User), ServiceError> {
    tokens::open(services, r, TokenPurpose::Confirm, sealed)?
        .filter(|(_, user)| user.status == UserStatus::Unconfirmed)
        .ok_or(ServiceError::LinkVoid)
}

fn to_confirm(
    services: &Services,
    r: &impl Read,
    token: &Token,
    user: &User,
    browser: &str,
) -> Result<ToConfirm, ServiceError> {
    let holders = store_users::find_holders(r, user)?;
    let is_taken = |login: crate::domain::email::LoginKey| holders.iter().any(|(held, _)| *held == login);
    Ok(ToConfirm {
        email: user.email.clone(),
        name: user.name.clone(),
        username: user.username.clone(),
        mobile: user.mobile.clone(),
        taken_username: user.username.clone().filter(|name| is_taken(name.login())),
        taken_mobile: user.mobile.clone().filter(|mobile| is_taken(mobile.login())),
        wants_password: !mails_password(services) && token.about != browser,
    })
}

/// How an account stands after its address was confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmed {
    /// It can be used.
    Ready,
    /// It can be used; the password is on its way by mail.
    ReadyWithMailedPassword,
    /// An admin decides.
    Waits,
    /// Not yet: somebody else has the user name or the number. Nothing is used up.
    Taken,
    /// Somebody made an account with this address meanwhile: it is theirs who reads its mails.
    Exists,
}

/// The answer to a link.
#[derive(Debug)]
pub struct Confirmation {
    /// The end of the link.
    pub sealed: SecretString,
    /// User name and number in place of those that somebody else has; `None` where nobody asked for others.
    pub instead: Option<(Option<Username>, Option<Mobile>)>,
    /// The password, where one is wanted.
    pub password: Option<SecretString>,
    /// The name, where the password is wanted.
    pub name: Option<PersonName>,
    /// The browser it comes from.
    pub browser: String,
    /// Where that is.
    pub address: Option<IpAddr>,
}

/// Confirms an address. In the browser that asked for the account that is all; in another one a password must be set,
/// and it takes the place of the one that was chosen, with the question; names are asked for again: whoever asked may have been a stranger who
/// waits for somebody to open the link for them (Sudhodanan and Paverd, "Pre-hijacked accounts", USENIX Security 2022).
///
/// # Errors
/// [`ServiceError::LinkVoid`]; [`ServiceError::Invalid`] for a password that is missing or bad.
pub fn confirm(services: &Services, wanted: Confirmation) -> Result<Confirmed, ServiceError> {
    let now = services.now();
    let Confirmation { sealed, instead, password, name, browser, address } = wanted;
    if let Some((username, _)) = &instead {
        logins::check_chosen(services, username.as_ref())?;
    }
    let own = match password {
        Some(password) => {
            let user = services.store.read(|r| open(services, r, sealed.expose()))?.1;
            password_policy::check(&services.config().password, &user, &password)?;
            Some(services.passwords.hash(&password)?)
        }
        None => None,
    };
    let generated = mails_password(services) && !mode(services).approves();
    let password = generated.then(random_password);
    let hash = password.as_ref().map(|password| services.passwords.hash(password)).transpose()?;
    let confirmed = services.store.write(|w| {
        let (token, mut user) = open(services, w, sealed.expose())?;
        let found = to_confirm(services, w, &token, &user, &browser)?;
        if store_users::find_user_by_login(w, &user.email.login())?.is_some() {
            tokens::use_up(w, &token)?;
            store_users::delete_user(w, &user)?;
            return Ok(Confirmed::Exists);
        }
        if found.wants_password && own.is_none() {
            return Err(ServiceError::invalid("password", "is missing"));
        }
        if found.wants_password {
            // Nothing stays of what was typed there without having been seen here.
            user.name = name.unwrap_or_default();
            (user.username, user.mobile) = instead.unwrap_or_default();
            if !store_users::find_holders(w, &user)?.is_empty() {
                return Ok(Confirmed::Taken);
            }
        } else if found.taken_username.is_some() || found.taken_mobile.is_some() {
            let Some((username, mobile)) = instead else { return Ok(Confirmed::Taken) };
            if found.taken_username.is_some() {
                user.username = username;
            }
            if found.taken_mobile.is_some() {
                user.mobile = mobile;
            }
            if !store_users::find_holders(w, &user)?.is_empty() {
                return Ok(Confirmed::Taken);
            }
        }
        tokens::use_up(w, &token)?;
        user.confirmed_at = Some(now);
        user.updated_at = now;
        user.status = if mode(services).approves() { UserStatus::Pending } else { UserStatus::Active };
        store_users::update_user(w, &user)?;
        if let Some(hash) = own.as_ref().filter(|_| found.wants_password) {
            store_users::put_password_hash(w, user.id, hash)?;
            store_questions::delete_question(w, user.id)?;
        }
        forget_rivals(w, &user)?;
        let by = By { actor: Actor::User(user.id), address };
        let details = json!({ "after": UserView::from(&user), "in_another_browser": found.wants_password });
        audit::append(w, now, by, "user.confirm", &target(&user), &details)?;
        if user.status == UserStatus::Pending {
            notices::tell_standing(services, w, &user, &Standing::ConfirmedPending)?;
            notices::tell_admins(services, w, &user)?;
            return Ok(Confirmed::Waits);
        }
        match (&password, &hash) {
            (Some(password), Some(hash)) => {
                mail_password(services, w, &mut user, password.clone(), hash)?;
                Ok(Confirmed::ReadyWithMailedPassword)
            }
            _ => {
                notices::tell_standing(services, w, &user, &Standing::Confirmed)?;
                Ok::<_, ServiceError>(Confirmed::Ready)
            }
        }
    })?;
    services.ring_job_bell();
    Ok(confirmed)
}

/// True where the site makes up the first password of accounts that were asked for.
pub(super) fn mails_password(services: &Services) -> bool {
    services.config().accounts.signup_password == SignupPassword::Generated
}

/// Gives the user a password that is mailed, good for one sign-in within a day.
pub(super) fn mail_password(
    services: &Services,
    w: &WriteTxn,
    user: &mut User,
    password: SecretString,
    hash: &SecretString,
) -> Result<(), ServiceError> {
    let lifetime = tokens::INVITE_LIFETIME;
    user.must_change_password = true;
    user.password_expires_at = Some(services.now() + lifetime);
    store_users::update_user(w, user)?;
    store_users::put_password_hash(w, user.id, hash)?;
    let mail = AccessMail {
        access: Access::TemporaryPassword,
        to: &user.email,
        token: &tokens::new_for(services, TokenPurpose::Invite, user, lifetime),
        path: None,
        code: Some(password),
        asked_from: None,
    };
    notices::post_access(services, w, user, mail)
}

/// Others who typed the same address: it is proved to be somebody's now.
pub(super) fn forget_rivals(w: &WriteTxn, user: &User) -> Result<(), StoreError> {
    for rival in store_users::find_users_who_ask(w, &user.email.login())? {
        if rival.id != user.id && rival.status == UserStatus::Unconfirmed {
            forget(w, user.updated_at, &rival, "rival")?;
        }
    }
    Ok(())
}

/// Deletes an account that nobody confirmed. The event keeps the address, because the account is gone.
fn forget(w: &WriteTxn, now: Timestamp, user: &User, why: &str) -> Result<(), StoreError> {
    store_tokens::delete_tokens_of(w, user.id)?;
    store_users::delete_user(w, user)?;
    let details = json!({ "email": user.email, "why": why });
    audit::append(w, now, By::SYSTEM, "user.sign-up-expire", &target(user), &details)
}

/// Throws out accounts that nobody confirmed; how many there were.
pub fn purge(services: &Services) -> Result<usize, ServiceError> {
    let now = services.now();
    let before = now - KEEP_UNCONFIRMED;
    let stale: Vec<User> = services
        .store
        .read(store_users::list_users)?
        .into_iter()
        .filter(|user| user.status == UserStatus::Unconfirmed && user.created_at < before)
        .collect();
    for some in stale.chunks(200) {
        services.store.write(|w| {
            for user in some {
                forget(w, now, user, "unconfirmed")?;
            }
            Ok::<_, StoreError>(())
        })?;
    }
    Ok(stale.len())
}

fn target(user: &User) -> String {
    format!("user:{}", user.id)
}
