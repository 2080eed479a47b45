//! Proving that no event was changed, taken out, put in or moved: the chain of hashes, the signed heads on it, and a head
//! that was kept elsewhere.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::heads::HeadClaims;
use super::retention::DROP;
use super::{event_hash, last_seq};
use crate::base::hex;
use crate::domain::audit::{AuditEvent, AuditHead, AuditMark};
use crate::services::keys::{AUDIT_KEY_FILE, PublicKey, audit_keys};
use crate::services::{ServiceError, Services};
use crate::store::audit_heads::{MarkName, find_head, find_mark, put_mark, visit_heads};
use crate::store::transaction::Order;
use crate::store::{ReadTxn, Store, StoreError, audit as store_audit};

/// What the check of the log found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditReport {
    /// Events checked.
    pub events: u64,
    /// Number and hash (hex) of the newest good event: keep it elsewhere to notice a log that was cut.
    pub head: Option<(u64, String)>,
    /// The first event that does not fit, and why.
    pub first_bad: Option<(u64, String)>,
    /// When that event was, or the last good one before it.
    pub first_bad_at: Option<Timestamp>,
    /// Signed heads checked.
    pub heads: u64,
    /// Events up to this number were dropped, as the retention says; their signed head is there.
    pub dropped: u64,
    /// The newest event of the heads that were kept elsewhere.
    pub anchor: Option<u64>,
    /// How many of these there were.
    pub anchors: u64,
    /// The key with which heads are checked.
    pub public_key: Option<String>,
}

/// A head that was kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    /// As it was signed.
    Token(String),
    /// As `audit verify` prints it.
    Plain(u64, String),
}

impl Anchor {
    /// Reads all that a file holds, which may have been written on and on: tokens, and numbers each with a hash.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] where there is none.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, ServiceError> {
        let mut anchors = Vec::new();
        let mut number = None;
        for word in text.split_whitespace().map(|word| word.trim_matches(['"', ','])) {
            let is_hash = word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
            match (number.take(), is_hash) {
                _ if word.starts_with("v4.public.") => anchors.push(Self::Token(word.to_owned())),
                (Some(seq), true) => anchors.push(Self::Plain(seq, word.to_ascii_lowercase())),
                _ => number = word.parse().ok(),
            }
        }
        if anchors.is_empty() {
            return Err(ServiceError::invalid(
                "anchor",
                "expected a signed head (v4.public.…), or the number of an event and its hash",
            ));
        }
        Ok(anchors)
    }
}

/// How far to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All there is.
    Whole,
    /// On from the last check, if that found nothing wrong.
    SinceLast,
}

/// Checks that run beside everything else.
#[derive(Default)]
pub struct Checker {
    is_running: AtomicBool,
    done: AtomicU64,
    all: AtomicU64,
}

/// Given back when dropped.
struct Run<'c>(&'c Checker);

impl Checker {
    fn begin(&self, all: u64) -> Option<Run<'_>> {
        if self.is_running.swap(true, Ordering::AcqRel) {
            return None;
        }
        self.done.store(0, Ordering::Relaxed);
        self.all.store(all, Ordering::Relaxed);
        Some(Run(self))
    }

    /// Events done and events to do of a check that is running.
    pub fn progress(&self) -> Option<(u64, u64)> {
        self.is_running
            .load(Ordering::Acquire)
            .then(|| (self.done.load(Ordering::Relaxed), self.all.load(Ordering::Relaxed)))
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        self.0.is_running.store(false, Ordering::Release);
    }
}

/// Checks everything, beside heads that were kept elsewhere.
///
/// # Errors
/// The store; never what is wrong with the log.
pub fn verify(services: &Services, anchors: &[Anchor]) -> Result<AuditReport, ServiceError> {
    let keys = audit_keys(services.data_dir())?;
    Ok(services.store.read(|r| {
        let mut check = Check::begin(r, &keys, None)?;
        check.walk(|_| {})?;
        for anchor in anchors {
            check.look_at_anchor(anchor)?;
        }
        Ok::<_, StoreError>(check.report)
    })?)
}

/// Checks the log of a store that no site stands on, such as that of a backup.
///
/// # Errors
/// As [`verify`].
pub fn verify_store(store: &Store, keys: &[PublicKey]) -> Result<AuditReport, ServiceError> {
    Ok(store.read(|r| {
        let mut check = Check::begin(r, keys, None)?;
        check.walk(|_| {})?;
        Ok::<_, StoreError>(check.report)
    })?)
}

/// Checks and remembers how far everything is right, for pages. `None` where a check is running.
///
/// # Errors
/// The store.
pub fn check(services: &Services, extent: Extent) -> Result<Option<AuditReport>, ServiceError> {
    let Some(_run) = services.audit_checker.begin(last_seq(services)?) else { return Ok(None) };
    let keys = audit_keys(services.data_dir())?;
    let done = &services.audit_checker.done;
    let (report, hash, is_whole, last) = services.store.read(|r| {
        let last = find_mark(r, MarkName::SoFar)?;
        let from = last.as_ref().filter(|last| last.wrong.is_none() && extent == Extent::SinceLast);
        let mut check = Check::begin(r, &keys, from)?;
        check.walk(|seq| done.store(seq, Ordering::Relaxed))?;
        Ok::<_, StoreError>((check.report, check.previous_hash, check.is_whole, last))
    })?;
    let at = services.now();
    let reached = report.head.as_ref().map_or(report.dropped, |(seq, _)| *seq);
    let mark = match (&report.first_bad, last) {
        (None, _) | (Some(_), None) => AuditMark { seq: reached, hash, at, wrong: report.first_bad.clone() },
        // What was right once is still known: forgotten, a log that was cut would be right the next time.
        (Some(_), Some(last)) => AuditMark { at, wrong: report.first_bad.clone(), ..last },
    };
    services.store.write(|w| {
        if is_whole {
            put_mark(w, MarkName::Whole, &mark)?;
        }
        put_mark(w, MarkName::SoFar, &mark)
    })?;
    if let Some((seq, reason)) = &report.first_bad {
        tracing::error!(audit.seq = seq, "The audit log is not whole: event {seq}: {reason}");
    }
    Ok(Some(report))
}

/// What the last checks found.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// The last check.
    pub so_far: Option<AuditMark>,
    /// The last check of everything.
    pub whole: Option<AuditMark>,
    /// Of a check that is running: events done, events to do.
    pub running: Option<(u64, u64)>,
}

/// What the last checks found.
///
/// # Errors
/// The store.
pub fn last_checks(services: &Services) -> Result<Checked, ServiceError> {
    let running = services.audit_checker.progress();
    Ok(services.store.read(|r| {
        let (so_far, whole) = (find_mark(r, MarkName::SoFar)?, find_mark(r, MarkName::Whole)?);
        Ok::<_, StoreError>(Checked { so_far, whole, running })
    })?)
}

struct Check<'c> {
    r: &'c ReadTxn,
    keys: &'c [PublicKey],
    report: AuditReport,
    /// Number of the next event.
    next: u64,
    previous_hash: [u8; 32],
    last_at: Option<Timestamp>,
    is_whole: bool,
    floor: Option<AuditMark>,
    /// The log itself says that events up to the floor were dropped.
    says_dropped: bool,
}

impl<'c> Check<'c> {
    fn begin(r: &'c ReadTxn, keys: &'c [PublicKey], from: Option<&AuditMark>) -> Result<Self, StoreError> {
        let floor = find_mark(r, MarkName::Floor)?;
        let mut check = Self {
            r,
            keys,
            report: AuditReport {
                public_key: keys.first().map(PublicKey::to_text),
                ..AuditReport::default()
            },
            next: 1,
            previous_hash: [0; 32],
            last_at: None,
            is_whole: true,
            floor,
            says_dropped: false,
        };
        if let Some(floor) = &check.floor {
            (check.next, check.previous_hash, check.report.dropped) = (floor.seq + 1, floor.hash, floor.seq);
        }
        // On from where the last check ended, as long as that event is there as it was.
        if let Some(from) = from
            && from.seq >= check.next
        {
            let event = store_audit::find_event(r, from.seq).ok().flatten();
            if event.is_some_and(|event| event.hash == from.hash) {
                (check.next, check.previous_hash, check.is_whole) = (from.seq + 1, from.hash, false);
                check.report.head = Some((from.seq, hex::encode(&from.hash)));
            }
        }
        Ok(check)
    }

    /// Notes what is wrong; the lowest event counts.
    fn blame(&mut self, seq: u64, at: Option<Timestamp>, reason: String) {
        if self.report.first_bad.as_ref().is_none_or(|(first, _)| seq < *first) {
            self.report.first_bad = Some((seq, reason));
            self.report.first_bad_at = at.or(self.last_at);
        }
    }

    fn walk(&mut self, mut done: impl FnMut(u64)) -> Result<(), StoreError> {
        let first = self.next;
        let heads = self.heads()?;
        let dropped = self.floor.as_ref().map(|floor| floor.seq);
        let r = self.r;
        store_audit::visit_events(r, self.next, Order::Ascending, &mut |event| {
            let wrong = match event {
                Ok(event) => match self.wrong_with(&event, heads.get(&self.next)) {
                    None => {
                        self.says_dropped |= says_dropped(&event, dropped);
                        self.previous_hash = event.hash;
                        self.last_at = Some(event.at);
                        None
                    }
                    Some(wrong) => Some((Some(event.at), wrong)),
                },
                Err(error) => Some((None, error.to_string())),
            };
            self.report.events += 1;
            if let Some((at, wrong)) = wrong {
                self.blame(self.next, at, wrong);
                return Ok(ControlFlow::Break(()));
            }
            if self.next.is_multiple_of(4096) {
                done(self.next);
            }
            self.next += 1;
            Ok(ControlFlow::Continue(()))
        })?;
        if self.next > first {
            self.report.head = Some((self.next - 1, hex::encode(&self.previous_hash)));
        }
        if self.report.first_bad.is_some() {
            return Ok(());
        }
        self.look_at_end(&heads)?;
        if let Some(floor) = dropped
            && self.is_whole
        {
            self.look_at_floor(floor)?;
        }
        Ok(())
    }

    fn wrong_with(&self, event: &AuditEvent, head: Option<&AuditHead>) -> Option<String> {
        if event.seq != self.next {
            return Some(format!("event {} is missing", self.next));
        }
        if event.previous_hash != self.previous_hash {
            return Some("it does not continue the event before".to_owned());
        }
        if event.hash != event_hash(event) {
            return Some("it was changed".to_owned());
        }
        head.filter(|head| head.hash != event.hash)
            .map(|head| format!("it is not the event that was signed on {}", head.at))
    }

    /// The signed heads from here on, each checked against the key.
    fn heads(&mut self) -> Result<BTreeMap<u64, AuditHead>, StoreError> {
        let mut heads = BTreeMap::new();
        let (r, keys) = (self.r, self.keys);
        // A whole check also looks at those whose events are gone.
        let from = if self.is_whole { 0 } else { self.next };
        visit_heads(r, from, Order::Ascending, &mut |head| {
            self.report.heads += 1;
            match head {
                Ok(head) => {
                    let claims = HeadClaims::open_any(keys, &head.token);
                    if !claims.is_some_and(|claims| claims.fits(&head)) {
                        let reason = if keys.is_empty() {
                            format!(
                                "keys/{AUDIT_KEY_FILE} is missing, with which its signed head could be checked"
                            )
                        } else {
                            format!(
                                "its signed head is forged: it is not what keys/{AUDIT_KEY_FILE} signed, or that key was \
                                 replaced"
                            )
                        };
                        self.blame(head.seq, Some(head.at), reason);
                    }
                    heads.insert(head.seq, head);
                }
                Err(error) => self.blame(self.next, None, error.to_string()),
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(heads)
    }

    /// What is known of events after the last one.
    fn look_at_end(&mut self, heads: &BTreeMap<u64, AuditHead>) -> Result<(), StoreError> {
        if let Some((seq, head)) = heads.range(self.next..).next_back() {
            let reason = format!("it is missing: events up to {seq} were signed on {}", head.at);
            self.blame(self.next, None, reason);
        }
        let Some(mark) = find_mark(self.r, MarkName::SoFar)? else { return Ok(()) };
        if mark.seq >= self.next {
            let reason = format!("it is missing: events up to {} were checked on {}", mark.seq, mark.at);
            self.blame(self.next, None, reason);
        } else if mark.seq > self.report.dropped {
            let event = store_audit::find_event(self.r, mark.seq)?;
            if event.is_none_or(|event| event.hash != mark.hash) {
                let reason = format!("it is not the event that was checked on {}", mark.at);
                self.blame(mark.seq, None, reason);
            }
        }
        Ok(())
    }

    /// The rest of a log that was dropped from continues a signed head, and says so itself.
    fn look_at_floor(&mut self, floor: u64) -> Result<(), StoreError> {
        let head = find_head(self.r, floor)?;
        let is_signed =
            head.is_some_and(|head| self.floor.as_ref().is_some_and(|mark| mark.hash == head.hash));
        if !is_signed {
            let reason =
                format!("the events before it were dropped, and no signed head of event {floor} is there");
            self.blame(floor + 1, None, reason);
        } else if !self.says_dropped {
            let reason = "the events before it are gone, and no event says that they were dropped".to_owned();
            self.blame(floor + 1, None, reason);
        }
        Ok(())
    }

    /// Compares with a head that was kept elsewhere.
    fn look_at_anchor(&mut self, anchor: &Anchor) -> Result<(), StoreError> {
        let (seq, hash) = match anchor {
            Anchor::Plain(seq, hash) => (*seq, hash.clone()),
            Anchor::Token(token) => match HeadClaims::open_any(self.keys, token) {
                Some(claims) => (claims.seq, claims.hash),
                None => {
                    let reason = format!(
                        "the anchor was not signed with keys/{AUDIT_KEY_FILE}: one of the two was replaced"
                    );
                    self.blame(self.report.dropped + 1, None, reason);
                    return Ok(());
                }
            },
        };
        self.report.anchor = self.report.anchor.max(Some(seq));
        self.report.anchors += 1;
        let found = match store_audit::find_event(self.r, seq) {
            Ok(Some(event)) if seq > self.report.dropped => Some(event.hash),
            // Of events that were dropped, the heads are left.
            _ => find_head(self.r, seq)?.filter(|_| seq <= self.report.dropped).map(|head| head.hash),
        };
        match found {
            Some(found) if hex::encode(&found) == hash => {}
            Some(_) => self.blame(seq, None, "it is not the event of the anchor: it was changed".to_owned()),
            None if seq <= self.report.dropped => {
                let reason = "it was dropped, and no signed head of it is left to compare the anchor with";
                self.blame(seq, None, reason.to_owned());
            }
            None => {
                let reason = format!("it is missing: the anchor proves that there were events up to {seq}");
                self.blame(self.next, None, reason);
            }
        }
        Ok(())
    }
}

fn says_dropped(event: &AuditEvent, floor: Option<u64>) -> bool {
    let Some(floor) = floor.filter(|_| event.action == DROP) else { return false };
    let details: serde_json::Value = serde_json::from_str(&event.details).unwrap_or_default();
    details["through"].as_u64() == Some(floor)
}
