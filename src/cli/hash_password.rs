//! `stockroom hash-password`

use super::error::CliError;
use super::options::GlobalOptions;
use super::password_input;
use crate::services::password_policy;
use crate::services::passwords::PasswordPool;

/// Prints the hash of the password on standard input, for `ADMIN_PASSWORD_HASH`.
pub fn run(global: &GlobalOptions) -> Result<(), CliError> {
    let config = global.load(&[])?;
    let password = password_input::read_stdin()?;
    // The hash is for the first admin: nothing could check the password any more once it is one.
    password_policy::check_anybodys(&config.password, true, &password)?;
    let hash = PasswordPool::new(&config.password).hash(&password)?;
    println!("{}", hash.expose());
    Ok(())
}
