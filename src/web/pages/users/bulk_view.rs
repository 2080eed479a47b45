//! The page that asks whether something is to be done to many.

use std::collections::BTreeMap;

use axum::response::Response;
use maud::{Markup, html};

use super::bulk::Asked;
use super::query::{LIST, address, pairs_of, query_of};
use super::slip::way_choice;
use super::view::{shown_name, status_word};
use crate::services::users::UserView;
use crate::services::users::bulk::{BulkAction, BulkPlan, Chosen, WhyNot};
use crate::services::users::owners::NamedOwner;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::format::count;
use crate::web::ui::owner::visible;
use crate::web::ui::{NavItem, icon, t, t_with};

/// People named on the page; the rest is counted.
const NAMED: usize = 200;

/// What is asked, and what would come of it.
pub(super) struct BulkView<'v> {
    /// The form as it was sent.
    pub form: &'v FormData,
    /// The same, read.
    pub asked: &'v Asked,
    /// The owner that it is about, where it is about one.
    pub named: &'v NamedOwner,
    /// To whom it would be done.
    pub plan: &'v BulkPlan,
    /// What is wrong with it.
    pub errors: &'v [FieldError],
}

/// Names and values that ask for the same, with another owner where one is given.
fn pairs(view: &BulkView<'_>, owner: &str) -> Vec<(&'static str, String)> {
    let query = query_of(view.form);
    let mut pairs = vec![("action", view.asked.word.to_owned()), ("bulk_owner", owner.to_owned())];
    match &view.asked.chosen {
        Chosen::Matching(_) => pairs.push(("all", "1".to_owned())),
        Chosen::These(users) => pairs.extend(users.iter().map(|user| ("user", user.to_string()))),
    }
    pairs.extend(pairs_of(&query));
    pairs.extend(query.status.map(|status| ("status", status_word(status).to_owned())));
    pairs
}

/// The page.
pub(super) fn bulk_page(state: &AppState, page: &Page, view: &BulkView<'_>) -> Response {
    let BulkView { form, asked, plan, errors, .. } = *view;
    let word = asked.word;
    let owner = visible(&asked.owner);
    // The number beside the words that go by it, since a number as it is written for people has no plural.
    let values = [
        ("n", plan.will.len().into()),
        ("count", count(plan.will.len() as u64).into()),
        ("owner", owner.as_str().into()),
    ];
    let is_nobody = plan.will.is_empty();
    let title = t_with(&format!("bulk-{word}-{}", if is_nobody { "title" } else { "question" }), &values);
    let query = query_of(form);
    let back = address(&query, query.status, query.page, form.text("give"));
    let content = html! {
        p.crumb { a href=(LIST) { (icon("chevron-left")) (t("users-title")) } }
        div.page-head { h1 { (title) } }
        div.narrow.stack {
            (error_summary(errors))
            @if is_nobody {
                div.notice.warn { (icon("triangle-alert")) p { (t("bulk-nobody")) } }
            } @else {
                section.panel.padded.stack aria-labelledby="bulk-will" {
                    h2 #bulk-will { (t_with("bulk-will", &values)) }
                    p { (t(&format!("bulk-{word}-text"))) }
                    @if !asked.owner.is_empty() { (owner_facts(view)) }
                    (people(plan.will.iter()))
                }
            }
            (wont(plan))
            form.stack method="post" action="/admin/customers/bulk" data-once {
                (csrf_field(&page.csrf()))
                (hidden("seen", &plan.seen))
                @for (name, value) in pairs(view, &asked.owner) { (hidden(name, &value)) }
                @if !is_nobody {
                    @if asked.action == BulkAction::Delete { (count_field(plan, errors)) }
                    @if let BulkAction::ResetAccess(_) = asked.action { (way_choice(state)) }
                    @if matches!(asked.action, BulkAction::GiveOwner(_)) && view.named.is_missing { (missing(view)) }
                }
                div.actions {
                    @if is_nobody { a.button.primary href=(back) { (t("bulk-back")) } } @else {
                        button class=(if matches!(word, "deactivate" | "delete") { "button danger" } else { "button primary" })
                            type="submit" { (t_with(&format!("bulk-{word}-button"), &values)) }
                        a.button href=(back) { (t("user-cancel")) }
                    }
                }
            }
        }
    };
    page.show(NavItem::Users, &title, &[], &content)
}

/// How many rows the owner has, as far as the one who asks may know.
fn owner_facts(view: &BulkView<'_>) -> Markup {
    let owner = visible(&view.asked.owner);
    html! {
        @match view.named.rows {
            Some(rows) if rows > 0 => {
                p.row.tight { strong.verbatim { (owner) } span.hint { (t_with("user-owner-rows", &[("n", rows.into()), ("count", count(rows).into())])) } }
            }
            Some(_) => { p.row.tight { strong.verbatim { (owner) } span.badge.warn { (t("user-owner-missing")) } } }
            None => {}
        }
    }
}

/// No row names the owner: near names, and a way to say that this one is meant.
fn missing(view: &BulkView<'_>) -> Markup {
    let owner = visible(&view.asked.owner);
    let link = |owner: &str| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        format!("{LIST}/bulk?{}", query.extend_pairs(pairs(view, owner)).finish())
    };
    let error = error_of(view.errors, "accept_missing");
    html! {
        div.notice.warn { (icon("triangle-alert")) div.stack.close {
            p { (t_with("bulk-owner-missing", &[("owner", owner.into())])) }
            @if !view.named.near.is_empty() {
                p { (t("bulk-owner-near")) }
                ul.inline-people { @for near in &view.named.near {
                    li { a.verbatim href=(link(&near.name)) { (visible(&near.name)) } " "
                        span.hint { (t_with("user-owner-rows", &[("n", near.rows.into()), ("count", count(near.rows).into())])) } }
                } }
            }
            label.check {
                input #accept_missing type="checkbox" name="accept_missing" value="1" required
                    checked[view.form.has("accept_missing")] aria-invalid=[error.map(|_| "true")];
                span { (t("bulk-owner-accept")) }
            }
        } }
    }
}

/// Many accounts go for good: how many is typed.
fn count_field(plan: &BulkPlan, errors: &[FieldError]) -> Markup {
    let label = t_with("bulk-count", &[("n", plan.will.len().to_string().into())]);
    let field = Field {
        required: true,
        autocomplete: "off",
        error: error_of(errors, "confirm_count"),
        ..Field::text("confirm_count", &label)
    };
    html! { div.panel.padded { (field.render()) } }
}

fn people<'u>(users: impl ExactSizeIterator<Item = &'u UserView>) -> Markup {
    let more = users.len().saturating_sub(NAMED);
    html! {
        ul.people {
            @for user in users.take(NAMED) {
                li { a href=(format!("{LIST}/{}", user.id)) { (shown_name(user)) }
                    @if user.name.is_some() { " " span.hint { (user.email) } } }
            }
        }
        @if more > 0 { p.hint { (t_with("bulk-more", &[("n", count(more as u64).into())])) } }
    }
}

/// To whom it is not done, by reason.
fn wont(plan: &BulkPlan) -> Markup {
    let mut by_reason: BTreeMap<WhyNot, Vec<&UserView>> = BTreeMap::new();
    for (user, why) in &plan.wont {
        by_reason.entry(*why).or_default().push(user);
    }
    let values = [("n", plan.wont.len().into()), ("count", count(plan.wont.len() as u64).into())];
    html! {
        @if !by_reason.is_empty() {
            section.panel.padded.stack aria-labelledby="bulk-wont" {
                h2 #bulk-wont { (t_with("bulk-wont", &values)) }
                @for (why, users) in by_reason {
                    p { (t(&format!("bulk-why-{}", why.word()))) }
                    (people(users.into_iter()))
                }
            }
        }
    }
}
