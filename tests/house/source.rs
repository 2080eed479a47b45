//! The project's own files, as the rules read them.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file of the project.
pub struct SourceFile {
    /// From the project's root, with `/`.
    pub path: String,
    pub text: String,
}

/// A line of code that ships: no comment, no test.
pub struct CodeLine<'f> {
    /// 1-based.
    pub number: usize,
    pub text: &'f str,
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files under `directory` that are text.
pub fn files_under(directory: &str) -> Vec<SourceFile> {
    let mut paths = Vec::new();
    collect(&root().join(directory), &mut paths);
    paths.sort();
    let files: Vec<_> = paths.iter().filter_map(|path| read(path)).collect();
    assert!(!files.is_empty(), "nothing under `{directory}`: a rule would hold of nothing");
    files
}

/// The files of the project's root, dot files too, but for those that are this machine's alone.
pub fn files_of_the_root() -> Vec<SourceFile> {
    let entries = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    let ours = entries.filter(|path| path.is_file() && !path.ends_with(".git") && !path.ends_with(".env"));
    ours.filter_map(|path| read(&path)).collect()
}

fn collect(directory: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { collect(&path, paths) } else { paths.push(path) }
    }
}

fn read(path: &Path) -> Option<SourceFile> {
    let text = fs::read_to_string(path).ok()?;
    let path = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
    Some(SourceFile { path, text })
}

impl SourceFile {
    pub fn is_rust(&self) -> bool {
        self.ends_in("rs")
    }

    pub fn is_script(&self) -> bool {
        self.ends_in("js")
    }

    fn ends_in(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|ending| ending == extension)
    }

    /// Whether the whole file is a test's.
    pub fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }

    /// The lines that ship. The tests of a file are its last module.
    pub fn code(&self) -> Vec<CodeLine<'_>> {
        if self.is_test() {
            return Vec::new();
        }
        let lines: Vec<&str> = self.text.lines().collect();
        let tests =
            lines.windows(2).position(|pair| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod tests {"));
        let shipped = &lines[..tests.unwrap_or(lines.len())];
        let numbered = shipped.iter().enumerate().map(|(index, text)| CodeLine { number: index + 1, text });
        numbered.filter(|line| !line.text.trim_start().starts_with("//")).collect()
    }
}
