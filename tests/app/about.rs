//! What the program says of itself: completions, manual, licences, parts.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::harness::{stderr, stdout, stockroom};

#[test]
fn shells_complete_every_command_and_options_below() {
    let here = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let output = stockroom(here.path(), &["completions", shell]);
        let script = stdout(&output);
        assert!(output.status.success(), "{}", stderr(&output));
        for word in ["doctor", "admin-reset", "void-links", "passphrase-file"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(stockroom(here.path(), &["completions", "tcsh"]).status.code(), Some(2));
    // bash itself reads it, and knows what comes next.
    let script = stdout(&stockroom(here.path(), &["completions", "bash"]));
    let asks = "\nCOMP_WORDS=(stockroom keys ro); COMP_CWORD=2; _stockroom stockroom ro keys; echo \"${COMPREPLY[*]}\"\n";
    let mut bash = Command::new("bash")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    bash.stdin.take().unwrap().write_all((script + asks).as_bytes()).unwrap();
    let output = bash.wait_with_output().unwrap();
    assert_eq!(stdout(&output).trim(), "rotate", "{}", stderr(&output));
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let here = tempfile::tempdir().unwrap();
    let page = stdout(&stockroom(here.path(), &["man"]));
    assert!(page.contains(".TH stockroom 1") && page.contains("doctor"), "{page}");
    assert!(stockroom(here.path(), &["man", "-o", "pages"]).status.success());
    let pages: BTreeSet<String> = fs::read_dir(here.path().join("pages"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for name in
        ["stockroom.1", "stockroom-doctor.1", "stockroom-keys-rotate.1", "stockroom-user-admin-reset.1"]
    {
        assert!(pages.contains(name), "{name}: {pages:?}");
    }
    assert!(!pages.iter().any(|name| name.contains("worker")), "what is hidden has no page: {pages:?}");
    let page = fs::read_to_string(here.path().join("pages/stockroom-keys-rotate.1")).unwrap();
    assert!(
        page.contains(".TH STOCKROOM\\-KEYS\\-ROTATE 1") || page.contains("STOCKROOM-KEYS-ROTATE"),
        "{page}"
    );
    assert!(page.contains("void"), "{page}");
}

#[test]
fn the_description_of_the_api_is_printed_without_a_site() {
    let here = tempfile::tempdir().unwrap();
    let output = stockroom(here.path(), &["openapi"]);
    let printed: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(&printed, stockroom::web::api::openapi::document());
    assert_eq!(std::fs::read_dir(here.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn licences_are_there_in_full_and_the_list_of_parts_holds_together() {
    let here = tempfile::tempdir().unwrap();
    let text = stdout(&stockroom(here.path(), &["licenses"]));
    for words in [
        "redb  ",
        "htmx  0BSD",
        "Permission is hereby granted, free of charge",
        "Apache License",
        "SIL OPEN FONT LICENSE",
        "GNU LESSER GENERAL PUBLIC LICENSE",
        "BoringSSL",
    ] {
        assert!(text.contains(words), "{words}");
    }
    let list = stdout(&stockroom(here.path(), &["licenses", "--list"]));
    assert!(!list.contains("Permission is hereby granted"));
    let list: Value =
        serde_json::from_str(&stdout(&stockroom(here.path(), &["licenses", "--json"]))).unwrap();
    let list = list.as_array().unwrap().clone();
    assert!(list.len() > 200 && list.iter().all(|part| !part["license"].as_str().unwrap().is_empty()));

    let output = stockroom(here.path(), &["sbom"]);
    let sbom: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!((&sbom["bomFormat"], &sbom["specVersion"]), (&Value::from("CycloneDX"), &Value::from("1.5")));
    let root = sbom["metadata"]["component"]["bom-ref"].as_str().unwrap();
    let components = sbom["components"].as_array().unwrap();
    assert_eq!(components.len(), list.len());
    let mut references = BTreeSet::from([root]);
    for component in components {
        assert!(references.insert(component["bom-ref"].as_str().unwrap()), "twice: {component}");
        assert!(component["licenses"].as_array().unwrap().len() == 1, "{component}");
        let is_crate = component["bom-ref"].as_str().unwrap().starts_with("pkg:cargo/");
        assert_eq!(is_crate, component["purl"].is_string(), "{component}");
    }
    let mut reached = BTreeSet::from([root]);
    for dependency in sbom["dependencies"].as_array().unwrap() {
        assert!(references.contains(dependency["ref"].as_str().unwrap()), "{dependency}");
        for on in dependency["dependsOn"].as_array().unwrap() {
            assert!(references.contains(on.as_str().unwrap()), "{on}");
            reached.insert(on.as_str().unwrap());
        }
    }
    let missed: Vec<_> = references.difference(&reached).collect();
    assert!(missed.is_empty(), "nothing needs {missed:?}");
    // One version, one list.
    assert_eq!(stdout(&output), stdout(&stockroom(here.path(), &["sbom"])));
}
