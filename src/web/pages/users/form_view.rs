//! The form of a user, new or known.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::form::UserForm;
use crate::domain::permission::Role;
use crate::services::users::owners::Owners;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, hidden};
use crate::web::ui::format::count;
use crate::web::ui::owner::visible;
use crate::web::ui::reader;
use crate::web::ui::{icon, t, t_with};

/// A form and what stands around it.
#[derive(Debug, Clone)]
pub struct FormView<'v> {
    /// Where it goes.
    pub action: &'v str,
    /// What its button says.
    pub button: &'v str,
    /// Where it is left without saving.
    pub back: &'v str,
    /// What is in it.
    pub form: &'v UserForm,
    /// Owners to choose from.
    pub owners: &'v Owners,
    /// The user sees every owner as it is.
    pub had_all: bool,
    /// What is wrong with it.
    pub errors: &'v [FieldError],
    /// How a new user gets in.
    pub way: Option<Markup>,
    /// The account waits: saving it may let it in.
    pub approves: bool,
    /// The zone in which days are written.
    pub zone: TimeZone,
}

/// The form.
pub fn user_form(view: &FormView<'_>, csrf: &str) -> Markup {
    html! {
        form.stack method="post" action=(view.action) data-user-form {
            (csrf_field(csrf))
            (hidden("version", &view.form.version))
            @if !view.form.loaded.is_empty() { (hidden("loaded", &view.form.loaded)) }
            // What Enter presses in any field.
            button.visually-hidden type="submit" name="enter" value="1" tabindex="-1" aria-hidden="true" { (view.button) }
            (who(view))
            (roles(view))
            (scope(view))
            @if let Some(way) = &view.way { (way) }
            (accept_no_rows(view.form, view.errors))
            div.actions {
                @if view.approves {
                    button.button.primary type="submit" name="approve" value="1" { (t("user-approve")) }
                    button.button type="submit" { (view.button) }
                } @else { button.button.primary type="submit" { (view.button) } }
                a.button href=(view.back) { (t("user-cancel")) }
            }
        }
    }
}

fn who(view: &FormView<'_>) -> Markup {
    let (form, errors) = (view.form, view.errors);
    let (email_label, username_label) = (t("field-email"), t("field-username"));
    let (first_label, last_label, mobile_label) =
        (t("field-first_name"), t("field-last_name"), t("field-mobile"));
    let (email_hint, username_hint) = (t("user-email-hint"), t("user-username-hint"));
    let email = Field {
        value: &form.email,
        kind: "email",
        hint: &email_hint,
        required: true,
        error: error_of(errors, "email"),
        autocomplete: "off",
        ..Field::text("email", &email_label)
    };
    let off = |name, label, value| Field {
        value,
        error: error_of(errors, name),
        autocomplete: "off",
        ..Field::text(name, label)
    };
    let first = off("first_name", first_label.as_str(), form.first_name.as_str());
    let last = off("last_name", last_label.as_str(), form.last_name.as_str());
    let mobile = Field { kind: "tel", ..off("mobile", mobile_label.as_str(), form.mobile.as_str()) };
    let username = Field {
        value: &form.username,
        hint: &username_hint,
        error: error_of(errors, "username"),
        autocomplete: "off",
        ..Field::text("username", &username_label)
    };
    html! {
        section.panel.padded.stack aria-labelledby="user-who" {
            h2 #user-who { (t("user-who")) }
            div.columns { (first.render()) (last.render()) }
            div.columns { (email.render()) (username.render()) }
            div.columns { (mobile.render()) }
        }
    }
}

pub(in crate::web::pages) fn roles(view: &FormView<'_>) -> Markup {
    let error = error_of(view.errors, "role");
    html! {
        section.panel.padded {
            fieldset.stack.close #role tabindex="-1" aria-describedby=[error.map(|_| "role-error")] {
                legend { h2 { (t("user-roles")) } }
                @if let Some(error) = error { p.error #role-error { (icon("circle-alert")) (error) } }
                @for role in Role::ALL {
                    label.check.with-text {
                        input type="checkbox" name="role" value=(role) checked[view.form.roles.contains(&role)];
                        span { strong { (t(&format!("role-{role}"))) } span.hint { (t(&format!("role-{role}-text"))) } }
                    }
                }
            }
        }
    }
}

pub(in crate::web::pages) fn scope(view: &FormView<'_>) -> Markup {
    let form = view.form;
    let error = error_of(view.errors, "confirm_all");
    html! {
        section.panel.padded {
            fieldset.stack.close {
                legend { h2 { (t("user-sees")) } }
                label.check {
                    input type="radio" name="scope" value="owners" checked[!form.all_owners];
                    span { (t("user-scope-owners")) }
                }
                div.owner-picker data-owner-picker {
                    ul.owner-chips #chosen-owners aria-label=(t("user-owners-chosen")) {
                        @for owner in &form.owners { (owner_choice(owner, view.owners.chosen.get(owner).copied(), true, missing_badge(owner, view.owners))) }
                    }
                    p.hint data-no-owners hidden[!form.owners.is_empty()] { (t("user-owners-none")) }
                    div.owner-search {
                        (icon("search"))
                        input.input #owner_q type="search" name="owner_q" value=(form.owner_words)
                            placeholder=(t("user-owner-search")) aria-label=(t("user-owner-search"))
                            autocomplete="off" spellcheck="false" aria-controls="owner-results"
                            hx-get="/admin/customers/owners" hx-trigger="input changed delay:150ms, search, owners-changed"
                            hx-target="#owner-results" hx-include="#chosen-owners" hx-sync="this:replace";
                        button.button type="submit" name="find" value="1" formnovalidate data-without-script {
                            (t("user-owner-find"))
                        }
                    }
                    div #owner-results { (owner_results(form, view.owners, &view.zone)) }
                }
                label.check {
                    input type="radio" name="scope" value="all" checked[form.all_owners];
                    span { (t("user-scope-all")) }
                }
                @if !view.had_all {
                    div.confirm-all { (confirm_all(form, error)) }
                }
            }
        }
    }
}

/// Every owner, now and later, is more than a slip of the mouse.
fn confirm_all(form: &UserForm, error: Option<&str>) -> Markup {
    let (label, hint) = (t("user-all-confirm"), t("user-all-hint"));
    let field = Field {
        value: &form.confirm_all,
        hint: &hint,
        error,
        autocomplete: "off",
        ..Field::text("confirm_all", &label)
    };
    field.render()
}

fn owner_choice(owner: &str, rows: Option<u64>, chosen: bool, badge: Option<Markup>) -> Markup {
    html! {
        li {
            label.owner {
                input type="checkbox" name="owner" value=(owner) checked[chosen];
                span.verbatim { (visible(owner)) }
                @if let Some(badge) = badge { (badge) }
                @if let Some(rows) = rows {
                    span.number.hint { (t_with("user-owner-rows", &[("n", rows.into()), ("count", count(rows).into())])) }
                }
            }
        }
    }
}

/// Asked once it comes up: somebody is let in who sees nothing.
pub(in crate::web::pages) fn accept_no_rows(form: &UserForm, errors: &[FieldError]) -> Markup {
    let error = error_of(errors, "accept_no_rows");
    html! {
        @if error.is_some() || form.accepts_no_rows {
            label.check {
                input #accept_no_rows type="checkbox" name="accept_no_rows" value="1" checked[form.accepts_no_rows]
                    aria-invalid=[error.map(|_| "true")];
                span { (t("approvals-accept-no-rows")) }
            }
        }
    }
}

/// What is said of a chosen owner that no row names.
fn missing_badge(owner: &str, owners: &Owners) -> Option<Markup> {
    let id = if owners.missing_now.contains(owner) { "user-owner-gone" } else { "user-owner-missing" };
    owners.missing.contains(owner).then(|| html! { span.badge.warn { (t(id)) } })
}

/// Owners to choose from, without those that are chosen; also what a search as one types gets.
pub fn owner_results(form: &UserForm, owners: &Owners, zone: &TimeZone) -> Markup {
    let words = form.owner_words.as_str();
    let offered = owners.found.iter().filter(|owner| !form.owners.contains(&owner.name));
    let offered: Vec<_> = offered.collect();
    let gone: Vec<_> = owners.gone.iter().filter(|owner| !form.owners.contains(&owner.name)).collect();
    // Where the list is whole and has something like it, a half-typed name is no owner.
    let may_exist = owners.matched == 0 || owners.has_unseen;
    let is_gone = owners.gone.iter().any(|owner| owner.name == words);
    let offers_typed =
        may_exist && !words.is_empty() && !owners.exact && !is_gone && !form.owners.contains(words);
    let day = |at: Timestamp| reader::formats().date(at.to_zoned(zone.clone()).date());
    let new = || html! { span.badge.info { (t("user-owner-new")) } };
    html! {
        @if let Some(since) = owners.new_since {
            p.row.tight {
                span.hint { (t_with("user-owners-new", &[("n", owners.new.into()), ("since", day(since).into())])) }
                button.button.small type="submit" name="owners_seen" value="1" formnovalidate { (t("user-owners-seen")) }
            }
        }
        @if !offered.is_empty() {
            ul.owner-list { @for owner in &offered { (owner_choice(&owner.name, Some(owner.rows), false, owner.is_new.then(new))) } }
        }
        @if !gone.is_empty() {
            p.hint { (t("user-owners-gone")) }
            ul.owner-list { @for owner in &gone {
                (owner_choice(&owner.name, None, false, Some(html! { span.badge.warn { (t("user-owner-gone")) } span.number.hint { (t_with("user-owner-last", &[("day", day(owner.last).into())])) } })))
            } }
        }
        @if offers_typed {
            p.hint { (t("user-owner-unlisted")) }
            ul.owner-list { (owner_choice(words, None, false, (!owners.has_unseen).then(|| html! { span.badge.warn { (t("user-owner-missing")) } }))) }
        }
        p.hint role="status" {
            @if owners.matched == 0 && words.is_empty() { (t("user-owner-no-data")) }
            @else if owners.matched == 0 { (t("user-owner-no-match")) }
            @else if offered.is_empty() && !words.is_empty() {
                (t_with("user-owner-chosen", &[("n", owners.matched.into()), ("owner", visible(&owners.found.first().map_or_else(String::new, |owner| owner.name.clone())).into())]))
            }
            @else if owners.matched > owners.found.len() {
                (t_with("user-owner-more", &[("shown", owners.found.len().into()), ("n", count(owners.matched as u64).into())]))
            }
        }
    }
}
