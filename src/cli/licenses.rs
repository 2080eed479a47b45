//! `stockroom licenses` and `stockroom sbom`: what the program is made of. The list is an asset that is made from
//! `Cargo.lock` and the crates themselves; a test of the house compares them and says how to make it anew.

use std::io::{self, Write};

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::CliError;

/// All of it, as JSON under zstd.
const PARTS: &[u8] = include_bytes!("../../assets/licenses/parts.json.zst");

/// How to print.
#[derive(Debug, Args)]
pub struct LicensesArgs {
    /// Only the list, without texts
    #[arg(long)]
    list: bool,
    /// Print the list as JSON
    #[arg(long, conflicts_with = "list")]
    json: bool,
}

/// Something that the program is made of.
#[derive(Debug, Deserialize)]
struct Part {
    name: String,
    version: String,
    /// As SPDX has it, or in words.
    license: String,
    /// `crate`, `file`, `library` or `data`.
    kind: String,
    #[serde(default)]
    source: String,
    /// Numbers of the texts.
    #[serde(default)]
    texts: Vec<usize>,
    /// Numbers of the parts that it is made of.
    #[serde(default)]
    needs: Vec<usize>,
}

/// The asset.
#[derive(Debug, Deserialize)]
struct Contents {
    /// Numbers of the parts that the program itself names.
    needs: Vec<usize>,
    parts: Vec<Part>,
    texts: Vec<String>,
}

fn read() -> Result<Contents, CliError> {
    let damaged = |error: String| CliError::failed(format!("the list of licences cannot be read: {error}"));
    let bytes = zstd::decode_all(PARTS).map_err(|error| damaged(error.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))
}

/// Prints the list, then each text once with the names of what it is for.
pub fn run(args: &LicensesArgs) -> Result<(), CliError> {
    let all = read()?;
    if args.json {
        let list: Vec<Value> = all
            .parts
            .iter()
            .map(|part| {
                json!({
                    "name": part.name, "version": part.version, "license": part.license, "kind": part.kind,
                    "source": part.source,
                })
            })
            .collect();
        return print(&(to_json(&json!(list))? + "\n"));
    }
    let mut text = String::new();
    for part in &all.parts {
        text.push_str(&part.name);
        for word in [&part.version, &part.license, &part.source].into_iter().filter(|word| !word.is_empty()) {
            text.push_str("  ");
            text.push_str(word);
        }
        text.push('\n');
    }
    for (number, license) in all.texts.iter().enumerate().filter(|_| !args.list) {
        let of: Vec<&str> = all
            .parts
            .iter()
            .filter(|part| part.texts.contains(&number))
            .map(|part| part.name.as_str())
            .collect();
        text.push_str(&format_args!("\n{}\n{}\n\n{license}\n", "=".repeat(80), of.join(", ")).to_string());
    }
    print(&text)
}

/// Prints CycloneDX 1.5. It has no date and no number of its own, so that one version has one list.
pub fn sbom() -> Result<(), CliError> {
    let all = read()?;
    let reference = |part: &Part| match part.kind.as_str() {
        "crate" => format!("pkg:cargo/{}@{}", part.name, part.version),
        _ => format!("part:{}", part.name),
    };
    let of = |numbers: &[usize]| -> Vec<String> {
        numbers.iter().filter_map(|number| all.parts.get(*number)).map(reference).collect()
    };
    let components: Vec<Value> = all.parts.iter().map(|part| component(part, &reference(part))).collect();
    let root = format!("pkg:generic/stockroom@{}", env!("CARGO_PKG_VERSION"));
    let mut dependencies = vec![json!({ "ref": root, "dependsOn": of(&all.needs) })];
    dependencies
        .extend(all.parts.iter().map(|part| json!({ "ref": reference(part), "dependsOn": of(&part.needs) })));
    let document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": {
            "type": "application", "bom-ref": root, "name": "stockroom", "version": env!("CARGO_PKG_VERSION"),
            "purl": root,
        } },
        "components": components,
        "dependencies": dependencies,
    });
    print(&(to_json(&document)? + "\n"))
}

fn component(part: &Part, reference: &str) -> Value {
    let kind = match part.kind.as_str() {
        "data" => "data",
        "file" => "file",
        _ => "library",
    };
    let mut component = json!({ "type": kind, "bom-ref": reference, "name": part.name });
    let Some(fields) = component.as_object_mut() else { return component };
    if !part.version.is_empty() {
        fields.insert("version".to_owned(), json!(part.version));
    }
    if part.kind == "crate" {
        fields.insert("purl".to_owned(), json!(reference));
    }
    // Words that are no expression of SPDX are a name.
    let license = if part.license.contains("domain") {
        json!({ "license": { "name": part.license } })
    } else {
        json!({ "expression": part.license })
    };
    fields.insert("licenses".to_owned(), json!([license]));
    if part.source.starts_with("https://") {
        let kind = if part.kind == "crate" { "vcs" } else { "website" };
        fields.insert("externalReferences".to_owned(), json!([{ "type": kind, "url": part.source }]));
    }
    component
}

fn to_json(value: &Value) -> Result<String, CliError> {
    serde_json::to_string_pretty(value).map_err(|error| CliError::failed(error.to_string()))
}

/// Writes to standard output; whoever closed it had enough.
fn print(text: &str) -> Result<(), CliError> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
