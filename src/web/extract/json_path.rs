//! Where in a JSON text something is, as a way to it: `cells.3.value`.

/// A value that is open at the place.
enum Open {
    /// An object, and the field at which it is.
    Object(Option<String>),
    /// An array, and the entry at which it is.
    Array(usize),
}

/// The way to what is at `line` and `column`, both from 1 as `serde_json` counts them; blank for the whole.
pub fn way_to(text: &str, line: usize, column: usize) -> String {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let end = (before + column).min(text.len());
    let bytes = text.as_bytes();
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    // What stands where a name is expected in an object is one.
    let mut expects_name = false;
    while at < end {
        match bytes[at] {
            b'{' => {
                open.push(Open::Object(None));
                expects_name = true;
            }
            b'[' => {
                open.push(Open::Array(0));
                expects_name = false;
            }
            // The last closing brace is still of the object that lacks something.
            b'}' | b']' if bytes[at] == b']' || at + 1 < end => {
                open.pop();
                expects_name = false;
            }
            b',' => match open.last_mut() {
                Some(Open::Array(index)) => *index += 1,
                Some(Open::Object(_)) => expects_name = true,
                None => {}
            },
            b'"' => {
                let close = end_of_string(bytes, at);
                if let (true, Some(Open::Object(name))) = (expects_name, open.last_mut()) {
                    *name = text.get(at..close).and_then(|quoted| serde_json::from_str(quoted).ok());
                    expects_name = false;
                }
                at = close;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    let steps = open.into_iter().filter_map(|open| match open {
        Open::Object(name) => name,
        Open::Array(index) => Some(index.to_string()),
    });
    steps.collect::<Vec<_>>().join(".")
}

/// Behind the closing quote of the string that begins at `at`.
fn end_of_string(bytes: &[u8], at: usize) -> usize {
    let mut next = at + 1;
    while next < bytes.len() {
        match bytes[next] {
            b'\\' => next += 2,
            b'"' => return next + 1,
            _ => next += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::way_to;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read alone")]
    struct Outer {
        name: Option<String>,
        cells: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read alone")]
    struct Inner {
        line: u32,
    }

    fn of(text: &str) -> String {
        let error = serde_json::from_str::<Outer>(text).unwrap_err();
        way_to(text, error.line(), error.column())
    }

    #[test]
    fn a_wrong_value_is_named_by_its_way() {
        for (text, way) in [
            (r#"{"name": 5, "cells": []}"#, "name"),
            (r#"{"cells": [{"line": 1}, {"line": "x"}]}"#, "cells.1.line"),
            (r#"{"cells": [{"line": 1}, {"line": -1, "x": 2}]}"#, "cells.1.line"),
            (r#"{"cells": [{"line": 1, "a\"}]": 2}]}"#, r#"cells.0.a"}]"#),
            ("{\n \"name\": \"}{,\",\n \"cells\":\n [ {\"line\"\n: true}]}", "cells.0.line"),
            (r#"{"grüße": 1}"#, "grüße"),
            ("[]", ""),
        ] {
            assert_eq!(of(text), way, "{text}");
        }
    }

    #[test]
    fn no_place_is_too_strange() {
        for text in ["", "{", "\"", "\\", "{\"a\\", "]]]}", "\"ü\\"] {
            for line in 0..3 {
                for column in 0..9 {
                    way_to(text, line, column);
                }
            }
        }
    }
}
