//! `stockroom init`

use std::path::PathBuf;

use clap::Args;

use super::error::CliError;
use super::options::GlobalOptions;
use super::password_input;
use super::site::Site;
use crate::domain::email::{Email, Username};
use crate::services::bootstrap;
use crate::services::commands::{AdminCommand, AdminReply};

/// What to set up.
#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "fields are named like the flags they are")]
#[command(before_help = "Example:\n  stockroom init --admin-email ann@example.com --admin-password-file pw")]
pub struct InitArgs {
    /// Mail address of the first admin [env: ADMIN_EMAIL]
    #[arg(long, value_name = "E")]
    admin_email: Option<String>,
    /// User name of the first admin [env: ADMIN_USERNAME]
    #[arg(long, value_name = "NAME")]
    admin_username: Option<String>,
    /// File with the first admin's password, `-` for standard input [env: ADMIN_PASSWORD_FILE]
    #[arg(long, value_name = "F")]
    admin_password_file: Option<PathBuf>,
}

/// Makes the data directory and the first admin.
pub fn run(global: &GlobalOptions, args: &InitArgs) -> Result<(), CliError> {
    let config = global.load(&[])?;
    let directory = config.data_dir.display().to_string();
    let admin = config.admin.clone();
    let email = match &args.admin_email {
        Some(text) => Some(
            Email::parse(text)
                .map_err(|error| CliError::usage(format!("--admin-email: `{text}` {error}")))?,
        ),
        None => admin.email.clone(),
    };
    let email = email.ok_or_else(|| CliError::usage("--admin-email is missing"))?;
    let username = match &args.admin_username {
        Some(text) => Some(
            Username::parse(text)
                .map_err(|error| CliError::usage(format!("--admin-username: `{text}` {error}")))?,
        ),
        None => admin.username.clone(),
    };
    let file = args.admin_password_file.as_deref().map(password_input::read).transpose()?;
    let site = Site::open_or_make(config)?;
    let made = match (file, &admin.password, &site) {
        (Some(password), _, _) => site.run(AdminCommand::Init { email, username, password })?,
        // A hash, or a password in plain sight, comes with rules of its own.
        (None, Some(_), Site::Local(services)) => match bootstrap::init_from_config(services)? {
            Some(user) => AdminReply::User(Box::new(user)),
            None => {
                return Err(CliError::failed(
                    "the site has an admin already; add others with `stockroom user add`",
                ));
            }
        },
        (None, Some(_), Site::Remote(_)) => {
            return Err(CliError::failed(
                "a server is running here; it reads the admin from the environment at its start",
            ));
        }
        (None, None, _) => return Err(CliError::usage("--admin-password-file is missing")),
    };
    if let AdminReply::User(user) = made {
        global.say(&format!(
            "Set up the site in `{directory}` with the admin {}. Next: stockroom --data-dir {directory} serve",
            user.email
        ));
    }
    Ok(())
}
