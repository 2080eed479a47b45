//! What the command line asks for whoever runs the machine: a part of [`super::commands`].

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Services;
use super::authorize::{Grant, ManageSite};
use super::backups::drill;
use super::doctor::{self, Check, Finding, Wanted};
use super::error::ServiceError;
use super::indexes::{self, Compacted, IndexView};
use super::keys::rotate::{self, KeysStatus, Links};
use super::users::UserView;
use super::users::admin_reset;
use crate::base::secret::{SecretString, serialize_exposed_option};
use crate::domain::backup::Drill;

/// One of them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostCommand {
    /// Lets an admin in again.
    AdminReset {
        /// Mail address, user name or id.
        login: String,
        /// The new password; without one a slip is made.
        #[serde(default, serialize_with = "serialize_exposed_option")]
        password: Option<SecretString>,
    },
    /// Tells how keys stand.
    KeysStatus,
    /// Replaces the site's key.
    KeysRotate {
        /// Whether links are waited for.
        links: Links,
    },
    /// Replaces the key of the audit log.
    KeysRotateAudit,
    /// Tells how every index is.
    IndexStatus,
    /// Builds indexes again.
    IndexRebuild {
        /// Of this dataset alone.
        dataset: Option<String>,
        /// This one alone.
        generation: Option<u64>,
    },
    /// Gives back room.
    IndexCompact,
    /// Restores the newest backup aside.
    BackupDrill,
    /// Looks at what the site stands on.
    Doctor {
        /// What at.
        checks: BTreeSet<Check>,
        /// Mend what can be mended.
        #[serde(default)]
        fix: bool,
    },
}

/// The answer to one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostReply {
    /// An admin can come in again.
    AdminReset {
        /// The account.
        user: Box<UserView>,
        /// What to type at `/code`, where no password was given.
        #[serde(serialize_with = "serialize_exposed_option")]
        code: Option<SecretString>,
        /// The same as a link.
        #[serde(serialize_with = "serialize_exposed_option")]
        link: Option<SecretString>,
        /// When the code ends.
        expires_at: Option<Timestamp>,
        /// There was a second factor.
        had_second_factor: bool,
    },
    /// How keys stand.
    Keys(KeysStatus),
    /// How indexes are.
    Indexes(Vec<IndexView>),
    /// Room that was given back.
    Compacted(Compacted),
    /// How a drill went.
    Drill(Drill),
    /// What the doctor found.
    Findings(Vec<Finding>),
}

/// Whether somebody else works with the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Company {
    /// A process that has the store for itself, for one command.
    Alone,
    /// A server, which goes on meanwhile.
    Server,
}

/// Does it.
///
/// # Errors
/// What the command has.
pub fn execute(
    services: &Services,
    command: HostCommand,
    company: Company,
) -> Result<HostReply, ServiceError> {
    let grant = Grant::<ManageSite>::command_line();
    let alone = company == Company::Alone;
    Ok(match command {
        HostCommand::AdminReset { login, password } => {
            let reset = admin_reset::reset(services, &Grant::command_line(), &login, password)?;
            let (code, link, expires_at) = match reset.slip {
                Some(slip) => (Some(slip.code), slip.link, Some(slip.expires_at)),
                None => (None, None, None),
            };
            let had_second_factor = reset.had_second_factor;
            let user = Box::new(reset.user);
            HostReply::AdminReset { user, code, link, expires_at, had_second_factor }
        }
        HostCommand::KeysStatus => HostReply::Keys(rotate::status(services, &grant)?),
        HostCommand::KeysRotate { links } => HostReply::Keys(rotate::rotate(services, &grant, links, alone)?),
        HostCommand::KeysRotateAudit => HostReply::Keys(rotate::rotate_audit(services, &grant)?),
        HostCommand::IndexStatus => HostReply::Indexes(indexes::status(services, &grant)?),
        HostCommand::IndexRebuild { dataset, generation } => {
            HostReply::Indexes(indexes::rebuild(services, &grant, dataset.as_deref(), generation)?)
        }
        HostCommand::BackupDrill => HostReply::Drill(drill::run(services, &grant, &|| false)?),
        HostCommand::IndexCompact => HostReply::Compacted(indexes::compact(services, &grant, alone)?),
        HostCommand::Doctor { checks, fix } => {
            let wanted = Wanted { checks, fix, alone, quick: false };
            HostReply::Findings(doctor::run(services, &grant, &wanted))
        }
    })
}
