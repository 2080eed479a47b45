//! The layers: an import may only point down.

use std::fs;
use std::path::{Path, PathBuf};

/// Each layer with those it may import. `config` is what the site is told from outside: services and everything
/// above them read it.
const LAYERS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("domain", &["base"]),
    ("config", &["base", "domain"]),
    ("ingest", &["base", "domain"]),
    ("store", &["base", "domain"]),
    ("search", &["base", "domain"]),
    ("mail", &["base", "config", "domain"]),
    ("directory", &["base", "config", "domain"]),
    ("sources", &["base", "config", "domain"]),
    ("remote", &["base", "config", "domain"]),
    (
        "services",
        &["base", "domain", "config", "ingest", "store", "search", "mail", "directory", "sources", "remote"],
    ),
    ("jobs", &["base", "domain", "config", "ingest", "store", "search", "services"]),
    ("web", &["base", "domain", "config", "store", "search", "mail", "services"]),
    ("app", &["base", "domain", "config", "ingest", "store", "search", "services", "jobs", "web"]),
    ("cli", &["base", "domain", "config", "ingest", "store", "search", "services", "jobs", "web", "app"]),
];

/// Crates that one layer alone may use.
const ONE_USER: &[(&str, &str)] = &[
    ("redb", "store"),
    ("bincode", "store"),
    ("axum", "web"),
    ("tantivy", "search"),
    ("lettre", "mail"),
    ("ldap3", "directory"),
    ("object_store", "remote"),
    ("rustls", "base"),
];

fn source_files(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Lines of code with their file and layer.
fn code() -> Vec<(String, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    source_files(&root, &mut files);
    let mut lines = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&root).unwrap();
        let layer = relative.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned();
        for line in fs::read_to_string(&file).unwrap().lines() {
            if !line.trim_start().starts_with("//") {
                lines.push((layer.clone(), relative.display().to_string(), line.to_owned()));
            }
        }
    }
    lines
}

fn paths_after<'l>(line: &'l str, prefix: &str) -> Vec<&'l str> {
    line.match_indices(prefix)
        .filter(|(at, _)| !line[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
        .map(|(at, _)| {
            let rest = &line[at + prefix.len()..];
            &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())]
        })
        .collect()
}

#[test]
fn imports_point_down_only() {
    let mut wrong = Vec::new();
    for (layer, file, line) in code() {
        if matches!(layer.as_str(), "build" | "lib" | "main") {
            continue;
        }
        let allowed = LAYERS.iter().find(|(name, _)| *name == layer);
        let Some((_, allowed)) = allowed else {
            wrong.push(format!("{file}: `{layer}` is no layer; add it to the table with what it may import"));
            continue;
        };
        for target in paths_after(&line, "crate::") {
            if target != layer && !target.is_empty() && !allowed.contains(&target) {
                wrong.push(format!("{file}: `{layer}` must not import `{target}`: {}", line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn database_web_and_index_crates_have_one_user_each() {
    let mut wrong = Vec::new();
    for (layer, file, line) in code() {
        for (name, user) in ONE_USER {
            if layer != *user && !paths_after(&line, &format!("{name}::")).is_empty() {
                wrong.push(format!("{file}: only `{user}` may use {name}: {}", line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
