//! `GET /admin/customers/{user}`, `POST /admin/customers/{user}`

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::action::{Action, action_buttons, action_dialogs};
use super::facts::facts;
use super::form::{UserForm, looks_for_owners, without_rows};
use super::form_view::{FormView, user_form};
use super::from_directory;
use super::links::links;
use super::loaded::{on_top_of, pack, unpack};
use super::owners::{find, saw_owners};
use super::tokens::tokens;
use super::view::{badges, shown_name};
use crate::domain::scope::OwnerScope;
use crate::domain::user::Realm;
use crate::domain::user::UserStatus;
use crate::services::approvals;
use crate::services::authorize::ManageUsers;
use crate::services::users::detail::{self, UserDetail};
use crate::services::users::edit::{Edited, Meanwhile, UserEdit, edit};
use crate::services::users::owners::note_seen;
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page, PageForm};
use crate::web::pages::{go_to, refused};
use crate::web::state::AppState;
use crate::web::ui::form::{FieldError, error_summary};
use crate::web::ui::format::instant;
use crate::web::ui::owner::visible_scope;
use crate::web::ui::person::roles_text;
use crate::web::ui::shell::seen_owners;
use crate::web::ui::{NavItem, icon, t, t_with};

/// What the page shows beside the user.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is something that is said on its own")]
struct EditView<'v> {
    errors: &'v [FieldError],
    meanwhile: Option<&'v Meanwhile>,
    /// What the form was made from, where it says so.
    base: Option<&'v UserForm>,
    done: Option<Action>,
    saved: bool,
    new_rights: bool,
    merged: bool,
    invited: bool,
}

/// The form with everything about a user.
pub async fn show(
    State(state): State<AppState>,
    Path(id): Path<String>,
    page: Page,
    query: FormData,
) -> Result<Response, AppError> {
    let user = load(&state, &page, &id).await?;
    let done = query.text("done");
    let view = EditView {
        done: Action::parse(done),
        saved: done == "saved",
        new_rights: query.has("rights"),
        merged: query.has("merged"),
        invited: done == "invited",
        ..EditView::default()
    };
    let form = UserForm::of(user.view());
    edit_page(&state, &page, &user, &UserForm { loaded: pack(&form), ..form }, &view).await
}

/// Saves it, unless somebody else changed the user meanwhile: then both are shown.
pub async fn save(
    State(state): State<AppState>,
    Path(id): Path<String>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let user = load(&state, &page, &id).await?;
    let sent = UserForm::sent(&form);
    if looks_for_owners(&form) {
        saw_owners(&state, &page, &form).await?;
        return edit_page(&state, &page, &user, &sent, &EditView::default()).await;
    }
    let country = state.config().accounts.country;
    let good = match sent.read(user.view().all_owners, country) {
        Ok(good) => good,
        Err(errors) => {
            let view = EditView { errors: &errors, ..EditView::default() };
            let shown = edit_page(&state, &page, &user, &sent, &view).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response());
        }
    };
    let grant = page.grant::<ManageUsers>()?;
    let approves = form.has("approve");
    let sees_rows = good.owners != OwnerScope::Owners(BTreeSet::new());
    if approves && let Some(error) = without_rows(&good.roles, sees_rows, sent.accepts_no_rows) {
        let view = EditView { errors: &[error], ..EditView::default() };
        let shown = edit_page(&state, &page, &user, &sent, &view).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response());
    }
    let wanted = UserEdit {
        version: sent.version.clone(),
        from: if approves { None } else { unpack(&sent, country) },
        to: good,
    };
    let saved = state
        .try_hashing(move |services| {
            let saved = if approves {
                approvals::approve(services, &grant, &id, wanted)?
            } else {
                edit(services, &grant, &id, wanted)?
            };
            note_seen(services, &grant)?;
            Ok(saved)
        })
        .await?;
    match saved {
        Ok(Edited::Saved(_)) if approves => Ok(go_to("/admin/approvals?done=approved")),
        Ok(Edited::Saved(saved)) => {
            let rights = if saved.new_rights { "&rights=1" } else { "" };
            let merged = if saved.is_merged { "&merged=1" } else { "" };
            Ok(go_to(&format!("/admin/customers/{}?done=saved{rights}{merged}", saved.view.id)))
        }
        Ok(Edited::Stale(meanwhile)) => {
            // Sent once more, the form knows what it writes over.
            let base = unpack(&sent, country).map(|fields| UserForm::of_fields(&fields));
            let sent = on_top_of(&sent, &meanwhile);
            let view = EditView { meanwhile: Some(&meanwhile), base: base.as_ref(), ..EditView::default() };
            let shown = edit_page(&state, &page, &user, &sent, &view).await?;
            Ok((StatusCode::CONFLICT, shown).into_response())
        }
        Err(error) => {
            let errors = [refused(error)?];
            let view = EditView { errors: &errors, ..EditView::default() };
            let shown = edit_page(&state, &page, &user, &sent, &view).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response())
        }
    }
}

/// The user of this address.
pub(super) async fn load(state: &AppState, page: &Page, id: &str) -> Result<UserDetail, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let id = id.to_owned();
    state.run(move |services| detail::of(services, &grant, &id)).await
}

async fn edit_page(
    state: &AppState,
    page: &Page,
    user: &UserDetail,
    form: &UserForm,
    view: &EditView<'_>,
) -> Result<Response, AppError> {
    let (owners, _) = find(state, page, page.grant()?, &form.owner_words, &form.owners).await?;
    let known = user.view();
    let action = format!("/admin/customers/{}", known.id);
    let csrf = page.csrf();
    let form_view = FormView {
        action: &action,
        button: &t("user-save"),
        back: "/admin/customers",
        form,
        owners: &owners,
        had_all: known.all_owners,
        errors: view.errors,
        way: None,
        approves: waits(known.status),
        zone: page.look.zone(),
    };
    let (zone, now) = (page.look.zone(), state.services().now());
    let is_self = known.id == page.user().id;
    let from_directory = from_directory::notice(state, page, known, now).await?;
    let content = html! {
        p.crumb { a href="/admin/customers" { (icon("chevron-left")) (t("users-title")) } }
        div.page-head.user-head {
            div {
                h1 { (shown_name(known)) }
                p.row.tight {
                    (badges(known, user.listed.sees_nothing))
                    @if is_self { span.badge.info { (t("user-you")) } }
                }
            }
            div.actions { a.button href=(format!("/files/folders/{}", known.id)) { (icon("folder")) (t("nav-files")) } }
        }
        div.narrow.stack {
            @if view.saved || view.done.is_some() {
                div.notice.ok role="status" {
                    (icon("circle-check"))
                    div {
                        @match view.done {
                            Some(done) => { p { (t(&format!("user-{}-done", done.word()))) } }
                            None if view.new_rights => { p { (t("user-saved-rights")) } }
                            None => { p { (t("user-saved")) } }
                        }
                        @if view.merged { p { (t("user-saved-merged")) } }
                    }
                }
            }
            @if view.invited {
                div.notice.ok role="status" { (icon("mail")) p { (t_with("user-invited", &[("email", known.email.as_str().into())])) } }
            }
            @if waits(known.status) {
                div.notice { (icon("user-check")) p { (t(if known.confirmed_at.is_some() { "user-waits" } else { "user-waits-unconfirmed" })) } }
            }
            @if let Some(meanwhile) = view.meanwhile { (both(page, meanwhile, view.base, form, now)) }
            (error_summary(view.errors))
            // What the directory says is changed there.
            @if known.realm == Realm::Ldap { (from_directory) } @else { (user_form(&form_view, &csrf)) }
            (facts(user, &zone, now))
            (tokens(user, &zone, now, &csrf))
            (links(user, &zone, now, &csrf))
            @if is_self { p.hint { (t("user-self-hint")) } } @else { (action_buttons(user, &csrf)) }
        }
        @if !is_self { (action_dialogs(state, user, &csrf)) }
    };
    Ok(page.show(NavItem::Users, shown_name(known), &["js/users.js"], &content))
}

/// True for an account that an admin may let in.
fn waits(status: UserStatus) -> bool {
    matches!(status, UserStatus::Pending | UserStatus::Unconfirmed | UserStatus::Rejected)
}

/// What the account is now beside what was sent, where they differ.
fn both(
    page: &Page,
    meanwhile: &Meanwhile,
    base: Option<&UserForm>,
    form: &UserForm,
    now: jiff::Timestamp,
) -> Markup {
    let known = UserForm::of(&meanwhile.now);
    let seen = |form: &UserForm| {
        let owners = OwnerScope::Owners(form.owners.clone());
        seen_owners(&if form.all_owners { OwnerScope::All } else { visible_scope(&owners) })
    };
    let parts = |form: &UserForm| {
        [
            ("field-first_name", form.first_name.clone()),
            ("field-last_name", form.last_name.clone()),
            ("field-mobile", form.mobile.clone()),
            ("field-email", form.email.clone()),
            ("field-username", form.username.clone()),
            ("user-roles", roles_text(&form.roles)),
            ("user-sees", seen(form)),
        ]
    };
    let (theirs, yours) = (parts(&known), parts(form));
    let were = base.map(parts);
    let mut rows: Vec<(String, String, String)> = Vec::new();
    for (at, ((label, theirs), (_, yours))) in theirs.into_iter().zip(yours).enumerate() {
        // What only one of them changed needs no decision.
        let is_theirs = were.as_ref().is_none_or(|were| were[at].1 != theirs);
        // Many owners are told apart by number alone.
        let owners =
            label == "user-sees" && (known.all_owners, &known.owners) != (form.all_owners, &form.owners);
        if is_theirs && (theirs != yours || owners) {
            rows.push((t(label), theirs, yours));
        }
    }
    let by = meanwhile.by.clone().unwrap_or_else(|| t("user-stale-somebody"));
    html! {
        div.notice.warn role="alert" tabindex="-1" data-focus {
            (icon("triangle-alert"))
            div.stack.close {
                p { (t_with("user-stale", &[("by", by.into())])) " " (instant(meanwhile.at, &page.look.zone(), now)) }
                @if rows.is_empty() { p { (t("user-stale-same")) } } @else {
                    table.compare {
                        thead { tr {
                            td {}
                            th scope="col" { (t("user-stale-theirs")) }
                            th scope="col" { (t("user-stale-yours")) }
                        } }
                        tbody { @for (label, theirs, yours) in &rows {
                            tr { th scope="row" { (label) } td { (theirs) } td { (yours) } }
                        } }
                    }
                }
                p { (t("user-stale-next")) }
            }
        }
    }
}
