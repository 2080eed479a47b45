//! The same for many users at once. What would be done to whom, and to whom not and why, is shown first; what is then
//! done is exactly that, in transactions of a few users each, so that nobody else waits for the store.

use std::collections::{BTreeSet, HashMap};

use sha2::{Digest, Sha256};

use super::judge::Judge;
pub use super::judge::WhyNot;
use super::listing::{self, UserQuery};
use super::protect::{Demand, demand_in};
use super::{UserView, change_in, delete, end_sessions_in};
use crate::base::hex;
use crate::domain::ids::UserId;
use crate::domain::scope::OwnerScope;
use crate::domain::session::TokenHash;
use crate::domain::user::{User, UserStatus};
use crate::services::Services;
use crate::services::access::invite::{self, Handover, Slip, Way};
use crate::services::authorize::{Grant, ManageUsers};
use crate::services::error::ServiceError;
use crate::store::{StoreError, WriteTxn, devices, users as store_users};

/// Users of one transaction: 5,000 took 20 to 30 ms a transaction in a build without optimization, with audit events, so
/// that one stays below 50 ms on a slow disk too.
const AT_ONCE: usize = 25;

/// Slips of one page: each has a picture of some 10 KB, and 500 sheets are a ream.
pub const MAX_SLIPS: usize = 500;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkAction {
    /// Switch the accounts off.
    Deactivate,
    /// Switch them on again.
    Activate,
    /// Sign them out everywhere.
    EndSessions,
    /// Demand a second factor.
    RequireSecondFactor,
    /// Leave that to the site again.
    ReleaseSecondFactor,
    /// Let them see this owner's rows too.
    GiveOwner(String),
    /// No longer.
    TakeOwner(String),
    /// Send the invitation once more to those who never came in.
    Invite,
    /// Take their passwords away and hand the accounts over anew, by mail or on slips.
    ResetAccess(Way),
    /// Delete the accounts.
    Delete,
}

/// Who is meant.
#[derive(Debug, Clone)]
pub enum Chosen {
    /// These.
    These(BTreeSet<UserId>),
    /// All that a list would show on all of its pages.
    Matching(UserQuery),
}

/// What would be done.
#[derive(Debug, Clone, Default)]
pub struct BulkPlan {
    /// To these, by name.
    pub will: Vec<UserView>,
    /// Not to these.
    pub wont: Vec<(UserView, WhyNot)>,
    /// Stands for all of it: who confirms says what they saw.
    pub seen: String,
    /// Those who get a slip, wanted or for want of mail.
    pub slips: usize,
}

/// It is done.
#[derive(Debug, Clone, Default)]
pub struct Done {
    /// To so many.
    pub done: usize,
    /// Not to so many.
    pub not: usize,
    /// What is to be handed over on paper. Shown to the caller this once.
    pub slips: Vec<(UserView, Slip)>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum BulkDone {
    /// It is done.
    Done(Done),
    /// Nothing was done: it would not be what was shown.
    Changed(BulkPlan),
    /// Nothing was done: there would be more than [`MAX_SLIPS`] slips.
    TooManySlips(BulkPlan),
}

/// Says what would be done to whom.
///
/// # Errors
/// Where the store cannot be read.
pub fn plan(
    services: &Services,
    grant: &Grant<ManageUsers>,
    chosen: &Chosen,
    action: &BulkAction,
) -> Result<BulkPlan, ServiceError> {
    let users = match chosen {
        Chosen::Matching(query) => listing::all_matching(services, query)?,
        Chosen::These(ids) => {
            let mut users = services.store.read(|r| {
                let found = ids.iter().map(|id| store_users::find_user(r, *id));
                found.collect::<Result<Vec<_>, StoreError>>()
            })?;
            let mut users: Vec<User> = users.drain(..).flatten().collect();
            listing::sort(&mut users);
            users
        }
    };
    let mut plan = BulkPlan::default();
    services.store.read(|r| {
        let mut judge = Judge::new(services, grant, action);
        for user in &users {
            match judge.why_not(r, user)? {
                Some(why) => plan.wont.push((UserView::from(user), why)),
                None => {
                    if let BulkAction::ResetAccess(way) = action {
                        plan.slips += usize::from(invite::needs_slip(services, user, *way));
                    }
                    plan.will.push(UserView::from(user));
                }
            }
        }
        Ok::<_, StoreError>(())
    })?;
    plan.seen = fingerprint(&plan, action);
    Ok(plan)
}

/// Does what was shown as `seen`.
///
/// # Errors
/// Where the store cannot be read or written; what was done until then stays done, and audited.
pub fn run(
    services: &Services,
    grant: &Grant<ManageUsers>,
    chosen: &Chosen,
    action: &BulkAction,
    seen: &str,
) -> Result<BulkDone, ServiceError> {
    let plan = plan(services, grant, chosen, action)?;
    if plan.seen != seen {
        return Ok(BulkDone::Changed(plan));
    }
    if plan.slips > MAX_SLIPS {
        return Ok(BulkDone::TooManySlips(plan));
    }
    let ids: Vec<UserId> = plan.will.iter().map(|user| user.id).collect();
    let mut of_users: HashMap<UserId, Vec<TokenHash>> = HashMap::new();
    if *action == BulkAction::Delete {
        let ids: BTreeSet<UserId> = ids.iter().copied().collect();
        of_users = services.store.read(|r| devices::list_devices_of(r, &ids))?;
    }
    let mut all = Done::default();
    for some in ids.chunks(AT_ONCE) {
        let (done, slips) = services.store.write(|w| {
            let mut judge = Judge::new(services, grant, action);
            let (mut done, mut slips) = (0, Vec::new());
            for id in some {
                let Some(user) = store_users::find_user(w, *id)? else { continue };
                if judge.why_not(w, &user)?.is_none() {
                    let devices = of_users.get(id).map_or(&[][..], Vec::as_slice);
                    slips.extend(act(services, w, grant, user, action, devices)?);
                    done += 1;
                }
            }
            Ok::<_, ServiceError>((done, slips))
        })?;
        all.done += done;
        all.slips.extend(slips);
    }
    services.ring_job_bell();
    all.not = plan.wont.len() + plan.will.len() - all.done;
    Ok(BulkDone::Done(all))
}

fn fingerprint(plan: &BulkPlan, action: &BulkAction) -> String {
    let mut hasher = Sha256::new();
    match action {
        // How it is handed over is chosen on the very page that shows whom it concerns.
        BulkAction::ResetAccess(_) => hasher.update("ResetAccess"),
        _ => hasher.update(format!("{action:?}")),
    }
    for user in &plan.will {
        hasher.update(user.id.0.as_bytes());
    }
    hex::encode(&hasher.finalize()[..16])
}

/// Does it to one; what is then to be handed over to them.
fn act(
    services: &Services,
    w: &WriteTxn,
    grant: &Grant<ManageUsers>,
    user: User,
    action: &BulkAction,
    devices: &[TokenHash],
) -> Result<Option<(UserView, Slip)>, ServiceError> {
    let set_owners = |user: User, owner: &String, is_given: bool| {
        change_in(services, w, grant, user, "user.role", |_, user| {
            if let OwnerScope::Owners(owners) = &mut user.owners {
                if is_given {
                    owners.insert(owner.clone());
                } else {
                    owners.remove(owner);
                }
            }
            Ok(())
        })
        .map(drop)
    };
    let set_status = |user: User, action: &str, status: UserStatus| {
        change_in(services, w, grant, user, action, |_, user| {
            user.status = status;
            Ok(())
        })
        .map(drop)
    };
    match action {
        BulkAction::Deactivate => set_status(user, "user.disable", UserStatus::Deactivated),
        BulkAction::Activate => set_status(user, "user.enable", UserStatus::Active),
        BulkAction::EndSessions => end_sessions_in(services, w, grant, &user).map(drop),
        BulkAction::RequireSecondFactor => demand_in(services, w, grant, user, Demand::Required).map(drop),
        BulkAction::ReleaseSecondFactor => demand_in(services, w, grant, user, Demand::AsTheSite).map(drop),
        BulkAction::GiveOwner(owner) => set_owners(user, owner, true),
        BulkAction::TakeOwner(owner) => set_owners(user, owner, false),
        BulkAction::Invite => invite::resend_in(services, w, grant, user),
        BulkAction::ResetAccess(way) => {
            let (user, handover) = invite::reset_in(services, w, grant, user, *way)?;
            return Ok(match handover {
                Handover::Slip(slip) => Some((user, slip)),
                Handover::Mailed(_) => None,
            });
        }
        BulkAction::Delete => delete::erase(services, w, grant, &user, devices),
    }?;
    Ok(None)
}
