//! What lets a search of the audit log skip most of it: for each block of events a Bloom filter over all that a search
//! may ask of them. A filter may say *perhaps* of a block that has nothing, and never *no* of one that has something.

use std::collections::HashSet;
use std::ops::ControlFlow;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::text::{Haystack, actor_word};
use crate::domain::audit::AuditEvent;
use crate::store::audit_blocks::{AuditBlock, BLOCK_EVENTS, block_of, events_of, put_block};
use crate::store::transaction::Order;
use crate::store::{StoreError, WriteTxn, audit as store_audit};

/// Ten bits a key and seven looks at them: one false alarm in a hundred.
const BITS_PER_KEY: usize = 10;
const LOOKS: u32 = 7;

/// What a key is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Actor = 1,
    Action,
    Target,
    ActorAction,
    ActorTarget,
    ActionTarget,
    Letters,
    Id,
}

/// The key of something.
pub(super) fn key(about: About, text: &str) -> u64 {
    xxh3_64_with_seed(text.as_bytes(), about as u64)
}

/// The key of two things at once.
pub(super) fn pair(about: About, one: &str, other: &str) -> u64 {
    xxh3_64_with_seed(other.as_bytes(), key(about, one))
}

/// The action and the groups it is in: `user.code.on`, `user.code.`, `user.`.
fn with_groups(action: &str) -> impl Iterator<Item = &str> {
    std::iter::once(action).chain(action.match_indices('.').map(|(at, _)| &action[..=at]))
}

/// The target and its kind: `user:0193…`, `user:`.
fn with_kind(target: &str) -> impl Iterator<Item = &str> {
    std::iter::once(target).chain(target.split_once(':').map(|(kind, _)| &target[..=kind.len()]))
}

/// All that a search may ask of an event.
fn add_keys(keys: &mut HashSet<u64>, event: &AuditEvent) {
    let actor = actor_word(&event.actor);
    keys.insert(key(About::Actor, &actor));
    for target in with_kind(&event.target) {
        keys.insert(key(About::Target, target));
        keys.insert(pair(About::ActorTarget, &actor, target));
    }
    for action in with_groups(&event.action) {
        keys.insert(key(About::Action, action));
        keys.insert(pair(About::ActorAction, &actor, action));
        for target in with_kind(&event.target) {
            keys.insert(pair(About::ActionTarget, action, target));
        }
    }
    let haystack = Haystack::of(event);
    for_each_three(&haystack.text, |three| {
        keys.insert(key(About::Letters, three));
    });
    for id in &haystack.ids {
        keys.insert(id_key(id));
    }
}

/// Calls with each three neighbouring characters.
pub(super) fn for_each_three<'t>(text: &'t str, mut call: impl FnMut(&'t str)) {
    let starts = || text.char_indices().map(|(at, _)| at);
    let ends = starts().skip(3).chain(std::iter::once(text.len()));
    for (start, end) in starts().zip(ends) {
        // The last two starts have no three characters after them.
        if text[start..end].chars().nth(2).is_some() {
            call(&text[start..end]);
        }
    }
}

/// Ids are found by how they begin.
pub(super) fn id_key(id: &str) -> u64 {
    key(About::Id, id.get(..super::text::LEAST_ID_START).unwrap_or(id))
}

fn positions(key: u64, bits: u64) -> impl Iterator<Item = usize> {
    let (first, step) = (key as u32, (key >> 32) as u32 | 1);
    (0..LOOKS).map(move |look| {
        let spread = u64::from(first.wrapping_add(step.wrapping_mul(look)));
        ((spread * bits) >> 32) as usize
    })
}

/// The filter over these keys.
pub(super) fn filter_of(keys: &HashSet<u64>) -> Vec<u8> {
    let mut filter = vec![0_u8; (keys.len() * BITS_PER_KEY).div_ceil(8).max(8)];
    let bits = filter.len() as u64 * 8;
    for at in keys.iter().flat_map(|key| positions(*key, bits)) {
        filter[at / 8] |= 1 << (at % 8);
    }
    filter
}

/// Whether a key may be among those of a filter.
pub(super) fn may_have(filter: &[u8], key: u64) -> bool {
    let bits = filter.len() as u64 * 8;
    positions(key, bits).all(|at| filter.get(at / 8).is_some_and(|byte| byte & (1 << (at % 8)) != 0))
}

/// Writes the block down that event `seq` completes, in the transaction that appended it.
pub(super) fn complete_block(w: &WriteTxn, seq: u64) -> Result<(), StoreError> {
    if !seq.is_multiple_of(BLOCK_EVENTS) {
        return Ok(());
    }
    let block = block_of(seq);
    let (mut keys, mut from, mut until) = (HashSet::new(), None, None);
    let mut has_damage = false;
    store_audit::visit_events(w, events_of(block).0, Order::Ascending, &mut |event| {
        let Ok(event) = event else {
            has_damage = true;
            return Ok(ControlFlow::Break(()));
        };
        add_keys(&mut keys, &event);
        from = Some(from.map_or(event.at, |from: jiff::Timestamp| from.min(event.at)));
        until = Some(until.map_or(event.at, |until: jiff::Timestamp| until.max(event.at)));
        Ok(ControlFlow::Continue(()))
    })?;
    // A block without a filter is read whole by every search: slower, and right.
    let (Some(from), Some(until), false) = (from, until, has_damage) else { return Ok(()) };
    put_block(w, block, &AuditBlock { from, until, filter: filter_of(&keys) })
}

#[cfg(test)]
mod tests {
    use super::{About, filter_of, for_each_three, key, may_have};

    #[test]
    fn a_filter_never_denies_what_it_was_made_of_and_seldom_affirms_anything_else() {
        let keys = (0..5000).map(|n| key(About::Letters, &format!("in{n}"))).collect();
        let filter = filter_of(&keys);
        assert!(keys.iter().all(|key| may_have(&filter, *key)));
        let wrong =
            (0..10_000).filter(|n| may_have(&filter, key(About::Letters, &format!("out{n}")))).count();
        assert!(wrong < 200, "{wrong} of 10,000");
        assert!(!may_have(&filter_of(&std::collections::HashSet::new()), 7));
    }

    #[test]
    fn threes_are_characters_and_not_bytes() {
        let mut threes = Vec::new();
        for_each_three("Jürg 1", |three| threes.push(three));
        assert_eq!(threes, ["Jür", "ürg", "rg ", "g 1"]);
        for short in ["", "a", "üü"] {
            for_each_three(short, |three| panic!("{three}"));
        }
    }
}
