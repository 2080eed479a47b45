//! `stockroom audit …`

use clap::{Args, Subcommand};

use super::error::CliError;
use super::options::GlobalOptions;
use super::site::Site;
use crate::services::commands::{AdminCommand, AdminReply};

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Prove that no event was changed, taken out or put in.
    Verify(VerifyArgs),
}

/// How to print.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs it; exit code 5 where the log was tampered with.
pub fn run(global: &GlobalOptions, command: &AuditCommand) -> Result<(), CliError> {
    let AuditCommand::Verify(args) = command;
    let site = Site::open(global.load(&[])?)?;
    let AdminReply::Audit(report) = site.run(AdminCommand::AuditVerify)? else {
        return Err(CliError::failed("the running server answered something else than a report"));
    };
    if args.json {
        let json =
            serde_json::to_string_pretty(&report).map_err(|error| CliError::failed(error.to_string()))?;
        println!("{json}");
    }
    match (&report.first_bad, &report.head) {
        (Some((seq, reason)), _) => Err(CliError {
            exit_code: 5,
            message: format!(
                "the audit log is not whole: event {seq}: {reason}. Compare with the newest backup"
            ),
        }),
        (None, head) => {
            if !args.json {
                let (seq, hash) = head.clone().unwrap_or_default();
                println!("{} events, all in order. Head: {seq} {hash}", report.events);
            }
            Ok(())
        }
    }
}
