//! Figures about the use of the site, for those who read the audit log: every one leads to the events behind it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::authorize::{Grant, ReadAudit};
use super::error::ServiceError;
use super::users::names::known_names;
use super::{Services, datasets, rows, signed_in_now};
use crate::domain::audit::Actor;
use crate::domain::dataset::Dataset;
use crate::domain::figures::{EmptySearch, OwnerRows, UseKind, hour_of};
use crate::domain::ids::UserId;
use crate::domain::permission::Role;
use crate::domain::scope::OwnerScope;
use crate::domain::user::User;
use crate::search::facets::FacetOptions;
use crate::search::view::SearchRequest;
use crate::store::transaction::Order;
use crate::store::{StoreError, audit as store_audit, figures as store_figures, users as store_users};

/// Rows of each list.
pub const MOST: usize = 20;
/// Owners whose rows are kept of each generation.
const MAX_OWNERS: usize = 200;
/// Events that are looked through for the latest sign-ins.
const MAX_EVENTS: usize = 20_000;
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

/// Rows of a dataset over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Growth {
    /// The dataset's name.
    pub dataset: String,
    /// Its generations in order, with the owners that the reader may know of.
    pub generations: Vec<OwnerRows>,
}

/// All figures.
#[derive(Debug, Clone)]
pub struct Analytics {
    /// Active users with the role of a customer.
    pub active_customers: usize,
    /// Sign-ins in the last seven days.
    pub sign_ins: u64,
    /// Different users among them.
    pub unique: usize,
    /// Sessions now.
    pub sessions: usize,
    /// Searches in the last seven days.
    pub searches: u64,
    /// Exports in the last seven days.
    pub exports: u64,
    /// Sign-ins by day, the last day today.
    pub days: Vec<Day>,
    /// Who did most in that time.
    pub most_active: Vec<ActiveUser>,
    /// The latest sign-ins.
    pub recent: Vec<RecentSignIn>,
    /// What found nothing, the most frequent first.
    pub empty_searches: Vec<EmptySearch>,
    /// Datasets over time.
    pub growth: Vec<Growth>,
}

/// Counts over the last `days` days, in `zone`. `scope` is the reader's: owners beyond it are not named.
///
/// # Errors
/// Where the store cannot be read.
pub fn look(
    services: &Services,
    _grant: &Grant<ReadAudit>,
    scope: &OwnerScope,
    days: u32,
    zone: &TimeZone,
) -> Result<Analytics, ServiceError> {
    let now = services.now();
    let today = now.to_zoned(zone.clone()).date();
    let dates: Vec<Date> = (0..i32::try_from(days).unwrap_or(14))
        .rev()
        .filter_map(|back| today.checked_sub(jiff::Span::new().days(back)).ok())
        .collect();
    let first = dates.first().copied().unwrap_or(today);
    let from = first.to_zoned(zone.clone()).map_or(now, |begin| begin.timestamp());
    let week = hour_of(now - SignedDuration::from_hours(7 * 24));
    let mut by_day: BTreeMap<Date, (u64, BTreeSet<UserId>)> = BTreeMap::new();
    let mut by_user: HashMap<UserId, [u64; 3]> = HashMap::new();
    let mut of_week = [0_u64; 3];
    let mut unique = BTreeSet::new();
    let (users, empty_searches) = services.store.read(|r| {
        for (at, kind) in UseKind::ALL.into_iter().enumerate() {
            store_figures::visit_uses(r, kind, hour_of(from).min(week), &mut |hour, user, times| {
                if hour >= week {
                    of_week[at] += times;
                    if kind == UseKind::SignIn {
                        unique.insert(user);
                    }
                }
                if hour >= hour_of(from) {
                    by_user.entry(user).or_default()[at] += times;
                    if kind == UseKind::SignIn {
                        let begin = i64::try_from(hour).unwrap_or_default() * 3600;
                        let date = Timestamp::from_second(begin).unwrap_or(now).to_zoned(zone.clone()).date();
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
        growth: growth(services, scope)?,
    })
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

fn growth(services: &Services, scope: &OwnerScope) -> Result<Vec<Growth>, ServiceError> {
    let mut all = Vec::new();
    for dataset in datasets::list(services)? {
        let mut generations = services.store.read(|r| store_figures::list_owner_rows(r, dataset.id))?;
        let skip = generations.len().saturating_sub(MOST);
        generations.drain(..skip);
        if let OwnerScope::Owners(own) = scope {
            for generation in &mut generations {
                generation.owners.retain(|(owner, _)| own.contains(owner));
                // How many rows others have is theirs.
                generation.rows = generation.owners.iter().map(|(_, rows)| rows).sum();
            }
        }
        all.push(Growth { dataset: dataset.name, generations });
    }
    Ok(all)
}

/// Notes the rows by owner of the generation that readers see now. A figure is no reason for an import to fail.
pub(super) fn note_generation(services: &Services, slug: &str) {
    if let Err(error) = try_note_generation(services, slug) {
        tracing::warn!("Rows by owner of the new data could not be noted: {error}");
    }
}

fn try_note_generation(services: &Services, slug: &str) -> Result<(), ServiceError> {
    let dataset: Dataset = datasets::get(services, slug)?;
    let Some((generation, view)) = datasets::look_once(services, &dataset)? else { return Ok(()) };
    let mut owners: Vec<(String, u64)> = Vec::new();
    if let Some(column) = &dataset.owner_column {
        let everything = SearchRequest::everything(rows::today(services));
        let options = FacetOptions { prefix: "", limit: usize::MAX };
        if let Ok((_, values)) = view.facet(&everything, column, options) {
            owners = values.into_iter().map(|value| (value.value, value.count)).collect();
        }
    }
    owners.sort_by_key(|(owner, rows)| (std::cmp::Reverse(*rows), owner.clone()));
    owners.truncate(MAX_OWNERS);
    let noted = OwnerRows { at: services.now(), rows: view.total(), owners };
    let write = |w: &_| store_figures::put_owner_rows(w, dataset.id, generation, &noted);
    Ok(services.store.write(write)?)
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
        let some = services.store.write(|w| store_figures::forget_uses(w, before, AT_ONCE))?;
        purged += some;
        if some < AT_ONCE {
            return Ok(purged);
        }
    }
}
