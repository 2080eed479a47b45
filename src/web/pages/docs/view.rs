//! The description of the API as a page.

use maud::{Markup, html};
use serde_json::Value;

use super::Operation;
use super::curl::curl;
use super::schema::{fields, kind};
use crate::web::api::openapi::document;
use crate::web::ui::{t, t_with};

/// A text with its words of code set as such.
pub fn with_code(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// Everything under the heading.
pub fn content() -> Markup {
    let document = document();
    let areas = document["tags"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    let operations: Vec<Operation<'static>> = Operation::all(document).collect();
    let of = |area: &Value| {
        let name = area["name"].clone();
        operations.iter().filter(move |operation| operation.about["tags"][0] == name)
    };
    html! {
        div.page-head { h1 { (t("docs-title")) } a.button href="/api/openapi.json" { "openapi.json" } }
        div.docs {
            nav.docs-areas aria-label=(t("docs-areas")) {
                ul {
                    li { a href="#begin" { (t("docs-begin")) } }
                    @for area in areas { li { a href=(format!("#{}", id_of(area))) { (name_of(area)) } } }
                    li { a href="#shapes" { (t("docs-shapes")) } }
                }
            }
            div.docs-text {
                (begin())
                @for area in areas {
                    section.panel.padded aria-labelledby=(id_of(area)) {
                        h2 id=(id_of(area)) { (name_of(area)) }
                        p.hint { (with_code(area["description"].as_str().unwrap_or_default())) }
                        @for operation in of(area) { (one(operation)) }
                    }
                }
                section.panel.padded aria-labelledby="shapes" {
                    h2 #shapes { (t("docs-shapes")) }
                    p.hint { (t("docs-shapes-text")) }
                    @for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
                        // What is inside opens where a link leads to it.
                        details.docs-shape {
                            summary { code { (name) } }
                            p id=(format!("shape-{name}")) { (with_code(schema["description"].as_str().unwrap_or_default())) }
                            (fields(schema))
                        }
                    }
                }
            }
        }
    }
}

fn name_of(area: &Value) -> &str {
    area["name"].as_str().unwrap_or_default()
}

fn id_of(area: &Value) -> String {
    format!("area-{}", name_of(area).to_lowercase().replace(' ', "-"))
}

fn begin() -> Markup {
    html! {
        section.panel.padded.stack aria-labelledby="begin" {
            h2 #begin { (t("docs-begin")) }
            p { (t("docs-begin-token")) " " a href="/account/tokens" { (t("tokens-title")) } }
            pre.docs-line { "SITE=https://stock.example.com TOKEN=stockroom_…\ncurl -H \"Authorization: Bearer $TOKEN\" \"$SITE/api/v1/auth/me\"" }
            p { (with_code(&t("docs-begin-errors"))) }
            p { (with_code(&t("docs-begin-versions"))) }
            p { (with_code(&t("docs-begin-again"))) }
            p { (with_code(&t("docs-begin-limits"))) }
        }
    }
}

fn one(operation: &Operation<'static>) -> Markup {
    let description = operation.text("description");
    let body = operation.about["requestBody"]["content"].as_object();
    html! {
        details.docs-operation id=(operation.text("operationId")) {
            summary {
                span class=(format!("docs-method {}", operation.method)) { (operation.method.to_uppercase()) }
                code { (operation.path) }
                span.docs-summary { (with_code(operation.text("summary"))) }
            }
            div.docs-body {
                @for paragraph in description.split("\n\n").filter(|text| !text.is_empty()) { p { (with_code(paragraph)) } }
                (parameters(operation))
                @if let Some(body) = body {
                    h4 { (t("docs-body")) }
                    @for (media, content) in body {
                        p { code { (media) } " " (kind(&content["schema"])) }
                        @if content["example"].is_object() { pre.docs-line { (pretty(&content["example"])) } }
                    }
                }
                h4 { (t("docs-answers")) }
                (answers(operation))
                h4 { (t("docs-command")) }
                pre.docs-line { (curl(operation)) }
                @if operation.method == "get" { (form(operation)) }
            }
        }
    }
}

fn pretty(example: &Value) -> String {
    serde_json::to_string_pretty(example).unwrap_or_default()
}

fn parameters(operation: &Operation<'static>) -> Markup {
    let parameters = operation.parameters();
    html! {
        @if !parameters.is_empty() {
            h4 { (t("docs-parameters")) }
            div.table-wrap {
                table.docs-fields {
                    thead { tr { th scope="col" { (t("docs-field")) } th scope="col" { (t("docs-kind")) } th scope="col" { (t("docs-about")) } } }
                    tbody {
                        @for parameter in parameters {
                            tr {
                                td { code { (parameter["name"].as_str().unwrap_or_default()) } @if parameter["required"] == true { " " span.docs-required title=(t("docs-required")) { "*" } } }
                                td { (kind(&parameter["schema"])) }
                                td { (with_code(parameter["description"].as_str().unwrap_or_default())) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn answers(operation: &Operation<'static>) -> Markup {
    html! {
        dl.docs-answers {
            @for (status, answer) in operation.about["responses"].as_object().into_iter().flatten() {
                @let answer = shared(answer);
                dt { code { (status) } }
                dd {
                    (with_code(answer["description"].as_str().unwrap_or_default()))
                    @for (media, content) in answer["content"].as_object().into_iter().flatten() {
                        @if media != "application/problem+json" {
                            " · " @if media != "application/json" { code { (media) } } @else { (kind(&content["schema"])) }
                        }
                    }
                }
            }
        }
    }
}

/// An answer, or what stands for it in many operations.
fn shared(answer: &'static Value) -> &'static Value {
    let place = answer["$ref"].as_str().map(|place| place.trim_start_matches('#'));
    place.and_then(|place| document().pointer(place)).unwrap_or(answer)
}

/// What an operation that only reads is tried with: its answer opens as the browser shows it.
fn form(operation: &Operation<'static>) -> Markup {
    let id = operation.text("operationId");
    html! {
        form.docs-try method="get" action="/api/docs/try" {
            input type="hidden" name="operation" value=(id);
            @for parameter in operation.parameters() {
                @let name = parameter["name"].as_str().unwrap_or_default();
                @let field = format!("{id}-{name}");
                div.field {
                    label for=(field) { (name) }
                    input.input id=(field) name=(name) required[parameter["in"] == "path"] autocomplete="off";
                }
            }
            button.button type="submit" aria-label=(t_with("docs-try-label", &[("operation", operation.text("summary").into())])) { (t("docs-try")) }
        }
    }
}
