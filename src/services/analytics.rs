//! Figures about the use of the site, for those who read the audit log: every one leads to the events behind it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::authorize::{Grant, ReadAudit};
use super::error::ServiceError;
use super::stock::{self, Growth};
use super::users::names::known_names;
use super::{Services, signed_in_now};
use crate::domain::audit::Actor;
use crate::domain::figures::{EmptySearch, Exported, NO_USER, UseKind, day_of, hour_of};
use crate::domain::ids::UserId;
use crate::domain::permission::Role;
use crate::domain::scope::Scope;
use crate::domain::user::User;
use crate::store::transaction::Order;
use crate::store::{StoreError, audit as store_audit, figures as store_figures, users as store_users};

/// Rows of each list.
pub const MOST: usize = 20;
/// Events that are looked through for the latest sign-ins.
const MAX_EVENTS: usize = 20_000;
/// Exports are looked at for so many days.
pub const EXPORT_DAYS: u64 = 30;
/// Days of a week of figures, today among them.
const WEEK: u32 = 7;
/// Counts are kept for so long.
const KEEP: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Sign-ins of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// The day, in the reader's zone.
    pub date: Date,
    /// Sign-ins.
    pub sign_ins: u64,
    /// Different users among them.
    pub users: usize,
}

/// What a user did in the time that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveUser {
    /// Who; the id of somebody who is gone.
    pub user: UserId,
    /// What they are called.
    pub name: String,
    /// Sign-ins, searches, exports.
    pub uses: [u64; 3],
}

/// A sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentSignIn {
    /// Number of the event.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub user: UserId,
    /// What they are called.
    pub name: String,
    /// From where.
    pub address: Option<String>,
}

/// All figures.
#[derive(Debug, Clone)]
pub struct Analytics {
    /// Active users with the role of a customer.
    pub active_customers: usize,
    /// Sign-ins in seven days, today among them.
    pub sign_ins: u64,
    /// Different users among them.
    pub unique: usize,
    /// Sessions now.
    pub sessions: usize,
    /// Searches in that time.
    pub searches: u64,
    /// Exports in that time.
    pub exports: u64,
    /// Sign-ins by day, the last day today.
    pub days: Vec<Day>,
    /// Who did most in that time.
    pub most_active: Vec<ActiveUser>,
    /// The latest sign-ins.
    pub recent: Vec<RecentSignIn>,
    /// What found nothing, the most frequent first.
    pub empty_searches: Vec<EmptySearch>,
    /// What was exported in the last [`EXPORT_DAYS`], and what the user is called who did so last.
    pub exported: Vec<(Exported, Option<String>)>,
    /// From when on.
    pub exported_from: Timestamp,
    /// From when on sign-ins, searches and exports are counted.
    pub week_from: Timestamp,
    /// Datasets over time.
    pub growth: Vec<Growth>,
}

/// Counts over the last `days` days, in `zone`. `scope` is the reader's: owners and columns beyond it are not named.
///
/// # Errors
/// Where the store cannot be read.
pub fn look(
    services: &Services,
    _grant: &Grant<ReadAudit>,
    scope: &Scope,
    days: u32,
    zone: &TimeZone,
) -> Result<Analytics, ServiceError> {
    let now = services.now();
    let today = now.to_zoned(zone.clone()).date();
    let back = |days: u32| today.saturating_sub(jiff::Span::new().days(i64::from(days)));
    let dates: Vec<Date> = (0..days).rev().map(back).collect();
    // Counted by the hour, so that the events from then on are as many as the figure says.
    let begin = |date: Date| hour_of(date.to_zoned(zone.clone()).map_or(now, |begin| begin.timestamp()));
    let (from, week) = (begin(back(days.saturating_sub(1))), begin(back(WEEK - 1)));
    let exported_from = day_of(now).saturating_sub(EXPORT_DAYS);
    let mut by_day: BTreeMap<Date, (u64, BTreeSet<UserId>)> = BTreeMap::new();
    let mut by_user: HashMap<UserId, [u64; 3]> = HashMap::new();
    let mut of_week = [0_u64; 3];
    let mut unique = BTreeSet::new();
    let (users, empty_searches) = services.store.read(|r| {
        for (at, kind) in UseKind::ALL.into_iter().enumerate() {
            store_figures::visit_uses(r, kind, from.min(week), &mut |hour, user, times| {
                if hour >= week {
                    of_week[at] += times;
                    if kind == UseKind::SignIn {
                        unique.insert(user);
                    }
                }
                if hour >= from && user != NO_USER {
                    by_user.entry(user).or_default()[at] += times;
                    if kind == UseKind::SignIn {
                        let date = begin_of_hour(hour).to_zoned(zone.clone()).date();
                        let day = by_day.entry(date).or_default();
                        day.0 += times;
                        day.1.insert(user);
                    }
                }
            })?;
        }
        Ok::<_, StoreError>((store_users::list_users(r)?, store_figures::list_empty_searches(r)?))
    })?;
    let names: HashMap<UserId, String> = users.iter().map(|user| (user.id, user.shown_name())).collect();
    // Those who were deleted, too.
    let gone = |user: UserId| Some(known_names(services, [user]).ok()?.remove(&user)?.name);
    let name_of =
        |user: UserId| names.get(&user).cloned().or_else(|| gone(user)).unwrap_or_else(|| user.to_string());
    let mut most_active: Vec<ActiveUser> =
        by_user.into_iter().map(|(user, uses)| ActiveUser { user, name: name_of(user), uses }).collect();
    most_active
        .sort_by_key(|active| (std::cmp::Reverse(active.uses.iter().sum::<u64>()), active.name.clone()));
    most_active.truncate(MOST);
    let mut empty = empty_searches;
    empty.sort_by_key(|search| (std::cmp::Reverse(search.times), std::cmp::Reverse(search.last_at)));
    empty.truncate(MOST);
    let is_customer = |user: &&User| user.is_active() && user.roles.contains(&Role::Customer);
    Ok(Analytics {
        active_customers: users.iter().filter(is_customer).count(),
        sign_ins: of_week[0],
        unique: unique.len(),
        sessions: signed_in_now::count(services)?,
        searches: of_week[1],
        exports: of_week[2],
        days: dates
            .into_iter()
            .map(|date| {
                let (sign_ins, users) = by_day.get(&date).map_or((0, 0), |(n, users)| (*n, users.len()));
                Day { date, sign_ins, users }
            })
            .collect(),
        most_active,
        recent: recent(services, &name_of)?,
        empty_searches: empty,
        exported: exported(services, exported_from, &name_of)?,
        exported_from: begin_of_hour(exported_from * 24),
        week_from: begin_of_hour(week),
        growth: stock::growth(services, scope)?,
    })
}

/// When an hour since 1970 begins.
fn begin_of_hour(hour: u64) -> Timestamp {
    let second = i64::try_from(hour).unwrap_or_default().saturating_mul(3600);
    Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn recent(
    services: &Services,
    name_of: &dyn Fn(UserId) -> String,
) -> Result<Vec<RecentSignIn>, ServiceError> {
    let mut recent: Vec<RecentSignIn> = Vec::new();
    let mut seen = 0;
    services.store.read(|r| {
        store_audit::visit_events(r, u64::MAX, Order::Descending, &mut |event| {
            seen += 1;
            // One that is damaged is told of by the check of the chain.
            if let Ok(event) = event
                && event.action == "session.begin"
                && let Actor::User(user) = event.actor
            {
                recent.push(RecentSignIn {
                    seq: event.seq,
                    at: event.at,
                    user,
                    name: String::new(),
                    address: event.address,
                });
            }
            let go_on = recent.len() < MOST && seen < MAX_EVENTS;
            Ok(if go_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })
    })?;
    // What somebody is called who was deleted is read in a transaction of its own.
    for sign_in in &mut recent {
        sign_in.name = name_of(sign_in.user);
    }
    Ok(recent)
}

/// What was exported of late, the most first.
fn exported(
    services: &Services,
    from: u64,
    name_of: &dyn Fn(UserId) -> String,
) -> Result<Vec<(Exported, Option<String>)>, ServiceError> {
    let mut exported = services.store.read(|r| store_figures::list_exported(r, from))?;
    exported
        .sort_by_key(|of| (std::cmp::Reverse((of.exports, of.rows)), of.dataset.clone(), of.format.clone()));
    let named = |of: Exported| {
        let name = match of.last_by {
            Actor::User(user) => Some(name_of(user)),
            Actor::CommandLine | Actor::System | Actor::Visitor => None,
        };
        (of, name)
    };
    Ok(exported.into_iter().map(named).collect())
}

/// Forgets counts that are too old.
///
/// # Errors
/// Where the store cannot be written.
pub fn purge(services: &Services) -> Result<usize, ServiceError> {
    const AT_ONCE: usize = 2_000;
    let before = hour_of(services.now() - KEEP);
    let mut purged = 0;
    loop {
        let some = services.store.write(|w| {
            store_figures::forget_exported(w, before / 24, AT_ONCE)?;
            store_figures::forget_uses(w, before, AT_ONCE)
        })?;
        purged += some;
        if some < AT_ONCE {
            return Ok(purged);
        }
    }
}
