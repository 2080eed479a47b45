//! `stockroom config …`

use clap::{Args, Subcommand};
use serde::Serialize;

use super::error::CliError;
use super::options::GlobalOptions;
use crate::config::{Config, show, template};

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check everything and list all problems.
    Check,
    /// Show what is set.
    Show(ShowArgs),
    /// Print a `stockroom.toml` with every setting, its default and what it does
    Default,
    /// Print the JSON Schema of `stockroom.toml`, for editors
    Schema,
}

/// How to show it.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Say where each value comes from
    #[arg(long)]
    origin: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub fn run(global: &GlobalOptions, command: &ConfigCommand) -> Result<(), CliError> {
    match command {
        ConfigCommand::Default => {
            print!("{}", template::default_file());
            return Ok(());
        }
        ConfigCommand::Schema => return print_json(&template::schema()),
        ConfigCommand::Check | ConfigCommand::Show(_) => {}
    }
    let sources = global.sources(&[])?;
    match command {
        ConfigCommand::Check => {
            let config = Config::load(&sources)?;
            for notice in &config.notices {
                global.say(&format!("note: {notice}"));
            }
            global.say("The configuration is fine.");
        }
        ConfigCommand::Show(args) if args.json => print_json(&show::show(&sources))?,
        ConfigCommand::Show(args) => print!("{}", show::to_text(&show::show(&sources), args.origin)),
        ConfigCommand::Default | ConfigCommand::Schema => {}
    }
    Ok(())
}

fn print_json<T: Serialize>(value: &T) -> Result<(), CliError> {
    let json = serde_json::to_string_pretty(value).map_err(|error| CliError::failed(error.to_string()))?;
    println!("{json}");
    Ok(())
}
