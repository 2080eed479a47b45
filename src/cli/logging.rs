//! The log: lines on stderr, for people or for programs.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use super::error::CliError;
use super::options::{Color, GlobalOptions};
use crate::config::Config;
use crate::config::server::LogFormat;

/// Begins to log as the configuration says.
pub fn init(global: &GlobalOptions, config: &Config) -> Result<(), CliError> {
    let level = if global.quiet { "error" } else { &config.server.log_level };
    let filter = EnvFilter::try_new(level).map_err(|error| CliError {
        exit_code: 3,
        message: format!(
            "--log-level {level}: {error}; expected error, warn, info, debug, trace or a filter"
        ),
    })?;
    let colors = match global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    };
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colors);
    // A second init in one process (tests) keeps the first.
    let _ = match config.server.log_format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    Ok(())
}
