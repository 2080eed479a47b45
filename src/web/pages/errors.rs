//! What went wrong, as a page: what, the next step, and the request id to give to the site's operator.

use axum::http::StatusCode;
use maud::html;

use crate::web::error::Problem;
use crate::web::extract::Page;
use crate::web::ui::shell::card_page;
use crate::web::ui::{Look, icon, t, t_with};

/// An error as a page: the reader's own where it is known, else a visitor's. It asks the store for nothing: that may be
/// what is broken.
pub fn error_page(owner: Option<&Page>, look: &Look, problem: &Problem, request_id: &str) -> String {
    let id = t_with("error-request-id", &[("id", request_id.into())]);
    let content = html! {
        p.error-status { (problem.status.as_u16()) }
        h1 { (problem.title) }
        p data-error {
            // What stands between backticks is a name or a value.
            @for (at, part) in problem.detail.split('`').enumerate() {
                @if at % 2 == 1 { code { (part) } } @else { (part) }
            }
        }
        @if let Some(seconds) = problem.retry_after {
            p { (t_with("error-retry-after", &[("n", seconds.into())])) }
        }
        div.actions {
            a.button.primary href="/" { (icon("house")) (t("error-home")) }
            @if problem.kind == "link-void" { a.button href="/forgot" { (t("forgot-link")) } }
            @if problem.status == StatusCode::NOT_FOUND || problem.status.is_server_error() {
                a.button href="" { (icon("refresh-cw")) (t("error-again")) }
            }
        }
        p.error-id {
            code #error-details { (id) }
            // Shown by script where the browser lets it copy.
            button.button.quiet type="button" hidden data-copy="error-details" { (icon("copy")) (t("error-copy")) }
        }
    };
    match owner {
        Some(page) => page.error(problem.title, &html! { section.panel.error-panel { (content) } }),
        None => card_page(look, problem.title, &content),
    }
    .into_string()
}
