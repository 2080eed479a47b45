//! What waits for an admin: accounts that were asked for, and forgotten passwords on a site without mail.

use jiff::Timestamp;
use serde_json::json;

use super::authorize::{Grant, ManageUsers};
use super::error::ServiceError;
use super::users::edit::{self, Edited, Saved, UserEdit};
use super::users::{self, UserView};
use super::{Services, audit, notices, sign_up, webhooks};
use crate::base::ids::random_password;
use crate::domain::ids::{TokenId, UserId};
use crate::domain::token::{Token, TokenPurpose};
use crate::domain::user::{Approval, User, UserStatus, turns_text};
use crate::domain::webhook::WebhookEvent;
use crate::mail::letters::Standing;
use crate::store::waiting::{Waiting, list_waiting};
use crate::store::{Read, StoreError, WriteTxn, tokens as store_tokens, users as store_users};

/// Longest reason in characters.
pub const MAX_REASON_CHARS: usize = 500;

/// An account that was asked for.
#[derive(Debug, Clone)]
pub struct WaitingAccount {
    /// The account.
    pub user: UserView,
    /// Logins that somebody has already, with who.
    pub taken: Vec<(String, String)>,
}

/// A forgotten password.
#[derive(Debug, Clone)]
pub struct WaitingReset {
    /// The request.
    pub token: Token,
    /// Whose it is.
    pub user: UserView,
}

/// All that waits.
#[derive(Debug, Clone, Default)]
pub struct AllWaiting {
    /// Accounts, in order of arrival.
    pub accounts: Vec<WaitingAccount>,
    /// Forgotten passwords.
    pub resets: Vec<WaitingReset>,
}

/// How much waits.
pub fn count(services: &Services) -> Result<usize, ServiceError> {
    let now = services.now();
    services.store.read(|r| {
        let mut count = 0;
        for waiting in list_waiting(r)? {
            count += match waiting {
                Waiting::User(_) => 1,
                Waiting::Reset(id) => {
                    usize::from(store_tokens::find_token(r, id)?.is_some_and(|token| token.is_live(now)))
                }
            };
        }
        Ok(count)
    })
}

/// A request for a new password that still counts, with whose it is.
pub(super) fn find_reset(
    r: &impl Read,
    id: TokenId,
    now: Timestamp,
) -> Result<Option<(Token, User)>, StoreError> {
    let token = store_tokens::find_token(r, id)?.filter(|token| token.is_live(now));
    let Some(token) = token else { return Ok(None) };
    let user = token.user.map(|id| store_users::find_user(r, id)).transpose()?.flatten();
    Ok(user.filter(|user| user.credential_epoch == token.epoch).map(|user| (token, user)))
}

/// All that waits.
pub fn list(services: &Services, _grant: &Grant<ManageUsers>) -> Result<AllWaiting, ServiceError> {
    let now = services.now();
    services.store.read(|r| {
        let mut all = AllWaiting::default();
        for waiting in list_waiting(r)? {
            match waiting {
                Waiting::User(id) => {
                    let Some(user) = store_users::find_user(r, id)? else { continue };
                    let holders = store_users::find_holders(r, &user)?;
                    let taken = holders
                        .into_iter()
                        .map(|(login, holder)| (login.as_str().to_owned(), holder.shown_name()))
                        .collect();
                    all.accounts.push(WaitingAccount { user: UserView::from(&user), taken });
                }
                Waiting::Reset(id) => {
                    let found = find_reset(r, id, now)?;
                    all.resets.extend(
                        found.map(|(token, user)| WaitingReset { token, user: UserView::from(&user) }),
                    );
                }
            }
        }
        Ok(all)
    })
}

/// Lets an account in as it is wanted: with roles and owners, in one step.
///
/// # Errors
/// [`ServiceError::Conflict`] where a login is somebody's already, or the account does not wait.
pub fn approve(
    services: &Services,
    grant: &Grant<ManageUsers>,
    id: &str,
    wanted: UserEdit,
) -> Result<Edited, ServiceError> {
    let now = services.now();
    // Whoever signed up without choosing a password has none yet.
    let has_none = services.store.read(|r| {
        let user = users::get(r, id)?;
        Ok::<_, ServiceError>(store_users::find_password_hash(r, user.id)?.is_none())
    })?;
    let password = (has_none && sign_up::mails_password(services)).then(random_password);
    let hash = password.as_ref().map(|password| services.passwords.hash(password)).transpose()?;
    let approved = services.store.write(|w| {
        let mut user = users::get(w, id)?;
        if !matches!(user.status, UserStatus::Pending | UserStatus::Unconfirmed | UserStatus::Rejected) {
            return Err(ServiceError::Conflict("this account does not wait for approval".to_owned()));
        }
        if let Some(stale) = edit::stale(w, &user, &wanted)? {
            return Ok(stale);
        }
        users::reach::check(w, grant.by(), Some(&user), &wanted.to.owners)?;
        let before = UserView::from(&user);
        edit::put(&mut user, wanted.to);
        user.status = UserStatus::Active;
        user.approval = Some(Approval { by: grant.by().user(), at: now });
        user.credential_epoch += 1;
        user.updated_at = now;
        store_users::update_user(w, &user).map_err(users::taken)?;
        store_tokens::delete_tokens_of(w, user.id)?;
        sign_up::forget_rivals(w, &user)?;
        match (password, &hash) {
            (Some(password), Some(hash)) => sign_up::mail_password(services, w, &mut user, password, hash)?,
            _ => notices::tell_standing(services, w, &user, &Standing::Approved)?,
        }
        let view = UserView::from(&user);
        let details = json!({ "before": before, "after": view });
        audit::append(w, now, grant.by(), "user.approve", &users::target(&user), &details)?;
        tell(services, w, WebhookEvent::ApprovalApproved, &user)?;
        Ok(Edited::Saved(Box::new(Saved { view, new_rights: true, is_merged: false })))
    })?;
    services.ring_job_bell();
    Ok(approved)
}

/// Tells webhooks where an account that was asked for stands: its id, and where it is looked at.
fn tell(services: &Services, w: &WriteTxn, event: WebhookEvent, user: &User) -> Result<(), StoreError> {
    let page = format!("/admin/customers/{}", user.id);
    webhooks::tell(services, w, event, &json!({ "user": user.id }), &page)
}

/// Decisions on many: who was let in or turned down, and what kept the others where they are.
#[derive(Debug, Default)]
pub struct Decided {
    /// Done to so many.
    pub done: usize,
    /// Those it was not done to, by id, and why.
    pub left: Vec<(UserId, String)>,
}

impl Decided {
    fn note(&mut self, id: UserId, outcome: Result<(), ServiceError>) -> Result<(), ServiceError> {
        match outcome {
            Ok(()) => self.done += 1,
            Err(ServiceError::Conflict(why) | ServiceError::OutOfScope(why)) => self.left.push((id, why)),
            // Decided or deleted by another admin: it is not here any more.
            Err(ServiceError::NotFound(_)) => {}
            Err(other) => return Err(other),
        }
        Ok(())
    }
}

/// Lets many in, each in a transaction of its own: what keeps one out keeps out nobody else.
///
/// # Errors
/// What has nothing to do with one of them; who was let in until then stays in.
pub fn approve_many(
    services: &Services,
    grant: &Grant<ManageUsers>,
    wanted: Vec<(UserId, UserEdit)>,
) -> Result<Decided, ServiceError> {
    let mut decided = Decided::default();
    for (id, wanted) in wanted {
        let outcome = approve(services, grant, &id.to_string(), wanted).and_then(|edited| match edited {
            Edited::Saved(_) => Ok(()),
            Edited::Stale(_) => Err(ServiceError::Conflict(
                "this account changed since the page was shown; look once more".to_owned(),
            )),
        });
        decided.note(id, outcome)?;
    }
    Ok(decided)
}

/// Turns many down for the same reason.
///
/// # Errors
/// As [`reject`], where it has nothing to do with one of them.
pub fn reject_many(
    services: &Services,
    grant: &Grant<ManageUsers>,
    ids: &[UserId],
    reason: &str,
) -> Result<Decided, ServiceError> {
    let mut decided = Decided::default();
    for id in ids {
        decided.note(*id, reject(services, grant, &id.to_string(), reason).map(drop))?;
    }
    Ok(decided)
}

/// Turns a request for an account down.
///
/// # Errors
/// [`ServiceError::Conflict`] where it does not wait; [`ServiceError::Invalid`] for a reason that is too long.
pub fn reject(
    services: &Services,
    grant: &Grant<ManageUsers>,
    id: &str,
    reason: &str,
) -> Result<UserView, ServiceError> {
    let reason = reason.trim();
    // It goes into a mail and the audit log.
    let reason = reason.replace("\r\n", "\n");
    if reason.chars().any(|c| (c.is_control() && c != '\n') || turns_text(c)) {
        return Err(ServiceError::invalid("reason", "holds characters that turn or hide others"));
    }
    if reason.chars().count() > MAX_REASON_CHARS {
        let message = format!("has at most {MAX_REASON_CHARS} characters");
        return Err(ServiceError::invalid("reason", message));
    }
    let reason = Some(reason).filter(|reason| !reason.is_empty());
    let now = services.now();
    let view = services.store.write(|w| {
        let mut user = users::get(w, id)?;
        if !matches!(user.status, UserStatus::Pending | UserStatus::Unconfirmed) {
            return Err(ServiceError::Conflict("this account does not wait for approval".to_owned()));
        }
        let before = UserView::from(&user);
        let was_confirmed = user.confirmed_at.is_some();
        user.status = UserStatus::Rejected;
        user.approval = None;
        user.credential_epoch += 1;
        user.updated_at = now;
        store_users::update_user(w, &user)?;
        store_tokens::delete_tokens_of(w, user.id)?;
        let view = UserView::from(&user);
        let details = json!({ "before": before, "after": view, "reason": reason });
        audit::append(w, now, grant.by(), "user.reject", &users::target(&user), &details)?;
        // An address that nobody confirmed may be a stranger's.
        tell(services, w, WebhookEvent::ApprovalRejected, &user)?;
        if was_confirmed {
            notices::tell_standing(services, w, &user, &Standing::Rejected(reason.clone()))?;
        }
        Ok(view)
    })?;
    services.ring_job_bell();
    Ok(view)
}

/// Takes forgotten passwords from the list without doing anything; how many were still there.
///
/// # Errors
/// Where the store cannot be written.
pub fn dismiss(
    services: &Services,
    grant: &Grant<ManageUsers>,
    ids: &[TokenId],
) -> Result<usize, ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let mut dismissed = 0;
        for id in ids {
            let found = store_tokens::find_token(w, *id)?;
            let Some(token) = found.filter(|token| token.purpose == TokenPurpose::ResetWanted) else {
                continue;
            };
            store_tokens::delete_token(w, &token)?;
            let target = token.user.map_or(String::new(), |user| format!("user:{user}"));
            audit::append(w, now, grant.by(), "user.reset-dismiss", &target, &json!({}))?;
            dismissed += 1;
        }
        Ok(dismissed)
    })
}
