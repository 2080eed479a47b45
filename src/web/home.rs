//! Plain pages that need nothing: what this is, and what went wrong.

use axum::response::Html;

use super::error::Problem;

/// `GET /`
pub async fn home() -> Html<&'static str> {
    Html(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Stockroom</title></head>\n\
         <body><main><h1>Stockroom</h1>\n<p>An inventory portal: import the ERP's exports, and every customer finds \
         exactly their own stock.</p>\n<p>Programs sign in at <code>POST /api/v1/auth/login</code> and read \
         <code>/api/v1/datasets</code>. People at this machine use <code>stockroom --help</code>.</p></main></body></html>\n",
    )
}

/// An error as a page.
pub fn error_page(problem: &Problem, request_id: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
         <body><main><h1>{title}</h1>\n<p>{detail}</p>\n<p>Request {id}</p></main></body></html>\n",
        title = escape(problem.title),
        detail = escape(&problem.detail),
        id = escape(request_id),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
