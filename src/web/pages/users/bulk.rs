//! `GET /admin/customers/bulk` says what would be done to whom and to whom not; `POST` does exactly that.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::bulk_view::{BulkView, bulk_page};
use super::list::list_again;
use super::query::{LIST, pairs_of, query_of};
use super::slip::{slips_page, way_of};
use super::view::status_word;
use crate::services::authorize::ManageUsers;
use crate::services::users::bulk::{self, BulkAction, BulkDone, Chosen, MAX_SLIPS};
use crate::services::users::owners::{self, NamedOwner};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page, PageForm};
use crate::web::pages::go_to;
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use crate::web::ui::format::count;
use crate::web::ui::owner::visible;
use crate::web::ui::{t, t_with};

/// Words of what can be done, in the order of the list.
pub const OFFERED: [&str; 10] = [
    "deactivate",
    "activate",
    "end-sessions",
    "require-second-factor",
    "release-second-factor",
    "give-owner",
    "take-owner",
    "invite",
    "reset-access",
    "delete",
];

/// The word, where it is one of them.
pub fn words_of(word: &str) -> Option<&'static str> {
    OFFERED.into_iter().find(|known| *known == word)
}

/// What is asked for.
pub(super) struct Asked {
    pub word: &'static str,
    pub action: BulkAction,
    pub owner: String,
    pub chosen: Chosen,
}

impl Asked {
    /// All that is missing, where something is: what is to be done, with which owner, to whom.
    fn of(form: &FormData) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let chosen = if form.has("all") {
            Chosen::Matching(query_of(form))
        } else {
            Chosen::These(form.all("user").filter_map(|id| id.parse().ok()).collect())
        };
        if matches!(&chosen, Chosen::These(users) if users.is_empty()) {
            errors.push(FieldError::new("", t("bulk-none")));
        }
        // Owners are byte for byte what the data says, spaces and all, when they come from a list.
        let owner = form.all("bulk_owner").next().unwrap_or_default().to_owned();
        let word = words_of(form.text("action"));
        let action = match word {
            Some("deactivate") => Some(BulkAction::Deactivate),
            Some("activate") => Some(BulkAction::Activate),
            Some("end-sessions") => Some(BulkAction::EndSessions),
            Some("require-second-factor") => Some(BulkAction::RequireSecondFactor),
            Some("release-second-factor") => Some(BulkAction::ReleaseSecondFactor),
            Some("give-owner") => Some(BulkAction::GiveOwner(owner.clone())),
            Some("take-owner") => Some(BulkAction::TakeOwner(owner.clone())),
            Some("invite") => Some(BulkAction::Invite),
            Some("reset-access") => Some(BulkAction::ResetAccess(way_of(form))),
            Some("delete") => Some(BulkAction::Delete),
            _ => None,
        };
        if matches!(word, Some("give-owner" | "take-owner")) && owner.is_empty() {
            errors.push(FieldError::new("bulk_owner", t("bulk-no-owner")));
        }
        match word.zip(action) {
            None => {
                errors.push(FieldError::new("bulk-action", t("bulk-no-action")));
                Err(errors)
            }
            Some((word, action)) if errors.is_empty() => Ok(Self { word, action, owner, chosen }),
            Some(_) => Err(errors),
        }
    }

    /// An owner is given that no row names, and nobody said that it is meant.
    fn is_unmeant(&self, named: &NamedOwner, form: &FormData) -> bool {
        matches!(self.action, BulkAction::GiveOwner(_)) && named.is_missing && !form.has("accept_missing")
    }
}

/// Says what would be done.
pub async fn ask_bulk(
    State(state): State<AppState>,
    page: Page,
    query: FormData,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let asked = match Asked::of(&query) {
        Ok(asked) => asked,
        Err(errors) => return list_again(&state, &page, &query, &errors).await,
    };
    let scope = page.session.scope();
    let (plan, named, asked) = state
        .run(move |services| {
            let named = owners::look_up(services, &grant, &scope, &asked.owner)?;
            Ok((bulk::plan(services, &grant, &asked.chosen, &asked.action)?, named, asked))
        })
        .await?;
    let view = BulkView { form: &query, asked: &asked, named: &named, plan: &plan, errors: &[] };
    Ok(bulk_page(&state, &page, &view))
}

/// What comes of the button.
enum Outcome {
    Ran(BulkDone),
    /// It is not confirmed as it has to be.
    Unconfirmed(bulk::BulkPlan, FieldError),
}

/// Does it.
pub async fn act_bulk(
    State(state): State<AppState>,
    headers: HeaderMap,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let asked = match Asked::of(&form) {
        Ok(asked) => asked,
        Err(errors) => return list_again(&state, &page, &form, &errors).await,
    };
    let (scope, sent) = (page.session.scope(), form.clone());
    let (outcome, named, asked) = state
        .run(move |services| {
            let named = owners::look_up(services, &grant, &scope, &asked.owner)?;
            let seen = sent.text("seen");
            let unmeant = asked.is_unmeant(&named, &sent);
            if unmeant || asked.action == BulkAction::Delete {
                let plan = bulk::plan(services, &grant, &asked.chosen, &asked.action)?;
                let wrong = plan.seen == seen && sent.text("confirm_count") != plan.will.len().to_string();
                if unmeant || wrong {
                    let (field, id) = if unmeant {
                        ("accept_missing", "bulk-owner-unmeant")
                    } else {
                        ("confirm_count", "bulk-count-wrong")
                    };
                    let message = t_with(id, &[("owner", visible(&asked.owner).into())]);
                    return Ok((Outcome::Unconfirmed(plan, FieldError::new(field, message)), named, asked));
                }
            }
            let done = bulk::run(services, &grant, &asked.chosen, &asked.action, seen)?;
            Ok((Outcome::Ran(done), named, asked))
        })
        .await?;
    let (status, plan, error) = match outcome {
        Outcome::Ran(BulkDone::Done(done)) if done.slips.is_empty() => {
            let query = query_of(&form);
            let mut back = form_urlencoded::Serializer::new(String::new());
            back.extend_pairs(pairs_of(&query));
            if let Some(status) = query.status {
                back.append_pair("status", status_word(status));
            }
            back.append_pair("bulk", asked.word).append_pair("n", &done.done.to_string());
            back.append_pair("not", &done.not.to_string());
            return Ok(go_to(&format!("{LIST}?{}", back.finish())));
        }
        // Shown in the answer itself, this once: a redirect would have to carry the codes somewhere.
        Outcome::Ran(BulkDone::Done(done)) => {
            let sign_in = state.hosts().sign_in_for_people(&headers);
            return Ok(slips_page(&page, &done, sign_in.as_deref()));
        }
        Outcome::Ran(BulkDone::Changed(plan)) => {
            (StatusCode::CONFLICT, plan, FieldError::new("", t("bulk-changed")))
        }
        Outcome::Ran(BulkDone::TooManySlips(plan)) => {
            let values = [("n", count(plan.slips as u64).into()), ("most", count(MAX_SLIPS as u64).into())];
            (
                StatusCode::UNPROCESSABLE_ENTITY,
                plan,
                FieldError::new("", t_with("bulk-too-many-slips", &values)),
            )
        }
        Outcome::Unconfirmed(plan, error) => (StatusCode::UNPROCESSABLE_ENTITY, plan, error),
    };
    let view = BulkView { form: &form, asked: &asked, named: &named, plan: &plan, errors: &[error] };
    Ok((status, bulk_page(&state, &page, &view)).into_response())
}
