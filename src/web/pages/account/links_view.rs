//! One's own live links as they are seen, and how a spreadsheet takes one.

use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::prove::{Asked, proof_field};
use crate::domain::ids::LiveLinkId;
use crate::domain::live_link::{MAX_DAYS, MAX_NAME_CHARS, USUAL_DAYS, WhyEnded};
use crate::services::live_links::{self, LiveLinkView};
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::format::instant;
use crate::web::ui::{NavItem, icon, t, t_with};

/// A link as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkForm {
    /// Its name.
    pub name: String,
    /// Slug of the dataset.
    pub dataset: String,
    /// The search, as the API's parameters.
    pub query: String,
    /// Days until it ends.
    pub days: String,
}

impl LinkForm {
    /// For the search that a grid shows; `None` where the address names none.
    pub fn asked(query: &FormData) -> Option<Self> {
        let dataset = query.text("dataset").to_owned();
        if dataset.is_empty() {
            return None;
        }
        Some(Self {
            name: String::new(),
            dataset,
            query: query.text("search").to_owned(),
            days: USUAL_DAYS.to_string(),
        })
    }

    /// As it was sent.
    pub fn typed(form: &FormData) -> Self {
        let text = |name: &str| form.text(name).to_owned();
        Self { name: text("link_name"), dataset: text("dataset"), query: text("search"), days: text("days") }
    }
}

/// What is shown beside the links.
#[derive(Debug, Clone, Copy)]
pub struct LinksView<'v> {
    /// What is asked for.
    pub form: Option<&'v LinkForm>,
    /// One that was just made, and its whole address.
    pub made: Option<(&'v LiveLinkView, &'v str)>,
    /// What was wrong.
    pub errors: &'v [FieldError],
    /// One was just revoked.
    pub is_revoked: bool,
    /// The site has live links at all.
    pub are_on: bool,
    /// The present.
    pub now: Timestamp,
}

impl<'v> LinksView<'v> {
    /// With nothing to say.
    pub fn of(state: &AppState, form: Option<&'v LinkForm>) -> Self {
        let services = state.services();
        let are_on = live_links::are_on(services);
        Self { form, made: None, errors: &[], is_revoked: false, are_on, now: services.now() }
    }
}

/// The page.
pub fn links_page(page: &Page, view: &LinksView<'_>, own: &[LiveLinkView]) -> Response {
    let (csrf, zone) = (page.csrf(), page.look.zone());
    let is_view_as = page.session.viewer().is_some();
    let content = html! {
        nav.crumbs aria-label=(t("account-title")) { a href="/account" { (icon("chevron-left")) (t("account-title")) } }
        div.page-head { h1 { (t("links-title")) } }
        @if view.is_revoked { div.notice.ok role="status" { (icon("circle-check")) p { (t("links-revoked")) } } }
        @if let Some((made, address)) = view.made { (shown_once(made, address)) }
        (error_summary(view.errors))
        p.hint { (t("links-text")) }
        @if !view.are_on { div.notice { (icon("info")) p { (t("links-off")) } } }
        @if let Some(asked) = view.form.filter(|_| view.are_on && !is_view_as) { (form(page, view, asked, &csrf)) }
        @if own.is_empty() {
            div.panel.empty { (icon("link")) strong { (t("links-none")) } p { (t("links-none-text")) } }
        } @else {
            (links_table(own, &|id| format!("/account/links/{id}/revoke"), (&zone, view.now), &csrf))
        }
        (how())
    };
    page.show(NavItem::Account, &t("links-title"), &[], &content)
}

fn shown_once(made: &LiveLinkView, address: &str) -> Markup {
    html! {
        div.notice.ok role="status" tabindex="-1" data-focus {
            (icon("link"))
            div.stack {
                p { strong { (t_with("links-made", &[("name", made.name.as_str().into())])) } " " (t("links-made-text")) }
                div.row {
                    code.code #new-link { (address) }
                    button.button.small type="button" hidden data-copy="new-link" { (icon("copy")) (t("links-copy")) }
                }
            }
        }
    }
}

/// Links, each with the button that revokes it; `revoke` is where that sends.
pub fn links_table(
    links: &[LiveLinkView],
    revoke: &dyn Fn(LiveLinkId) -> String,
    (zone, now): (&TimeZone, Timestamp),
    csrf: &str,
) -> Markup {
    html! {
        div.table-wrap {
            table.table.cards {
                caption.visually-hidden { (t("links-title")) }
                thead { tr {
                    @for id in ["links-name", "links-shows", "links-used", "links-expires"] { th scope="col" { (t(id)) } }
                    th scope="col" { span.visually-hidden { (t("links-revoke")) } }
                } }
                tbody {
                    @for link in links {
                        tr {
                            td.who { (link.name) @if link.is_over { " " span.badge.warn { (over_text(link)) } } }
                            td data-label=(t("links-shows")) { div { (shows(link)) } }
                            td data-label=(t("links-used")) {
                                div {
                                    @match link.used_at { Some(at) => (instant(at, zone, now)), None => (t("links-unused")) }
                                    @if let Some(from) = &link.used_from { div.hint { (from) } }
                                }
                            }
                            td data-label=(t("links-expires")) { (instant(link.expires_at, zone, now)) }
                            td.act {
                                form method="post" action=(revoke(link.id)) {
                                    (csrf_field(csrf))
                                    @let (text, label) = if link.is_over { ("links-forget", "links-forget-label") } else { ("links-revoke", "links-revoke-label") };
                                    button.button.small.danger type="submit" aria-label=(t_with(label, &[("name", link.name.as_str().into())])) { (t(text)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn over_text(link: &LiveLinkView) -> String {
    t(match link.ended {
        None => "links-is-expired",
        Some(WhyEnded::Revoked) => "links-is-revoked",
        Some(WhyEnded::Office) => "links-is-office",
        Some(WhyEnded::Password) => "links-is-password",
    })
}

/// The search of a link, with the way to it.
fn shows(link: &LiveLinkView) -> Markup {
    let href = if link.query.is_empty() {
        format!("/datasets/{}", link.dataset)
    } else {
        format!("/datasets/{}?{}", link.dataset, link.query)
    };
    html! { a href=(href) { (link.dataset) } @if !link.query.is_empty() { div.hint { (search_text(&link.query)) } } }
}

/// A search as people read it.
fn search_text(query: &str) -> String {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let words: Vec<String> = pairs
        .map(|(name, value)| format!("{} = {value}", name.strip_prefix("f.").unwrap_or(&name)))
        .collect();
    words.join(" · ")
}

fn form(page: &Page, view: &LinksView<'_>, asked: &LinkForm, csrf: &str) -> Markup {
    let (name_label, days_label) = (t("field-name"), t("links-days"));
    let (name_hint, days_hint) =
        (t("links-name-hint"), t_with("links-days-hint", &[("most", MAX_DAYS.into())]));
    let name = Field {
        value: &asked.name,
        hint: &name_hint,
        required: true,
        max_chars: Some(MAX_NAME_CHARS),
        autocomplete: "off",
        error: error_of(view.errors, "link_name"),
        ..Field::text("link_name", &name_label)
    };
    let days = Field {
        kind: "number",
        value: &asked.days,
        hint: &days_hint,
        required: true,
        autocomplete: "off",
        error: error_of(view.errors, "days"),
        ..Field::text("days", &days_label)
    };
    html! {
        section.panel.padded.stack aria-labelledby="new-link-title" {
            h2 #new-link-title { (t("links-new")) }
            dl.facts {
                dt { (t("links-dataset")) } dd { (asked.dataset) }
                dt { (t("links-search")) } dd { @if asked.query.is_empty() { (t("links-everything")) } @else { (search_text(&asked.query)) } }
            }
            form.stack method="post" action="/account/links" data-once {
                (csrf_field(csrf))
                (hidden("dataset", &asked.dataset))
                (hidden("search", &asked.query))
                (name.render())
                (days.render())
                (proof_field(page.session.live(), view.now, Asked::UnlessFresh, "link_password", "", view.errors))
                div.actions { button.button.primary type="submit" { (icon("plus")) (t("links-make")) } }
            }
        }
    }
}

/// How a spreadsheet takes one.
fn how() -> Markup {
    html! {
        section.panel.padded.stack aria-labelledby="links-how" {
            h2 #links-how { (t("links-how")) }
            h3 { (t("links-excel")) }
            ol { @for step in 1..=4 { li { (t(&format!("links-excel-{step}"))) } } }
            h3 { (t("links-calc")) }
            ol { @for step in 1..=3 { li { (t(&format!("links-calc-{step}"))) } } }
            p.hint { (t("links-care")) }
        }
    }
}
