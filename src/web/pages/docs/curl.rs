//! An operation as a line to try.

use std::fmt::Write;

use serde_json::Value;

use super::Operation;

/// The command that asks it, with what its address needs to be filled in.
pub fn curl(operation: &Operation<'_>) -> String {
    let mut line = "curl".to_owned();
    let method = operation.method.to_ascii_uppercase();
    let content = &operation.about["requestBody"]["content"];
    let example = &content["application/json"]["example"];
    let sends_form = content.get("multipart/form-data").is_some();
    if !matches!((&*method, sends_form || example.is_object()), ("GET", _) | ("POST", true)) {
        // Writing into a text cannot fail.
        let _ = write!(line, " -X {method}");
    }
    if operation.about["security"].as_array().is_none_or(|list| !list.is_empty()) {
        line.push_str(" -H \"Authorization: Bearer $TOKEN\"");
    }
    if example.is_object() {
        let _ = write!(line, " --json '{}'", compact(example));
    } else if sends_form {
        line.push_str(" -F file=@FILE");
    }
    let _ = write!(line, " \"$SITE{}\"", operation.path.replace(['{', '}'], ""));
    line
}

/// The example on one line, as it stands between quotes of a shell.
fn compact(example: &Value) -> String {
    example.to_string().replace('\'', "'\\''")
}
