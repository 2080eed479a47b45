//! `stockroom backup …`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::error::CliError;
use super::options::GlobalOptions;
use super::password_input;
use super::site::Site;
use crate::base::secret::SecretString;
use crate::base::size::size;
use crate::services::backups::{self, Made, Verified};
use crate::services::commands::{AdminCommand, AdminReply};
use crate::services::host_commands::{HostCommand, HostReply};

/// What to do with backups.
#[derive(Debug, Subcommand)]
pub enum BackupCommand {
    /// Make a backup, while everything else goes on
    Create(CreateArgs),
    /// Read a backup whole and say what is in it, and what is wrong with it
    Verify(VerifyArgs),
    /// Restore the newest one aside, build an index from it, and delete that again
    Drill(DrillArgs),
    /// List the backups in the data directory
    List(ListArgs),
}

/// Where to, and what else goes in.
#[derive(Debug, Args)]
#[command(before_help = "Examples:\n  stockroom backup create\n  \
        stockroom backup create -o /mnt/elsewhere --passphrase-file passphrase")]
pub struct CreateArgs {
    /// File, or directory for one with the usual name [default: DATA/backups]
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// File with a passphrase that seals the keys of the site; without one they are left out
    #[arg(long, value_name = "F")]
    passphrase_file: Option<PathBuf>,
    /// Put indexes in, too, so that they need not be built after a restore; the file gets much larger
    #[arg(long)]
    with_index: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Which.
#[derive(Debug, Args)]
#[command(before_help = "Example:\n  stockroom backup verify data/backups/stockroom-20261121-020000.backup")]
pub struct VerifyArgs {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// File with the passphrase, to try whether it opens the keys
    #[arg(long, value_name = "F")]
    passphrase_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// How to print.
#[derive(Debug, Args)]
#[command(before_help = "Example:\n  stockroom backup drill")]
pub struct DrillArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// How to print.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs it; exit code 5 for a backup that is not what was written.
pub fn run(global: &GlobalOptions, command: &BackupCommand) -> Result<(), CliError> {
    match command {
        BackupCommand::Create(args) => create(global, args),
        BackupCommand::Verify(args) => verify(args),
        BackupCommand::Drill(args) => drill(global, args),
        BackupCommand::List(args) => list(global, args),
    }
}

/// The passphrase in a file.
pub(super) fn passphrase(file: Option<&Path>) -> Result<Option<SecretString>, CliError> {
    file.map(password_input::read).transpose()
}

pub(super) fn print_json<T: Serialize>(value: &T) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(value).map_err(|error| CliError::failed(error.to_string()))?;
    println!("{text}");
    Ok(())
}

fn create(global: &GlobalOptions, args: &CreateArgs) -> Result<(), CliError> {
    let passphrase = passphrase(args.passphrase_file.as_deref())?;
    // A server that does it has another working directory.
    let output = args.output.as_deref().map(std::path::absolute).transpose()?;
    let site = Site::open(global.load(&[])?)?;
    let AdminReply::Backup(made) =
        site.run(AdminCommand::BackupCreate { output, passphrase, with_index: args.with_index })?
    else {
        return Err(CliError::failed(
            "the running server answered something else; is it the same version as this command?",
        ));
    };
    if args.json {
        return print_json(&made);
    }
    let Made { path, bytes, files, has_keys, lost } = &made;
    println!("{}", path.display());
    global.say(&format!("{}, stored files: {files}. Read back whole.", size(*bytes)));
    if !has_keys {
        global.say(
            "Keys are not in it: after a restore elsewhere, secrets and second factors are entered again. \
             --passphrase-file takes them along.",
        );
    }
    tell_lost(global, *lost);
    Ok(())
}

pub(super) fn tell_lost(global: &GlobalOptions, lost: u64) {
    if lost > 0 {
        global.say(&format!(
            "{lost} stored files of live data or of users were gone already when it was made: look for them in an \
             earlier backup."
        ));
    }
}

fn verify(args: &VerifyArgs) -> Result<(), CliError> {
    let passphrase = passphrase(args.passphrase_file.as_deref())?;
    let verified = backups::verify(&args.file, passphrase.as_ref(), &|| false)?;
    if args.json {
        print_json(&verified)?;
    } else {
        tell(&verified);
    }
    Ok(verified.must_be_whole()?)
}

/// What is in it, for a person.
fn tell(verified: &Verified) {
    let Verified { bytes, made_at, program, schema, site, users, datasets, files, .. } = verified;
    println!("{}", verified.file.display());
    println!("  made      {made_at} by stockroom {program} (schema {schema})");
    println!(
        "  site      {site}: users {users}, datasets {datasets}, stored files {files}, {}",
        size(*bytes)
    );
    if let Some((seq, hash)) = &verified.audit_head {
        println!("  audit     {seq} events, the last one {hash}");
    }
    let keys = if verified.has_keys { "sealed with a passphrase" } else { "not in it" };
    println!("  keys      {keys}");
    if verified.lost > 0 {
        println!("  lost      {} stored files were gone already when it was made", verified.lost);
    }
    for problem in &verified.problems {
        println!("  wrong     {problem}");
    }
    if verified.is_whole {
        println!("  all of it is as it was written");
    }
}

fn drill(global: &GlobalOptions, args: &DrillArgs) -> Result<(), CliError> {
    let site = Site::open(global.load(&[])?)?;
    let HostReply::Drill(drill) = site.run_host(HostCommand::BackupDrill)? else {
        return Err(Site::unexpected());
    };
    if args.json {
        print_json(&drill)?;
    } else {
        println!("{}", drill.backup);
        if let Some((dataset, rows)) = &drill.built {
            println!(
                "  the index of {dataset} was built from its file and has the {rows} rows that were published"
            );
        }
    }
    match drill.problem {
        None => {
            global.say("It was restored for a trial, and all of it is as it was written.");
            Ok(())
        }
        Some(problem) => Err(CliError { exit_code: 5, message: format!("the drill failed: {problem}") }),
    }
}

fn list(global: &GlobalOptions, args: &ListArgs) -> Result<(), CliError> {
    let data_dir = global.load(&[])?.data_dir;
    let found = backups::list(&data_dir);
    if args.json {
        return print_json(&found);
    }
    if found.is_empty() {
        global.say(&format!(
            "There are no backups in `{}`. Make one: stockroom backup create",
            data_dir.join(backups::BACKUPS_DIRECTORY).display()
        ));
    }
    for backup in &found {
        println!("{}  {:>10}  {}", backup.made_at, size(backup.bytes), backup.path.display());
    }
    Ok(())
}
