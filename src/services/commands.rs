//! What the command line asks of a site, as data: executed at once on an open store, or sent over `admin.sock`
//! to the server that holds it. Both ends run [`execute`].

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::api_tokens::{self, ApiTokenView, NewApiToken};
use super::audit::export::{self as audit_export, AuditExport, AuditFormat};
use super::audit::filter::Filter;
use super::audit::heads::{self, HeadView};
use super::audit::search;
use super::audit::verify::{self, Anchor, AuditReport};
use super::authorize::{By, Grant, ManageUsers};
use super::backups::{self, Made};
use super::error::ServiceError;
use super::export::{self, Export};
use super::files;
use super::host_commands::{self, Company, HostCommand, HostReply};
use super::imports::{self, Anyway, ImportView};
use super::plans::Imported;
use super::plans::commands::{self as plan_commands, PlanSummary};
use super::users::coverage::{self, Coverage};
use super::users::import::{ImportOptions, ImportReport};
use super::users::protect::{self, Demand};
use super::users::{self, FirstSignIn, NewPassword, NewUser, UserView};
use super::{Services, bootstrap, tls};
use crate::base::secret::{SecretString, serialize_exposed, serialize_exposed_option};
use crate::domain::dataset::Import;
use crate::domain::email::{Email, Username};
use crate::domain::ids::ImportId;
use crate::domain::mobile::Mobile;
use crate::domain::permission::Role;
use crate::domain::scope::{OwnerScope, Scope};
use crate::domain::user::PersonName;

/// One command.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminCommand {
    /// Makes the first admin.
    Init {
        /// Mail address.
        email: Email,
        /// User name.
        username: Option<Username>,
        /// Password.
        #[serde(serialize_with = "serialize_exposed")]
        password: SecretString,
    },
    /// Adds a user.
    UserAdd {
        /// Mail address.
        email: Email,
        /// First name.
        #[serde(default)]
        first_name: Option<String>,
        /// Last name.
        #[serde(default)]
        last_name: Option<String>,
        /// Mobile number.
        #[serde(default)]
        mobile: Option<Mobile>,
        /// User name.
        username: Option<Username>,
        /// Roles.
        roles: BTreeSet<Role>,
        /// Scope.
        owners: OwnerScope,
        /// Password.
        #[serde(serialize_with = "serialize_exposed")]
        password: SecretString,
        /// Whether it is to be changed.
        first_sign_in: FirstSignIn,
    },
    /// Lists users.
    UserList,
    /// Shows one.
    UserShow {
        /// Mail address, user name or id.
        login: String,
    },
    /// Sets a password.
    UserPasswd {
        /// Mail address, user name or id.
        login: String,
        /// The new password.
        #[serde(serialize_with = "serialize_exposed")]
        password: SecretString,
        /// Whether it is to be changed.
        first_sign_in: FirstSignIn,
    },
    /// Switches an account off.
    UserDisable {
        /// Mail address, user name or id.
        login: String,
    },
    /// Switches it on again.
    UserEnable {
        /// Mail address, user name or id.
        login: String,
    },
    /// Takes the second factor away.
    UserResetSecondFactor {
        /// Mail address, user name or id.
        login: String,
    },
    /// Deletes one.
    UserDelete {
        /// Mail address, user name or id.
        login: String,
        /// The address of the account, typed once more.
        typed: String,
    },
    /// Forgets wrong passwords.
    UserUnlock {
        /// Mail address, user name or id.
        login: String,
    },
    /// Demands a second factor, or no longer.
    UserRequireSecondFactor {
        /// Mail address, user name or id.
        login: String,
        /// It is demanded.
        required: bool,
    },
    /// Tells whose rows nobody sees, and who sees none.
    UserCoverage,
    /// Sets roles and scope.
    UserRole {
        /// Mail address, user name or id.
        login: String,
        /// The new roles; empty leaves them.
        roles: BTreeSet<Role>,
        /// The new scope; `None` leaves it.
        owners: Option<OwnerScope>,
    },
    /// Makes a token for a user's program.
    TokenCreate {
        /// Mail address, user name or id.
        login: String,
        /// What it is to be.
        new: NewApiToken,
    },
    /// Lists a user's tokens.
    TokenList {
        /// Mail address, user name or id.
        login: String,
    },
    /// Revokes one.
    TokenRevoke {
        /// Mail address, user name or id.
        login: String,
        /// Its name or id.
        token: String,
    },
    /// Checks the chain of the audit log.
    AuditVerify {
        /// A head that was kept elsewhere: token, or number and hash.
        #[serde(default)]
        anchor: Option<String>,
    },
    /// Signs the audit log as it is.
    AuditHead,
    /// Shows the newest events.
    AuditTail {
        /// How many.
        events: usize,
    },
    /// Shows an import.
    ImportShow {
        /// Its id.
        id: String,
    },
    /// Publishes an import that was checked.
    ImportConfirm {
        /// Its id.
        id: String,
        /// Whatever the guard found.
        #[serde(default)]
        anyway: bool,
    },
    /// Ends an import.
    ImportCancel {
        /// Its id.
        id: String,
    },
    /// Makes a backup.
    BackupCreate {
        /// Where it is to lie.
        #[serde(default)]
        output: Option<PathBuf>,
        /// Seals the keys.
        #[serde(default, serialize_with = "serialize_exposed_option")]
        passphrase: Option<SecretString>,
        /// Indexes go in, too.
        #[serde(default)]
        with_index: bool,
    },
    /// Shows the site's certificates, and makes what is asked for before.
    Certificates {
        /// What is to be made.
        make: Option<tls::Wanted>,
    },
    /// What whoever runs the machine does.
    Host(HostCommand),
    /// Lists plans.
    PlanList,
    /// Makes a plan.
    PlanCreate {
        /// What it is called.
        name: String,
        /// What it is about.
        description: String,
        /// Its first day.
        first: Option<String>,
        /// Its last day.
        last: Option<String>,
        /// Lines begin with the stock in the inventory.
        opens_with_stock: bool,
    },
}

/// The answer to a command.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminReply {
    /// One user.
    User(Box<UserView>),
    /// Users.
    Users(Vec<UserView>),
    /// A user's tokens.
    Tokens(Vec<ApiTokenView>),
    /// A token that was made.
    TokenMade {
        /// What a program sends.
        #[serde(serialize_with = "serialize_exposed")]
        token: SecretString,
        /// How it is shown.
        view: Box<ApiTokenView>,
    },
    /// A token that opens nothing any more.
    TokenRevoked(Box<ApiTokenView>),
    /// Who sees what.
    Coverage(Box<Coverage>),
    /// What the audit log's check found.
    Audit(AuditReport),
    /// A signed head of the audit log; `None` where it is empty.
    AuditHead(Option<HeadView>),
    /// Events of the audit log, oldest first.
    AuditEvents(Vec<serde_json::Value>),
    /// An import.
    Import(Box<ImportView>),
    /// Plans.
    Plans(Vec<PlanSummary>),
    /// A plan.
    Plan(Box<PlanSummary>),
    /// What came of a file for a plan.
    PlanImport(Imported),
    /// What came of an import of users.
    UserImport(ImportReport),
    /// A backup that was made.
    Backup(Made),
    /// The site's certificates.
    Certificates(Box<tls::Standing>),
    /// What came of that.
    Host(HostReply),
    /// It was not done.
    Failed {
        /// Exit code of the command line (DESIGN §6).
        exit_code: u8,
        /// What, where and the next step.
        message: String,
    },
}

/// Exit code of a failure (DESIGN §6).
pub fn exit_code(error: &ServiceError) -> u8 {
    use crate::store::StoreError;
    match error {
        ServiceError::BadCertificate(_) => 3,
        ServiceError::NotFound(_) => 6,
        ServiceError::Store(StoreError::InUse(_)) => 4,
        ServiceError::BadBackup(_)
        | ServiceError::Store(StoreError::Damaged { .. } | StoreError::Record { .. }) => 5,
        _ => 1,
    }
}

/// Does it.
pub fn execute(services: &Services, command: AdminCommand) -> AdminReply {
    try_execute(services, command).unwrap_or_else(|error| failed(&error))
}

fn try_execute(services: &Services, command: AdminCommand) -> Result<AdminReply, ServiceError> {
    let grant = Grant::<ManageUsers>::command_line();
    let user = match command {
        AdminCommand::Init { email, username, password } => bootstrap::init(
            services,
            email,
            username,
            NewPassword::Plain(password),
            FirstSignIn::KeepsPassword,
        )?,
        AdminCommand::UserAdd {
            email,
            first_name,
            last_name,
            mobile,
            username,
            roles,
            owners,
            password,
            first_sign_in,
        } => {
            let name = PersonName { first: first_name, last: last_name };
            let password = NewPassword::Plain(password);
            users::add(
                services,
                &grant,
                NewUser { email, name, username, mobile, roles, owners, password, first_sign_in },
            )?
        }
        AdminCommand::UserList => return Ok(AdminReply::Users(users::list(services, &grant)?)),
        AdminCommand::UserShow { login } => users::show(services, &grant, &login)?,
        AdminCommand::UserPasswd { login, password, first_sign_in } => {
            users::set_password(services, &grant, &login, NewPassword::Plain(password), first_sign_in)?
        }
        AdminCommand::UserResetSecondFactor { login } => {
            users::reset_second_factor(services, &grant, &login)?
        }
        AdminCommand::UserDelete { login, typed } => users::delete::delete(services, &grant, &login, &typed)?,
        AdminCommand::UserUnlock { login } => protect::unlock(services, &grant, &login)?,
        AdminCommand::UserRequireSecondFactor { login, required } => {
            let demand = if required { Demand::Required } else { Demand::AsTheSite };
            protect::demand_second_factor(services, &grant, &login, demand)?
        }
        AdminCommand::UserCoverage => {
            let report = coverage::report(services, &grant, &Scope::everything())?;
            return Ok(AdminReply::Coverage(Box::new(report)));
        }
        AdminCommand::TokenCreate { login, new } => {
            let made = api_tokens::make_for(services, &login, &new)?;
            return Ok(AdminReply::TokenMade { token: made.token, view: Box::new(made.view) });
        }
        AdminCommand::TokenList { login } => {
            return Ok(AdminReply::Tokens(api_tokens::of_user(services, &grant, &login)?));
        }
        AdminCommand::TokenRevoke { login, token } => {
            let revoked = api_tokens::revoke(services, &grant, &login, &token)?;
            return Ok(AdminReply::TokenRevoked(Box::new(revoked)));
        }
        AdminCommand::UserDisable { login } => users::disable(services, &grant, &login)?,
        AdminCommand::UserEnable { login } => users::enable(services, &grant, &login)?,
        AdminCommand::UserRole { login, roles, owners } => {
            users::set_roles(services, &grant, &login, roles, owners)?
        }
        AdminCommand::ImportShow { id } => {
            return import(services, imports::get(services, &Grant::command_line(), import_id(&id)?));
        }
        AdminCommand::ImportConfirm { id, anyway } => {
            let anyway = if anyway { Anyway::All } else { Anyway::No };
            let confirmed = imports::confirm(services, &Grant::command_line(), import_id(&id)?, &anyway);
            return import(services, confirmed);
        }
        AdminCommand::ImportCancel { id } => {
            return import(services, imports::cancel(services, &Grant::command_line(), import_id(&id)?));
        }
        AdminCommand::BackupCreate { output, passphrase, with_index } => {
            let wanted = backups::Wanted { output, passphrase, with_index };
            let made = backups::create(services, &Grant::command_line(), &wanted, &|| false)?;
            return Ok(AdminReply::Backup(made));
        }
        AdminCommand::Certificates { make } => {
            if let Some(wanted) = make {
                tls::make(services, By::COMMAND_LINE, wanted)?;
            }
            return Ok(AdminReply::Certificates(Box::new(tls::standing(services)?)));
        }
        AdminCommand::Host(command) => {
            // As sent to a server: a process that has the store for itself asks for it there.
            return Ok(AdminReply::Host(host_commands::execute(services, command, Company::Server)?));
        }
        AdminCommand::PlanList => return Ok(AdminReply::Plans(plan_commands::all(services)?)),
        AdminCommand::PlanCreate { name, description, first, last, opens_with_stock } => {
            let days = (first.as_deref(), last.as_deref());
            let made = plan_commands::make(services, (name, description), days, opens_with_stock)?;
            return Ok(AdminReply::Plan(Box::new(made)));
        }
        AdminCommand::AuditVerify { anchor } => {
            let anchors = anchor.as_deref().map(Anchor::parse_all).transpose()?.unwrap_or_default();
            return Ok(AdminReply::Audit(verify::verify(services, &anchors)?));
        }
        AdminCommand::AuditHead => {
            heads::sign(services)?;
            return Ok(AdminReply::AuditHead(heads::latest(services, &Grant::command_line())?));
        }
        AdminCommand::AuditTail { events } => {
            return Ok(AdminReply::AuditEvents(search::tail(services, &Grant::command_line(), events)?));
        }
    };
    Ok(AdminReply::User(Box::new(user)))
}

/// Imports users as the command line asks for it. Not an [`AdminCommand`]: the file may be larger than one.
pub fn import_users(services: &Services, file: &[u8], options: ImportOptions) -> AdminReply {
    match users::import::import(services, &Grant::command_line(), file, options) {
        Ok(report) => AdminReply::UserImport(report),
        Err(error) => failed(&error),
    }
}

/// Reads a file into a plan as the command line asks for it; `query` has the pairs of [`plan_commands::bring`].
pub fn import_plan(services: &Services, file: &[u8], query: &str) -> AdminReply {
    let imported = files::keep_apart(services.data_dir(), file).and_then(|kept| {
        plan_commands::bring(services, kept.path(), form_urlencoded::parse(query.as_bytes()))
    });
    match imported {
        Ok(imported) => AdminReply::PlanImport(imported),
        Err(error) => failed(&error),
    }
}

fn failed(error: &ServiceError) -> AdminReply {
    AdminReply::Failed { exit_code: exit_code(error), message: error.to_string() }
}

fn import_id(text: &str) -> Result<ImportId, ServiceError> {
    text.parse().map_err(|_| ServiceError::NotFound(format!("import `{text}`")))
}

fn import(services: &Services, import: Result<Import, ServiceError>) -> Result<AdminReply, ServiceError> {
    Ok(AdminReply::Import(Box::new(ImportView::of(services, &import?))))
}

/// Prepares an export as the command line asks for it: `dataset`, `format`, `owner` (repeatable; with one, the
/// rows and columns a customer of these owners sees) and the search parameters of the API.
pub fn prepare_export<K, V>(
    services: &Services,
    pairs: impl IntoIterator<Item = (K, V)>,
) -> Result<Export, ServiceError>
where
    K: AsRef<str>,
    V: AsRef<str>,
{
    let (mut dataset, mut owners, mut rest) = (String::new(), Vec::new(), Vec::new());
    for (name, value) in pairs {
        match name.as_ref() {
            "dataset" => value.as_ref().clone_into(&mut dataset),
            "owner" => owners.push(value.as_ref().to_owned()),
            _ => rest.push((name, value)),
        }
    }
    let scope = if owners.is_empty() { Scope::everything() } else { Scope::owners(owners) };
    export::prepare(services, &dataset, &scope, (By::COMMAND_LINE, "command line".to_owned()), rest)
}

/// Prepares an export of the audit log as the command line asks for it: `format` and the filters of the page.
pub fn prepare_audit_export<K, V>(
    services: &Services,
    pairs: impl IntoIterator<Item = (K, V)>,
) -> Result<AuditExport, ServiceError>
where
    K: AsRef<str>,
    V: AsRef<str>,
{
    let (mut format, mut rest) = (AuditFormat::Csv, Vec::new());
    for (name, value) in pairs {
        match name.as_ref() {
            "format" => format = AuditFormat::parse(value.as_ref())?,
            _ => rest.push((name, value)),
        }
    }
    audit_export::prepare(services, &Grant::command_line(), &Filter::from_pairs(rest)?, format)
}
