//! `GET /admin/approvals/bulk`, `POST /admin/approvals/bulk`: many accounts that were asked for, decided at once.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::many_view::{ManyView, many_page};
use crate::domain::ids::UserId;
use crate::domain::scope::OwnerScope;
use crate::services::approvals::{self, Decided, WaitingAccount};
use crate::services::authorize::ManageUsers;
use crate::services::users::UserView;
use crate::services::users::edit::{UserEdit, UserFields};
use crate::services::users::owners::{Owners, note_seen};
use crate::web::error::{AppError, sentence};
use crate::web::extract::{FormData, Page, PageForm};
use crate::web::pages::users::{UserForm, find, looks_for_owners, saw_owners, shown_name, without_rows};
use crate::web::pages::{go_to, refused};
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use crate::web::ui::{t, t_with};

/// Those who are ticked and still wait.
async fn chosen(state: &AppState, page: &Page, form: &FormData) -> Result<Vec<WaitingAccount>, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let ids: BTreeSet<UserId> = form.all("user").filter_map(|id| id.parse().ok()).collect();
    state
        .run(move |services| {
            let mut waiting = approvals::list(services, &grant)?.accounts;
            waiting.retain(|account| ids.contains(&account.user.id));
            Ok(waiting)
        })
        .await
}

/// Each one's own owners, one a line, as they were typed.
fn own_owners(form: &FormData, user: UserId) -> BTreeSet<String> {
    let typed = form.text(&format!("owners-{user}")).to_owned();
    typed.lines().map(str::trim).filter(|owner| !owner.is_empty()).map(str::to_owned).collect()
}

/// The form for those who are ticked.
pub async fn ask_many(
    State(state): State<AppState>,
    page: Page,
    query: FormData,
) -> Result<Response, AppError> {
    let accounts = chosen(&state, &page, &query).await?;
    if accounts.is_empty() {
        return Ok(go_to("/admin/approvals?done=none"));
    }
    let form = UserForm { roles: [crate::domain::permission::Role::Customer].into(), ..UserForm::default() };
    let owners = find(&state, &page, page.grant()?, "", &form.owners).await?.0;
    Ok(many_page(&page, &ManyView::new(&accounts, &form, &owners, &query)))
}

/// Lets them in, or turns them down.
pub async fn decide_many(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let accounts = chosen(&state, &page, &form).await?;
    if accounts.is_empty() {
        return Ok(go_to("/admin/approvals?done=none"));
    }
    let sent = UserForm::sent(&form);
    let owners = find(&state, &page, page.grant()?, &sent.owner_words, &sent.owners).await?.0;
    if looks_for_owners(&form) {
        saw_owners(&state, &page, &form).await?;
        return Ok(many_page(&page, &ManyView::new(&accounts, &sent, &owners, &form)));
    }
    let grant = page.grant::<ManageUsers>()?;
    if form.has("reject") {
        let ids: Vec<UserId> = accounts.iter().map(|account| account.user.id).collect();
        let reason = form.text("reason").to_owned();
        let done = state.try_run(move |s| approvals::reject_many(s, &grant, &ids, &reason)).await?;
        return match done {
            Ok(decided) => Ok(told(&page, &accounts, &sent, &owners, &form, "rejected", &decided)),
            Err(error) => Ok(again(&page, &accounts, &sent, &owners, &form, vec![refused(error)?])),
        };
    }
    let each = form.text("each") == "1";
    let errors = wrong(&state, &page, &accounts, &sent, &form, each).await?;
    if !errors.is_empty() {
        return Ok(again(&page, &accounts, &sent, &owners, &form, errors));
    }
    let wanted = accounts.iter().map(|account| {
        let owners = match (each, sent.all_owners) {
            (true, _) => OwnerScope::Owners(own_owners(&form, account.user.id)),
            (false, true) => OwnerScope::All,
            (false, false) => OwnerScope::Owners(sent.owners.clone()),
        };
        let version = form.text(&format!("version-{}", account.user.id)).to_owned();
        (account.user.id, edit_of(&account.user, version, &sent, owners))
    });
    let wanted: Vec<(UserId, UserEdit)> = wanted.collect();
    let decided = state
        .try_hashing(move |services| {
            let decided = approvals::approve_many(services, &grant, wanted)?;
            note_seen(services, &grant)?;
            Ok(decided)
        })
        .await?;
    match decided {
        Ok(decided) => Ok(told(&page, &accounts, &sent, &owners, &form, "approved", &decided)),
        Err(error) => Ok(again(&page, &accounts, &sent, &owners, &form, vec![refused(error)?])),
    }
}

fn edit_of(user: &UserView, version: String, sent: &UserForm, owners: OwnerScope) -> UserEdit {
    let name =
        crate::domain::user::PersonName { first: user.first_name.clone(), last: user.last_name.clone() };
    let to = UserFields {
        email: user.email.clone(),
        name,
        username: user.username.clone(),
        mobile: user.mobile.clone(),
        roles: sent.roles.clone(),
        owners,
    };
    UserEdit { version, from: None, to }
}

/// All that is wrong with what was chosen.
async fn wrong(
    state: &AppState,
    page: &Page,
    accounts: &[WaitingAccount],
    sent: &UserForm,
    form: &FormData,
    each: bool,
) -> Result<Vec<FieldError>, AppError> {
    let mut errors = Vec::new();
    if sent.roles.is_empty() {
        errors.push(FieldError::new("role", t("user-role-missing")));
    }
    if !each && sent.all_owners && !sent.confirms_all() {
        errors.push(FieldError::new("confirm_all", t("approvals-all-unconfirmed")));
    }
    if !each && !sent.all_owners && sent.owners.is_empty() && !sent.owner_words.is_empty() {
        let typed = [("owner", sent.owner_words.as_str().into())];
        errors.push(FieldError::new("owner_q", t_with("user-owner-not-chosen", &typed)));
    }
    let sees_rows = if each {
        accounts.iter().all(|account| !own_owners(form, account.user.id).is_empty())
    } else {
        sent.all_owners || !sent.owners.is_empty()
    };
    if errors.is_empty() {
        errors.extend(without_rows(&sent.roles, sees_rows, sent.accepts_no_rows));
    }
    if each && !form.has("accept_missing") {
        let typed: BTreeSet<String> =
            accounts.iter().flat_map(|account| own_owners(form, account.user.id)).collect();
        let missing = find(state, page, page.grant()?, "", &typed).await?.0.missing;
        if !missing.is_empty() {
            let names = missing.into_iter().collect::<Vec<_>>().join(", ");
            let message = t_with("approvals-missing", &[("owners", names.into())]);
            errors.push(FieldError::new("accept_missing", message));
        }
    }
    Ok(errors)
}

fn again(
    page: &Page,
    accounts: &[WaitingAccount],
    sent: &UserForm,
    owners: &Owners,
    form: &FormData,
    errors: Vec<FieldError>,
) -> Response {
    let view = ManyView { errors, ..ManyView::new(accounts, sent, owners, form) };
    (StatusCode::UNPROCESSABLE_ENTITY, many_page(page, &view)).into_response()
}

/// On to the list where all are decided; else those who are left, with what keeps each.
fn told(
    page: &Page,
    accounts: &[WaitingAccount],
    sent: &UserForm,
    owners: &Owners,
    form: &FormData,
    word: &str,
    decided: &Decided,
) -> Response {
    if decided.left.is_empty() {
        return go_to(&format!("/admin/approvals?done={word}&n={}", decided.done));
    }
    let why: BTreeMap<UserId, &String> = decided.left.iter().map(|(id, why)| (*id, why)).collect();
    let left: Vec<WaitingAccount> =
        accounts.iter().filter(|account| why.contains_key(&account.user.id)).cloned().collect();
    let mut errors = Vec::new();
    if decided.done > 0 {
        errors.push(FieldError::new(
            "",
            t_with(&format!("approvals-many-{word}"), &[("n", decided.done.into())]),
        ));
    }
    for account in &left {
        let reason = why.get(&account.user.id).map_or_else(String::new, |why| sentence(why));
        errors.push(FieldError::new("", format!("{}: {reason}", shown_name(&account.user))));
    }
    let view = ManyView { errors, ..ManyView::new(&left, sent, owners, form) };
    (StatusCode::CONFLICT, many_page(page, &view)).into_response()
}
