//! Passwords come from files or standard input, never from the command line, which others can see.

use std::io::{IsTerminal, Read};
use std::path::Path;

use super::error::CliError;
use crate::base::secret::SecretString;

/// Largest file that can be a password.
const MAX_BYTES: u64 = 4_096;

/// Reads a password: all of the file but a line end at its end. `-` is standard input.
pub fn read(path: &Path) -> Result<SecretString, CliError> {
    if path == Path::new("-") {
        return read_stdin();
    }
    let file = std::fs::File::open(path).map_err(|error| {
        CliError::failed(format!("cannot read the password file `{}`: {error}", path.display()))
    })?;
    read_from(file, &format!("`{}`", path.display()))
}

/// Reads a password from standard input.
pub fn read_stdin() -> Result<SecretString, CliError> {
    if std::io::stdin().is_terminal() {
        eprintln!("Type the password and end with Enter and Ctrl-D:");
    }
    read_from(std::io::stdin().lock(), "standard input")
}

fn read_from(source: impl Read, name: &str) -> Result<SecretString, CliError> {
    let mut text = String::new();
    source
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|error| CliError::failed(format!("cannot read the password from {name}: {error}")))?;
    let password = text.strip_suffix('\n').unwrap_or(&text);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() || text.len() as u64 > MAX_BYTES {
        return Err(CliError::failed(format!("{name} holds no password; expected one line")));
    }
    Ok(SecretString::new(password.to_owned()))
}
