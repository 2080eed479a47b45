//! The list of users.

use axum::response::Response;
use jiff::Timestamp;
use maud::{Markup, html};

use super::view::{badges, shown_name, status_word};
use crate::domain::scope::OwnerScope;
use crate::domain::user::UserStatus;
use crate::services::users::UserView;
use crate::services::users::listing::{ListedUser, PAGE_USERS, UserList, UserQuery};
use crate::web::extract::Page;
use crate::web::ui::form::hidden;
use crate::web::ui::format::{count, instant};
use crate::web::ui::person::{portrait, roles_text};
use crate::web::ui::shell::seen_owners;
use crate::web::ui::{NavItem, icon, t, t_with};

/// The page; the list in it is also what a search as one types takes out of it.
pub fn list_page(
    page: &Page,
    query: &UserQuery,
    list: &UserList,
    imported: Option<usize>,
    now: Timestamp,
) -> Response {
    let content = html! {
        div.page-head {
            h1 { (t("users-title")) }
            div.actions {
            a.button href="/admin/customers/import" { (icon("upload")) (t("users-import")) }
            a.button.primary href="/admin/customers/new" { (icon("plus")) (t("users-add")) }
            }
        }
        @if let Some(n) = imported {
            div.notice.ok role="status" { (icon("circle-check")) p { (t_with("users-imported", &[("n", n.into())])) } }
        }
        form.users-search role="search" method="get" action="/admin/customers" {
            (icon("search"))
            input.input #users-q type="search" name="q" value=(query.words)
                placeholder=(t("users-search")) aria-label=(t("users-search")) autocomplete="off" spellcheck="false"
                data-page-search hx-get="/admin/customers" hx-trigger="input changed delay:150ms, search"
                hx-target="#users-list" hx-select="#users-list" hx-swap="outerHTML" hx-include="closest form"
                hx-replace-url="true" hx-sync="this:replace";
            @if let Some(status) = query.status { (hidden("status", status_word(status))) }
            button.button type="submit" data-without-script { (t("users-search-button")) }
        }
        div.stack #users-list {
            (status_tabs(query, list))
            @if list.users.is_empty() { (nobody(query)) } @else { (table(page, list, now)) }
            (footer(query, list))
        }
    };
    page.show(NavItem::Users, &t("users-title"), &["js/users.js"], &content)
}

fn address(query: &UserQuery, status: Option<UserStatus>, page: usize) -> String {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    if !query.words.is_empty() {
        pairs.append_pair("q", &query.words);
    }
    if let Some(status) = status {
        pairs.append_pair("status", status_word(status));
    }
    if page > 0 {
        pairs.append_pair("page", &(page + 1).to_string());
    }
    let pairs = pairs.finish();
    if pairs.is_empty() { "/admin/customers".to_owned() } else { format!("/admin/customers?{pairs}") }
}

fn status_tabs(query: &UserQuery, list: &UserList) -> Markup {
    let tab = |status: Option<UserStatus>, label: String, users: usize| {
        html! {
            a href=(address(query, status, 0)) aria-current=[(query.status == status).then_some("page")] {
                (label) " " span.tab-count { (count(users as u64)) }
            }
        }
    };
    // Statuses that nobody has would only be in the way.
    let shown = |status: UserStatus, users: usize| {
        users > 0
            || matches!(status, UserStatus::Active | UserStatus::Deactivated)
            || query.status == Some(status)
    };
    html! {
        nav.tabs aria-label=(t("users-status")) {
            (tab(None, t("users-all"), list.matched))
            @for (status, users) in list.counts.iter().filter(|(status, users)| shown(*status, *users)) {
                (tab(Some(*status), t(&format!("user-status-{}", status_word(*status))), *users))
            }
        }
    }
}

fn nobody(query: &UserQuery) -> Markup {
    html! {
        div.panel.empty {
            (icon("users"))
            strong { (t("users-none")) }
            @if query.words.is_empty() { p { (t("users-none-status")) } }
            @else { p { (t_with("users-none-words", &[("words", query.words.as_str().into())])) } }
            a.button href="/admin/customers" { (t("users-show-all")) }
        }
    }
}

fn table(page: &Page, list: &UserList, now: Timestamp) -> Markup {
    html! {
        div.table-wrap {
            table.table.cards.users-table {
                thead { tr {
                    @for id in ["user-name", "user-status", "user-roles", "user-sees", "user-seen", "user-created"] {
                        th scope="col" { (t(id)) }
                    }
                } }
                tbody { @for user in &list.users { (row(page, user, now)) } }
            }
        }
    }
}

fn row(page: &Page, user: &ListedUser, now: Timestamp) -> Markup {
    let ListedUser { view, seen_at, sees_nothing } = user;
    let zone = page.look.zone();
    html! {
        tr {
            td.who {
                @if view.avatar.is_some() { (portrait(view.avatar, 24)) " " }
                a href=(format!("/admin/customers/{}", view.id)) { (shown_name(view)) }
                @if view.id == page.user().id { " " span.badge.info { (t("user-you")) } }
                span.hint {
                    @if view.name.is_some() { (view.email) }
                    @if view.name.is_some() && view.username.is_some() { " · " }
                    @if let Some(username) = &view.username { (username) }
                }
            }
            td data-label=(t("user-status")) { span.row.tight { (badges(view, *sees_nothing)) } }
            td data-label=(t("user-roles")) { (roles_text(&view.roles)) }
            td.sees data-label=(t("user-sees")) { (sees(view)) }
            td data-label=(t("user-seen")) {
                @if let Some(at) = seen_at { (instant(*at, &zone, now)) } @else { span.hint { (t("user-never")) } }
            }
            td data-label=(t("user-created")) { (instant(view.created_at, &zone, now)) }
        }
    }
}

fn sees(view: &UserView) -> String {
    if view.all_owners {
        seen_owners(&OwnerScope::All)
    } else {
        seen_owners(&OwnerScope::Owners(view.owners.clone()))
    }
}

fn footer(query: &UserQuery, list: &UserList) -> Markup {
    let first = query.page.saturating_mul(PAGE_USERS);
    let has_more = first + list.users.len() < list.shown;
    let values = [
        ("first", count((first + usize::from(!list.users.is_empty())) as u64).into()),
        ("last", count((first + list.users.len()) as u64).into()),
        ("shown", count(list.shown as u64).into()),
    ];
    html! {
        @if !list.users.is_empty() {
            div.list-foot {
                p.hint aria-live="polite" { (t_with("users-shown", &values)) }
                @if query.page > 0 {
                    a.button href=(address(query, query.status, query.page - 1)) { (icon("chevron-left")) (t("users-before")) }
                }
                @if has_more {
                    a.button href=(address(query, query.status, query.page + 1)) { (t("users-next")) (icon("chevron-right")) }
                }
            }
        }
    }
}
