//! `stockroom openapi`: the description of the API, as `/api/openapi.json` answers it, without a server.

use std::io::{self, Write};

use super::error::CliError;
use crate::web::api::openapi::document;

/// Prints it, for people and programs that make clients of it.
///
/// # Errors
/// Standard output that cannot be written to; one that was closed early is no error.
pub fn run() -> Result<(), CliError> {
    let failed = |error: &dyn std::fmt::Display| {
        CliError::failed(format!("the description could not be printed: {error}"))
    };
    let text = serde_json::to_string_pretty(document()).map_err(|error| failed(&error))?;
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(failed(&error)),
        _ => Ok(()),
    }
}
