//! The same for many users at once. What would be done to whom, and to whom not and why, is shown first; what is then
//! done is exactly that, in transactions of a few users each, so that nobody else waits for the store.

use std::collections::{BTreeSet, HashMap};

use sha2::{Digest, Sha256};

use super::admins::is_usable_admin;
use super::listing::{self, UserQuery};
use super::protect::{Demand, demand_in};
use super::reach;
use super::{UserView, change_in, delete, end_sessions_in};
use crate::base::hex;
use crate::domain::ids::UserId;
use crate::domain::scope::OwnerScope;
use crate::domain::session::TokenHash;
use crate::domain::user::{Realm, User, UserStatus};
use crate::services::Services;
use crate::services::access::invite;
use crate::services::authorize::{By, Grant, ManageUsers};
use crate::services::error::ServiceError;
use crate::store::{Read, StoreError, WriteTxn, devices, users as store_users};

/// Users of one transaction: 5,000 took 20 to 30 ms a transaction in a build without optimization, with audit events, so
/// that one stays below 50 ms on a slow disk too.
const AT_ONCE: usize = 25;

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

/// Why it is not done to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WhyNot {
    /// Nobody does it to themselves.
    OwnAccount,
    /// They are the last active admin.
    LastAdmin,
    /// The company's directory says what they may see.
    FromDirectory,
    /// It is so already.
    AlreadySo,
    /// The account is not active.
    NotActive,
    /// It was never switched off: somebody asked for it, and it waits or was turned down.
    NotDeactivated,
    /// They see every owner.
    SeesAll,
    /// They came in already, or have a password.
    CameIn,
    /// The site sends no mail, or the account has no address.
    NoMail,
    /// The account is gone.
    Gone,
    /// They see, or would see, owners that are not among those of whoever does it.
    OutOfReach,
}

impl WhyNot {
    /// Its word in text ids.
    pub fn word(self) -> &'static str {
        match self {
            Self::OwnAccount => "own-account",
            Self::LastAdmin => "last-admin",
            Self::FromDirectory => "from-directory",
            Self::AlreadySo => "already-so",
            Self::NotActive => "not-active",
            Self::NotDeactivated => "not-deactivated",
            Self::SeesAll => "sees-all",
            Self::CameIn => "came-in",
            Self::NoMail => "no-mail",
            Self::Gone => "gone",
            Self::OutOfReach => "out-of-reach",
        }
    }
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
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum BulkDone {
    /// It is done to so many, and not to so many.
    Done(usize, usize),
    /// Nothing was done: it would not be what was shown.
    Changed(BulkPlan),
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
                None => plan.will.push(UserView::from(user)),
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
    let ids: Vec<UserId> = plan.will.iter().map(|user| user.id).collect();
    let mut of_users: HashMap<UserId, Vec<TokenHash>> = HashMap::new();
    if *action == BulkAction::Delete {
        let ids: BTreeSet<UserId> = ids.iter().copied().collect();
        of_users = services.store.read(|r| devices::list_devices_of(r, &ids))?;
    }
    let mut done = 0;
    for some in ids.chunks(AT_ONCE) {
        done += services.store.write(|w| {
            let mut judge = Judge::new(services, grant, action);
            let mut done = 0;
            for id in some {
                let Some(user) = store_users::find_user(w, *id)? else { continue };
                if judge.why_not(w, &user)?.is_none() {
                    let devices = of_users.get(id).map_or(&[][..], Vec::as_slice);
                    act(services, w, grant, user, action, devices)?;
                    done += 1;
                }
            }
            Ok::<usize, ServiceError>(done)
        })?;
    }
    services.ring_job_bell();
    Ok(BulkDone::Done(done, plan.wont.len() + plan.will.len() - done))
}

fn fingerprint(plan: &BulkPlan, action: &BulkAction) -> String {
    let mut hasher = Sha256::new();
    hasher.update(format!("{action:?}"));
    for user in &plan.will {
        hasher.update(user.id.0.as_bytes());
    }
    hex::encode(&hasher.finalize()[..16])
}

/// Knows to whom something is not done. Asked about one user after the other, as they are then dealt with.
struct Judge<'j> {
    action: &'j BulkAction,
    me: Option<UserId>,
    by: By,
    mails: bool,
    /// Those who would still be active admins; read where it matters.
    admins: Option<BTreeSet<UserId>>,
}

impl<'j> Judge<'j> {
    fn new(services: &Services, grant: &Grant<ManageUsers>, action: &'j BulkAction) -> Self {
        Self {
            action,
            me: grant.by().user(),
            by: grant.by(),
            mails: services.config().mail.is_on(),
            admins: None,
        }
    }

    fn why_not(&mut self, r: &impl Read, user: &User) -> Result<Option<WhyNot>, StoreError> {
        let given = match self.action {
            BulkAction::GiveOwner(owner) => OwnerScope::Owners([owner.clone()].into()),
            _ => OwnerScope::Owners(BTreeSet::new()),
        };
        if !reach::reaches(r, self.by, user)? || !reach::is_within(&given, &reach::own(r, self.by)?) {
            return Ok(Some(WhyNot::OutOfReach));
        }
        let why = match self.action {
            BulkAction::Deactivate => {
                self.may_go(r, user)?.or((user.status != UserStatus::Active).then_some(WhyNot::NotActive))
            }
            BulkAction::Delete => self.may_go(r, user)?,
            BulkAction::Activate => match user.status {
                UserStatus::Deactivated => None,
                UserStatus::Active => Some(WhyNot::AlreadySo),
                _ => Some(WhyNot::NotDeactivated),
            },
            BulkAction::EndSessions => (self.me == Some(user.id)).then_some(WhyNot::OwnAccount),
            BulkAction::RequireSecondFactor => user.second_factor_required.then_some(WhyNot::AlreadySo),
            BulkAction::ReleaseSecondFactor => (!user.second_factor_required).then_some(WhyNot::AlreadySo),
            BulkAction::GiveOwner(owner) => may_change_owners(user).or(match &user.owners {
                OwnerScope::Owners(owners) if owners.contains(owner) => Some(WhyNot::AlreadySo),
                _ => None,
            }),
            BulkAction::TakeOwner(owner) => may_change_owners(user).or(match &user.owners {
                OwnerScope::Owners(owners) if !owners.contains(owner) => Some(WhyNot::AlreadySo),
                _ => None,
            }),
            BulkAction::Invite => self.may_be_invited(r, user)?,
        };
        if why.is_none()
            && let Some(admins) = &mut self.admins
        {
            admins.remove(&user.id);
        }
        Ok(why)
    }

    /// Reads all users only where one is an admin: it takes a while, and the store waits.
    fn may_go(&mut self, r: &impl Read, user: &User) -> Result<Option<WhyNot>, StoreError> {
        if self.me == Some(user.id) {
            return Ok(Some(WhyNot::OwnAccount));
        }
        if !is_usable_admin(r, user)? {
            return Ok(None);
        }
        if self.admins.is_none() {
            let mut admins = BTreeSet::new();
            for user in store_users::list_users(r)? {
                if is_usable_admin(r, &user)? {
                    admins.insert(user.id);
                }
            }
            self.admins = Some(admins);
        }
        let is_last =
            self.admins.as_ref().is_some_and(|admins| admins.len() == 1 && admins.contains(&user.id));
        Ok(is_last.then_some(WhyNot::LastAdmin))
    }

    fn may_be_invited(&self, r: &impl Read, user: &User) -> Result<Option<WhyNot>, StoreError> {
        Ok(if user.realm == Realm::Ldap {
            Some(WhyNot::FromDirectory)
        } else if !user.is_active() {
            Some(WhyNot::NotActive)
        } else if !self.mails || user.email.is_nobodys() {
            Some(WhyNot::NoMail)
        } else if user.signed_in_at.is_some()
            || (!user.must_change_password && store_users::find_password_hash(r, user.id)?.is_some())
        {
            Some(WhyNot::CameIn)
        } else {
            None
        })
    }
}

fn may_change_owners(user: &User) -> Option<WhyNot> {
    match (user.realm, &user.owners) {
        (Realm::Ldap, _) => Some(WhyNot::FromDirectory),
        (Realm::Local, OwnerScope::All) => Some(WhyNot::SeesAll),
        (Realm::Local, OwnerScope::Owners(_)) => None,
    }
}

fn act(
    services: &Services,
    w: &WriteTxn,
    grant: &Grant<ManageUsers>,
    user: User,
    action: &BulkAction,
    devices: &[TokenHash],
) -> Result<(), ServiceError> {
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
        BulkAction::Delete => delete::erase(services, w, grant, &user, devices),
    }
}
