//! Options that every command takes, and the configuration they lead to.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::error::CliError;
use crate::config::{Config, Sources};

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalOptions {
    /// Directory the site lives in [default: data] [env: STOCKROOM_DATA_DIR]
    #[arg(long, global = true, value_name = "D")]
    pub data_dir: Option<PathBuf>,
    /// Configuration file [default: stockroom.toml here, in the user's or in the system's configuration]
    #[arg(long, global = true, value_name = "F")]
    pub config: Option<PathBuf>,
    /// File with further environment variables [default: .env here]
    #[arg(long, global = true, value_name = "F")]
    pub env_file: Option<PathBuf>,
    /// error, warn, info, debug, trace, or a filter [default: info]
    #[arg(long, global = true, value_name = "L")]
    pub log_level: Option<String>,
    /// text or json [default: text]
    #[arg(long, global = true, value_name = "FORMAT")]
    pub log_format: Option<String>,
    /// Colours in the output
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// Say nothing but data and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl GlobalOptions {
    /// All places that say settings, these options among them.
    pub fn sources(&self, flags: &[(&str, Option<String>)]) -> Result<Sources, CliError> {
        let directory = std::env::current_dir()?;
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let mut sources =
            Sources::discover(&directory, environment, self.config.as_deref(), self.env_file.as_deref());
        let mine = [
            ("data_dir", self.data_dir.as_ref().map(|path| path.to_string_lossy().into_owned())),
            ("server.log_level", self.log_level.clone()),
            ("server.log_format", self.log_format.clone()),
        ];
        let given =
            mine.iter().chain(flags).filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?)));
        sources.flags.extend(given);
        Ok(sources)
    }

    /// The configuration.
    ///
    /// # Errors
    /// All its problems at once, exit code 3.
    pub fn load(&self, flags: &[(&str, Option<String>)]) -> Result<Config, CliError> {
        Ok(Config::load(&self.sources(flags)?)?)
    }

    /// Tells a person something, unless told to be quiet.
    pub fn say(&self, message: &str) {
        if !self.quiet {
            eprintln!("{message}");
        }
    }
}
