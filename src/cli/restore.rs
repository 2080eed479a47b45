//! `stockroom restore`

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;

use super::backup::{passphrase, print_json, tell_lost};
use super::error::CliError;
use super::options::GlobalOptions;
use crate::base::clock::{Clock, SystemClock};
use crate::services::backups::restore::{self, KeysFrom, Restored, Wanted};

/// What to restore.
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  stockroom restore /mnt/elsewhere/stockroom-20261121-020000.backup --dry-run\n  \
        stockroom --data-dir data restore stockroom-20261121-020000.backup --passphrase-file pass"
)]
pub struct RestoreArgs {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Check everything, say what would be done, and change nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// File with the passphrase that opens the keys in the backup
    #[arg(long, value_name = "F")]
    passphrase_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Checks the backup and puts it in the place of the site; exit code 4 while a server has the data directory, 5 for a
/// backup that is not what was written.
pub fn run(global: &GlobalOptions, args: &RestoreArgs) -> Result<(), CliError> {
    let data_dir = global.load(&[])?.data_dir;
    let passphrase = passphrase(args.passphrase_file.as_deref())?;
    let about = restore::look(&args.file)?;
    global.say(&format!(
        "The backup of {} holds the site {} with {} users and {} datasets.",
        about.made_at, about.site, about.users, about.datasets
    ));
    if !args.dry_run && !args.yes && !agreed(&data_dir.display().to_string())? {
        global.say("Nothing was changed.");
        return Ok(());
    }
    let wanted = Wanted {
        file: &args.file,
        data_dir: &data_dir,
        passphrase: passphrase.as_ref(),
        dry_run: args.dry_run,
    };
    let restored = restore::restore(&wanted, SystemClock.now())?;
    if args.json {
        return print_json(&restored);
    }
    tell(global, &restored);
    Ok(())
}

fn agreed(data_dir: &str) -> Result<bool, CliError> {
    if !std::io::stdin().is_terminal() {
        return Err(CliError::usage("nothing was changed: add --yes to restore, or --dry-run to check only"));
    }
    eprint!("Put it in the place of `{data_dir}`? What is there is kept under another name. [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn tell(global: &GlobalOptions, restored: &Restored) {
    let directory = restored.data_dir.display();
    match (restored.dry_run, &restored.kept_as) {
        (true, None) => println!("It is whole, and would be restored to {directory}. Nothing was changed."),
        (true, Some(kept)) => println!(
            "It is whole, and would take the place of {directory}, which would be kept as {}. Nothing was changed.",
            kept.display()
        ),
        (false, None) => println!("Restored to {directory}."),
        (false, Some(kept)) => {
            println!("Restored to {directory}. What was there before is kept as {}.", kept.display());
        }
    }
    match restored.keys {
        KeysFrom::Backup => global.say("The keys come out of the backup."),
        KeysFrom::SiteBefore => {
            global.say("The keys are those of the site that was there: it is the same one.");
        }
        KeysFrom::Nowhere if restored.backup.has_keys => {
            global.say("The keys in the backup stay sealed without --passphrase-file; new ones are made.");
        }
        KeysFrom::Nowhere => global.say("There are no keys in the backup; new ones are made."),
    }
    if !restored.enter_again.is_empty() {
        global.say("To be entered again, because only the old keys open it:");
        for line in &restored.enter_again {
            global.say(&format!("  {line}"));
        }
    }
    global.say("Passwords are what they were. Everybody signs in again; links and codes under way are void.");
    if restored.indexes > 0 {
        global.say(&format!("The indexes of {} datasets come out of the backup.", restored.indexes));
    }
    if restored.rebuilds > 0 {
        global.say(&format!(
            "The indexes of {} datasets are built from their files at the next start; until then they answer that they \
             are being built.",
            restored.rebuilds
        ));
    }
    tell_lost(global, restored.backup.lost);
}
