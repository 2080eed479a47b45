//! `stockroom worker build`: the child process that reads files; the server starts it, nobody else.

use clap::Subcommand;

use super::error::CliError;
use crate::services::imports::worker;

/// What a child process does.
#[derive(Debug, Subcommand)]
pub enum WorkerCommand {
    /// Read a file and build a generation, as the order on standard input says.
    Build,
}

/// Does it.
pub fn run(command: &WorkerCommand) -> Result<(), CliError> {
    match command {
        // What went wrong was told as an event.
        WorkerCommand::Build if worker::main() => Ok(()),
        WorkerCommand::Build => Err(CliError::failed(String::new())),
    }
}
