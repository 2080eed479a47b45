//! Finding events: block by block, newest first, past all blocks that cannot have any. Whatever is asked, a page does a
//! bounded amount of work, and says how far it looked.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;

use jiff::Timestamp;

use super::export::to_json;
use super::filter::{Filter, Wanted, target_user};
use super::heads::floor;
use crate::domain::audit::{Actor, AuditEvent};
use crate::domain::ids::UserId;
use crate::services::authorize::{Grant, ReadAudit};
use crate::services::users::names::known_names_in;
use crate::services::{ServiceError, Services};
use crate::store::audit_blocks::{block_of, events_of, find_block};
use crate::store::transaction::Order;
use crate::store::{Read, StoreError, audit as store_audit};

/// What one page may cost, in events that are read: some 50 ms.
const PAGE_WORK: u64 = 16 * 1024;
/// A block that is skipped costs as much as so many events that are read.
const SKIP_WORK: u64 = 8;

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// With the newest event.
    Newest,
    /// Older than this one.
    Before(u64),
    /// Newer than this one.
    After(u64),
}

/// Who somebody is, as far as the site still knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// How pages call them.
    pub name: String,
    /// Their address.
    pub email: String,
}

/// The people in some events.
pub type People = HashMap<UserId, Person>;

/// Events that were found.
#[derive(Debug, Clone, Default)]
pub struct FoundEvents {
    /// The events, newest first.
    pub events: Vec<AuditEvent>,
    /// There are older ones: go on before this number.
    pub older: Option<u64>,
    /// There may be newer ones: after this number.
    pub newer: Option<u64>,
    /// The work that a page may cost was done before all was looked at: up to this event, of this time.
    pub stopped: Option<(u64, Option<Timestamp>)>,
    /// Events that cannot be read.
    pub damaged: u64,
    /// Who the people in them are.
    pub people: People,
    /// Number of the newest event of the log, 0 where there is none.
    pub newest: u64,
    /// Events up to here were dropped.
    pub floor: u64,
}

/// How a walk ended.
enum Walked {
    /// Everything was looked at, or the visitor had enough.
    Done,
    /// The work was done; what comes next is this event.
    Stopped(u64),
}

/// A walk through the log.
pub(super) struct Walk<'w> {
    pub wanted: &'w Wanted,
    pub order: Order,
    /// Events of these numbers, both included.
    pub first: u64,
    pub last: u64,
    pub work: u64,
}

type Visit<'v> = dyn FnMut(Result<AuditEvent, StoreError>) -> ControlFlow<()> + 'v;

impl Walk<'_> {
    fn run(mut self, r: &impl Read, visit: &mut Visit<'_>) -> Result<Walked, StoreError> {
        while self.first <= self.last && self.first > 0 {
            let next = if self.order == Order::Ascending { self.first } else { self.last };
            if self.work == 0 {
                return Ok(Walked::Stopped(next));
            }
            let block = block_of(next);
            let (from, until) = events_of(block);
            let (from, until) = (from.max(self.first), until.min(self.last));
            // A filter that cannot be read denies nothing.
            let may_be_there =
                find_block(r, block).ok().flatten().is_none_or(|block| self.wanted.may_be_in(&block));
            self.work = self.work.saturating_sub(if may_be_there { until - from + 1 } else { SKIP_WORK });
            if may_be_there && self.visit_block(r, from, until, visit)?.is_break() {
                return Ok(Walked::Done);
            }
            match self.order {
                Order::Ascending => self.first = until + 1,
                Order::Descending => self.last = from - 1,
            }
        }
        Ok(Walked::Done)
    }

    fn visit_block(
        &self,
        r: &impl Read,
        from: u64,
        until: u64,
        visit: &mut Visit<'_>,
    ) -> Result<ControlFlow<()>, StoreError> {
        let mut flow = ControlFlow::Continue(());
        let start = if self.order == Order::Ascending { from } else { until };
        let mut left = until - from + 1;
        store_audit::visit_events(r, start, self.order, &mut |event| {
            if event.as_ref().is_ok_and(|event| !(from..=until).contains(&event.seq)) {
                return Ok(ControlFlow::Break(()));
            }
            if event.as_ref().map_or(true, |event| self.wanted.has(event)) {
                flow = visit(event);
            }
            left -= 1;
            Ok(if left == 0 { ControlFlow::Break(()) } else { flow })
        })?;
        Ok(flow)
    }
}

/// A page of at most `limit` events.
///
/// # Errors
/// The store.
pub fn page(
    services: &Services,
    _grant: &Grant<ReadAudit>,
    filter: &Filter,
    place: Place,
    limit: usize,
) -> Result<FoundEvents, ServiceError> {
    let found = services.store.read(|r| {
        let wanted = Wanted::of(r, filter)?;
        let found = find(r, &wanted, place, limit)?;
        // Fewer than a page of newer ones: the newest page has them and more.
        if matches!(place, Place::After(_)) && found.events.len() < limit && found.stopped.is_none() {
            return find(r, &wanted, Place::Newest, limit);
        }
        Ok::<_, StoreError>(found)
    })?;
    Ok(found)
}

/// What a user did of late of one kind, the latest first.
pub(in crate::services) fn latest_of(
    r: &impl Read,
    user: UserId,
    action: &str,
    limit: usize,
) -> Result<Vec<AuditEvent>, StoreError> {
    let filter = Filter { actor: user.to_string(), action: action.to_owned(), ..Filter::default() };
    Ok(find(r, &Wanted::of(r, &filter)?, Place::Newest, limit)?.events)
}

fn find(r: &impl Read, wanted: &Wanted, place: Place, limit: usize) -> Result<FoundEvents, StoreError> {
    let floor = floor(r)?;
    let newest = store_audit::last_event(r)?.map_or(0, |event| event.seq);
    let (order, first, last) = match place {
        Place::Newest => (Order::Descending, floor + 1, newest),
        Place::Before(seq) => (Order::Descending, floor + 1, newest.min(seq.saturating_sub(1))),
        Place::After(seq) => (Order::Ascending, floor.max(seq).saturating_add(1), newest),
    };
    let walk = Walk { wanted, order, first, last, work: PAGE_WORK };
    let mut found = FoundEvents { newest, floor, ..FoundEvents::default() };
    let mut has_more = false;
    let walked = walk.run(r, &mut |event| {
        has_more = found.events.len() == limit;
        match event {
            _ if has_more => return ControlFlow::Break(()),
            Ok(event) => found.events.push(event),
            Err(_) => found.damaged += 1,
        }
        ControlFlow::Continue(())
    })?;
    if order == Order::Ascending {
        found.events.reverse();
    }
    let ends = (found.events.first().map(|event| event.seq), found.events.last().map(|event| event.seq));
    if let Walked::Stopped(next) = walked {
        let at = store_audit::find_event(r, next).ok().flatten().map(|event| event.at);
        found.stopped = Some((next, at));
    }
    (found.newer, found.older) = match place {
        Place::Newest => (None, ends.1.filter(|_| has_more)),
        Place::Before(seq) => (ends.0.or(Some(seq.saturating_sub(1))), ends.1.filter(|_| has_more)),
        Place::After(seq) => (ends.0.filter(|_| has_more), ends.1.or(Some(seq + 1))),
    };
    found.people = people_of(r, &found.events)?;
    Ok(found)
}

/// Who the people in some events are.
pub(super) fn people_of(r: &impl Read, events: &[AuditEvent]) -> Result<People, StoreError> {
    let mut ids = BTreeSet::new();
    for event in events {
        let actor = match event.actor {
            Actor::User(id) => Some(id),
            Actor::CommandLine | Actor::System | Actor::Visitor => None,
        };
        ids.extend(actor.into_iter().chain(target_user(&event.target)));
    }
    // Those who were deleted, too.
    let known = known_names_in(r, ids)?.into_iter();
    Ok(known.map(|(id, known)| (id, Person { name: known.name, email: known.email })).collect())
}

/// One event with its neighbours.
#[derive(Debug, Clone)]
pub struct EventView {
    /// The event.
    pub event: AuditEvent,
    /// Number of the one before, if it is there.
    pub previous: Option<u64>,
    /// Number of the one after.
    pub next: Option<u64>,
    /// Who the people in it are.
    pub people: People,
}

/// Event number `seq`.
///
/// # Errors
/// [`ServiceError::NotFound`], also for one that was dropped.
pub fn show(services: &Services, _grant: &Grant<ReadAudit>, seq: u64) -> Result<EventView, ServiceError> {
    services.store.read(|r| {
        let floor = floor(r)?;
        let newest = store_audit::last_event(r)?.map_or(0, |event| event.seq);
        let event = if seq > floor { store_audit::find_event(r, seq)? } else { None };
        let event = event.ok_or_else(|| ServiceError::NotFound(format!("event {seq}")))?;
        Ok(EventView {
            previous: (seq > floor + 1).then(|| seq - 1),
            next: (seq < newest).then_some(seq + 1),
            people: people_of(r, std::slice::from_ref(&event))?,
            event,
        })
    })
}

/// Bytes of details in a part: some events have long lists of owners, and there may be many slow readers.
const PART_BYTES: usize = 256 << 10;

/// The events from `first` on that are wanted, of at most one block and those skipped before it, and where to go on. For
/// exports: each part is a transaction of its own, because whoever reads may be slow.
pub(super) fn next_part(
    r: &impl Read,
    wanted: &Wanted,
    first: u64,
    last: u64,
) -> Result<(Vec<AuditEvent>, People, Option<u64>), StoreError> {
    let mut events = Vec::new();
    let (mut damage, mut bytes, mut cut) = (None, 0, None);
    let work = events_of(0).1;
    let walk = Walk { wanted, order: Order::Ascending, first: first.max(floor(r)? + 1), last, work };
    let walked = walk.run(r, &mut |event| match event {
        Ok(event) => {
            bytes += event.details.len();
            let seq = event.seq;
            events.push(event);
            if bytes < PART_BYTES {
                return ControlFlow::Continue(());
            }
            cut = Some(seq + 1);
            ControlFlow::Break(())
        }
        Err(error) => {
            damage = Some(error);
            ControlFlow::Break(())
        }
    })?;
    if let Some(damage) = damage {
        return Err(damage);
    }
    let next = match walked {
        Walked::Done => cut.filter(|next| *next <= last),
        Walked::Stopped(next) => Some(next),
    };
    let people = people_of(r, &events)?;
    Ok((events, people, next))
}

/// The newest events as JSON, oldest first.
///
/// # Errors
/// The store.
pub fn tail(
    services: &Services,
    _grant: &Grant<ReadAudit>,
    events: usize,
) -> Result<Vec<serde_json::Value>, ServiceError> {
    Ok(services.store.read(|r| {
        let mut found = Vec::new();
        let floor = floor(r)?;
        store_audit::visit_events(r, u64::MAX, Order::Descending, &mut |event| {
            if found.len() == events {
                return Ok(ControlFlow::Break(()));
            }
            let event = event?;
            if event.seq > floor {
                found.push(event);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        found.reverse();
        let people = people_of(r, &found)?;
        Ok::<_, StoreError>(found.iter().map(|event| to_json(event, &people)).collect())
    })?)
}
