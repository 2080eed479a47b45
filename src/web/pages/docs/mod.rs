//! The API explained: `GET /api/docs`, made from the same description that programs read, and `GET /api/docs/try`, which
//! asks an address that only reads and has been filled in there.

mod curl;
mod schema;
mod view;

use axum::response::Response;
use serde_json::Value;

use crate::services::ServiceError;
use crate::web::api::openapi::document;
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::pages::go_to;
use crate::web::ui::{NavItem, t};

/// The page.
pub async fn show(page: Page) -> Response {
    page.show(NavItem::Docs, &t("docs-title"), &[], &view::content())
}

/// An operation with where it stands.
struct Operation<'d> {
    path: &'d str,
    method: &'d str,
    about: &'d Value,
}

impl<'d> Operation<'d> {
    fn all(document: &'d Value) -> impl Iterator<Item = Self> {
        document["paths"].as_object().into_iter().flatten().flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods.map(move |(method, about)| Self { path, method, about })
        })
    }

    fn text(&self, name: &str) -> &'d str {
        self.about[name].as_str().unwrap_or_default()
    }

    fn parameters(&self) -> &'d [Value] {
        self.about["parameters"].as_array().map_or(&[], Vec::as_slice)
    }
}

/// Goes to an operation that only reads, with what the form says in its address. What is left blank is not said.
pub async fn try_it(_page: Page, form: FormData) -> Result<Response, AppError> {
    let wanted = form.text("operation");
    let operation = Operation::all(document())
        .find(|operation| operation.method == "get" && operation.text("operationId") == wanted)
        .ok_or_else(|| AppError::not_found("There is no such operation that only reads; see the list."))?;
    let mut path = operation.path.to_owned();
    let mut query = form_urlencoded::Serializer::new(String::new());
    for parameter in operation.parameters() {
        let name = parameter["name"].as_str().unwrap_or_default();
        let value = form.text(name);
        if parameter["in"] == "path" {
            if value.is_empty() {
                return Err(ServiceError::invalid(
                    "parameter",
                    format!("`{name}` is a part of the address; fill it in"),
                )
                .into());
            }
            let encoded: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
            path = path.replace(&format!("{{{name}}}"), &encoded.replace('+', "%20").replace('.', "%2E"));
        } else if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    Ok(go_to(&if query.is_empty() { path } else { format!("{path}?{query}") }))
}
