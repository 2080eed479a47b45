//! What an event changed, field by field.

use std::collections::BTreeMap;

use serde_json::Value;

/// How a field differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It was not there before.
    Added,
    /// It is not there any more.
    Removed,
    /// It is another.
    Changed,
}

impl Kind {
    /// Its word in texts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its name; `address.city` for one within another; empty where the whole is one value.
    pub field: String,
    /// How it differs.
    pub kind: Kind,
    /// What it was.
    pub before: String,
    /// What it is.
    pub after: String,
}

/// What an event's details say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// There is a before or an after.
    pub is_edit: bool,
    /// What differs between them.
    pub changes: Vec<Change>,
    /// Fields that are the same before and after.
    pub same: Vec<(String, String)>,
    /// Everything else.
    pub others: Vec<(String, String)>,
}

/// Takes the details of an event apart. What is no JSON is shown as it is.
pub fn details(json: &str) -> Details {
    let Ok(value) = serde_json::from_str::<Value>(json) else {
        return Details { others: vec![(String::new(), json.to_owned())], ..Details::default() };
    };
    let Value::Object(mut fields) = value else {
        return Details { others: fields_of(&value).into_iter().collect(), ..Details::default() };
    };
    let (before, after) = (fields.remove("before"), fields.remove("after"));
    let mut is_edit = before.is_some() || after.is_some();
    let (mut before, mut after) =
        (fields_of(&before.unwrap_or_default()), fields_of(&after.unwrap_or_default()));
    // Settings: each with what it was and is.
    if let Some(Value::Object(each)) = fields.remove("changes") {
        is_edit = true;
        for (name, change) in each {
            flatten(name.clone(), &change["before"], &mut before);
            flatten(name, &change["after"], &mut after);
        }
    }
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let (mut changes, mut same) = (Vec::new(), Vec::new());
    for name in names {
        let change = |kind, before: &str, after: &str| Change {
            field: name.clone(),
            kind,
            before: before.to_owned(),
            after: after.to_owned(),
        };
        match (before.get(name), after.get(name)) {
            (Some(before), Some(after)) if before == after => same.push((name.clone(), before.clone())),
            (Some(before), Some(after)) => changes.push(change(Kind::Changed, before, after)),
            (Some(before), None) => changes.push(change(Kind::Removed, before, "")),
            (None, Some(after)) => changes.push(change(Kind::Added, "", after)),
            (None, None) => {}
        }
    }
    Details { is_edit, changes, same, others: fields_of(&Value::Object(fields)).into_iter().collect() }
}

/// All values by name; nothing, empty texts and empty lists are not there.
fn fields_of(value: &Value) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    flatten(String::new(), value, &mut fields);
    fields
}

fn flatten(name: String, value: &Value, fields: &mut BTreeMap<String, String>) {
    let under = |part: &str| if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") };
    match value {
        Value::Null => {}
        Value::Object(parts) => {
            for (part, value) in parts {
                flatten(under(part), value, fields);
            }
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            for (at, item) in items.iter().enumerate() {
                flatten(under(&(at + 1).to_string()), item, fields);
            }
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(text).collect();
            if !items.is_empty() {
                fields.insert(name, items.join(", "));
            }
        }
        Value::String(text) if text.is_empty() => {}
        value => {
            fields.insert(name, text(value));
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, details};

    #[test]
    fn fields_are_added_removed_changed_or_the_same() {
        let found = details(
            r#"{"before":{"name":null,"roles":["customer"],"a":{"b":1},"email":"x"},
                "after":{"name":"Bob","roles":["admin","customer"],"a":{},"email":"x"},"sessions_ended":2}"#,
        );
        let changes: Vec<_> = found
            .changes
            .iter()
            .map(|change| (change.field.as_str(), change.kind, change.before.as_str(), change.after.as_str()))
            .collect();
        assert_eq!(
            changes,
            [
                ("a.b", Kind::Removed, "1", ""),
                ("name", Kind::Added, "", "Bob"),
                ("roles", Kind::Changed, "customer", "admin, customer"),
            ]
        );
        assert_eq!(found.same, [("email".to_owned(), "x".to_owned())]);
        assert_eq!(found.others, [("sessions_ended".to_owned(), "2".to_owned())]);
        assert!(found.is_edit);
    }

    #[test]
    fn plain_values_and_no_json_are_shown_too() {
        let plain = details(r#"{"before":"stored","after":"published"}"#);
        assert_eq!((plain.changes.len(), plain.changes[0].field.as_str()), (1, ""));
        let settings = details(r#"{"changes":{"session.idle":{"before":"30m","after":"1h"}}}"#);
        assert_eq!(
            (settings.changes[0].field.as_str(), settings.changes[0].kind),
            ("session.idle", Kind::Changed)
        );
        assert!(!details("{}").is_edit);
        assert_eq!(details("{oops").others, [(String::new(), "{oops".to_owned())]);
    }
}
