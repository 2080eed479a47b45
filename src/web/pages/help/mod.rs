//! The help: `GET /help`, its topics and its search (`?q=`). Open to everybody: who cannot sign in needs it most, and it says
//! nothing about the site.

mod topics;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, PreEscaped, html};

use self::topics::{Found, TOPICS, Topic};
use crate::web::error::AppError;
use crate::web::extract::page::{html as answer, visitor_look};
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;
use crate::web::ui::shell::document_page;
use crate::web::ui::{NavItem, icon, t, t_with};

/// The topics, or what was found.
pub async fn index(
    State(state): State<AppState>,
    page: Result<Page, AppError>,
    headers: HeaderMap,
    form: FormData,
) -> Response {
    let query = form.text("q");
    let content = html! {
        div.page-head { h1 { (t("help-title")) } }
        div.docs {
            (contents(None))
            div.docs-text {
                (search_form(query))
                @if query.is_empty() { (overview()) } @else { (results(query, &topics::search(query))) }
            }
        }
    };
    show(&state, page, &headers, &t("help-title"), &content)
}

/// A topic.
///
/// # Errors
/// 404 where there is none of that name.
pub async fn show_topic(
    State(state): State<AppState>,
    page: Result<Page, AppError>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let topic = topics::topic(&id)
        .ok_or_else(|| AppError::not_found("There is no such topic in the help; /help lists them all."))?;
    let content = html! {
        div.page-head { h1 { (topic.title) } }
        div.docs {
            (contents(Some(topic)))
            div.docs-text.help-text {
                (search_form(""))
                div { (PreEscaped(topic.intro)) }
                @for section in topic.sections {
                    section aria-labelledby=(section.id) {
                        h2 id=(section.id) { (section.title) }
                        (PreEscaped(section.html))
                    }
                }
            }
        }
    };
    Ok(show(&state, page, &headers, topic.title, &content))
}

/// Within the site for who is signed in, else by itself.
fn show(
    state: &AppState,
    page: Result<Page, AppError>,
    headers: &HeaderMap,
    title: &str,
    content: &Markup,
) -> Response {
    match page {
        Ok(page) => page.show(NavItem::Help, title, &[], content),
        Err(_) => answer(document_page(&visitor_look(headers, &state.config().site), title, content)),
    }
}

/// All topics, and the sections of the one that is shown.
fn contents(shown: Option<&Topic>) -> Markup {
    html! {
        nav.docs-areas.help-topics aria-label=(t("help-topics")) {
            ul {
                @for topic in TOPICS {
                    @let is_shown = shown.is_some_and(|shown| shown.id == topic.id);
                    li {
                        a href=(format!("/help/{}", topic.id)) aria-current=[is_shown.then_some("page")] { (topic.title) }
                        @if is_shown {
                            ul.help-sections {
                                @for section in topic.sections { li { a href=(format!("#{}", section.id)) { (section.title) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn search_form(query: &str) -> Markup {
    html! {
        form.help-search role="search" aria-label=(t("help-search")) method="get" action="/help" {
            input.input type="search" name="q" value=(query) aria-label=(t("help-search"))
                placeholder=(t("help-search-placeholder")) autocomplete="off" enterkeyhint="search" maxlength="200";
            button.button type="submit" { (icon("search")) (t("help-search-button")) }
        }
    }
}

fn overview() -> Markup {
    html! {
        ul.help-overview {
            @for topic in TOPICS {
                li.panel.padded {
                    h2 { a href=(format!("/help/{}", topic.id)) { (topic.title) } }
                    ul {
                        @for section in topic.sections {
                            li { a href=(format!("/help/{}#{}", topic.id, section.id)) { (section.title) } }
                        }
                    }
                }
            }
        }
    }
}

fn results(query: &str, found: &[Found]) -> Markup {
    html! {
        @if found.is_empty() {
            p.hint { (t_with("help-nothing", &[("query", query.to_owned().into())])) }
            (overview())
        } @else {
            p.hint role="status" { (t_with("help-found", &[("n", found.len().into())])) }
            ul.help-results {
                @for found in found {
                    li {
                        a href=(format!("/help/{}#{}", found.topic.id, found.section.id)) {
                            (found.topic.title) ": " (found.section.title)
                        }
                        p.hint { (found.excerpt) }
                    }
                }
            }
        }
    }
}
