//! The list of what the program is made of, `assets/licenses/parts.json.zst`, is that of `Cargo.lock`. To make it anew:
//!
//! ```sh
//! STOCKROOM_WRITE_LICENSES=1 cargo test --test house licenses
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::source::root;

const ASSET: &str = "assets/licenses/parts.json.zst";
/// What is released.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// What is no crate: kind, name, licence, where from, text under `tests/fixtures/licenses` or `assets/vendor`.
const OTHERS: [(&str, &str, &str, &str, &str); 9] = [
    ("file", "htmx", "0BSD", "https://htmx.org", "0BSD.txt"),
    ("file", "idiomorph", "0BSD", "https://github.com/bigskysoftware/idiomorph", "0BSD.txt"),
    ("file", "Inter", "OFL-1.1", "https://rsms.me/inter", "inter-LICENSE.txt"),
    ("file", "Lucide icons", "ISC", "https://lucide.dev", "lucide.txt"),
    ("library", "Rust standard library", "MIT OR Apache-2.0", "https://www.rust-lang.org", "MIT.txt"),
    ("library", "GNU C library", "LGPL-2.1-or-later", "https://sourceware.org/glibc", "LGPL-2.1.txt"),
    ("data", "IANA time zone database (in jiff)", "public domain", "https://www.iana.org/time-zones", ""),
    ("data", "Word lists of zxcvbn (in zxcvbn)", "MIT", "https://github.com/dropbox/zxcvbn", "MIT.txt"),
    (
        "data",
        "Metadata of libphonenumber (in phonenumber)",
        "Apache-2.0",
        "https://github.com/google/libphonenumber",
        "Apache-2.0.txt",
    ),
];

fn cargo(args: &[&str]) -> String {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo).args(args).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Name and version of each crate that is linked into the program: no macros, no build scripts, nothing of tests alone.
fn linked() -> BTreeSet<(String, String)> {
    let tree = cargo(&[
        "tree",
        "--locked",
        "--offline",
        "--edges",
        "normal,no-proc-macro",
        "--target",
        TARGET,
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    let crates = tree.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.trim_start_matches('v').to_owned()))
    });
    crates.filter(|(name, _)| name != "stockroom").collect()
}

/// As the manifests say it, as SPDX: some have a slash for OR.
fn spdx(license: &str) -> String {
    license.split('/').map(str::trim).collect::<Vec<_>>().join(" OR ")
}

struct Package {
    key: (String, String),
    license: String,
    source: String,
    authors: Vec<String>,
    directory: PathBuf,
    license_file: Option<String>,
    needs: Vec<(String, String)>,
}

/// What is linked, by name and version, with what each needs of it; and what the program itself needs.
fn packages() -> (Vec<Package>, Vec<(String, String)>) {
    let metadata =
        cargo(&["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform", TARGET]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let linked = linked();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let key_of = |package: &Value| (text(&package["name"]), text(&package["version"]));
    let by_id: BTreeMap<String, &Value> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (text(&package["id"]), package))
        .collect();
    let mut needs: BTreeMap<(String, String), Vec<(String, String)>> = BTreeMap::new();
    for node in metadata["resolve"]["nodes"].as_array().unwrap() {
        let normal = node["deps"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|dep| dep["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null()));
        let mut keys: Vec<_> = normal.map(|dep| key_of(by_id[&text(&dep["pkg"])])).collect();
        keys.retain(|key| linked.contains(key));
        keys.sort();
        needs.insert(key_of(by_id[&text(&node["id"])]), keys);
    }
    let mut found = Vec::new();
    let mut own = Vec::new();
    for package in by_id.values() {
        let key = key_of(package);
        if key.0 == "stockroom" {
            own.clone_from(&needs[&key]);
        }
        if !linked.contains(&key) {
            continue;
        }
        found.push(Package {
            needs: needs[&key].clone(),
            license: spdx(&text(&package["license"])),
            source: text(&package["repository"]).trim_end_matches('/').to_owned(),
            authors: package["authors"].as_array().unwrap().iter().map(text).collect(),
            directory: Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned(),
            license_file: package["license_file"].as_str().map(str::to_owned),
            key,
        });
    }
    found.sort_by(|one, other| one.key.cmp(&other.key));
    assert_eq!(found.len(), linked.len());
    (found, own)
}

fn is_license(name: &str) -> bool {
    let name = name.to_lowercase();
    let begins = ["license", "licence", "copying", "notice", "unlicense", "copyright"];
    let is_code = [".rs", ".toml", ".py", ".sh"].iter().any(|end| name.ends_with(end));
    begins.iter().any(|begin| name.starts_with(begin)) && !is_code
}

/// Files of licences in a crate. Those that wrap sources of others have more of them below.
fn license_files(directory: &Path, depth: u32, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(directory).unwrap().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && depth > 0 {
            license_files(&path, depth - 1, found);
        } else if path.is_file() && is_license(&name) {
            found.push(path);
        }
    }
}

fn fixture(name: &str) -> String {
    let fixtures = root().join("tests/fixtures/licenses").join(name);
    fs::read_to_string(&fixtures)
        .or_else(|_| fs::read_to_string(root().join("assets/vendor").join(name)))
        .unwrap()
}

/// Without what differs between copies of one text.
fn tidy(text: &str) -> String {
    let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// What a crate that brings no text is used under.
fn standard_text(package: &Package) -> String {
    let holders = if package.authors.is_empty() {
        format!("the authors of {}", package.key.0)
    } else {
        package.authors.join(", ")
    };
    let texts = [("MIT", "MIT.txt"), ("Apache-2.0", "Apache-2.0.txt"), ("BSD-3-Clause", "BSD-3-Clause.txt")];
    let text = texts.iter().find(|(license, _)| package.license.contains(license));
    let (_, text) = text.unwrap_or_else(|| panic!("no text of {} for {:?}", package.license, package.key));
    format!("Copyright (c) {holders}\n\n{}", fixture(text))
}

/// The asset, without texts where they are not asked for.
fn parts(with_texts: bool) -> Value {
    let (packages, own) = packages();
    let numbers: BTreeMap<&(String, String), usize> =
        packages.iter().enumerate().map(|(number, package)| (&package.key, number)).collect();
    let mut texts: Vec<String> = Vec::new();
    let mut number_of = |text: String| {
        texts.iter().position(|known| *known == text).unwrap_or_else(|| {
            texts.push(text);
            texts.len() - 1
        })
    };
    let mut parts = Vec::new();
    for package in &packages {
        let needs: Vec<usize> = package.needs.iter().map(|key| numbers[key]).collect();
        let mut of_package = BTreeSet::new();
        if with_texts {
            let mut files = Vec::new();
            let wraps = package.key.0.ends_with("-sys") || package.key.0 == "ring";
            license_files(&package.directory, if wraps { 4 } else { 0 }, &mut files);
            files.extend(package.license_file.iter().map(|file| package.directory.join(file)));
            for file in files {
                of_package.insert(number_of(tidy(&String::from_utf8_lossy(&fs::read(file).unwrap()))));
            }
            if of_package.is_empty() {
                of_package.insert(number_of(tidy(&standard_text(package))));
            }
        }
        parts.push(json!({
            "name": package.key.0, "version": package.key.1, "license": package.license, "kind": "crate",
            "source": package.source, "needs": needs, "texts": of_package,
        }));
    }
    for (kind, name, license, source, text) in OTHERS {
        let text: Vec<usize> =
            if with_texts && !text.is_empty() { vec![number_of(tidy(&fixture(text)))] } else { Vec::new() };
        parts.push(json!({
            "name": name, "version": "", "license": license, "kind": kind, "source": source, "needs": [], "texts": text,
        }));
    }
    let mut needs: Vec<usize> = own.iter().map(|key| numbers[key]).collect();
    needs.extend(packages.len()..parts.len());
    json!({ "needs": needs, "parts": parts, "texts": texts })
}

fn without_texts(mut parts: Value) -> Value {
    for part in parts["parts"].as_array_mut().unwrap() {
        part["texts"] = json!([]);
    }
    parts["texts"] = json!([]);
    parts
}

#[test]
fn the_list_of_licenses_is_that_of_what_is_linked() {
    let path = root().join(ASSET);
    if std::env::var_os("STOCKROOM_WRITE_LICENSES").is_some() {
        let json = serde_json::to_vec(&parts(true)).unwrap();
        fs::write(&path, zstd::encode_all(json.as_slice(), 22).unwrap()).unwrap();
    }
    let found: Value =
        serde_json::from_slice(&zstd::decode_all(fs::File::open(&path).unwrap()).unwrap()).unwrap();
    let texts = found["texts"].as_array().unwrap().len();
    for part in found["parts"].as_array().unwrap() {
        let of_part = part["texts"].as_array().unwrap();
        assert!(of_part.iter().all(|text| text.as_u64().unwrap() < texts as u64), "{part}");
        assert!(!of_part.is_empty() || part["license"] == "public domain", "no text for {part}");
    }
    let (wanted, found) = (without_texts(parts(false)), without_texts(found));
    let names = |all: &Value| -> BTreeSet<String> {
        let parts = all["parts"].as_array().unwrap().iter();
        parts.map(|part| format!("{} {}", part["name"], part["version"])).collect()
    };
    let (want, have) = (names(&wanted), names(&found));
    assert!(
        wanted == found,
        "{ASSET} is not what is linked. Make it anew: STOCKROOM_WRITE_LICENSES=1 cargo test --test house licenses. New: \
         {:?}, gone: {:?}",
        want.difference(&have).collect::<Vec<_>>(),
        have.difference(&want).collect::<Vec<_>>()
    );
}

#[test]
fn every_vendored_file_is_among_the_parts() {
    let table = fs::read_to_string(root().join("assets/vendor/VENDOR.md")).unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| `")).collect();
    assert!(rows.len() > 3, "{table}");
    for row in rows {
        let is_listed = OTHERS.iter().any(|(kind, name, ..)| {
            let word = name.split(' ').next().unwrap().to_lowercase();
            *kind == "file" && row.to_lowercase().contains(&word)
        });
        assert!(is_listed, "tests/house/licenses.rs does not name {row}");
    }
}
