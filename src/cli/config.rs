//! `stockroom config …`

use clap::{Args, Subcommand};

use super::error::CliError;
use super::options::GlobalOptions;
use crate::config::{Config, show};

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check everything and list all problems.
    Check,
    /// Show what is set.
    Show(ShowArgs),
}

/// How to show it.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Say where each value comes from
    #[arg(long)]
    origin: bool,
}

/// Runs it.
pub fn run(global: &GlobalOptions, command: &ConfigCommand) -> Result<(), CliError> {
    let sources = global.sources(&[])?;
    match command {
        ConfigCommand::Check => {
            let config = Config::load(&sources)?;
            for notice in &config.notices {
                global.say(&format!("note: {notice}"));
            }
            global.say("The configuration is fine.");
        }
        ConfigCommand::Show(args) => print!("{}", show::to_text(&show::show(&sources), args.origin)),
    }
    Ok(())
}
