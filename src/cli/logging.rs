//! The log: lines on stderr, for people or for programs.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use super::error::CliError;
use super::options::{Color, GlobalOptions};
use crate::config::Config;
use crate::config::server::LogFormat;

/// What is logged, which can change while a server runs.
pub struct LogLevel {
    quiet: bool,
    set: Box<dyn Fn(EnvFilter) -> Result<(), String> + Send + Sync>,
}

/// What a level or filter stands for.
fn filter(level: &str) -> Result<EnvFilter, CliError> {
    EnvFilter::try_new(level).map_err(|error| CliError {
        exit_code: 3,
        message: format!(
            "--log-level {level}: {error}; expected error, warn, info, debug, trace or a filter"
        ),
    })
}

impl LogLevel {
    /// Whether a configuration says something that can be logged by.
    ///
    /// # Errors
    /// A level that is none.
    pub fn check(config: &Config) -> Result<(), CliError> {
        filter(&config.server.log_level).map(drop)
    }

    /// From now on this is logged.
    ///
    /// # Errors
    /// A level that is none.
    pub fn set(&self, config: &Config) -> Result<(), CliError> {
        let level = if self.quiet { "error" } else { &config.server.log_level };
        (self.set)(filter(level)?).map_err(CliError::failed)
    }
}

/// Begins to log as the configuration says.
pub fn init(global: &GlobalOptions, config: &Config) -> Result<LogLevel, CliError> {
    let level = if global.quiet { "error" } else { &config.server.log_level };
    let filter = filter(level)?;
    let colors = match global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    };
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colors);
    // A second init in one process (tests) keeps the first.
    let set: Box<dyn Fn(EnvFilter) -> Result<(), String> + Send + Sync> = match config.server.log_format {
        LogFormat::Text => {
            let builder = builder.with_target(false).with_filter_reloading();
            let handle = builder.reload_handle();
            let _ = builder.try_init();
            Box::new(move |filter| handle.reload(filter).map_err(|error| error.to_string()))
        }
        LogFormat::Json => {
            let builder = builder.json().with_filter_reloading();
            let handle = builder.reload_handle();
            let _ = builder.try_init();
            Box::new(move |filter| handle.reload(filter).map_err(|error| error.to_string()))
        }
    };
    Ok(LogLevel { quiet: global.quiet, set })
}
