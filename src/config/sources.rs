//! Where settings are said. Everything is passed in, so that tests need no real environment.

use std::fmt;
use std::path::{Path, PathBuf};

/// What is called the place where settings made on the page come from.
pub const HERE: &str = "settings page";

/// All places that say settings.
#[derive(Clone, Default)]
pub struct Sources {
    /// Made on the settings page: `(section.key, value)`. Every other place says them louder.
    pub here: Vec<(String, String)>,
    /// From the command line: `(section.key, value)`.
    pub flags: Vec<(String, String)>,
    /// The environment.
    pub environment: Vec<(String, String)>,
    /// A directory of secrets from the service manager, each in a file called as its setting.
    pub credentials: Option<PathBuf>,
    /// A `.env` file: its path and text.
    pub dotenv: Option<(PathBuf, String)>,
    /// A `stockroom.toml`: its path and text.
    pub file: Option<(PathBuf, String)>,
    /// Files that were named and could not be read.
    pub unreadable: Vec<(PathBuf, String)>,
}

impl fmt::Debug for Sources {
    /// No values: there are secrets among them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("file", &self.file.as_ref().map(|(path, _)| path))
            .finish_non_exhaustive()
    }
}

impl Sources {
    /// Finds the files: the ones named, or `.env` and `stockroom.toml` in `directory`, or `stockroom.toml` in
    /// the user's or the system's configuration directory.
    pub fn discover(
        directory: &Path,
        environment: Vec<(String, String)>,
        config: Option<&Path>,
        env_file: Option<&Path>,
    ) -> Self {
        let variable =
            |name: &str| environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let home = variable("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            .or_else(|| variable("HOME").map(|home| Path::new(&home).join(".config")));
        let credentials = variable("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        let mut sources = Self { environment, credentials, ..Self::default() };
        sources.dotenv = match env_file {
            Some(path) => sources.read_named(path),
            None => sources.read_if_there(&directory.join(".env")),
        };
        sources.file = match config {
            Some(path) => sources.read_named(path),
            None => [
                Some(directory.join("stockroom.toml")),
                home.map(|home| home.join("stockroom/stockroom.toml")),
                Some(PathBuf::from("/etc/stockroom/stockroom.toml")),
            ]
            .into_iter()
            .flatten()
            .find_map(|path| sources.read_if_there(&path)),
        };
        sources
    }

    fn read_named(&mut self, path: &Path) -> Option<(PathBuf, String)> {
        match std::fs::read_to_string(path) {
            Ok(text) => Some((path.to_owned(), text)),
            Err(error) => {
                self.unreadable.push((path.to_owned(), error.to_string()));
                None
            }
        }
    }

    fn read_if_there(&mut self, path: &Path) -> Option<(PathBuf, String)> {
        if path.exists() { self.read_named(path) } else { None }
    }
}
