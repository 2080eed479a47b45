//! Merging the sources and reading single settings out, collecting every problem on the way.

use std::collections::BTreeMap;

use super::error::{ConfigError, Problem};
use super::setting::{RETIRED, Setting};
use super::sources::{HERE, Sources};
use super::{all_settings, dotenv};
use crate::base::secret::SecretString;

/// A value as it was given, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The text as it was written; numbers and lists of a TOML file as text too.
    pub text: String,
    /// The unit that the name implies; empty where the text says everything.
    pub unit: &'static str,
    /// `.env`, `environment`, a path, `command line`.
    pub origin: String,
    /// The name used there.
    pub name: String,
}

impl Given {
    /// The text with the unit that the name implies.
    pub fn value(&self) -> String {
        format!("{}{}", self.text.trim(), self.unit)
    }

    /// What is wrong with the value, quoting what was written and not what we made of it.
    fn explain(&self, message: &str) -> String {
        let written = self.text.trim();
        let unit = match self.unit {
            "" => return message.to_owned(),
            "m" => "minutes",
            "h" => "hours",
            other => other,
        };
        if written.parse::<f64>().is_err() {
            return format!("`{written}` is not a number of {unit}");
        }
        let message = message.replacen(&format!("`{}`", self.value()), &format!("`{written}`"), 1);
        format!("{message} (this name is in {unit})")
    }
}

/// The merged settings.
#[derive(Debug, Default)]
pub struct Reader {
    given: BTreeMap<&'static str, Given>,
    problems: Vec<Problem>,
    notices: Vec<String>,
}

impl Reader {
    /// Merges, lowest source first.
    pub fn merge(sources: &Sources) -> Self {
        let mut reader = Self::default();
        for (path, reason) in &sources.unreadable {
            reader.problem(&path.display().to_string(), "file", format!("cannot be read: {reason}"));
        }
        for (name, value) in &sources.here {
            // A setting of a later release is kept for when there is one again.
            if let Some(setting) = all_settings().find(|setting| setting.name == name) {
                let (origin, name) = (HERE.to_owned(), name.clone());
                reader.given.insert(setting.name, Given { text: value.clone(), unit: "", origin, name });
            }
        }
        if let Some((path, text)) = &sources.file {
            reader.merge_toml(&path.display().to_string(), text);
        }
        if let Some((path, text)) = &sources.dotenv {
            let origin = path.display().to_string();
            let (values, problems) = dotenv::parse(text);
            for problem in problems {
                reader.problem(&origin, &format!("line {}", problem.line), problem.message.to_owned());
            }
            reader.merge_variables(&origin, &values, true);
        }
        reader.merge_credentials(sources);
        reader.merge_variables("environment", &sources.environment, false);
        for (name, value) in &sources.flags {
            if let Some(setting) = all_settings().find(|setting| setting.name == name) {
                let flag = match name.strip_prefix("tls.") {
                    Some("mode") => "--tls".to_owned(),
                    Some(_) => format!("--{}", name.replace('.', "-")),
                    None => format!("--{}", name.rsplit('.').next().unwrap_or(name).replace('_', "-")),
                };
                reader.given.insert(
                    setting.name,
                    Given { text: value.clone(), unit: "", origin: "command line".into(), name: flag },
                );
            }
        }
        reader
    }

    /// Secrets that a service manager holds for us (systemd.exec(5), `LoadCredential=`).
    fn merge_credentials(&mut self, sources: &Sources) {
        let Some(directory) = &sources.credentials else { return };
        let mut merged = BTreeMap::new();
        for setting in all_settings().filter(|setting| setting.secret) {
            let path = directory.join(setting.name);
            if path.exists() {
                let path = path.display().to_string();
                self.read_secret(&mut merged, setting, "credentials", setting.name, &path);
            }
        }
        self.given.extend(merged);
    }

    fn merge_variables(&mut self, origin: &str, values: &[(String, String)], ours_alone: bool) {
        let mut merged: BTreeMap<&'static str, Given> = BTreeMap::new();
        for (name, value) in values {
            match find_variable(name) {
                Some((setting, Variable::Value { unit })) => {
                    if value.is_empty() {
                        continue;
                    }
                    let given =
                        Given { text: value.clone(), unit, origin: origin.to_owned(), name: name.clone() };
                    self.keep(&mut merged, setting, given);
                }
                Some((setting, Variable::File)) => {
                    self.read_secret(&mut merged, setting, origin, name, value);
                }
                None if name.starts_with("STOCKROOM_") => {
                    let known: Vec<_> = all_settings().map(Setting::env_name).collect();
                    self.unknown(origin, name, known.iter().map(String::as_str));
                }
                None => {
                    if let Some((_, why)) = RETIRED.iter().find(|(retired, _)| retired == name) {
                        self.notices.push(format!("{origin}, {name}: retired; {why}. It can be removed"));
                    } else if ours_alone {
                        self.notices.push(format!("{origin}, {name}: not a setting of stockroom; ignored"));
                    }
                }
            }
        }
        self.given.extend(merged);
    }

    fn read_secret(
        &mut self,
        merged: &mut BTreeMap<&'static str, Given>,
        setting: &'static Setting,
        origin: &str,
        name: &str,
        path: &str,
    ) {
        if path.is_empty() {
            return;
        }
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let text = text.strip_suffix('\n').unwrap_or(&text);
                let text = text.strip_suffix('\r').unwrap_or(text).to_owned();
                let origin = format!("{origin} ({path})");
                let given = Given { text, unit: "", origin, name: name.to_owned() };
                self.keep(merged, setting, given);
            }
            Err(error) => self.problem(origin, name, format!("`{path}` cannot be read: {error}")),
        }
    }

    /// Two names of one source may say the same; different things are a problem.
    fn keep(&mut self, merged: &mut BTreeMap<&'static str, Given>, setting: &'static Setting, given: Given) {
        match merged.get(setting.name) {
            Some(other) if other.value() != given.value() && other.name != given.name => {
                let message = format!(
                    "says something else than {}, and both set {}; keep one",
                    other.name, setting.name
                );
                self.problem(&given.origin.clone(), &given.name.clone(), message);
            }
            _ => {
                merged.insert(setting.name, given);
            }
        }
    }

    fn merge_toml(&mut self, origin: &str, text: &str) {
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => {
                return self.problem(origin, "file", error.to_string().trim_end().replace('\n', "\n    "));
            }
        };
        for (key, value) in table {
            match value {
                toml::Value::Table(section) => {
                    for (inner, value) in section {
                        self.merge_toml_value(origin, &format!("{key}.{inner}"), &value);
                    }
                }
                value => self.merge_toml_value(origin, &key, &value),
            }
        }
    }

    fn merge_toml_value(&mut self, origin: &str, name: &str, value: &toml::Value) {
        let setting = all_settings().find(|setting| setting.name == name);
        let separator = if setting.is_some_and(|setting| setting.lines) { "\n" } else { "," };
        let Some(text) = toml_text(value, separator) else {
            return self.problem(
                origin,
                name,
                "expected a text, a number, true or false, or a list of texts".into(),
            );
        };
        if let Some(setting) = setting {
            let given = Given { text, unit: "", origin: origin.to_owned(), name: name.to_owned() };
            self.given.insert(setting.name, given);
            return;
        }
        let secret =
            name.strip_suffix("_file").and_then(|name| all_settings().find(|s| s.secret && s.name == name));
        if let Some(setting) = secret {
            let mut merged = BTreeMap::new();
            self.read_secret(&mut merged, setting, origin, name, &text);
            self.given.extend(merged);
            return;
        }
        self.unknown(origin, name, all_settings().map(|setting| setting.name));
    }

    fn unknown<'n>(&mut self, origin: &str, name: &str, known: impl Iterator<Item = &'n str>) {
        let nearest = known
            .map(|known| (strsim::damerau_levenshtein(known, name), known))
            .min()
            .filter(|(distance, _)| *distance <= 1 + name.len() / 4)
            .map(|(_, known)| known);
        let message = match nearest {
            Some(nearest) => format!("there is no such setting; did you mean `{nearest}`?"),
            None => "there is no such setting; `stockroom config show` lists all".to_owned(),
        };
        self.problem(origin, name, message);
    }

    fn problem(&mut self, origin: &str, name: &str, message: String) {
        self.problems.push(Problem { origin: origin.to_owned(), name: name.to_owned(), message });
    }

    /// What was given for a setting.
    pub fn given(&self, name: &str) -> Option<&Given> {
        self.given.get(name)
    }

    /// The setting's value, or `default` where it was not given or is wrong, which is noted.
    pub fn get<T>(&mut self, name: &'static str, default: T, parse: impl Fn(&str) -> Result<T, String>) -> T {
        self.find(name, parse).unwrap_or(default)
    }

    /// The setting's value where it was given.
    pub fn find<T>(&mut self, name: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        debug_assert!(all_settings().any(|setting| setting.name == name), "{name} is listed");
        let given = self.given.get(name)?.clone();
        match parse(&given.value()) {
            Ok(value) => Some(value),
            Err(message) => {
                self.problem(&given.origin, &given.name, given.explain(&message));
                None
            }
        }
    }

    /// A secret, exactly as given.
    pub fn find_secret(&mut self, name: &'static str) -> Option<SecretString> {
        self.given.get(name).map(|given| SecretString::new(given.text.clone()))
    }

    /// Notes a problem of several settings together, at the place where `name` was given.
    pub fn complain(&mut self, name: &str, message: String) {
        let (origin, name) = match self.given.get(name) {
            Some(given) => (given.origin.clone(), given.name.clone()),
            None => ("default".to_owned(), name.to_owned()),
        };
        self.problem(&origin, &name, message);
    }

    /// The notices, if there was no problem; else both.
    pub fn finish(self) -> Result<Vec<String>, ConfigError> {
        let Self { problems, notices, .. } = self;
        if problems.is_empty() { Ok(notices) } else { Err(ConfigError { problems, notices }) }
    }
}

enum Variable {
    Value { unit: &'static str },
    File,
}

fn find_variable(name: &str) -> Option<(&'static Setting, Variable)> {
    all_settings().find_map(|setting| {
        let own = setting.env_name();
        if own == name {
            return Some((setting, Variable::Value { unit: "" }));
        }
        if let Some(alias) = setting.aliases.iter().find(|alias| alias.name == name) {
            return Some((setting, Variable::Value { unit: alias.unit }));
        }
        let file = name.strip_suffix("_FILE").filter(|_| setting.secret)?;
        let matches = own == file || setting.aliases.iter().any(|alias| alias.name == file);
        matches.then_some((setting, Variable::File))
    })
}

fn toml_text(value: &toml::Value, separator: &str) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        toml::Value::Array(items) => {
            let items: Option<Vec<_>> = items.iter().map(|item| toml_text(item, separator)).collect();
            items.map(|items| items.join(separator))
        }
        _ => None,
    }
}
