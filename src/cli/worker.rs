//! `stockroom worker …`: the child processes that read files; the server starts it, nobody else.

use clap::Subcommand;

use super::error::CliError;
use crate::domain::avatar::Shape;
use crate::services::avatars;
use crate::services::imports::{unpacking, worker};

/// What a child process does.
#[derive(Debug, Subcommand)]
pub enum WorkerCommand {
    /// Read a file and build a generation, as the order on standard input says.
    Build,
    /// Take a table out of a workbook or an archive, as the order on standard input says.
    Unpack,
    /// Read a picture from standard input and write it anew.
    Picture {
        /// What it becomes: avatar or logo
        shape: String,
    },
}

/// Does it.
pub fn run(command: &WorkerCommand) -> Result<(), CliError> {
    match command {
        // What went wrong was told as an event.
        WorkerCommand::Build if worker::main() => Ok(()),
        WorkerCommand::Picture { shape } if Shape::parse(shape).is_some_and(avatars::worker::main) => Ok(()),
        WorkerCommand::Unpack if unpacking::main() => Ok(()),
        WorkerCommand::Build | WorkerCommand::Unpack | WorkerCommand::Picture { .. } => {
            Err(CliError::failed(String::new()))
        }
    }
}
