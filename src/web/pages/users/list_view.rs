//! The list of users.

use axum::response::Response;
use fluent_bundle::FluentValue;
use jiff::Timestamp;
use maud::{Markup, html};

use super::bulk::OFFERED;
use super::query::{LIST, ONLY, address, orders, pairs_of, parse_sort};
use super::view::{badges, shown_name, status_word};
use crate::domain::permission::Role;
use crate::domain::scope::OwnerScope;
use crate::domain::user::UserStatus;
use crate::services::users::UserView;
use crate::services::users::listing::{ListedUser, PAGE_USERS, Sort, SortBy, UserList, UserQuery};
use crate::web::extract::{FormData, Page};
use crate::web::ui::form::{FieldError, error_of, error_summary, hidden};
use crate::web::ui::format::{count, instant};
use crate::web::ui::owner::{visible, visible_list, visible_scope};
use crate::web::ui::person::{portrait, roles_text};
use crate::web::ui::reader;
use crate::web::ui::shell::seen_owners;
use crate::web::ui::{NavItem, icon, t, t_with};

/// Wrong passwords after which a user of the list is marked, also when the next try need not wait any more.
const MANY_FAILURES: u32 = 3;

/// A list and what stands around it.
#[derive(Debug)]
pub struct ListView<'l> {
    /// Which users.
    pub query: &'l UserQuery,
    /// These.
    pub list: &'l UserList,
    /// Owners that complete what is typed.
    pub owners: &'l [String],
    /// An owner that somebody is looked for to have; empty for none.
    pub give: &'l str,
    /// Users who were just imported.
    pub imported: Option<usize>,
    /// One was just deleted.
    pub deleted: bool,
    /// What was just done to many: its word, to how many, and to how many not.
    pub bulk: Option<((&'static str, usize), usize)>,
    /// The form as it was sent, where something is missing in it.
    pub sent: &'l FormData,
    /// What is missing.
    pub errors: &'l [FieldError],
    /// The site sends mail.
    pub mails: bool,
    /// Now.
    pub now: Timestamp,
}

/// The page; the list in it is also what a search as one types takes out of it.
pub fn list_page(page: &Page, view: &ListView<'_>) -> Response {
    let content = html! {
        div.page-head {
            h1 { (t("users-title")) }
            div.actions {
                a.button href="/admin/customers/coverage" { (icon("shield")) (t("coverage-link")) }
                a.button href="/admin/customers/import" { (icon("upload")) (t("users-import")) }
                a.button.primary href="/admin/customers/new" { (icon("plus")) (t("users-add")) }
            }
        }
        (error_summary(view.errors))
        (told(view))
        (filters(view))
        div.stack #users-list {
            (status_tabs(view))
            @if view.list.users.is_empty() { (nobody(view)) } @else {
                form.stack.close.bulk-form method="get" action="/admin/customers/bulk" data-bulk {
                    @for (name, value) in pairs_of(view.query) { (hidden(name, &value)) }
                    @if let Some(status) = view.query.status { (hidden("status", status_word(status))) }
                    @if view.query.page > 0 { (hidden("page", &(view.query.page + 1).to_string())) }
                    @if !view.give.is_empty() { (hidden("give", view.give)) }
                    (bulk_bar(view))
                    (table(page, view))
                }
            }
            (footer(view))
        }
    };
    page.show(NavItem::Users, &t("users-title"), &["js/users.js"], &content)
}

fn told(view: &ListView<'_>) -> Markup {
    let ok = |text: String| {
        html! { div.notice.ok role="status" { (icon("circle-check")) p { (text) } } }
    };
    html! {
        @if let Some(n) = view.imported { (ok(t_with("users-imported", &numbers(n)))) }
        @if view.deleted { (ok(t("user-delete-done"))) }
        @if let Some(((word, n), not)) = view.bulk {
            (ok(t_with(&format!("bulk-{word}-done"), &numbers(n))))
            @if not > 0 {
                div.notice.warn { (icon("triangle-alert")) p { (t_with("bulk-not-done", &numbers(not))) } }
            }
        }
        @if !view.give.is_empty() {
            div.notice { (icon("users")) div {
                p { (t_with("users-give", &[("owner", visible(view.give).into())])) }
                p { a href=(new_with(view.give)) { (t("users-give-new")) } " · " a href=(LIST) { (t("users-give-stop")) } }
            } }
        }
    }
}

/// A number, and the same as it is written for people.
fn numbers(n: usize) -> [(&'static str, FluentValue<'static>); 2] {
    [("n", n.into()), ("count", count(n as u64).into())]
}

/// A new user who has this owner already.
pub fn new_with(owner: &str) -> String {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    format!("{LIST}/new?{}", pairs.append_pair("owner", owner).finish())
}

fn filters(view: &ListView<'_>) -> Markup {
    let query = view.query;
    html! {
        form.users-filter role="search" method="get" action=(LIST) hx-get=(LIST)
            hx-trigger="input delay:150ms, search delay:150ms"
            hx-target="#users-list" hx-select="#users-list" hx-swap="outerHTML"
            hx-replace-url="true" hx-sync="this:replace" {
            div.users-search {
                (icon("search"))
                input.input #users-q type="search" name="q" value=(query.words)
                    placeholder=(t("users-search")) aria-label=(t("users-search")) autocomplete="off" spellcheck="false"
                    data-page-search;
            }
            select.input name="role" aria-label=(t("user-roles")) {
                option value="" selected[query.role.is_none()] { (t("users-any-role")) }
                @for role in Role::ALL {
                    option value=(role) selected[query.role == Some(role)] { (t(&format!("role-{role}"))) }
                }
            }
            input.input type="search" name="owner" value=(query.owner) list="owner-names"
                placeholder=(t("users-owner")) aria-label=(t("users-owner")) autocomplete="off" spellcheck="false";
            datalist #owner-names { @for owner in view.owners { option value=(owner) {} } }
            @if let Some(status) = query.status { (hidden("status", status_word(status))) }
            select.input name="only" aria-label=(t("users-only")) {
                option value="" selected[query.only.is_none()] { (t("users-only-any")) }
                @for (only, word) in ONLY {
                    option value=(word) selected[query.only == Some(only)] { (t(&format!("users-only-{word}"))) }
                }
            }
            // Where there is no room for the heads of the columns.
            select.input.narrow-sort name="sort" aria-label=(t("users-order")) {
                @for word in orders() {
                    option value=(word) selected[parse_sort(&word) == query.sort] { (t(&format!("users-order-{word}"))) }
                }
            }
            @if !view.give.is_empty() { (hidden("give", view.give)) }
            button.button type="submit" data-without-script { (t("users-search-button")) }
        }
    }
}

fn status_tabs(view: &ListView<'_>) -> Markup {
    let (query, list) = (view.query, view.list);
    let tab = |status: Option<UserStatus>, label: String, users: usize| {
        html! {
            a href=(address(query, status, 0, view.give)) aria-current=[(query.status == status).then_some("page")] {
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

fn nobody(view: &ListView<'_>) -> Markup {
    let is_filtered = !pairs_of(&UserQuery { sort: Sort::default(), ..view.query.clone() }).is_empty();
    html! {
        div.panel.empty {
            (icon("users"))
            strong { (t("users-none")) }
            @if !view.query.words.is_empty() { p { (t_with("users-none-words", &[("words", view.query.words.as_str().into())])) } }
            @else if is_filtered { p { (t("users-none-filters")) } }
            @else { p { (t("users-none-status")) } }
            a.button href=(LIST) { (t("users-show-all")) }
        }
    }
}

/// What can be done to those who are ticked; the next page says to whom, and asks.
fn bulk_bar(view: &ListView<'_>) -> Markup {
    // What was sent, or what somebody is looked for to be given.
    let asked = view.sent.text("action");
    let action = if asked.is_empty() && !view.give.is_empty() { "give-owner" } else { asked };
    let owner = view.sent.all("bulk_owner").next().unwrap_or(view.give);
    let (no_action, no_owner) = (error_of(view.errors, "bulk-action"), error_of(view.errors, "bulk_owner"));
    let shown = count(view.list.shown as u64);
    html! {
        div.bulk-bar {
            label.check.bulk-page hidden { input type="checkbox" data-tick-all; span { (t("bulk-page")) } }
            @if view.list.shown > view.list.users.len() {
                label.check {
                    input type="checkbox" name="all" value="1" data-count=(shown) checked[view.sent.has("all")];
                    span { (t_with("bulk-all", &[("n", shown.as_str().into())])) }
                }
            }
            strong role="status" data-ticked data-text=(t("bulk-ticked")) hidden {}
            select.input #bulk-action name="action" aria-label=(t("bulk-action")) required aria-invalid=[no_action.map(|_| "true")] {
                option value="" { (t("bulk-action")) }
                @for word in OFFERED.iter().filter(|word| view.mails || **word != "invite") {
                    option value=(word) selected[*word == action] { (t(&format!("bulk-{word}"))) }
                }
            }
            input.input.bulk-owner #bulk_owner name="bulk_owner" value=(owner) list="owner-names" autocomplete="off"
                placeholder=(t("bulk-owner")) aria-label=(t("bulk-owner")) spellcheck="false" aria-invalid=[no_owner.map(|_| "true")];
            button.button type="submit" { (t("bulk-go-on")) }
        }
    }
}

fn table(page: &Page, view: &ListView<'_>) -> Markup {
    html! {
        div.table-wrap {
            table.table.cards.users-table {
                thead { tr {
                    th scope="col" { span.visually-hidden { (t("bulk-choose")) } }
                    (sorted(view, SortBy::Name, "user-name"))
                    @for id in ["user-status", "user-roles", "user-sees"] { th scope="col" { (t(id)) } }
                    (sorted(view, SortBy::SignIn, "user-signed-in"))
                    (sorted(view, SortBy::Added, "user-created"))
                } }
                tbody { @for user in &view.list.users { (row(page, view, user)) } }
            }
        }
    }
}

/// A column that the list can be ordered by: its name turns the order round.
fn sorted(view: &ListView<'_>, by: SortBy, label: &str) -> Markup {
    let is = view.query.sort;
    // Whoever orders by time looks for the latest first.
    let is_descending = if is.by == by { !is.is_descending } else { by != SortBy::Name };
    let sort = Sort { by, is_descending };
    let href = address(&UserQuery { sort, ..view.query.clone() }, view.query.status, 0, view.give);
    let direction = (is.by == by).then_some(if is.is_descending { "descending" } else { "ascending" });
    html! {
        th scope="col" aria-sort=[direction] {
            a.sort-link href=(href) title=(t("users-sort")) {
                (t(label))
                @if is.by == by { (icon(if is.is_descending { "arrow-down" } else { "arrow-up" })) }
            }
        }
    }
}

fn row(page: &Page, list: &ListView<'_>, user: &ListedUser) -> Markup {
    let (view, now) = (&user.view, list.now);
    let zone = page.look.zone();
    let is_ticked = list.sent.all("user").any(|id| id == view.id.to_string());
    let also = match (&view.name, &view.username) {
        (Some(_), Some(username)) => format!("{} · {username}", view.email),
        (Some(_), None) => view.email.to_string(),
        (None, Some(username)) => username.to_string(),
        (None, None) => String::new(),
    };
    let added = view.created_at.to_zoned(zone.clone());
    let all_owners = visible_list(&view.owners);
    html! {
        tr {
            td.tick {
                label {
                    input type="checkbox" name="user" value=(view.id) checked[is_ticked]
                        aria-label=(t_with("bulk-choose-one", &[("name", shown_name(view).into())]));
                }
            }
            td.who {
                span.who-line {
                    @if view.avatar.is_some() { (portrait(view.avatar, 24)) }
                    a href=(format!("{LIST}/{}", view.id)) title=(shown_name(view)) { (shown_name(view)) }
                    @if view.id == page.user().id { span.badge.info { (t("user-you")) } }
                }
                @if !also.is_empty() { span.hint title=(also) { (also) } }
            }
            td.status data-label=(t("user-status")) { span.row.tight { (badges(view, false)) (hindered(user)) } }
            td.roles data-label=(t("user-roles")) { span { (roles_text(&view.roles)) } }
            td.sees data-label=(t("user-sees")) {
                span title=(all_owners) { (sees(view)) }
                @if user.sees_nothing { span.badge.warn { (t("user-sees-nothing")) } }
            }
            td.when data-label=(t("user-signed-in")) {
                @if let Some(at) = view.signed_in_at { (instant(at, &zone, now)) } @else { span.hint { (t("user-never")) } }
            }
            td.when data-label=(t("user-created")) {
                time datetime=(view.created_at.to_string()) title=(reader::formats().minute(&added)) { (reader::formats().date(added.date())) }
            }
        }
    }
}

/// What keeps a user from signing in, though nobody deactivated the account.
fn hindered(user: &ListedUser) -> Markup {
    html! {
        @if user.no_password { span.badge.warn title=(t("user-no-password-title")) { (t("user-no-password")) } }
        @if let Some((failures, _)) = user.failures.filter(|(failures, wait)| wait.is_some() || *failures >= MANY_FAILURES) {
            span.badge.warn title=(t("user-failures-title")) { (t_with("user-failures-badge", &[("n", failures.into())])) }
        }
    }
}

/// What a user sees, in words.
pub fn sees(view: &UserView) -> String {
    if view.all_owners {
        seen_owners(&OwnerScope::All)
    } else {
        seen_owners(&visible_scope(&OwnerScope::Owners(view.owners.clone())))
    }
}

fn footer(view: &ListView<'_>) -> Markup {
    let (query, list) = (view.query, view.list);
    let first = query.page.saturating_mul(PAGE_USERS);
    let has_more = first + list.users.len() < list.shown;
    let to = |page: usize| address(query, query.status, page, view.give);
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
                    a.button href=(to(query.page - 1)) { (icon("chevron-left")) (t("users-before")) }
                }
                @if has_more {
                    a.button href=(to(query.page + 1)) { (t("users-next")) (icon("chevron-right")) }
                }
            }
        }
    }
}
