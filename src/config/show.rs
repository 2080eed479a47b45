//! What is in force, and who said so.

use std::fmt::Write;

use serde::Serialize;

use super::all_settings;
use super::reader::Reader;
use super::sources::{HERE, Sources};

/// One line a setting that was given: name, value (secrets masked), and where from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// `section.key`.
    pub name: &'static str,
    /// As given; `None` where the default holds.
    pub value: Option<String>,
    /// Where it was said, and under which name.
    pub origin: String,
    /// It was said on the settings page.
    pub is_here: bool,
    /// What the setting does.
    pub help: &'static str,
}

/// All settings with what was given for them.
pub fn show(sources: &Sources) -> Vec<Shown> {
    let reader = Reader::merge(sources);
    all_settings()
        .map(|setting| {
            let given = reader.given(setting.name);
            let value =
                given.map(|given| if setting.secret { "[redacted]".to_owned() } else { given.value() });
            let origin =
                given.map_or("default".to_owned(), |given| format!("{}, {}", given.origin, given.name));
            let is_here = given.is_some_and(|given| given.origin == HERE);
            Shown { name: setting.name, value, origin, is_here, help: setting.help }
        })
        .collect()
}

/// The same as text, with origins if wanted.
pub fn to_text(shown: &[Shown], with_origin: bool) -> String {
    let mut text = String::new();
    for line in shown {
        let _ = match &line.value {
            Some(value) => write!(text, "{} = {value}", line.name),
            None => write!(text, "# {}: {}", line.name, line.help),
        };
        if with_origin && line.value.is_some() {
            let _ = write!(text, "    # {}", line.origin);
        }
        text.push('\n');
    }
    text
}
