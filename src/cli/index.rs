//! `stockroom index …`

use clap::{Args, Subcommand};

use super::error::CliError;
use super::options::GlobalOptions;
use super::site::Site;
use crate::base::size::size;
use crate::services::host_commands::{HostCommand, HostReply};
use crate::services::indexes::IndexView;

/// What to do with indexes.
#[derive(Debug, Subcommand)]
#[command(
    before_help = "Examples:\n  stockroom index status\n  stockroom index rebuild inventory\n  stockroom index compact"
)]
pub enum IndexCommand {
    /// Tell how the index of every generation is
    Status(OutputArgs),
    /// Build indexes again from their files, beside their readers
    Rebuild(RebuildArgs),
    /// Delete indexes that are not kept any more, and shrink the database
    Compact(OutputArgs),
}

/// How to print.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Which.
#[derive(Debug, Args)]
pub struct RebuildArgs {
    /// Name of a dataset; all of them where none is named
    dataset: Option<String>,
    /// Another generation than the one that readers see
    #[arg(long, value_name = "N", requires = "dataset")]
    generation: Option<u64>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs it, beside a server or without one; exit code 5 where `status` finds a damaged index.
pub fn run(global: &GlobalOptions, command: &IndexCommand) -> Result<(), CliError> {
    let site = Site::open(global.load(&[])?)?;
    match command {
        IndexCommand::Status(output) => {
            let found = asked(&site, HostCommand::IndexStatus)?;
            show(&found, output)?;
            match found.iter().filter(|view| view.state == "damaged").count() {
                0 => Ok(()),
                damaged => Err(CliError {
                    exit_code: 5,
                    message: format!(
                        "{damaged} indexes are damaged; `stockroom index rebuild` builds them again"
                    ),
                }),
            }
        }
        IndexCommand::Rebuild(args) => {
            let (dataset, generation) = (args.dataset.clone(), args.generation);
            let built = asked(&site, HostCommand::IndexRebuild { dataset, generation })?;
            show(&built, &args.output)
        }
        IndexCommand::Compact(output) => {
            let HostReply::Compacted(done) = site.run_host(HostCommand::IndexCompact)? else {
                return Err(Site::unexpected());
            };
            if output.json {
                return print_json(&done);
            }
            println!("{} old indexes were deleted; their files stay", done.indexes);
            match done.database {
                Some((before, after)) => {
                    println!("the database had {} and has {}", size(before), size(after));
                }
                None => println!("a server has the database; stop it to make the file smaller"),
            }
            Ok(())
        }
    }
}

fn asked(site: &Site, command: HostCommand) -> Result<Vec<IndexView>, CliError> {
    match site.run_host(command)? {
        HostReply::Indexes(found) => Ok(found),
        _ => Err(Site::unexpected()),
    }
}

fn print_json<T: serde::Serialize>(value: &T) -> Result<(), CliError> {
    let json = serde_json::to_string_pretty(value).map_err(|error| CliError::failed(error.to_string()))?;
    println!("{json}");
    Ok(())
}

fn show(found: &[IndexView], output: &OutputArgs) -> Result<(), CliError> {
    if output.json {
        return print_json(&found);
    }
    for view in found {
        let current = if view.current { "  current" } else { "" };
        let file = if view.has_file { "" } else { "  its file is not kept" };
        let why = view.why.as_ref().map_or_else(String::new, |why| format!("  {why}"));
        println!(
            "{}  {}  {}  {} rows  {}  {} segments{current}{file}{why}",
            view.dataset,
            view.generation,
            view.state,
            view.rows,
            size(view.bytes),
            view.segments
        );
    }
    Ok(())
}
