//! `stockroom user …`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::error::CliError;
use super::options::GlobalOptions;
use super::password_input;
use super::site::Site;
use super::user_admin_reset::{self, AdminResetArgs};
use super::user_import::{self, ImportArgs};
use crate::domain::email::{Email, Username};
use crate::domain::mobile::Mobile;
use crate::domain::permission::Role;
use crate::domain::scope::OwnerScope;
use crate::domain::user::PersonName;
use crate::services::commands::{AdminCommand, AdminReply};
use crate::services::users::{FirstSignIn, UserView};

/// What to do with users. LOGIN is a mail address, a user name or an id.
#[derive(Debug, Subcommand)]
#[command(
    before_help = "Examples:\n  stockroom user add bob@acme.example --role customer --owner \"ACME Ltd\" --password-file pw\n  \
        stockroom user role bob@acme.example --role operator --all-owners\n  stockroom user disable bob@acme.example\n  stockroom user coverage\n  stockroom user import users.csv --dry-run"
)]
pub enum UserCommand {
    /// Something with one user, or all of them.
    #[command(flatten)]
    Account(AccountCommand),
    /// Tell whose rows no customer sees, and who sees none.
    Coverage(OutputArgs),
    /// Let an admin in again who is locked out.
    AdminReset(AdminResetArgs),
    /// Add the users of another system from a CSV file, with their passwords.
    Import(ImportArgs),
}

/// What to do with one user, or all of them.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Add a user.
    Add(AddArgs),
    /// List all users.
    List(OutputArgs),
    /// Show one user.
    Show(LoginArgs),
    /// Set a user's password and end their sessions.
    Passwd(PasswdArgs),
    /// Switch an account off; its sessions end at once.
    Disable(LoginArgs),
    /// Switch an account on again.
    Enable(LoginArgs),
    /// Take a user's second factor away, for a lost phone; their sessions end.
    ResetSecondFactor(LoginArgs),
    /// Set a user's roles and what they see.
    Role(RoleArgs),
    /// Delete an account for good; what it did stays in the audit log.
    Delete(DeleteArgs),
    /// Forget a user's wrong passwords, so that they need not wait.
    Unlock(LoginArgs),
    /// Require a second factor of a user.
    RequireSecondFactor(DemandArgs),
}

/// How to print.
#[derive(Debug, Clone, Copy, Args)]
pub struct OutputArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Which user.
#[derive(Debug, Args)]
pub struct LoginArgs {
    /// Mail address, user name or id
    login: String,
    #[command(flatten)]
    output: OutputArgs,
}

/// An account to be deleted.
#[derive(Debug, Args)]
pub struct DeleteArgs {
    /// Mail address, user name or id
    login: String,
    /// The account's mail address, once more: without it nothing is deleted
    #[arg(long, value_name = "EMAIL")]
    confirm: String,
    #[command(flatten)]
    output: OutputArgs,
}

/// A second factor that is required, or no longer.
#[derive(Debug, Args)]
pub struct DemandArgs {
    /// Mail address, user name or id
    login: String,
    /// No longer require it
    #[arg(long)]
    off: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// What a user sees.
#[derive(Debug, Args)]
pub struct ScopeArgs {
    /// An owner whose rows the user sees, exactly as in the data; repeatable
    #[arg(long, value_name = "A")]
    owner: Vec<String>,
    /// The user sees every row
    #[arg(long, conflicts_with = "owner")]
    all_owners: bool,
}

impl ScopeArgs {
    fn scope(&self) -> Option<OwnerScope> {
        if self.all_owners {
            Some(OwnerScope::All)
        } else if self.owner.is_empty() {
            None
        } else {
            Some(OwnerScope::Owners(self.owner.iter().cloned().collect()))
        }
    }
}

/// A new user.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Mail address
    email: String,
    /// First name
    #[arg(long, value_name = "NAME")]
    first_name: Option<String>,
    /// Last name
    #[arg(long, value_name = "NAME")]
    last_name: Option<String>,
    /// Mobile number, with the country in front
    #[arg(long, value_name = "NUMBER")]
    mobile: Option<String>,
    /// A second name to sign in with
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// customer, planner, operator, auditor or admin; repeatable
    #[arg(long, value_name = "ROLE", required = true)]
    role: Vec<Role>,
    #[command(flatten)]
    scope: ScopeArgs,
    /// File with the password, `-` for standard input
    #[arg(long, value_name = "F")]
    password_file: PathBuf,
    /// The password must be changed at first sign-in
    #[arg(long)]
    must_change: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// A new password.
#[derive(Debug, Args)]
pub struct PasswdArgs {
    /// Mail address, user name or id
    login: String,
    /// File with the password, `-` for standard input
    #[arg(long, value_name = "F", default_value = "-")]
    password_file: PathBuf,
    /// The password must be changed at first sign-in
    #[arg(long)]
    must_change: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// New roles and scope.
#[derive(Debug, Args)]
pub struct RoleArgs {
    /// Mail address, user name or id
    login: String,
    /// customer, planner, operator, auditor or admin; repeatable; replaces the roles so far
    #[arg(long, value_name = "ROLE")]
    role: Vec<Role>,
    #[command(flatten)]
    scope: ScopeArgs,
    /// The user sees no rows any more
    #[arg(long, conflicts_with_all = ["owner", "all_owners"])]
    no_owners: bool,
    #[command(flatten)]
    output: OutputArgs,
}

fn first_sign_in(must_change: bool) -> FirstSignIn {
    if must_change { FirstSignIn::ChangesPassword } else { FirstSignIn::KeepsPassword }
}

/// Runs it, beside a server or without one.
pub fn run(global: &GlobalOptions, command: UserCommand) -> Result<(), CliError> {
    let command = match command {
        UserCommand::Account(command) => command,
        UserCommand::Coverage(output) => return coverage(global, output),
        UserCommand::AdminReset(args) => return user_admin_reset::run(global, &args),
        UserCommand::Import(args) => return user_import::run(global, &args),
    };
    let (command, output) = to_command(command)?;
    let is_delete = matches!(command, AdminCommand::UserDelete { .. });
    let site = Site::open(global.load(&[])?)?;
    match site.run(command)? {
        AdminReply::User(user) if is_delete && !output.json => {
            println!("deleted {}, with all there was of the account", user.email);
            Ok(())
        }
        AdminReply::User(user) => print(&[*user], output, Shape::One),
        AdminReply::Users(users) => print(&users, output, Shape::List),
        _ => Err(CliError::failed("the running server answered something else than a user")),
    }
}

fn coverage(global: &GlobalOptions, output: OutputArgs) -> Result<(), CliError> {
    let site = Site::open(global.load(&[])?)?;
    let AdminReply::Coverage(report) = site.run(AdminCommand::UserCoverage)? else {
        return Err(CliError::failed("the running server answered something else than a report"));
    };
    if output.json {
        let json = serde_json::to_string_pretty(&report);
        println!("{}", json.map_err(|error| CliError::failed(error.to_string()))?);
        return Ok(());
    }
    for dataset in &report.datasets {
        let note = if dataset.owner_column.is_none() { "  no owner column" } else { "" };
        println!(
            "{}: {} of {} rows are seen by no customer{note}",
            dataset.name, dataset.unseen, dataset.rows
        );
    }
    for owner in &report.unseen {
        println!("  {:?}  {} rows", owner.owner, owner.rows);
    }
    println!("{} users see nothing", report.blind.len());
    for blind in &report.blind {
        println!("  {}  {:?}", blind.user.email, blind.owners);
    }
    println!("{} names are written in several ways", report.alike.len());
    for group in &report.alike {
        let spellings = group.spellings.iter();
        let spellings: Vec<String> = spellings
            .map(|spelling| {
                format!("{:?} ({} rows, {} users)", spelling.owner, spelling.rows, spelling.users.len())
            })
            .collect();
        println!("  {}", spellings.join(", "));
    }
    Ok(())
}

fn to_command(command: AccountCommand) -> Result<(AdminCommand, OutputArgs), CliError> {
    Ok(match command {
        AccountCommand::Add(args) => {
            let email = Email::parse(&args.email)
                .map_err(|error| CliError::usage(format!("`{}` {error}", args.email)))?;
            let name = PersonName::parse(
                args.first_name.as_deref().unwrap_or(""),
                args.last_name.as_deref().unwrap_or(""),
            )
            .map_err(|(field, error)| CliError::usage(format!("--{} {error}", field.replace('_', "-"))))?;
            let mobile = args
                .mobile
                .map(|text| {
                    Mobile::parse(&text, None)
                        .map_err(|error| CliError::usage(format!("--mobile: `{text}` {error}")))
                })
                .transpose()?;
            let username = args
                .username
                .map(|text| {
                    Username::parse(&text)
                        .map_err(|error| CliError::usage(format!("--username: `{text}` {error}")))
                })
                .transpose()?;
            let command = AdminCommand::UserAdd {
                email,
                first_name: name.first,
                last_name: name.last,
                mobile,
                username,
                roles: args.role.into_iter().collect(),
                // No owner, no rows: seeing everything takes a flag of its own.
                owners: args
                    .scope
                    .scope()
                    .unwrap_or_else(|| OwnerScope::Owners(std::collections::BTreeSet::new())),
                password: password_input::read(&args.password_file)?,
                first_sign_in: first_sign_in(args.must_change),
            };
            (command, args.output)
        }
        AccountCommand::List(output) => (AdminCommand::UserList, output),
        AccountCommand::Show(args) => (AdminCommand::UserShow { login: args.login }, args.output),
        AccountCommand::Passwd(args) => {
            let password = password_input::read(&args.password_file)?;
            let first_sign_in = first_sign_in(args.must_change);
            (AdminCommand::UserPasswd { login: args.login, password, first_sign_in }, args.output)
        }
        AccountCommand::ResetSecondFactor(args) => {
            (AdminCommand::UserResetSecondFactor { login: args.login }, args.output)
        }
        AccountCommand::Delete(args) => {
            (AdminCommand::UserDelete { login: args.login, typed: args.confirm }, args.output)
        }
        AccountCommand::Unlock(args) => (AdminCommand::UserUnlock { login: args.login }, args.output),
        AccountCommand::RequireSecondFactor(args) => {
            let required = !args.off;
            (AdminCommand::UserRequireSecondFactor { login: args.login, required }, args.output)
        }
        AccountCommand::Disable(args) => (AdminCommand::UserDisable { login: args.login }, args.output),
        AccountCommand::Enable(args) => (AdminCommand::UserEnable { login: args.login }, args.output),
        AccountCommand::Role(args) => {
            let none = args.no_owners.then(|| OwnerScope::Owners(std::collections::BTreeSet::new()));
            let owners = args.scope.scope().or(none);
            let roles: std::collections::BTreeSet<Role> = args.role.into_iter().collect();
            if roles.is_empty() && owners.is_none() {
                return Err(CliError::usage(
                    "say what is to change: --role, --owner, --all-owners or --no-owners",
                ));
            }
            (AdminCommand::UserRole { login: args.login, roles, owners }, args.output)
        }
    })
}

#[derive(Clone, Copy)]
enum Shape {
    One,
    List,
}

fn print(users: &[UserView], output: OutputArgs, shape: Shape) -> Result<(), CliError> {
    if output.json {
        let json = match shape {
            Shape::One => serde_json::to_string_pretty(&users[0]),
            Shape::List => serde_json::to_string_pretty(users),
        };
        println!("{}", json.map_err(|error| CliError::failed(error.to_string()))?);
        return Ok(());
    }
    for user in users {
        println!("{}", line(user));
    }
    Ok(())
}

/// A user in one line.
pub fn line(user: &UserView) -> String {
    let roles: Vec<_> = user.roles.iter().map(|role| role.as_str()).collect();
    let login = user.username.as_ref().map_or(String::new(), |name| format!(" ({name})"));
    let name = user.name.as_ref().map_or(String::new(), |name| format!("  {name}"));
    let owners = if user.all_owners {
        "sees every row".to_owned()
    } else if user.owners.is_empty() {
        "sees no rows".to_owned()
    } else {
        let owners: Vec<_> = user.owners.iter().map(|owner| format!("{owner:?}")).collect();
        format!("sees the rows of {}", owners.join(", "))
    };
    let status = format!("{:?}", user.status).to_lowercase();
    let factor = if user.second_factor { "  second factor" } else { "" };
    format!("{}{login}{name}  {status}{factor}  {}  {owners}", user.email, roles.join(","))
}
