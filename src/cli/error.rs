//! How a command fails: a message for a person and an exit code of DESIGN §6.

use std::io;

use crate::app::StartError;
use crate::config::ConfigError;
use crate::services::ServiceError;
use crate::services::commands::exit_code;
use crate::store::StoreError;

/// Why a command failed.
#[derive(Debug)]
pub struct CliError {
    /// 1 failed, 2 usage, 3 configuration, 4 data directory in use, 5 verification failed or data damaged, 6 not
    /// found, 130 interrupted.
    pub exit_code: u8,
    /// What, where and the next step; empty where everything was said already.
    pub message: String,
}

impl CliError {
    /// Any failure.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { exit_code: 1, message: message.into() }
    }

    /// True where whoever reads our output went away.
    pub fn is_broken_pipe(&self) -> bool {
        self.message == io::Error::from(io::ErrorKind::BrokenPipe).to_string()
            || self.message.starts_with("Broken pipe")
    }

    /// Wrong use of the command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit_code: 2, message: message.into() }
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        Self { exit_code: 3, message: error.to_string() }
    }
}

impl From<ServiceError> for CliError {
    fn from(error: ServiceError) -> Self {
        Self { exit_code: exit_code(&error), message: error.to_string() }
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        ServiceError::from(error).into()
    }
}

impl From<StartError> for CliError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Store(error) => error.into(),
            StartError::Service(error) => error.into(),
            other => Self::failed(other.to_string()),
        }
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        Self::failed(error.to_string())
    }
}
