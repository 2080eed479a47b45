//! What happened that concerns a user: what waits for them, what failed, what they began and is done, what is new.
//! Made from what there is, so that it is never out of step with it; only until when each has read it is kept.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::audit::search as audit;
use super::datasets::{self, LATE};
use super::error::ServiceError;
use super::{Services, approvals, mail_waits};
use crate::domain::dataset::ImportState;
use crate::domain::ids::{ImportId, UserId, WebhookId};
use crate::domain::mail::MailState;
use crate::domain::permission::Permission;
use crate::domain::preferences::Preferences;
use crate::domain::user::User;
use crate::store::waiting::{Waiting, list_waiting};
use crate::store::{
    StoreError, backups as store_backups, datasets as store_datasets, imports as store_imports,
    outbox as store_outbox, preferences as store_preferences, users as store_users,
    webhooks as store_webhooks,
};

/// Older news is none.
const KEEP: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Imports that are looked through.
const LATEST_IMPORTS: usize = 50;
/// Mails that failed and are told one by one.
const LATEST_MAILS: usize = 10;
/// Downloads of one's own that are listed.
const LATEST_EXPORTS: usize = 20;
/// How long a count holds: every page shows it.
const COUNT_HOLDS: SignedDuration = SignedDuration::from_secs(10);

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Somebody asks for an account.
    Account(String),
    /// Somebody forgot a password, on a site without mail.
    Reset(String),
    /// A mail could not be sent.
    FailedMail(String),
    /// Mails were tried again and again and are not taken: how many, and what was said.
    RefusedMails(usize, String),
    /// A webhook could not be told something, and it was given up.
    WebhookFailed(WebhookId, String),
    /// A webhook was turned off, because the other side is gone.
    WebhookGone(WebhookId, String),
    /// A backup could not be restored for a trial, and why.
    DrillFailed(String),
    /// An import was stopped because something looks wrong.
    Quarantined(ImportId, String),
    /// A dataset was not imported for a while.
    Late(String),
    /// One's own import is published.
    Published(ImportId, String),
    /// One's own import failed.
    Failed(ImportId, String),
    /// A dataset that one reads has new rows: its name and slug.
    NewRows(String, String),
    /// One's own download began: the slug of the dataset, and how many rows.
    Exported(String, u64),
}

/// One piece of news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// What happened.
    pub what: What,
    /// When.
    pub at: Timestamp,
    /// It was not read yet.
    pub is_new: bool,
}

/// How much each user has not read, for a moment.
#[derive(Default)]
pub(crate) struct Counts(Mutex<HashMap<UserId, (Timestamp, usize)>>);

/// What happened that concerns the user, the latest first.
///
/// # Errors
/// Where the store cannot be read.
pub fn list(services: &Services, user: &User) -> Result<Vec<News>, ServiceError> {
    let mut all = told(services, user)?;
    let exports = services.store.read(|r| audit::latest_of(r, user.id, "dataset.export", LATEST_EXPORTS))?;
    for event in exports.iter().filter(|event| services.now().duration_since(event.at) < KEEP) {
        let details: Value = serde_json::from_str(&event.details).unwrap_or_default();
        let slug = event.target.trim_start_matches("dataset:").to_owned();
        // Whoever downloads knows of it: it is there to be found again, and no news.
        let what = What::Exported(slug, details["rows"].as_u64().unwrap_or_default());
        all.push(News { what, at: event.at, is_new: false });
    }
    all.sort_by_key(|news| std::cmp::Reverse(news.at));
    Ok(all)
}

/// What happened without the user.
fn told(services: &Services, user: &User) -> Result<Vec<News>, ServiceError> {
    let now = services.now();
    let (mut all, fresh, read_until) = services.store.read(|r| {
        let (mut all, mut fresh) = (Vec::new(), Vec::new());
        if user.has(Permission::ManageUsers) {
            for waiting in list_waiting(r)? {
                match waiting {
                    Waiting::User(id) => {
                        let found = store_users::find_user(r, id)?;
                        all.extend(found.map(|asker| {
                            (
                                What::Account(asker.shown_name()),
                                asker.confirmed_at.unwrap_or(asker.created_at),
                            )
                        }));
                    }
                    Waiting::Reset(id) => {
                        let found = approvals::find_reset(r, id, now)?;
                        all.extend(
                            found.map(|(token, user)| (What::Reset(user.shown_name()), token.created_at)),
                        );
                    }
                }
            }
        }
        if user.has(Permission::ManageSite) {
            let refused = mail_waits::refused(r, now)?;
            if let Some(at) = refused.news_at {
                all.push((What::RefusedMails(refused.mails, refused.answer.unwrap_or_default()), at));
            }
            for webhook in store_webhooks::list_webhooks(r)? {
                let (id, name) = (webhook.id, webhook.name);
                all.extend(webhook.failed_at.map(|at| (What::WebhookFailed(id, name.clone()), at)));
                all.extend(webhook.gone_at.map(|at| (What::WebhookGone(id, name), at)));
            }
            if let Some(drill) = store_backups::find_drill(r)?
                && let Some(problem) = drill.problem
            {
                all.push((What::DrillFailed(problem), drill.at));
            }
            let mut mails = 0;
            store_outbox::visit_mails(r, Some(MailState::Failed), None, &mut |mail| {
                all.push((What::FailedMail(mail.to.to_string()), mail.updated_at));
                mails += 1;
                if mails < LATEST_MAILS {
                    std::ops::ControlFlow::Continue(())
                } else {
                    std::ops::ControlFlow::Break(())
                }
            })?;
        }
        if user.has(Permission::ImportData) {
            for import in store_imports::list_imports(r, LATEST_IMPORTS)? {
                let (id, file) = (import.id, import.file_name.clone());
                let is_own = import.created_by == Some(user.id);
                let what = match import.state {
                    ImportState::Quarantined => What::Quarantined(id, file),
                    ImportState::Published if is_own => What::Published(id, file),
                    ImportState::Failed if is_own => What::Failed(id, file),
                    _ => continue,
                };
                all.push((what, import.updated_at));
            }
        }
        for dataset in store_datasets::list_datasets(r)? {
            let Some(current) = dataset.current_generation else { continue };
            let Some(current) = store_datasets::find_generation(r, dataset.id, current)? else {
                continue;
            };
            let good_at = dataset.checked_at.map_or(current.published_at, |at| at.max(current.published_at));
            if user.has(Permission::ImportData) && now.duration_since(good_at) > LATE {
                all.push((What::Late(dataset.name.clone()), good_at + LATE));
            }
            let import = store_imports::find_import(r, current.import_id)?;
            let is_own = import.is_some_and(|import| import.created_by == Some(user.id));
            if !is_own {
                fresh.push((dataset, current.published_at));
            }
        }
        let read_until = store_preferences::get_preferences(r, user.id)?.read_until;
        Ok::<_, StoreError>((all, fresh, read_until))
    })?;
    let is_kept = |at: Timestamp| now.duration_since(at) < KEEP;
    for (dataset, at) in fresh {
        if is_kept(at) && datasets::exists_for(services, &dataset, &user.scope()) {
            all.push((What::NewRows(dataset.name, dataset.slug), at));
        }
    }
    all.retain(|(_, at)| is_kept(*at));
    let is_new = |at: Timestamp| read_until.is_none_or(|until| at > until);
    Ok(all.into_iter().map(|(what, at)| News { what, at, is_new: is_new(at) }).collect())
}

/// How much of it is new. Asked by every page, so it holds for a moment.
///
/// # Errors
/// As [`list`].
pub fn count_new(services: &Services, user: &User) -> Result<usize, ServiceError> {
    let now = services.now();
    {
        let counts = services.news.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, count)) = counts.get(&user.id)
            && now.duration_since(*at) < COUNT_HOLDS
            && now >= *at
        {
            return Ok(*count);
        }
    }
    let count = told(services, user)?.iter().filter(|news| news.is_new).count();
    let mut counts = services.news.0.lock().unwrap_or_else(PoisonError::into_inner);
    counts.retain(|_, (at, _)| now.duration_since(*at) < COUNT_HOLDS);
    counts.insert(user.id, (now, count));
    Ok(count)
}

/// From now on what happened is no news to the user. A note to oneself that shows nobody anything: no audit event.
///
/// # Errors
/// Where the store cannot be written.
pub fn mark_read(services: &Services, user: &User) -> Result<(), ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let preferences = store_preferences::get_preferences(w, user.id)?;
        let read = Preferences { read_until: Some(now), ..preferences };
        store_preferences::put_preferences(w, user.id, &read)
    })?;
    services.news.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&user.id);
    Ok(())
}
