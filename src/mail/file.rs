//! Mails as files, for sites that hand them on by other means, and for looking at them.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::{Outgoing, SendError, render};

/// Writes `<id>.eml`, whole or not at all.
pub fn write(directory: &Path, outgoing: &Outgoing<'_>) -> Result<String, SendError> {
    let name = format!("{}.eml", outgoing.mail.id);
    let bytes = render::message(outgoing)?.formatted();
    let written = fs::create_dir_all(directory).and_then(|()| {
        // Made with mode 0600: there may be a link in it.
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(&bytes)?;
        file.as_file().sync_all()?;
        file.persist(directory.join(&name)).map_err(|error| error.error)
    });
    match written {
        Ok(_) => Ok(name),
        Err(error) => {
            Err(SendError::Later(format!("`{}` cannot be written: {error}", directory.join(&name).display())))
        }
    }
}
