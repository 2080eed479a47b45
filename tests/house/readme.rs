//! What the README tells to type exists.

use std::collections::BTreeSet;
use std::process::Command;

use crate::source::root;

/// The commands named after `stockroom` (or `cargo run … --`) in the README's blocks and spans of code, with the
/// long options given to them.
fn commands(markdown: &str) -> BTreeSet<(String, Vec<String>)> {
    let mut found = BTreeSet::new();
    let mut in_block = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
            continue;
        }
        let pieces: Vec<&str> =
            if in_block { vec![line] } else { line.split('`').skip(1).step_by(2).collect() };
        found.extend(pieces.iter().flat_map(|piece| piece.split(" | ")).filter_map(command));
    }
    found
}

/// `stockroom --data-dir d import parts file.csv --yes` → `import`, `--data-dir --yes`. Words in capitals stand for
/// others.
fn command(piece: &str) -> Option<(String, Vec<String>)> {
    let piece = piece.split(" #").next().unwrap_or_default();
    let words: Vec<&str> = piece.split_whitespace().collect();
    let arguments = match words.as_slice() {
        ["cargo", "run", rest @ ..] => &rest[rest.iter().position(|word| *word == "--")? + 1..],
        [program, rest @ ..] if *program == "stockroom" || program.ends_with("/stockroom") => rest,
        _ => return None,
    };
    let mut rest = arguments.iter().filter(|word| word.chars().any(char::is_lowercase));
    let (mut name, mut options) = (None, Vec::new());
    while let Some(word) = rest.next() {
        if let Some(option) = word.strip_prefix("--") {
            options.push(format!("--{}", option.split('=').next().unwrap_or_default()));
            // Before the command only global options stand, and each takes a value.
            if name.is_none() && !option.contains('=') {
                rest.next();
            }
        } else if name.is_none() {
            name = Some((*word).to_owned());
        }
    }
    Some((name?, options))
}

fn help(of: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_stockroom")).args(of).arg("--help").output().unwrap();
    assert!(output.status.success(), "`stockroom {} --help` fails", of.join(" "));
    String::from_utf8(output.stdout).unwrap()
}

/// The words that the list under "Commands:" begins with.
fn listed_commands(help: &str) -> BTreeSet<&str> {
    let list = help.split("Commands:\n").nth(1).unwrap_or_default();
    list.lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect()
}

fn unknown(markdown: &str) -> Vec<String> {
    let overview = help(&[]);
    let known = listed_commands(&overview);
    let mut unknown = Vec::new();
    for (name, options) in commands(markdown) {
        if !known.contains(name.as_str()) {
            unknown.push(format!("`stockroom {name}`"));
            continue;
        }
        let own = help(&[&name]);
        let below: String = listed_commands(&own)
            .into_iter()
            .filter(|below| *below != "help")
            .map(|below| help(&[&name, below]))
            .collect();
        let missing = options.iter().filter(|option| !own.contains(*option) && !below.contains(*option));
        unknown.extend(missing.map(|option| format!("`stockroom {name} … {option}`")));
    }
    unknown
}

#[test]
fn every_command_of_the_readme_exists() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(commands(&readme).len() >= 5, "the README shows no commands: {:?}", commands(&readme));
    assert_eq!(unknown(&readme), Vec::<String>::new());
}

#[test]
fn a_command_that_does_not_exist_is_noticed() {
    let markdown = "Run `stockroom frobnicate` or\n```sh\ncargo run --release -- serve --no-such\n./stockroom --data-dir d serve --demo\n```\n";
    assert_eq!(unknown(markdown), ["`stockroom frobnicate`", "`stockroom serve … --no-such`"]);
}
