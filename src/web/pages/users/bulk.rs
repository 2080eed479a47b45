//! `GET /admin/customers/bulk` says what would be done to whom and to whom not; `POST` does exactly that.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::query::{LIST, address, pairs_of, query_of};
use super::view::{shown_name, status_word};
use crate::services::authorize::ManageUsers;
use crate::services::users::UserView;
use crate::services::users::bulk::{self, BulkAction, BulkDone, BulkPlan, Chosen, WhyNot};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page, PageForm};
use crate::web::pages::go_to;
use crate::web::state::AppState;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::format::count;
use crate::web::ui::{NavItem, icon, t, t_with};

/// Words of what can be done, in the order of the list.
pub const OFFERED: [&str; 9] = [
    "deactivate",
    "activate",
    "end-sessions",
    "require-second-factor",
    "release-second-factor",
    "give-owner",
    "take-owner",
    "invite",
    "delete",
];
/// People named on the page; the rest is counted.
const NAMED: usize = 200;

/// The word, where it is one of them.
pub fn words_of(word: &str) -> Option<&'static str> {
    OFFERED.into_iter().find(|known| *known == word)
}

/// What is asked for.
struct Asked {
    word: &'static str,
    action: BulkAction,
    owner: String,
    chosen: Chosen,
}

impl Asked {
    /// `None` where nothing is to be done, or to nobody.
    fn of(form: &FormData) -> Option<Self> {
        let word = words_of(form.text("action"))?;
        // Owners are byte for byte what the data says, spaces and all, when they come from a list.
        let owner = form.all("bulk_owner").next().unwrap_or_default().to_owned();
        let action = match word {
            "deactivate" => BulkAction::Deactivate,
            "activate" => BulkAction::Activate,
            "end-sessions" => BulkAction::EndSessions,
            "require-second-factor" => BulkAction::RequireSecondFactor,
            "release-second-factor" => BulkAction::ReleaseSecondFactor,
            "give-owner" if !owner.is_empty() => BulkAction::GiveOwner(owner.clone()),
            "take-owner" if !owner.is_empty() => BulkAction::TakeOwner(owner.clone()),
            "invite" => BulkAction::Invite,
            "delete" => BulkAction::Delete,
            _ => return None,
        };
        let chosen = if form.has("all") {
            Chosen::Matching(query_of(form))
        } else {
            Chosen::These(form.all("user").filter_map(|id| id.parse().ok()).collect())
        };
        if matches!(&chosen, Chosen::These(users) if users.is_empty()) {
            return None;
        }
        Some(Self { word, action, owner, chosen })
    }
}

fn nothing_asked(form: &FormData) -> Response {
    let query = query_of(form);
    let back = address(&query, query.status, 0, "");
    go_to(&format!("{back}{}none=1", if back.contains('?') { '&' } else { '?' }))
}

/// Says what would be done.
pub async fn ask_bulk(
    State(state): State<AppState>,
    page: Page,
    query: FormData,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let Some(asked) = Asked::of(&query) else { return Ok(nothing_asked(&query)) };
    let (plan, asked) = state
        .run(move |services| Ok((bulk::plan(services, &grant, &asked.chosen, &asked.action)?, asked)))
        .await?;
    Ok(bulk_page(&page, &query, &asked, &plan, &[]))
}

/// Does it.
pub async fn act_bulk(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let Some(asked) = Asked::of(&form) else { return Ok(nothing_asked(&form)) };
    let (seen, typed) = (form.text("seen").to_owned(), form.text("confirm_count").to_owned());
    let (done, asked) = state
        .run(move |services| {
            if asked.action == BulkAction::Delete {
                let plan = bulk::plan(services, &grant, &asked.chosen, &asked.action)?;
                if plan.seen == seen && typed != plan.will.len().to_string() {
                    return Ok((Err(plan), asked));
                }
            }
            Ok((Ok(bulk::run(services, &grant, &asked.chosen, &asked.action, &seen)?), asked))
        })
        .await?;
    match done {
        Ok(BulkDone::Done(done, not)) => {
            let query = query_of(&form);
            let mut back = form_urlencoded::Serializer::new(String::new());
            back.extend_pairs(pairs_of(&query));
            if let Some(status) = query.status {
                back.append_pair("status", status_word(status));
            }
            back.append_pair("bulk", asked.word).append_pair("n", &done.to_string());
            back.append_pair("not", &not.to_string());
            Ok(go_to(&format!("{LIST}?{}", back.finish())))
        }
        Ok(BulkDone::Changed(plan)) => {
            let errors = [FieldError::new("", t("bulk-changed"))];
            Ok((StatusCode::CONFLICT, bulk_page(&page, &form, &asked, &plan, &errors)).into_response())
        }
        Err(plan) => {
            let errors = [FieldError::new("confirm_count", t("bulk-count-wrong"))];
            let shown = bulk_page(&page, &form, &asked, &plan, &errors);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response())
        }
    }
}

fn bulk_page(
    page: &Page,
    form: &FormData,
    asked: &Asked,
    plan: &BulkPlan,
    errors: &[FieldError],
) -> Response {
    let word = asked.word;
    let values = [("n", plan.will.len().into()), ("owner", asked.owner.as_str().into())];
    let title = t_with(&format!("bulk-{word}-question"), &values);
    let query = query_of(form);
    let back = address(&query, query.status, 0, "");
    let content = html! {
        p.crumb { a href=(LIST) { (icon("chevron-left")) (t("users-title")) } }
        div.page-head { h1 { (title) } }
        div.narrow.stack {
            (error_summary(errors))
            @if plan.will.is_empty() {
                div.notice.warn { (icon("triangle-alert")) p { (t("bulk-nobody")) } }
            } @else {
                section.panel.padded.stack aria-labelledby="bulk-will" {
                    h2 #bulk-will { (t_with("bulk-will", &[("n", plan.will.len().into())])) }
                    p { (t(&format!("bulk-{word}-text"))) }
                    (people(plan.will.iter()))
                }
            }
            (wont(plan))
            form.stack method="post" action="/admin/customers/bulk" data-once {
                (csrf_field(&page.csrf()))
                (hidden("action", word))
                (hidden("bulk_owner", &asked.owner))
                (hidden("seen", &plan.seen))
                @match &asked.chosen {
                    Chosen::Matching(_) => { (hidden("all", "1")) }
                    Chosen::These(users) => { @for user in users { (hidden("user", &user.to_string())) } }
                }
                @for (name, value) in pairs_of(&query) { (hidden(name, &value)) }
                @if let Some(status) = query.status { (hidden("status", status_word(status))) }
                @if !plan.will.is_empty() && asked.action == BulkAction::Delete { (count_field(plan, errors)) }
                div.actions {
                    @if !plan.will.is_empty() {
                        button class=(if matches!(word, "deactivate" | "delete") { "button danger" } else { "button primary" })
                            type="submit" { (t_with(&format!("bulk-{word}-button"), &values)) }
                    }
                    a.button href=(back) { (t("user-cancel")) }
                }
            }
        }
    };
    page.show(NavItem::Users, &title, &[], &content)
}

/// Many accounts go for good: how many is typed.
fn count_field(plan: &BulkPlan, errors: &[FieldError]) -> Markup {
    let label = t_with("bulk-count", &[("n", plan.will.len().into())]);
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
    html! {
        @if !by_reason.is_empty() {
            section.panel.padded.stack aria-labelledby="bulk-wont" {
                h2 #bulk-wont { (t_with("bulk-wont", &[("n", plan.wont.len().into())])) }
                @for (why, users) in by_reason {
                    p { (t(&format!("bulk-why-{}", why.word()))) }
                    (people(users.into_iter()))
                }
            }
        }
    }
}
