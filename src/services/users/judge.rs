//! To whom something that is done to many is not done, and why.

use std::collections::BTreeSet;

use super::admins::is_usable_admin;
use super::bulk::BulkAction;
use super::reach;
use crate::domain::ids::UserId;
use crate::domain::scope::OwnerScope;
use crate::domain::user::{Realm, User, UserStatus};
use crate::services::Services;
use crate::services::authorize::{By, Grant, ManageUsers};
use crate::store::{Read, StoreError, users as store_users};

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

/// Knows to whom something is not done. Asked about one user after the other, as they are then dealt with.
pub(super) struct Judge<'j> {
    action: &'j BulkAction,
    me: Option<UserId>,
    by: By,
    mails: bool,
    /// Those who would still be active admins; read where it matters.
    admins: Option<BTreeSet<UserId>>,
}

impl<'j> Judge<'j> {
    pub(super) fn new(services: &Services, grant: &Grant<ManageUsers>, action: &'j BulkAction) -> Self {
        Self {
            action,
            me: grant.by().user(),
            by: grant.by(),
            mails: services.config().mail.is_on(),
            admins: None,
        }
    }

    pub(super) fn why_not(&mut self, r: &impl Read, user: &User) -> Result<Option<WhyNot>, StoreError> {
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
            BulkAction::ResetAccess(_) => self.may_be_reset(user),
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

    fn may_be_reset(&self, user: &User) -> Option<WhyNot> {
        if self.me == Some(user.id) {
            Some(WhyNot::OwnAccount)
        } else if user.realm == Realm::Ldap {
            Some(WhyNot::FromDirectory)
        } else {
            (!user.is_active()).then_some(WhyNot::NotActive)
        }
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
