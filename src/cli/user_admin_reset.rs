//! `stockroom user admin-reset`

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::error::CliError;
use super::options::GlobalOptions;
use super::password_input;
use super::site::Site;
use super::user::line;
use crate::base::secret::SecretString;
use crate::services::host_commands::{HostCommand, HostReply};

/// Whom.
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  stockroom user admin-reset ann@example.com                      prints a code for /code\n  \
        stockroom user admin-reset ann@example.com --password-file pw    to be changed at the next sign-in"
)]
pub struct AdminResetArgs {
    /// Mail address, user name or id
    login: String,
    /// File with a new password, `-` for standard input; without it a code is printed that is good once, for a day
    #[arg(long, value_name = "F")]
    password_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs it, beside a server or without one.
pub fn run(global: &GlobalOptions, args: &AdminResetArgs) -> Result<(), CliError> {
    let password = args.password_file.as_deref().map(password_input::read).transpose()?;
    let site = Site::open(global.load(&[])?)?;
    let reply = site.run_host(HostCommand::AdminReset { login: args.login.clone(), password })?;
    let HostReply::AdminReset { user, code, link, expires_at, had_second_factor } = reply else {
        return Err(Site::unexpected());
    };
    let (code, link) = (code.as_ref().map(SecretString::expose), link.as_ref().map(SecretString::expose));
    if args.json {
        let made = json!({
            "user": user, "code": code, "link": link, "expires_at": expires_at, "had_second_factor": had_second_factor,
        });
        println!(
            "{}",
            serde_json::to_string_pretty(&made).map_err(|error| CliError::failed(error.to_string()))?
        );
        return Ok(());
    }
    global.say(&line(&user));
    if had_second_factor {
        global.say("The second factor is gone; it is set up anew after signing in.");
    }
    match (code, expires_at) {
        (Some(code), Some(end)) => {
            println!("{code}");
            global.say(&format!(
                "Type this code at /code of the site to set a new password. It is good once, until {end}."
            ));
        }
        _ => global.say("The password must be changed at the next sign-in."),
    }
    if let Some(link) = link {
        global.say(&format!("Or open {link}"));
    }
    Ok(())
}
