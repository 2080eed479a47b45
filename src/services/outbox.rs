//! The outbox: mails are written down in the transaction that wants them sent, and sent by a job. At least once, with
//! the same `Message-ID` each time.

use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::authorize::{Grant, ManageSite};
use super::error::ServiceError;
use super::{Services, audit, jobs, mail_waits, site};
use crate::config::mail::{MailMode, SenderChoice, SmtpSender};
use crate::domain::email::Email;
use crate::domain::ids::MailId;
use crate::domain::mail::{Letter, Mail, MailState};
use crate::mail::{self, Conversation, Outgoing, SendError, letters};
use crate::store::{Read, StoreError, WriteTxn, outbox as store_outbox, users as store_users};

/// The kind of job that sends a mail.
pub const DELIVER_JOB: &str = "deliver_mail";
/// Tries until a mail counts as failed: with the waits between them, a good day.
const MAX_ATTEMPTS: u32 = 34;
/// How long mails that were sent or discarded can be looked at.
const KEEP_ENDED: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long those that failed can.
const KEEP_FAILED: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Mails thrown out at a time, so that the store is not held for long.
const PURGED_AT_ONCE: usize = 500;
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The payload of [`DELIVER_JOB`].
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct MailJob {
    /// Which mail.
    pub mail: MailId,
}

/// What each sender sent in the last hour. A restart counts from the outbox.
#[derive(Default)]
pub struct SenderUse(Mutex<HashMap<String, VecDeque<Timestamp>>>);

impl SenderUse {
    fn of_last_hour(&self, section: &str, now: Timestamp) -> usize {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(times) = sent.get_mut(section) else { return 0 };
        while times.front().is_some_and(|at| *at <= now - HOUR) {
            times.pop_front();
        }
        times.len()
    }

    fn note(&self, section: &str, at: Timestamp) {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.entry(section.to_owned()).or_default().push_back(at);
    }
}

/// What became of one try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// There is nothing more to do for the mail.
    Done,
    /// It is to be tried again; why.
    Later(String),
}

/// Writes a mail down in the caller's transaction, with the job that sends it; ring the job bell afterwards. `None`
/// where the site does without mail.
pub fn post(
    services: &Services,
    w: &WriteTxn,
    kind: &str,
    to: &Email,
    letter: Letter,
) -> Result<Option<MailId>, ServiceError> {
    if !services.config().mail.is_on() || to.is_nobodys() {
        return Ok(None);
    }
    let now = services.now();
    let mail = Mail::new(kind, to, letter, now);
    store_outbox::put_mail(w, &mail)?;
    jobs::enqueue(w, now, DELIVER_JOB, &MailJob { mail: mail.id }, MAX_ATTEMPTS)?;
    Ok(Some(mail.id))
}

/// Tries to send a mail once. A mail that is not waiting any more is left alone.
///
/// # Errors
/// Where the store cannot be read or written.
pub fn deliver(services: &Services, id: MailId) -> Result<Delivery, ServiceError> {
    let site = site::name(services);
    let mail = services.store.read(|r| store_outbox::find_mail(r, id))?;
    let Some(mail) = mail.filter(|mail| mail.state == MailState::Waiting) else { return Ok(Delivery::Done) };
    if !mail.can_be_sent(services.now()) {
        note(services, id, |mail| {
            mail.state = MailState::Failed;
            mail.answer = Some("What it holds had expired before it could be sent.".to_owned());
            mail.letter.empty();
        })?;
        return Ok(Delivery::Done);
    }
    let sent = hand_over(services, &site, &mail, &mut Conversation::default());
    note(services, id, |mail| {
        mail.attempts += 1;
        match &sent {
            Ok(taken) => {
                mail.state = MailState::Sent;
                mail.answer = Some(taken.answer.clone());
                mail.sender = Some(taken.by.clone());
                // Whoever reads the outbox later must not be able to use it (SECURITY: mailed links are keys).
                mail.letter.empty();
            }
            Err(SendError::Never(answer)) => {
                mail.state = MailState::Failed;
                mail.answer = Some(answer.clone());
            }
            Err(SendError::Later(answer)) => mail.answer = Some(answer.clone()),
        }
    })?;
    match sent {
        Ok(_) | Err(SendError::Never(_)) => Ok(Delivery::Done),
        Err(SendError::Later(answer)) => Ok(Delivery::Later(answer)),
    }
}

/// Called when a mail was tried for the last time.
pub fn give_up(services: &Services, id: MailId) -> Result<(), ServiceError> {
    note(services, id, |mail| {
        if mail.state == MailState::Waiting {
            mail.state = MailState::Failed;
        }
    })
}

fn note(services: &Services, id: MailId, change: impl FnOnce(&mut Mail)) -> Result<(), ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let Some(mut mail) = store_outbox::find_mail(w, id)? else { return Ok(()) };
        change(&mut mail);
        mail.updated_at = now;
        Ok(store_outbox::put_mail(w, &mail)?)
    })
}

struct Taken {
    answer: String,
    by: String,
}

/// Tries the senders one after the other. One that is used up for this hour is passed over.
fn hand_over(
    services: &Services,
    site: &str,
    mail: &Mail,
    conversation: &mut Conversation,
) -> Result<Taken, SendError> {
    let config = &services.config().mail;
    let senders = match &config.mode {
        MailMode::Off => return Err(SendError::Later("Mail is switched off (mail.mode).".to_owned())),
        MailMode::File { directory, from } => {
            let directory = services.data_dir().join(directory);
            let name = mail::write_to_file(&directory, &Outgoing::new(config, site, mail, from))?;
            return Ok(Taken { answer: name, by: "file".to_owned() });
        }
        MailMode::Smtp(senders) => in_order(services, senders),
    };
    let mut last =
        SendError::Later("Every sender has sent as many mails as it may within an hour.".to_owned());
    for sender in senders {
        match mail::send_by_smtp(sender, &Outgoing::new(config, site, mail, &sender.from), conversation) {
            Ok(answer) => {
                services.senders.note(sender.section, services.now());
                return Ok(Taken { answer, by: sender.section.to_owned() });
            }
            Err(SendError::Never(answer)) => return Err(SendError::Never(answer)),
            Err(later) => last = later,
        }
    }
    Err(last)
}

fn in_order<'s>(services: &Services, senders: &'s [SmtpSender]) -> Vec<&'s SmtpSender> {
    let now = services.now();
    let mut free: Vec<(usize, &SmtpSender)> = senders
        .iter()
        .map(|sender| (services.senders.of_last_hour(sender.section, now), sender))
        .filter(|(sent, sender)| sender.hourly_limit == 0 || *sent < sender.hourly_limit as usize)
        .collect();
    if services.config().mail.choice == SenderChoice::Rotate {
        free.sort_by_key(|(sent, _)| *sent);
    }
    free.into_iter().map(|(_, sender)| sender).collect()
}

/// On start: what was sent within the last hour counts on.
pub fn count_sent(services: &Services) -> Result<(), ServiceError> {
    let since = services.now() - HOUR;
    let mut recent = Vec::new();
    services.store.read(|r| {
        store_outbox::visit_mails(r, Some(MailState::Sent), None, &mut |mail| {
            // A mail waits a day at most, so an older one was not sent within the hour.
            if mail.created_at < since - HOUR * 48 {
                return ControlFlow::Break(());
            }
            if mail.updated_at > since {
                recent.extend(mail.sender.map(|sender| (mail.updated_at, sender)));
            }
            ControlFlow::Continue(())
        })
    })?;
    recent.sort();
    for (at, sender) in recent {
        services.senders.note(&sender, at);
    }
    Ok(())
}

/// A page of the outbox.
#[derive(Debug)]
pub struct Listed {
    /// Mails, newest first.
    pub mails: Vec<Mail>,
    /// There are older ones.
    pub has_more: bool,
    /// When those that wait are tried next.
    pub next: HashMap<MailId, Timestamp>,
    /// How many there are in each state.
    pub counts: Vec<(MailState, usize)>,
}

/// States in the order in which they are offered.
pub const STATES: [MailState; 4] =
    [MailState::Waiting, MailState::Failed, MailState::Sent, MailState::Discarded];

/// Mails from the newest, older than `before` where that is given.
pub fn list(
    services: &Services,
    _grant: &Grant<ManageSite>,
    state: Option<MailState>,
    before: Option<MailId>,
    limit: usize,
) -> Result<Listed, ServiceError> {
    services.store.read(|r| {
        let mut mails = Vec::new();
        store_outbox::visit_mails(r, state, before, &mut |mail| {
            mails.push(mail);
            if mails.len() > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        let has_more = mails.len() > limit;
        mails.truncate(limit);
        let counts = STATES.iter().map(|state| Ok((*state, store_outbox::count_mails(r, *state)?)));
        let counts = counts.collect::<Result<_, StoreError>>()?;
        let waits = mails.iter().any(|mail| mail.state == MailState::Waiting);
        let next = if waits { mail_waits::next_tries(r)? } else { HashMap::new() };
        Ok(Listed { mails, has_more, next, counts })
    })
}

/// One mail, and when it is tried next.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn show(
    services: &Services,
    _grant: &Grant<ManageSite>,
    id: MailId,
) -> Result<(Mail, Option<Timestamp>), ServiceError> {
    services.store.read(|r| {
        let mail = find(r, id)?;
        let waits = mail.state == MailState::Waiting;
        let next = if waits { mail_waits::next_tries(r)?.remove(&id) } else { None };
        Ok((mail, next))
    })
}

fn need_mail(services: &Services) -> Result<(), ServiceError> {
    if services.config().mail.is_on() {
        return Ok(());
    }
    Err(ServiceError::Conflict("mail is switched off; set a mail server under Settings first".to_owned()))
}

fn find(r: &impl Read, id: MailId) -> Result<Mail, ServiceError> {
    store_outbox::find_mail(r, id)?.ok_or_else(|| ServiceError::NotFound(format!("mail `{id}`")))
}

/// Sends a mail again that failed, was discarded or waits for its next try.
///
/// # Errors
/// [`ServiceError::Conflict`] where it was sent, or what it holds is void.
pub fn resend(services: &Services, grant: &Grant<ManageSite>, id: MailId) -> Result<(), ServiceError> {
    let now = services.now();
    need_mail(services)?;
    services.store.write(|w| {
        let mut mail = find(w, id)?;
        if mail.state == MailState::Sent {
            return Err(ServiceError::Conflict("this mail was sent already".to_owned()));
        }
        if !mail.can_be_sent(now) {
            return Err(ServiceError::Conflict(
                "what this mail holds has expired; whoever needs it can ask for a new one".to_owned(),
            ));
        }
        mail.state = MailState::Waiting;
        mail.updated_at = now;
        store_outbox::put_mail(w, &mail)?;
        jobs::enqueue(w, now, DELIVER_JOB, &MailJob { mail: id }, MAX_ATTEMPTS)?;
        audited(w, now, grant, "mail.resend", &mail)
    })?;
    services.ring_job_bell();
    Ok(())
}

/// Takes a mail out of the queue; what it holds is gone.
///
/// # Errors
/// [`ServiceError::Conflict`] where it was sent.
pub fn discard(services: &Services, grant: &Grant<ManageSite>, id: MailId) -> Result<(), ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let mut mail = find(w, id)?;
        if mail.state == MailState::Sent {
            return Err(ServiceError::Conflict("this mail was sent already".to_owned()));
        }
        mail.state = MailState::Discarded;
        mail.letter.empty();
        mail.updated_at = now;
        store_outbox::put_mail(w, &mail)?;
        audited(w, now, grant, "mail.discard", &mail)
    })
}

fn audited(
    w: &WriteTxn,
    now: Timestamp,
    grant: &Grant<ManageSite>,
    action: &str,
    mail: &Mail,
) -> Result<(), ServiceError> {
    let details = json!({ "kind": mail.kind, "to": mail.to });
    audit::append(w, now, grant.by(), action, &format!("mail:{}", mail.id), &details)?;
    Ok(())
}

/// What came of a test.
#[derive(Debug)]
pub struct Tested {
    /// Everything that was said.
    pub conversation: Conversation,
    /// What the server answered in the end, or why there was no answer.
    pub outcome: Result<String, String>,
}

/// Sends a test at once, not through the queue, so that every word of the server can be shown.
///
/// # Errors
/// [`ServiceError::Conflict`] where mail is switched off.
pub fn send_test(services: &Services, grant: &Grant<ManageSite>, to: &Email) -> Result<Tested, ServiceError> {
    let now = services.now();
    need_mail(services)?;
    let site = site::name(services);
    let asked_by = services.store.read(|r| {
        let user = grant.by().user().map(|id| store_users::find_user(r, id)).transpose()?.flatten();
        let asked_by = user.map_or_else(|| "the command line".to_owned(), |user| user.email.to_string());
        Ok::<_, ServiceError>(asked_by)
    })?;
    let mail = Mail::new("test", to, letters::test(&site, &asked_by), now);
    let mut conversation = Conversation::default();
    let sent = hand_over(services, &site, &mail, &mut conversation);
    let outcome = sent.map(|taken| taken.answer).map_err(|error| error.to_string());
    services.store.write(|w| {
        let details = json!({ "to": to, "taken": outcome.is_ok() });
        audit::append(w, now, grant.by(), "mail.test", "site", &details)?;
        Ok::<_, ServiceError>(())
    })?;
    Ok(Tested { conversation, outcome })
}

/// Throws out mails that ended long ago; how many there were.
pub fn purge(services: &Services) -> Result<usize, ServiceError> {
    let now = services.now();
    let mut old = Vec::new();
    services.store.read(|r| {
        for (state, keep) in [
            (MailState::Sent, KEEP_ENDED),
            (MailState::Discarded, KEEP_ENDED),
            (MailState::Failed, KEEP_FAILED),
        ] {
            store_outbox::visit_mails(r, Some(state), None, &mut |mail| {
                if mail.updated_at < now - keep {
                    old.push(mail);
                }
                if old.len() < PURGED_AT_ONCE { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })?;
        }
        Ok::<_, StoreError>(())
    })?;
    if !old.is_empty() {
        services.store.write(|w| old.iter().try_for_each(|mail| store_outbox::delete_mail(w, mail)))?;
    }
    Ok(old.len())
}
