//! The page of copies.

use axum::response::Response;
use maud::{Markup, html};

use crate::domain::file_copy::CopyState;
use crate::services::user_files::copies::{Overview, Tested, Trouble};
use crate::web::extract::Page;
use crate::web::ui::form::csrf_field;
use crate::web::ui::format::{bytes, count};
use crate::web::ui::{NavItem, icon, t, t_with};

/// What was just done.
pub struct Done<'d> {
    /// What came of a test.
    pub tested: Option<&'d Tested>,
    /// So many were asked for again.
    pub again: Option<u64>,
}

/// The page.
pub fn copies_page(page: &Page, overview: &Overview, done: &Done<'_>) -> Response {
    let content = html! {
        div.page-head { h1 { (t("copies-title")) } div.actions { (change()) } }
        @if overview.place.is_none() {
            div.notice { (icon("info")) div { strong { (t("copies-off")) } p { (t("copies-off-text")) } } }
        }
        @if let Some(n) = done.again {
            div.notice.ok role="status" { (icon("circle-check")) p { (t_with("copies-again-done", &[("n", n.into())])) } }
        }
        @if let Some(tested) = done.tested { (result(tested)) }
        (numbers(overview))
        (elsewhere(overview))
        @if let Some(place) = &overview.place { (test_form(page, place)) }
        @if overview.place.is_some() || overview.troubles > 0 { (troubles(page, overview)) }
    };
    page.show(NavItem::Settings, &t("copies-title"), &[], &content)
}

fn change() -> Markup {
    html! { a.button href="/admin/settings#settings-files" { (icon("settings")) (t("copies-change")) } }
}

fn numbers(overview: &Overview) -> Markup {
    let number = |n: usize| count(n as u64);
    let copied = [("count", number(overview.copied).into()), ("size", bytes(overview.copied_bytes).into())];
    html! {
        section.panel.padded.directory-part {
            dl.facts {
                @if let Some(place) = &overview.place { dt { (t("copies-place")) } dd { code { (place) } } }
                dt { (t("copies-copied-count")) } dd { (t_with("copies-copied-value", &copied)) }
                dt { (t("copies-waiting-count")) } dd { (number(overview.waiting)) }
                dt { (t("copies-trouble-count")) } dd { (number(overview.troubles)) }
                dt { (t("copies-leaving-count")) } dd { (number(overview.leaving)) }
            }
        }
    }
}

/// Copies where the site made them before its settings were changed, and what becomes of them.
fn elsewhere(overview: &Overview) -> Markup {
    html! {
        @if !overview.elsewhere.is_empty() {
            div.notice {
                (icon("info"))
                div {
                    @for (place, copies) in &overview.elsewhere {
                        p { (t_with("copies-elsewhere", &[("n", (*copies).into()), ("count", count(*copies as u64).into()), ("place", place.as_str().into())])) }
                    }
                    @if overview.place.is_some() { p { (t("copies-elsewhere-again")) } }
                    p { (t("copies-elsewhere-stay")) }
                }
            }
        }
    }
}

fn test_form(page: &Page, place: &str) -> Markup {
    html! {
        section.panel.padded.directory-part.directory-test {
            h2 { (t("copies-test-title")) }
            p { (t("copies-test-text")) }
            form.stack method="post" action="/admin/copies/test" data-once {
                (csrf_field(&page.csrf()))
                div.actions { button.button.primary type="submit" title=(place) { (icon("network")) (t("copies-test")) } }
            }
        }
    }
}

fn result(tested: &Tested) -> Markup {
    let part = |part: &str| t(&format!("copies-step-{part}"));
    let failed = tested.steps.iter().find(|step| !step.is_good);
    let (class, symbol, text) = match failed {
        None => ("notice ok", "circle-check", t("copies-test-good")),
        Some(step) => {
            let text = t_with("copies-test-bad", &[("step", part(step.part).into())]);
            ("notice bad", "circle-alert", text)
        }
    };
    html! {
        div class=(class) role="status" tabindex="-1" data-focus { (icon(symbol)) p { strong { (text) } } }
        div.table-wrap {
            table.table.cards.directory-steps {
                caption.visually-hidden { (t("directory-steps")) }
                thead { tr { @for id in ["directory-step", "directory-outcome", "directory-words"] { th scope="col" { (t(id)) } } } }
                tbody { @for step in &tested.steps { tr {
                    td.who { (part(step.part)) }
                    td data-label=(t("directory-outcome")) {
                        @if step.is_good { span.badge.ok { (t("directory-ok")) } }
                        @else { span.badge.bad { (t("directory-failed")) } }
                    }
                    td data-label=(t("directory-words")) { span.conversation { (step.words) } }
                } } }
            }
        }
    }
}

fn troubles(page: &Page, overview: &Overview) -> Markup {
    html! {
        section.directory-part {
            div.panel-head {
                h2 #troubles { (t("copies-troubles")) }
                @if overview.troubles > 0 {
                    form method="post" action="/admin/copies/retry" data-once {
                        (csrf_field(&page.csrf()))
                        button.button.small type="submit" { (icon("rotate-ccw")) (t("copies-again-all")) }
                    }
                }
            }
            @if overview.first.is_empty() { p.hint { (t("copies-troubles-none")) } }
            @else {
                p.hint { (t_with("copies-troubles-more", &[("n", overview.first.len().into())])) }
                div.table-wrap tabindex="0" role="region" aria-labelledby="troubles" {
                    table.table.cards {
                        thead { tr { @for id in ["copies-trouble-file", "copies-trouble-state", "copies-trouble-why"] { th scope="col" { (t(id)) } } } }
                        tbody { @for trouble in &overview.first { (trouble_row(trouble)) } }
                    }
                }
            }
        }
    }
}

fn trouble_row(trouble: &Trouble) -> Markup {
    let (mark, why) = match &trouble.state {
        CopyState::Failed { why } => ("bad", why.as_str()),
        CopyState::Retrying { why, .. } => ("warn", why.as_str()),
        CopyState::Waiting | CopyState::Copied(_) => ("info", ""),
    };
    let what = if trouble.copy.is_leaving { "copies-uncopy" } else { "copies" };
    html! {
        tr {
            td.who {
                @match &trouble.file {
                    Some((name, href)) => a href=(href) { bdi { (name) } },
                    None => (t("copies-trouble-gone")),
                }
            }
            td data-label=(t("copies-trouble-state")) {
                span class=(format!("badge {mark}")) { (t(&format!("{what}-{}", trouble.state.word()))) }
            }
            td data-label=(t("copies-trouble-why")) { span.conversation { (why) } }
        }
    }
}
