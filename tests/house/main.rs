//! The house rules that a machine can see. What may import what is `tests/app/architecture.rs`'s.

#![expect(clippy::unwrap_used, reason = "in helpers of tests too, a failure is a panic")]

mod container;
mod licenses;
mod readme;
mod rules;
mod source;
mod texts;

use rules::Rule;
use source::{SourceFile, files_of_the_root, files_under};

/// A rule, what keeps to it, and what breaks it: a rule that finds nothing in its bad example guards nothing.
struct Case {
    rule: Rule,
    path: &'static str,
    good: &'static str,
    bad: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case {
        rule: rules::markup_keeps_to_the_content_policy,
        path: "src/web/page.rs",
        good: "link rel=\"stylesheet\" href=(url);\nscript src=(url) defer {}\nlet one = on.click();",
        bad: &[
            "p style=\"color:red\" {}",
            "p style=(colour) {}",
            "a onclick=\"go()\" {}",
            "\"<script>go()</script>\"",
            "script { (code) }",
        ],
    },
    Case {
        rule: rules::nothing_is_unwrapped,
        path: "src/web/page.rs",
        good: "a.unwrap_or_default();\n// b.unwrap()\n#[cfg(test)]\nmod tests {\n    c.unwrap();\n}",
        bad: &["a.unwrap();", "#[cfg(test)]\nuse b;\nfn c() { a.unwrap() }", "a.expect(\"\");"],
    },
    Case {
        rule: rules::lints_are_expected_never_allowed,
        path: "src/web/page.rs",
        good: "#[expect(dead_code, reason = \"for now\")]",
        bad: &["#[allow(dead_code)]", "    #[allow(dead_code)]", "#![allow(dead_code)]"],
    },
    Case {
        rule: rules::paths_are_the_readers,
        path: "src/web/page.rs",
        good: "let path = \"src/work/files\"; // ~/work/ and target/root/ are fine",
        bad: &[
            concat!("let path = \"/", "work/main\";"),
            concat!("see /", "root/.config"),
            concat!("..", "/shared/data"),
        ],
    },
    Case {
        rule: rules::registries_go_unnamed,
        path: "README.md",
        good: "[package]\nname = \"stockroom\"",
        bad: &[concat!("https://static.crates", ".io/x"), concat!("from pypi", ".org")],
    },
    Case {
        rule: rules::modules_open_with_a_paragraph,
        path: "src/web/mod.rs",
        good: "//! What people meet.\n",
        bad: &["pub mod page;\n", "// A comment.\n", ""],
    },
    Case {
        rule: rules::files_are_read_in_one_place,
        path: "src/services/rows.rs",
        good: "let out = csv::Writer::from_writer(out);",
        bad: &[
            "let rows = csv::Reader::from_path(p);",
            "use encoding_rs::UTF_8;",
            "csv::ReaderBuilder::new()",
        ],
    },
    Case {
        rule: rules::tls_is_rustls_with_ring,
        path: "Cargo.lock",
        good: "name = \"openssl-probe\"\nname = \"rustls\"",
        bad: &["name = \"openssl\"", "name = \"native-tls\"", "name = \"aws-lc-rs\""],
    },
];

fn all_files() -> Vec<SourceFile> {
    let mut files = files_of_the_root();
    for directory in ["src", "tests"] {
        files.extend(files_under(directory));
    }
    files
}

#[test]
fn every_file_keeps_the_house_rules() {
    let files = all_files();
    let broken: Vec<_> =
        CASES.iter().flat_map(|case| files.iter().flat_map(|file| (case.rule)(file))).collect();
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn every_rule_finds_what_it_looks_for() {
    for case in CASES {
        let look =
            |text: &str| (case.rule)(&SourceFile { path: case.path.to_owned(), text: text.to_owned() });
        assert_eq!(look(case.good), Vec::<String>::new(), "nothing is wrong with this");
        for bad in case.bad {
            assert!(!look(bad).is_empty(), "a rule overlooked this in {}: {bad}", case.path);
        }
    }
}
