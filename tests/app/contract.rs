//! Holds every answer of the API against its own description: each test that asks the API is a test of that too.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, OnceLock};

use jsonschema::Validator;
use serde_json::{Value, json};
use stockroom::web::api::openapi::document;

/// Panics where an answer is none that the description knows.
pub fn check(method: &str, path: &str, status: u16, media: &str, text: &str) {
    // Where the site speaks TLS, plain HTTP only leads there.
    if status == 308 {
        return;
    }
    let Some((route, item)) = operation(path) else { return };
    let Some(operation) = item.get(method.to_ascii_lowercase()) else { return };
    let named = format!("{method} {route}: {status}");
    let Some(answer) = operation["responses"].get(status.to_string()) else {
        panic!("{named} is not described: {}", shortened(text));
    };
    let answer = match answer["$ref"].as_str() {
        Some(shared) => document().pointer(shared.trim_start_matches('#')).unwrap(),
        None => answer,
    };
    let Some(content) = answer["content"].as_object() else {
        assert!(text.is_empty(), "{named} has a body that is not described: {}", shortened(text));
        return;
    };
    let media = media.split(';').next().unwrap_or_default().trim();
    let Some(content) = content.get(media) else { panic!("{named} is {media}, which is not described") };
    if !matches!(media, "application/json" | "application/problem+json") {
        return;
    }
    let body: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{named}: {error}"));
    let faults = faults(&named, &content["schema"], &body);
    assert!(faults.is_empty(), "{named} is not as described: {faults:?} in {}", shortened(text));
}

fn shortened(text: &str) -> String {
    text.chars().take(2_000).collect()
}

/// The description's entry for an address; words go before what is filled in.
fn operation(path: &str) -> Option<(&'static str, &'static Value)> {
    let fits = |route: &str| {
        route.split('/').count() == path.split('/').count()
            && route
                .split('/')
                .zip(path.split('/'))
                .all(|(known, word)| known.starts_with('{') || known == word)
    };
    let routes = document()["paths"].as_object().unwrap().iter().filter(|(route, _)| fits(route));
    routes.min_by_key(|(route, _)| route.matches('{').count()).map(|(route, item)| (route.as_str(), item))
}

fn faults(named: &str, schema: &Value, body: &Value) -> Vec<String> {
    static KNOWN: OnceLock<Mutex<HashMap<String, &'static Validator>>> = OnceLock::new();
    let validator: &'static Validator =
        KNOWN.get_or_init(Mutex::default).lock().unwrap().entry(named.to_owned()).or_insert_with(|| {
            let mut whole = schema.clone();
            whole["components"] = json!({ "schemas": closed() });
            Box::leak(Box::new(jsonschema::validator_for(&whole).unwrap()))
        });
    validator.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The shapes without room for fields that are not described.
fn closed() -> Value {
    let mut shapes = document()["components"]["schemas"].clone();
    // A shape that is a part of others cannot be closed by itself.
    let mut parts = BTreeSet::new();
    collect_parts(&shapes, &mut parts);
    for (name, shape) in shapes.as_object_mut().unwrap() {
        if !parts.contains(name) {
            close(shape);
        }
    }
    shapes
}

fn collect_parts(value: &Value, parts: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                if name == "allOf" {
                    let names =
                        inner.as_array().into_iter().flatten().filter_map(|part| part["$ref"].as_str());
                    parts.extend(names.map(|name| name.rsplit('/').next().unwrap().to_owned()));
                }
                collect_parts(inner, parts);
            }
        }
        Value::Array(values) => values.iter().for_each(|inner| collect_parts(inner, parts)),
        _ => {}
    }
}

fn close(shape: &mut Value) {
    let Value::Object(fields) = shape else { return };
    if fields.contains_key("allOf") || fields.contains_key("properties") {
        fields.entry("unevaluatedProperties").or_insert(json!(false));
    }
    for (name, inner) in fields {
        match (name.as_str(), inner) {
            ("properties", Value::Object(properties)) => properties.values_mut().for_each(close),
            ("items" | "additionalProperties", inner) => close(inner),
            _ => {}
        }
    }
}
