//! The pages of an import of users.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use crate::domain::scope::OwnerScope;
use crate::services::users::import::{ImportOptions, ImportReport, ImportedUser};
use crate::web::extract::Page;
use crate::web::ui::form::{FieldError, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::format::count;
use crate::web::ui::person::roles_text;
use crate::web::ui::shell::seen_owners;
use crate::web::ui::{NavItem, icon, t, t_with};

/// Users and problems listed on the page; the command line tells all.
const SHOWN: usize = 500;

fn crumb() -> Markup {
    html! { p.crumb { a href="/admin/customers" { (icon("chevron-left")) (t("users-title")) } } }
}

/// Where the file is chosen.
pub fn form_page(page: &Page, options: ImportOptions, errors: &[FieldError]) -> Response {
    let error = error_of(errors, "file");
    let content = html! {
        (crumb())
        div.page-head { h1 { (t("users-import-title")) } }
        div.narrow.stack {
            (error_summary(errors))
            form.panel.padded.stack method="post" action="/admin/customers/import" enctype="multipart/form-data" data-once {
                (csrf_field(&page.csrf()))
                p { (t("users-import-text")) }
                label.check.with-text {
                    input type="checkbox" name="skip_existing" value="1" checked[options.skip_existing];
                    span { (t("users-import-skip")) span.hint { (t("users-import-skip-hint")) } }
                }
                label.check.with-text {
                    input type="checkbox" name="plain_passwords" value="1" checked[options.plain_passwords];
                    span { (t("users-import-plain")) span.hint { (t("users-import-plain-hint")) } }
                }
                div.field {
                    label for="file" { (t("users-import-file")) }
                    input.input #file name="file" type="file" accept=".csv,text/csv" required
                        aria-invalid=[error.map(|_| "true")] aria-describedby="file-hint";
                    @if let Some(error) = error { p.error { (icon("circle-alert")) (error) } }
                    p.hint #file-hint { (t("users-import-columns")) }
                }
                div.actions {
                    button.button.primary type="submit" { (t("users-import-look")) }
                    a.button href="/admin/customers" { (t("user-cancel")) }
                }
            }
        }
    };
    page.show(NavItem::Users, &t("users-import-title"), &[], &content)
}

/// What the file would do, or what is wrong with it.
pub fn report_page(
    page: &Page,
    name: &str,
    sealed: &str,
    options: ImportOptions,
    report: &ImportReport,
) -> Response {
    let is_good = report.problems.is_empty();
    let content = html! {
        (crumb())
        div.page-head { h1 { (t("users-import-title")) } @if !name.is_empty() { p.hint { (name) } } }
        div.stack {
            @if is_good {
                div.notice role="status" { (icon("info")) div {
                    p { (t_with("users-import-would", &[("n", report.users.len().into())])) }
                    @if !report.skipped.is_empty() { p { (t_with("users-import-skipped", &[("n", report.skipped.len().into())])) } }
                } }
            } @else {
                div.notice.bad role="alert" tabindex="-1" data-focus { (icon("circle-alert")) div {
                    p { (t_with("users-import-wrong", &[("n", report.problems.len().into())])) }
                } }
            }
            @for notice in &report.notices { div.notice.warn { (icon("triangle-alert")) p { (notice) } } }
            @if !is_good { (problems(report)) }
            @if is_good && !report.users.is_empty() {
                form method="post" action="/admin/customers/import/run" data-once {
                    (csrf_field(&page.csrf()))
                    (hidden("file", sealed))
                    @if options.skip_existing { (hidden("skip_existing", "1")) }
                    @if options.plain_passwords { (hidden("plain_passwords", "1")) }
                    div.actions {
                        button.button.primary type="submit" { (t_with("users-import-run", &[("n", report.users.len().into())])) }
                        a.button href="/admin/customers/import" { (t("users-import-other")) }
                    }
                }
                (users(report))
            } @else { div.actions { a.button.primary href="/admin/customers/import" { (t("users-import-other")) } } }
        }
    };
    let mut response = page.show(NavItem::Users, &t("users-import-title"), &[], &content);
    if !is_good {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    response
}

fn problems(report: &ImportReport) -> Markup {
    html! {
        section.panel {
            table.table.cards {
                thead { tr {
                    th scope="col" { (t("users-import-line")) }
                    th scope="col" { (t("users-import-column")) }
                    th scope="col" { (t("users-import-problem")) }
                } }
                tbody { @for problem in report.problems.iter().take(SHOWN) {
                    tr {
                        td data-label=(t("users-import-line")) { (problem.line) }
                        td.code data-label=(t("users-import-column")) { (problem.column.as_deref().unwrap_or("")) }
                        td data-label=(t("users-import-problem")) { (problem.message) }
                    }
                } }
            }
        }
    }
}

fn users(report: &ImportReport) -> Markup {
    html! {
        section.panel {
            table.table.cards {
                thead { tr {
                    th scope="col" { (t("user-who")) }
                    th scope="col" { (t("user-roles")) }
                    th scope="col" { (t("user-sees")) }
                    th scope="col" { (t("sign-in-password")) }
                } }
                tbody { @for user in report.users.iter().take(SHOWN) { (user_row(user)) } }
            }
        }
        @if report.users.len() > SHOWN { p.hint { (t_with("users-import-more", &[("n", (report.users.len() - SHOWN).into())])) } }
    }
}

fn user_row(imported: &ImportedUser) -> Markup {
    let user = &imported.user;
    let scope = if user.all_owners { OwnerScope::All } else { OwnerScope::Owners(user.owners.clone()) };
    let missing = imported.owners_without_rows.join(", ");
    html! {
        tr {
            td data-label=(t("user-who")) {
                strong { (user.name.as_deref().unwrap_or(user.email.as_str())) }
                @if user.name.is_some() { " " span.hint { (user.email) } }
            }
            td data-label=(t("user-roles")) { (roles_text(&user.roles)) }
            td data-label=(t("user-sees")) {
                (seen_owners(&scope))
                @if let Some(rows) = imported.rows { " " span.hint { (t_with("users-import-rows", &[("n", count(rows).into())])) } }
                @if !missing.is_empty() { p.hint { (icon("triangle-alert")) " " (t_with("users-import-no-rows", &[("owners", missing.into())])) } }
            }
            td data-label=(t("sign-in-password")) {
                @match imported.password.as_deref() {
                    Some(kind) => (kind),
                    None => span.badge.warn { (t("users-import-no-password")) },
                }
            }
        }
    }
}
