//! `stockroom doctor directory --user …`: what a sign-in does at the company's directory, step by step.

use std::path::PathBuf;

use super::error::CliError;
use super::options::GlobalOptions;
use super::password_input;
use crate::base::clock::{Clock, SystemClock};
use crate::base::secret::SecretString;
use crate::config::Config;
use crate::config::directory::{DirectoryConfig, DirectoryTls};
use crate::domain::directory::Step;
use crate::domain::scope::OwnerScope;
use crate::services::directory::{Tested, test_alone};

/// Runs it. Needs the configuration alone, beside a running server or without one.
pub fn run(global: &GlobalOptions, user: &str, password_file: Option<&PathBuf>) -> Result<(), CliError> {
    let config = Config::load(&global.sources(&[])?)?;
    let Some(directory) = &config.directory else {
        let message = "no directory is set up; directory.servers names one (see `stockroom config show`)";
        return Err(CliError::failed(message));
    };
    let password = match password_file {
        Some(path) => password_input::read(path)?,
        None => SecretString::new(String::new()),
    };
    warn(directory);
    let tested = test_alone(directory, SystemClock.now(), user, &password);
    print!("{}", to_text(&tested));
    if tested.is_good() {
        Ok(())
    } else {
        Err(CliError::failed("the directory does not work as it is set up"))
    }
}
fn warn(directory: &DirectoryConfig) {
    if directory.tls == DirectoryTls::None {
        eprintln!(
            "warning: directory.tls is none: everybody on the way can read the passwords of all who sign in"
        );
    }
    if directory.over_http {
        eprintln!("warning: directory.over_http: passwords are taken over plain HTTP from other machines");
    }
}

fn to_text(tested: &Tested) -> String {
    let mut lines: Vec<String> = tested.steps.0.iter().map(line).collect();
    if let Some(person) = &tested.person {
        lines.push(format!("user    {} is {}", person.login, person.dn));
        lines.push(match &tested.rights {
            None => {
                "access  none: their groups give no role, or the account may not be used there".to_owned()
            }
            Some((roles, owners)) => {
                let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
                let owners = match owners {
                    OwnerScope::All => "all owners".to_owned(),
                    OwnerScope::Owners(owners) => {
                        format!("owners: {}", owners.iter().cloned().collect::<Vec<_>>().join(", "))
                    }
                };
                format!("access  {}; {owners}", roles.join(", "))
            }
        });
    }
    lines.join("\n") + "\n"
}

fn line(step: &Step) -> String {
    let outcome = match (step.is_good, step.is_warning()) {
        (true, _) => "ok",
        (_, true) => "warn",
        _ => "FAILED",
    };
    format!("{outcome:<7} {:<13} {}", step.part.word(), step.words.replace('\n', &format!("\n{:22}", "")))
}
