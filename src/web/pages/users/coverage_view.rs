//! The report on who sees what.

use axum::response::Response;
use maud::{Markup, html};

use super::list_view::new_with;
use super::query::{LIST, address, address_of_owner};
use crate::domain::permission::Role;
use crate::domain::user::UserStatus;
use crate::services::users::coverage::{Alike, Coverage, DatasetCoverage, NamedUser};
use crate::services::users::listing::UserQuery;
use crate::web::extract::Page;
use crate::web::ui::format::count;
use crate::web::ui::owner::{visible, visible_list};
use crate::web::ui::{NavItem, icon, t, t_with};

/// Owners and users listed on the page; the table to download has all.
const SHOWN: usize = 100;
/// Users who see nothing on the page: the list of customers has all of them.
const BLIND_SHOWN: usize = 20;
/// Users named in one cell.
const NAMED: usize = 5;

/// The page.
pub fn coverage_page(page: &Page, report: &Coverage) -> Response {
    let content = html! {
        p.crumb { a href=(LIST) { (icon("chevron-left")) (t("users-title")) } }
        div.page-head {
            h1 { (t("coverage-title")) }
            div.actions { a.button href="/admin/customers/coverage.csv" { (icon("download")) (t("coverage-csv")) } }
        }
        div.stack {
            @if report.has_unseen { div.notice { (icon("info")) p { (t("coverage-partial")) } } }
            @if report.somebody_sees_all { div.notice { (icon("info")) p { (t("coverage-all")) } } }
            (datasets(report))
            (unseen(report))
            (blind(report))
            (alike(report))
        }
    };
    page.show(NavItem::Users, &t("coverage-title"), &[], &content)
}

fn good(text: &str) -> Markup {
    html! { p.row.tight.hint.padded-line { (icon("circle-check")) span { (t(text)) } } }
}

fn more(all: usize) -> Markup {
    html! {
        @if all > SHOWN {
            p.hint.padded-line { (t_with("coverage-more", &[("n", count((all - SHOWN) as u64).into())])) }
        }
    }
}

fn head(id: &str, title: &str, text: &str) -> Markup {
    html! { div.panel-head { div { h2 id=(id) { (t(title)) } p.hint { (t(text)) } } } }
}

fn share(dataset: &DatasetCoverage) -> String {
    // Tenths of a percent, rounded down, so that what is not all never reads as all.
    let tenths = (dataset.rows - dataset.unseen) * 1000 / dataset.rows.max(1);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

fn datasets(report: &Coverage) -> Markup {
    html! {
        section.panel aria-labelledby="coverage-datasets" {
            (head("coverage-datasets", "coverage-datasets", "coverage-datasets-text"))
            @if report.datasets.is_empty() { p.hint.padded-line { (t("coverage-no-data")) } } @else {
                table.table.cards {
                    thead { tr {
                        th scope="col" { (t("coverage-dataset")) }
                        th scope="col" { (t("coverage-column")) }
                        th.number scope="col" { (t("coverage-rows")) }
                        th.number scope="col" { (t("coverage-unseen-rows")) }
                        th.number scope="col" { (t("coverage-share")) }
                    } }
                    tbody { @for dataset in &report.datasets { tr {
                        td.who { a href=(format!("/datasets/{}", dataset.slug)) { (dataset.name) } }
                        td data-label=(t("coverage-column")) {
                            @if let Some(column) = &dataset.owner_column { (column) }
                            @else { span.badge.warn { (t("coverage-no-column")) } }
                        }
                        td.number data-label=(t("coverage-rows")) { (count(dataset.rows)) }
                        td.number data-label=(t("coverage-unseen-rows")) { (count(dataset.unseen)) }
                        td.number data-label=(t("coverage-share")) { (share(dataset)) }
                    } } }
                }
            }
        }
    }
}

fn unseen(report: &Coverage) -> Markup {
    html! {
        section.panel aria-labelledby="coverage-unseen" {
            (head("coverage-unseen", "coverage-unseen", "coverage-unseen-text"))
            @if report.datasets.is_empty() && report.unseen.is_empty() { p.hint.padded-line { (t("coverage-no-data")) } }
            @else if report.unseen.is_empty() { (good("coverage-unseen-none")) } @else {
                table.table.cards.two-lines {
                    thead { tr {
                        th scope="col" { (t("coverage-owner")) }
                        th.number scope="col" { (t("coverage-rows")) }
                        th scope="col" { (t("coverage-in")) }
                        th scope="col" { span.visually-hidden { (t("user-actions")) } }
                    } }
                    tbody { @for owner in report.unseen.iter().take(SHOWN) { tr {
                        td.who { @if owner.owner.is_empty() { em { (t("coverage-no-owner")) } } @else { strong.verbatim { (visible(&owner.owner)) } } }
                        td.number data-label=(t("coverage-rows")) { (count(owner.rows)) }
                        td data-label=(t("coverage-in")) {
                            (owner.datasets.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", "))
                        }
                        td.act {
                            @if owner.owner.is_empty() { span.hint { (t("coverage-no-owner-next")) } } @else {
                                div.row.tight {
                                    a.button.small href=(give(&owner.owner)) { (t("coverage-give")) }
                                    a.button.small href=(new_with(&owner.owner)) { (t("coverage-new")) }
                                }
                            }
                        }
                    } } }
                }
                (more(report.unseen.len()))
            }
        }
    }
}

/// The list of customers, to choose who is to see this owner's rows.
fn give(owner: &str) -> String {
    let customers = UserQuery { role: Some(Role::Customer), ..UserQuery::default() };
    address(&customers, Some(UserStatus::Active), 0, owner)
}

fn blind(report: &Coverage) -> Markup {
    html! {
        section.panel aria-labelledby="coverage-blind" {
            (head("coverage-blind", "coverage-blind", "coverage-blind-text"))
            @if report.datasets.is_empty() && report.blind.is_empty() { p.hint.padded-line { (t("coverage-no-data")) } }
            @else if report.blind.is_empty() { (good("coverage-blind-none")) } @else {
                table.table.cards {
                    thead { tr {
                        th scope="col" { (t("user-who")) }
                        th scope="col" { (t("coverage-owners")) }
                        th scope="col" { span.visually-hidden { (t("user-actions")) } }
                    } }
                    tbody { @for blind in report.blind.iter().take(BLIND_SHOWN) { tr {
                        td.who { (named(&blind.user)) }
                        td data-label=(t("coverage-owners")) {
                            @if blind.owners.is_empty() { span.hint { (t("coverage-owners-none")) } }
                            @else { span.verbatim { (visible_list(&blind.owners)) } " " span.badge.warn { (t("user-owner-missing")) } }
                        }
                        td.act { a.button.small href=(format!("{LIST}/{}", blind.user.id)) { (t("coverage-change")) } }
                    } } }
                }
                @if report.blind.len() > BLIND_SHOWN {
                    p.padded-line { a href=(format!("{LIST}?only=sees-nothing")) { (t_with("coverage-blind-all", &[("n", count(report.blind.len() as u64).into())])) } }
                }
            }
        }
    }
}

fn named(user: &NamedUser) -> Markup {
    html! {
        a href=(format!("{LIST}/{}", user.id)) { (user.name) }
        @if user.name != user.email { " " span.hint { (user.email) } }
    }
}

fn alike(report: &Coverage) -> Markup {
    html! {
        section.panel aria-labelledby="coverage-alike" {
            (head("coverage-alike", "coverage-alike", "coverage-alike-text"))
            @if report.datasets.is_empty() && report.alike.is_empty() { p.hint.padded-line { (t("coverage-no-data")) } }
            @else if report.alike.is_empty() { (good("coverage-alike-none")) } @else {
                table.table.cards {
                    thead { tr {
                        th scope="col" { (t("coverage-spelling")) }
                        th.number scope="col" { (t("coverage-rows")) }
                        th scope="col" { (t("coverage-users")) }
                        th scope="col" { span.visually-hidden { (t("user-actions")) } }
                    } }
                    @for group in report.alike.iter().take(SHOWN) { (spellings(group)) }
                }
                (more(report.alike.len()))
            }
        }
    }
}

/// One body of the table a name.
fn spellings(group: &Alike) -> Markup {
    let largest = group.spellings.iter().max_by_key(|spelling| spelling.rows);
    html! {
        tbody { @for spelling in &group.spellings { tr {
            td.who { code.verbatim { "“" (visible(&spelling.owner)) "”" }
                @if spelling.rows == 0 { " " span.badge.warn { (t("user-owner-missing")) } } }
            td.number data-label=(t("coverage-rows")) { (count(spelling.rows)) }
            td data-label=(t("coverage-users")) {
                @if spelling.users.is_empty() { span.hint { (t("coverage-nobody")) } } @else {
                    ul.inline-people { @for user in spelling.users.iter().take(NAMED) { li { a href=(format!("{LIST}/{}", user.id)) { (user.name) } } }
                        @if spelling.users.len() > NAMED {
                            li { a href=(address_of_owner(&spelling.owner)) { (t_with("bulk-more", &[("n", count((spelling.users.len() - NAMED) as u64).into())])) } }
                        }
                    }
                }
            }
            td.act {
                @if let Some(largest) = largest.filter(|largest| largest.owner != spelling.owner && !spelling.users.is_empty()) {
                    a.button.small href=(address(&UserQuery { owner: spelling.owner.clone(), ..UserQuery::default() }, None, 0, &largest.owner)) {
                        (t_with("coverage-give-other", &[("owner", largest.owner.as_str().into())]))
                    }
                } @else if spelling.rows > 0 && spelling.users.is_empty() {
                    a.button.small href=(give(&spelling.owner)) { (t("coverage-give")) }
                }
            }
        } } }
    }
}
