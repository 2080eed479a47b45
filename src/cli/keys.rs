//! `stockroom keys …`

use clap::{Args, Subcommand};

use super::error::CliError;
use super::options::GlobalOptions;
use super::site::Site;
use crate::services::host_commands::{HostCommand, HostReply};
use crate::services::keys::rotate::{KeysStatus, Links};

/// What to do with keys.
#[derive(Debug, Subcommand)]
#[command(
    before_help = "Examples:\n  stockroom keys status\n  stockroom keys rotate                  a new key for all that is sealed\n  \
        stockroom keys rotate --audit          another for signed heads of the audit log"
)]
pub enum KeysCommand {
    /// Tell what is sealed with which key
    Status(OutputArgs),
    /// Replace the site's key; passwords, sessions and tokens of programs stay
    Rotate(RotateArgs),
}

/// How to print.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Which key, and how.
#[derive(Debug, Args)]
pub struct RotateArgs {
    /// Drop the old key without waiting for links, codes and forms that are under way: they are void then
    #[arg(long)]
    void_links: bool,
    /// The key of the audit log instead: heads of before are still checked, and whoever keeps the public key elsewhere takes
    /// the new one
    #[arg(long, conflicts_with = "void_links")]
    audit: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs it, beside a server or without one.
pub fn run(global: &GlobalOptions, command: &KeysCommand) -> Result<(), CliError> {
    let site = Site::open(global.load(&[])?)?;
    let (asked, output) = match command {
        KeysCommand::Status(output) => (HostCommand::KeysStatus, output),
        KeysCommand::Rotate(args) if args.audit => (HostCommand::KeysRotateAudit, &args.output),
        KeysCommand::Rotate(args) => {
            let links = if args.void_links { Links::Void } else { Links::Kept };
            (HostCommand::KeysRotate { links }, &args.output)
        }
    };
    let HostReply::Keys(status) = site.run_host(asked)? else { return Err(Site::unexpected()) };
    if output.json {
        let json = serde_json::to_string_pretty(&status);
        println!("{}", json.map_err(|error| CliError::failed(error.to_string()))?);
    } else {
        print!("{}", to_text(&status));
    }
    Ok(())
}

fn to_text(status: &KeysStatus) -> String {
    let mut lines = vec![format!("{} secrets are sealed with the site's key", status.sealed)];
    if status.unreadable > 0 {
        lines.push(format!(
            "{} secrets are sealed with a key that is not here; `stockroom doctor keys` names them",
            status.unreadable
        ));
    }
    if let Some(at) = status.replaced_at {
        lines.push(format!(
            "the key was replaced at {at}; {} secrets and {} links still need the one before",
            status.sealed_with_old, status.links_of_before
        ));
    }
    if let Some(at) = status.old_goes_at {
        lines.push(format!("a server drops the key before by itself, not before {at}"));
    }
    match &status.audit_key {
        Some(key) => lines.push(format!("heads of the audit log are checked with {key}")),
        None => lines.push("no head of the audit log was signed yet".to_owned()),
    }
    if status.old_audit_keys > 0 {
        lines.push(format!("and those of before with {} keys of then", status.old_audit_keys));
    }
    lines.join("\n") + "\n"
}
