//! Shapes of bodies in words.

use maud::{Markup, html};
use serde_json::Value;

use super::view::with_code;
use crate::web::ui::t;

/// The name in a reference.
pub fn referred(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

/// What a value is: `string (date)`, `list of Item`, one of its words.
pub fn kind(schema: &Value) -> Markup {
    if let Some(name) = referred(schema) {
        return html! { a href=(format!("#shape-{name}")) { (name) } };
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        if let Some(parts) = schema[key].as_array() {
            let between = if key == "allOf" { t("docs-and") } else { t("docs-or") };
            return html! {
                @for (at, part) in parts.iter().enumerate() { @if at > 0 { " " (between) " " } (kind(part)) }
            };
        }
    }
    if let Some(words) = schema["enum"].as_array() {
        return html! {
            @for (at, word) in words.iter().enumerate() { @if at > 0 { " · " } code { (plain(word)) } }
        };
    }
    if schema["items"].is_object() {
        return html! { (t("docs-list-of")) " " (kind(&schema["items"])) @if is_nullable(schema) { " " (t("docs-or")) " null" } };
    }
    if schema["additionalProperties"].is_object() {
        return html! { (t("docs-by-name")) " " (kind(&schema["additionalProperties"])) };
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => vec!["any"],
    };
    let format = schema["format"].as_str();
    let between = format!(" {} ", t("docs-or"));
    html! { (types.join(&between)) @if let Some(format) = format { " (" (format) ")" } }
}

fn is_nullable(schema: &Value) -> bool {
    schema["type"].as_array().is_some_and(|types| types.iter().any(|name| name == "null"))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The fields of an object, as a table.
pub fn fields(schema: &Value) -> Markup {
    let required = |name: &str| {
        schema["required"].as_array().is_some_and(|names| names.iter().any(|required| required == name))
    };
    let parts = schema["allOf"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    html! {
        @if let Some(properties) = schema["properties"].as_object() {
            div.table-wrap {
                table.docs-fields {
                    thead { tr { th scope="col" { (t("docs-field")) } th scope="col" { (t("docs-kind")) } th scope="col" { (t("docs-about")) } } }
                    tbody {
                        @for (name, property) in properties {
                            tr {
                                td { code { (name) } @if required(name) { " " span.docs-required title=(t("docs-required")) { "*" } } }
                                td { (kind(property)) }
                                td { (with_code(property["description"].as_str().unwrap_or_default())) }
                            }
                        }
                    }
                }
            }
        } @else if parts.is_empty() {
            p { (kind(schema)) }
        }
        @for part in parts {
            @if referred(part).is_some() { p { (t("docs-fields-of")) " " (kind(part)) } } @else { (fields(part)) }
        }
    }
}
