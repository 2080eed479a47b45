//! A `stockroom.toml` with everything that can be set, and its JSON Schema. Both are made of the list of settings, so that
//! neither says anything that is not so.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::setting::{Control, Setting};
use super::{Config, Sources, all_settings};

/// The file: every setting with what it does, commented out, with its default where that is one value.
pub fn default_file() -> String {
    let mut text = String::from(
        "# Everything that can be set, with its default. Take the # away from what is to be another.\n# Flags and \
         STOCKROOM_* in the environment go before this file: `stockroom config show --origin` says what holds.\n\n",
    );
    let mut section = "";
    for setting in all_settings() {
        let (of, key) = setting.name.split_once('.').unwrap_or(("", setting.name));
        if of != section {
            let _ = writeln!(text, "\n[{of}]");
            section = of;
        }
        let _ = writeln!(text, "# {}", setting.help);
        let value = default_value(setting).map_or_else(|| "\"\"".to_owned(), |value| value.to_string());
        let _ = if setting.secret {
            writeln!(text, "# {key}_file = \"\"    # a file with it, rather than {key} = \"\"")
        } else {
            writeln!(text, "# {key} = {value}")
        };
    }
    text
}

/// The default, where the help names one value that means it: a number, true or false, or a text.
fn default_value(setting: &Setting) -> Option<Value> {
    let said = setting.help.split("(default: ").nth(1)?;
    if said.contains(", and ") {
        return None;
    }
    let word = said.split([')', ',', ';']).next()?.trim();
    let is_choice = match setting.control {
        Some(Control::Choice(words)) => words.contains(&word),
        _ => word != "none",
    };
    if word.is_empty() || word.contains(' ') || word.contains('\'') || !is_choice || setting.lines {
        return None;
    }
    let value = match (word.parse::<u64>(), word) {
        (Ok(number), _) => json!(number),
        (_, "true") => json!(true),
        (_, "false") => json!(false),
        _ => json!(word),
    };
    let (section, key) = setting.name.split_once('.').unwrap_or(("", setting.name));
    let file =
        if section.is_empty() { format!("{key} = {value}") } else { format!("[{section}]\n{key} = {value}") };
    let sources = Sources { file: Some(("default".into(), file)), ..Sources::default() };
    // Some words of the help are for people; and what needs another setting beside it is no problem of its own.
    match Config::load(&sources) {
        Err(error) if error.problems.iter().any(|problem| problem.name == setting.name) => None,
        _ => Some(value),
    }
}

/// What an editor needs to check a `stockroom.toml`: draft 2020-12.
pub fn schema() -> Value {
    let mut root = Map::new();
    let mut sections: Map<String, Value> = Map::new();
    for setting in all_settings() {
        let Some((section, key)) = setting.name.split_once('.') else {
            root.insert(setting.name.to_owned(), property(setting));
            continue;
        };
        let of = sections.entry(section).or_insert_with(|| json!({}));
        if let Some(of) = of.as_object_mut() {
            of.insert(key.to_owned(), property(setting));
            if setting.secret {
                let description = format!("File whose first line is {section}.{key}");
                of.insert(format!("{key}_file"), json!({ "type": "string", "description": description }));
            }
        }
    }
    for (name, properties) in sections {
        root.insert(
            name,
            json!({ "type": "object", "additionalProperties": false, "properties": properties }),
        );
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "stockroom.toml",
        "description": format!("Settings of stockroom {}", env!("CARGO_PKG_VERSION")),
        "type": "object",
        "additionalProperties": false,
        "properties": root,
    })
}

fn property(setting: &Setting) -> Value {
    let list = json!({ "type": "array", "items": { "type": ["string", "number"] } });
    let text = json!({ "type": ["string", "number", "boolean"] });
    let mut property = match setting.control {
        Some(Control::Flag) => json!({ "type": ["boolean", "string"] }),
        Some(Control::Number) => json!({ "type": ["integer", "string"] }),
        Some(Control::Choice(words)) => json!({ "enum": words }),
        Some(Control::Choices(words)) => {
            json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "enum": words } }] })
        }
        Some(Control::Time | Control::Colour | Control::Zone | Control::Secret) => {
            json!({ "type": "string" })
        }
        Some(Control::Text | Control::Lines) | None => json!({ "anyOf": [text, list] }),
    };
    if let Some(property) = property.as_object_mut() {
        property.insert("description".to_owned(), json!(setting.help));
        if let Some(default) = default_value(setting) {
            property.insert("default".to_owned(), default);
        }
        if setting.secret {
            property.insert("writeOnly".to_owned(), json!(true));
        }
    }
    property
}
