//! Where settings are said. Everything is passed in, so that tests need no real environment.

use std::path::{Path, PathBuf};

/// All places that say settings.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// From the command line: `(section.key, value)`.
    pub flags: Vec<(String, String)>,
    /// The environment.
    pub environment: Vec<(String, String)>,
    /// A `.env` file: its path and text.
    pub dotenv: Option<(PathBuf, String)>,
    /// A `stockroom.toml`: its path and text.
    pub file: Option<(PathBuf, String)>,
    /// Files that were named and could not be read.
    pub unreadable: Vec<(PathBuf, String)>,
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
        let mut sources = Self { environment, ..Self::default() };
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
