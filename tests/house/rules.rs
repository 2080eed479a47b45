//! What every file keeps to. A rule looks at one file and tells what it found.

use crate::source::SourceFile;

/// Looks at one file and names what breaks the rule.
pub type Rule = fn(&SourceFile) -> Vec<String>;

/// The strict policy of ours drops these, and the page looks or works wrong without a word.
pub fn markup_keeps_to_the_content_policy(file: &SourceFile) -> Vec<String> {
    if file.is_script() || file.path.contains("/vendor/") {
        return Vec::new();
    }
    found_in_code(file, |line| {
        let inline_script = line.contains("<script>") || line.trim_start().starts_with("script {");
        let inline_style = line.contains("<style") || has_attribute(line, "style");
        inline_script || inline_style || HANDLERS.iter().any(|handler| has_attribute(line, handler))
    })
}

/// The handlers that people write by habit.
const HANDLERS: [&str; 10] = [
    "onclick",
    "onchange",
    "onsubmit",
    "oninput",
    "onload",
    "onerror",
    "onkeydown",
    "onkeyup",
    "onfocus",
    "onblur",
];

/// ` name="` as markup has it, or ` name=(` as Maud does.
fn has_attribute(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let after = &line[at + name.len()..];
        line[..at].ends_with([' ', '\t']) && (after.starts_with("=\"") || after.starts_with("=("))
    })
}

/// `expect("why it holds")` says more; an error says most.
pub fn nothing_is_unwrapped(file: &SourceFile) -> Vec<String> {
    if !file.is_rust() {
        return Vec::new();
    }
    found_in_code(file, |line| line.contains(".unwrap()") || line.contains("expect(\"\")"))
}

/// `#[expect(lint, reason = "..")]` ends itself when it has become needless.
pub fn lints_are_expected_never_allowed(file: &SourceFile) -> Vec<String> {
    if !file.is_rust() {
        return Vec::new();
    }
    let allows =
        |line: &str| ["#[allow(", "#![allow("].iter().any(|start| line.trim_start().starts_with(start));
    found_in_all(file, allows)
}

/// A path of the machine it was written on means nothing on the reader's.
pub fn paths_are_the_readers(file: &SourceFile) -> Vec<String> {
    if file.path == "tests/run" {
        return Vec::new();
    }
    // Put together here, so that this file keeps its own rule.
    let (up, top) = ("..", "");
    let foreign = ["work", "root", "home", "farm"].map(|name| format!("{top}/{name}/"));
    let beside = format!("{up}/shared");
    found_in_all(file, |line| {
        let absolute = |path: &String| {
            line.match_indices(path.as_str()).any(|(at, _)| {
                !line[..at].ends_with(|c: char| {
                    c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '}' | '>' | '~')
                })
            })
        };
        line.contains(&beside) || foreign.iter().any(absolute)
    })
}

/// Where packages come from is the business of the machine that builds.
pub fn registries_go_unnamed(file: &SourceFile) -> Vec<String> {
    if file.path.ends_with("Cargo.lock") {
        return Vec::new();
    }
    let hosts = [
        ("crates", "io"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("pypi", "org"),
        ("debian", "org"),
        ("docker", "io"),
    ]
    .map(|(name, end)| format!("{name}.{end}"));
    found_in_all(file, |line| hosts.iter().any(|host| line.contains(host)))
}

/// A module says what lives in it before it says anything else.
pub fn modules_open_with_a_paragraph(file: &SourceFile) -> Vec<String> {
    let opens = file.text.starts_with("//! ") || file.text.starts_with("#![doc = include_str!");
    if file.path.ends_with("/mod.rs") && !opens {
        vec![format!("{}:1: no `//!` paragraph at the top", file.path)]
    } else {
        Vec::new()
    }
}

/// Bytes of unknown encoding and dialect have one reader; writing CSV is everybody's.
pub fn files_are_read_in_one_place(file: &SourceFile) -> Vec<String> {
    if !file.is_rust() || file.path.starts_with("src/ingest/") {
        return Vec::new();
    }
    let readers =
        ["csv::Reader", "csv::StringRecord", "csv::ByteRecord", "csv_core::", "encoding_rs::", "chardetng::"];
    found_in_code(file, |line| readers.iter().any(|reader| line.contains(reader)))
}

/// One TLS, statically linked.
pub fn tls_is_rustls_with_ring(file: &SourceFile) -> Vec<String> {
    if !file.path.ends_with("Cargo.lock") {
        return Vec::new();
    }
    let others = ["openssl", "openssl-sys", "native-tls", "aws-lc-rs", "aws-lc-sys"];
    found_in_all(file, |line| others.iter().any(|name| line == format!("name = \"{name}\"")))
}

fn found_in_code(file: &SourceFile, is_wrong: impl Fn(&str) -> bool) -> Vec<String> {
    let wrong = file.code().into_iter().filter(|line| is_wrong(line.text));
    wrong.map(|line| told(file, line.number, line.text)).collect()
}

fn found_in_all(file: &SourceFile, is_wrong: impl Fn(&str) -> bool) -> Vec<String> {
    let wrong = file.text.lines().enumerate().filter(|(_, line)| is_wrong(line));
    wrong.map(|(index, line)| told(file, index + 1, line)).collect()
}

fn told(file: &SourceFile, number: usize, line: &str) -> String {
    let shown: String = line.trim().chars().take(120).collect();
    format!("{}:{number}: {shown}", file.path)
}
