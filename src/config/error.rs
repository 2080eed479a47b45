//! What is wrong with a configuration.

use std::fmt;

use thiserror::Error;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it was said: `.env`, `environment`, `/etc/stockroom/stockroom.toml`, `command line`.
    pub origin: String,
    /// The name as it was given there.
    pub name: String,
    /// What is wrong and what was expected.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}: {}", self.origin, self.name, self.message)
    }
}

/// Everything that is wrong (exit code 3).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct ConfigError {
    /// The problems, never empty.
    pub problems: Vec<Problem>,
    /// Names that mean nothing any more, or nothing to us: whoever mends the rest mends these too.
    pub notices: Vec<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.problems.len();
        write!(f, "the configuration has {count} problem{}", if count == 1 { "" } else { "s" })?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        for notice in &self.notices {
            write!(f, "\nnote: {notice}")?;
        }
        write!(f, "\nNothing was started. `stockroom config check` tells the same without starting anything")
    }
}
