//! The catalogue of texts and the code that shows them know the same ids; vendored files are those of the list.

use std::collections::BTreeSet;
use std::process::Command;

use crate::source::{files_under, root};

/// Ids of the catalogue.
fn known() -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for file in files_under("assets/text/en") {
        for line in file.text.lines() {
            let Some((id, _)) = line.split_once(" =").filter(|(id, _)| is_id(id)) else { continue };
            assert!(ids.insert(id.to_owned()), "{}: `{id}` is there twice", file.path);
        }
    }
    ids
}

fn is_id(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// String literals of the code that look like ids, and the beginnings of those that are put together.
fn literals() -> (BTreeSet<String>, Vec<String>, BTreeSet<String>) {
    let (mut whole, mut beginnings, mut asked) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
    for file in files_under("src").into_iter().filter(crate::source::SourceFile::is_rust) {
        let pieces: Vec<&str> = file.text.split('"').collect();
        for (before, literal) in pieces.iter().zip(pieces.iter().skip(1)) {
            let call = before.trim_end();
            let asks = ["t(", "t_with("].iter().any(|name| {
                call.strip_suffix(name)
                    .is_some_and(|rest| !rest.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
            });
            if is_id(literal) {
                whole.insert((*literal).to_owned());
                if asks {
                    asked.insert((*literal).to_owned());
                }
            } else if let Some((beginning, _)) =
                literal.split_once('{').filter(|(text, _)| text.ends_with('-'))
            {
                beginnings.push(beginning.to_owned());
            }
        }
    }
    (whole, beginnings, asked)
}

#[test]
fn every_text_that_is_shown_is_in_the_catalogue_and_the_other_way_round() {
    let known = known();
    let (whole, beginnings, asked) = literals();
    let is_shown = |id: &String| {
        whole.contains(id) || beginnings.iter().any(|beginning| id.starts_with(beginning.as_str()))
    };
    let unused: Vec<_> = known.iter().filter(|id| !is_shown(id)).collect();
    assert!(unused.is_empty(), "nothing shows these texts: {unused:?}");
    let missing: Vec<_> =
        asked.iter().filter(|id| id.contains('-') && !known.contains(*id) && *id != "no-such-text").collect();
    assert!(missing.is_empty(), "the catalogue does not have: {missing:?}");
}

#[test]
fn every_file_of_texts_is_in_the_catalogue() {
    let catalogue = std::fs::read_to_string(root().join("src/base/text.rs")).unwrap();
    for entry in std::fs::read_dir(root().join("assets/text/en")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(catalogue.contains(&format!("/{name}\"")), "{name} is not read by src/base/text.rs");
    }
}

#[test]
fn vendored_files_are_those_of_the_list() {
    for list in ["assets/vendor/VENDOR.md", "tests/browser/vendor/VENDOR.md"] {
        let directory = root().join(list).parent().unwrap().to_owned();
        let Ok(text) = std::fs::read_to_string(root().join(list)) else { continue };
        for entry in std::fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name == "VENDOR.md" {
                continue;
            }
            let line = text.lines().find(|line| line.starts_with(&format!("| `{name}`")));
            let line = line.unwrap_or_else(|| panic!("{list} does not list `{name}`"));
            let sum = Command::new("sha256sum").arg(&path).output().unwrap();
            let sum = String::from_utf8(sum.stdout).unwrap();
            assert!(line.contains(sum.split(' ').next().unwrap()), "`{name}` is not the file of {list}");
        }
    }
}

/// Everything that the program says, with single spaces.
fn said() -> String {
    let code = files_under("src").into_iter().filter(crate::source::SourceFile::is_rust);
    let all: String = code.chain(files_under("assets/text/en")).map(|file| file.text + "\n").collect();
    all.split_whitespace().filter(|word| *word != "\\").collect::<Vec<_>>().join(" ")
}

#[test]
fn messages_that_the_help_explains_are_those_of_the_program() {
    let said = said();
    let help = files_under("assets/help");
    let troubleshooting = help.iter().find(|file| file.path.ends_with("troubleshooting.md")).unwrap();
    let messages: Vec<String> = troubleshooting
        .text
        .split("**“")
        .skip(1)
        .filter_map(|rest| rest.split_once("”**"))
        .map(|(message, _)| message.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert!(messages.len() > 20, "{messages:?}");
    let unknown: Vec<_> = messages.iter().filter(|message| !said.contains(message.as_str())).collect();
    assert!(unknown.is_empty(), "nothing says {unknown:?}");
}

#[test]
fn the_help_knows_every_page_of_the_navigation() {
    let shell = files_under("src/web/ui").into_iter().find(|file| file.path.ends_with("shell.rs")).unwrap();
    let (_, list) = shell.text.split_once("const NAVIGATION").unwrap();
    let (list, _) = list.split_once("];").unwrap();
    let pages: Vec<&str> = list.split("href: \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(pages.len() > 10, "{pages:?}");
    let help: String = files_under("assets/help").into_iter().map(|file| file.text).collect();
    let forgotten: Vec<_> = pages.iter().filter(|page| !help.contains(&format!("]({page})"))).collect();
    assert!(forgotten.is_empty(), "the help says nothing about {forgotten:?}");
}
