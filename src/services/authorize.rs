//! Who may do what. A [`Grant`] is the proof that the check was made: it can be built nowhere else, so a service
//! that takes one cannot be reached without.

use std::marker::PhantomData;
use std::net::IpAddr;

use super::error::ServiceError;
use crate::domain::audit::Actor;
use crate::domain::permission::Permission;
use crate::domain::user::User;

/// A permission as a type.
pub trait PermissionType {
    /// The permission it stands for.
    const PERMISSION: Permission;
}

macro_rules! permission_types {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub enum $name {}

        impl PermissionType for $name {
            const PERMISSION: Permission = Permission::$name;
        }
    )*};
}

permission_types!(
    /// See [`Permission::ManageUsers`].
    ManageUsers,
    /// See [`Permission::ManageSite`].
    ManageSite,
    /// See [`Permission::ImportData`].
    ImportData,
    /// See [`Permission::ReadAudit`].
    ReadAudit,
    /// See [`Permission::EditPlans`].
    EditPlans,
    /// See [`Permission::SeeHiddenColumns`].
    SeeHiddenColumns,
);

/// Who acts and from where: what the audit log says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct By {
    /// Who.
    pub actor: Actor,
    /// From where, over the network.
    pub address: Option<IpAddr>,
}

impl By {
    /// The site itself.
    pub const SYSTEM: Self = Self { actor: Actor::System, address: None };
    /// A person at the machine.
    pub const COMMAND_LINE: Self = Self { actor: Actor::CommandLine, address: None };

    /// The user who acts, if it is one.
    pub fn user(&self) -> Option<crate::domain::ids::UserId> {
        match self.actor {
            Actor::User(id) => Some(id),
            Actor::CommandLine | Actor::System | Actor::Visitor => None,
        }
    }
}

/// Proof that somebody may do `P`.
#[derive(Debug)]
pub struct Grant<P> {
    by: By,
    permission: PhantomData<P>,
}

impl<P: PermissionType> Grant<P> {
    /// The check.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ServiceError::MustChangePassword`].
    pub fn check(user: &User, address: Option<IpAddr>) -> Result<Self, ServiceError> {
        if user.must_change_password {
            return Err(ServiceError::MustChangePassword);
        }
        if !user.is_active() || !user.has(P::PERMISSION) {
            return Err(ServiceError::Denied(P::PERMISSION));
        }
        Ok(Self { by: By { actor: Actor::User(user.id), address }, permission: PhantomData })
    }

    /// For a person at the machine: who can open the data directory or its private socket can do everything
    /// with it anyway.
    pub(crate) fn command_line() -> Self {
        Self { by: By::COMMAND_LINE, permission: PhantomData }
    }

    /// For what the site does by itself, on a schedule that somebody with the permission set up.
    pub(crate) fn system() -> Self {
        Self { by: By::SYSTEM, permission: PhantomData }
    }

    /// Who acts.
    pub fn by(&self) -> By {
        self.by
    }
}
