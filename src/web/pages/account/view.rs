//! The account page and the card for a forced change.

use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::device::device;
use crate::domain::preferences::{Density, Preferences, Theme, time_zones};
use crate::domain::user::Realm;
use crate::services::account::OwnSession;
use crate::services::password_policy;
use crate::web::extract::{AnyPage, Page};
use crate::web::state::AppState;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, error_summary, select};
use crate::web::ui::format::instant;
use crate::web::ui::{NavItem, icon, t, t_with};

/// What was just done.
#[derive(Debug, Clone, Copy)]
pub struct Done(&'static str);

impl Done {
    const ALL: [(&'static str, &'static str); 6] = [
        ("name", "account-done-name"),
        ("password", "account-done-password"),
        ("email", "account-done-email"),
        ("preferences", "account-done-preferences"),
        ("session", "account-done-session"),
        ("sessions", "account-done-sessions"),
    ];

    /// The one of this name in the address.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, text)| Self(text))
    }
}

/// What the account page shows.
#[derive(Debug)]
pub struct AccountView {
    /// First and last name, or what was typed for them.
    pub name: (String, String),
    /// The preferences, or what was chosen.
    pub preferences: Preferences,
    /// Where one is signed in.
    pub sessions: Vec<OwnSession>,
    /// The present.
    pub now: Timestamp,
    /// What is wrong with what was sent.
    pub errors: Vec<FieldError>,
    /// What was just done.
    pub done: Option<Done>,
}

/// The page.
pub fn account_page(page: &Page, view: &AccountView) -> Response {
    let csrf = page.csrf();
    let content = html! {
        div.page-head { h1 { (t("account-title")) } }
        @if let Some(Done(text)) = view.done {
            div.notice.ok role="status" { (icon("circle-check")) p { (t(text)) } }
        }
        (error_summary(&view.errors))
        div.settings {
            div.stack {
                (profile(page, view, &csrf))
                (sign_in(page))
            }
            (look(view, &csrf))
            (sessions(page, view, &csrf))
        }
    };
    page.show(NavItem::Account, &t("account-title"), &[], &content)
}

fn profile(page: &Page, view: &AccountView, csrf: &str) -> Markup {
    let (first_label, last_label) = (t("field-first_name"), t("field-last_name"));
    let hint = t("account-name-hint");
    let first = Field {
        value: &view.name.0,
        hint: &hint,
        autocomplete: "given-name",
        error: error_of(&view.errors, "first_name"),
        ..Field::text("first_name", &first_label)
    };
    let last = Field {
        value: &view.name.1,
        autocomplete: "family-name",
        error: error_of(&view.errors, "last_name"),
        ..Field::text("last_name", &last_label)
    };
    html! {
        section.panel.padded.stack aria-labelledby="account-profile" {
            h2 #account-profile { (t("account-profile")) }
            dl.facts {
                dt { (t("field-email")) }
                dd { (page.user().email) }
                @if let Some(username) = &page.user().username {
                    dt { (t("field-username")) }
                    dd { (username) }
                }
            }
            form.stack method="post" action="/account/name" {
                (csrf_field(csrf))
                div.columns { (first.render()) (last.render()) }
                div.actions { button.button type="submit" { (t("account-save")) } }
            }
        }
    }
}

/// The new password, twice.
pub fn password_fields(least: usize, errors: &[FieldError]) -> Markup {
    let (new_label, again_label) = (t("field-new_password"), t("field-new_password_again"));
    let hint = t_with("password-hint", &[("n", least.into())]);
    let new = Field {
        hint: &hint,
        measured: Some(least),
        error: error_of(errors, "new_password"),
        ..Field::password("new_password", &new_label, "new-password")
    };
    let again = Field {
        error: error_of(errors, "new_password_again"),
        ..Field::password("new_password_again", &again_label, "new-password")
    };
    html! { (new.render()) (again.render()) }
}

/// How one signs in: the password and the address, each changed on a page of its own.
fn sign_in(page: &Page) -> Markup {
    let is_local = page.user().realm == Realm::Local;
    html! {
        section.panel.padded.stack aria-labelledby="account-sign-in" {
            h2 #account-sign-in { (t("account-sign-in")) }
            ul.action-list {
                li {
                    span { strong { (t("account-password")) } span.hint {
                        (if is_local { t("account-password-text") } else { t("account-password-directory") })
                    } }
                    @if is_local { a.button href="/account/password" { (t("account-password-button")) } }
                }
                li {
                    span { strong { (t("field-email")) } span.hint { (page.user().email) } }
                    @if is_local { a.button href="/account/email" { (t("email-change-title")) } }
                }
            }
        }
    }
}

fn look(view: &AccountView, csrf: &str) -> Markup {
    let preferences = &view.preferences;
    let themes = Theme::ALL.map(|theme| {
        let word = theme.as_str();
        (word.to_owned(), t(&format!("theme-{word}")))
    });
    let densities = Density::ALL.map(|density| {
        let word = density.as_str();
        (word.to_owned(), t(&format!("density-{word}")))
    });
    let zones = time_zones();
    let system = TimeZone::system();
    let of_machine = system.iana_name().unwrap_or("UTC").to_owned();
    let chosen = preferences.time_zone.as_deref().unwrap_or("");
    let zone_error = error_of(&view.errors, "time_zone");
    html! {
        section.panel.padded.stack aria-labelledby="account-look" {
            h2 #account-look { (t("account-look")) }
            form.stack method="post" action="/account/preferences" {
                (csrf_field(csrf))
                div.columns {
                    (select("theme", &t("field-theme"), &themes, preferences.theme.as_str()))
                    (select("density", &t("field-density"), &densities, preferences.density.as_str()))
                }
                div.field {
                    label for="time_zone" { (t("field-time_zone")) }
                    select.input #time_zone name="time_zone" aria-describedby="time_zone-hint"
                        aria-invalid=[zone_error.map(|_| "true")] {
                        option value="" selected[chosen.is_empty()] {
                            (t_with("account-zone-system", &[("zone", of_machine.into())]))
                        }
                        // One that was chosen on a machine that knows more zones stays what it is.
                        @if !chosen.is_empty() && !zones.iter().any(|zone| zone == chosen) {
                            option value=(chosen) selected { (chosen) }
                        }
                        @for zone in &zones { option value=(zone) selected[zone == chosen] { (zone) } }
                    }
                    @if let Some(error) = zone_error { p.error { (icon("circle-alert")) (error) } }
                    p.hint #time_zone-hint { (t("account-zone-hint")) }
                }
                div.actions { button.button type="submit" { (t("account-look-button")) } }
            }
        }
    }
}

fn sessions(page: &Page, view: &AccountView, csrf: &str) -> Markup {
    let zone = page.look.zone();
    let has_others = view.sessions.iter().any(|session| !session.is_this);
    html! {
        section.panel.stack.wide-panel aria-labelledby="account-sessions" {
            div.panel-head {
                div {
                    h2 #account-sessions { (t("account-sessions")) }
                    p.hint { (t("account-sessions-text")) }
                }
                @if has_others {
                    form method="post" action="/account/sessions/end-others" {
                        (csrf_field(csrf))
                        button.button.danger type="submit" { (t("account-sessions-end-others")) }
                    }
                }
            }
            table.table.cards {
                thead { tr {
                    th scope="col" { (t("account-session-device")) }
                    th scope="col" { (t("account-session-address")) }
                    th scope="col" { (t("account-session-seen")) }
                    th scope="col" { (t("account-session-begun")) }
                    th scope="col" { span.visually-hidden { (t("account-session-end")) } }
                } }
                tbody {
                    @for session in &view.sessions { (session_row(session, view, &zone, csrf)) }
                }
            }
        }
    }
}

fn session_row(session: &OwnSession, view: &AccountView, zone: &TimeZone, csrf: &str) -> Markup {
    let name = device(&session.user_agent);
    let address = session.address.map(|address| address.to_string()).unwrap_or_default();
    html! {
        tr {
            td data-label=(t("account-session-device")) {
                span.row.tight {
                    span title=(session.user_agent) { (name) }
                    @if session.is_this { span.badge.info { (t("account-session-this")) } }
                }
            }
            td.code data-label=(t("account-session-address")) { (address) }
            td data-label=(t("account-session-seen")) { (instant(session.seen_at, zone, view.now)) }
            td data-label=(t("account-session-begun")) { (instant(session.created_at, zone, view.now)) }
            td.act {
                @if !session.is_this {
                    form method="post" action=(format!("/account/sessions/{}/end", session.id)) {
                        (csrf_field(csrf))
                        button.button.small type="submit"
                            aria-label=(t_with("account-session-end-label", &[("device", name.into())])) {
                            (t("account-session-end"))
                        }
                    }
                }
            }
        }
    }
}

/// The card of a forced change.
pub fn change_page(state: &AppState, page: &AnyPage, error: Option<FieldError>) -> Response {
    let errors: Vec<FieldError> = error.into_iter().collect();
    let user = &page.session.live.user;
    let least = password_policy::least_length(&state.config().password, user);
    let csrf = page.csrf();
    let (current_label, current_hint) = (t("field-current_password"), t("change-current-hint"));
    let current = Field {
        hint: &current_hint,
        error: error_of(&errors, "current_password"),
        ..Field::password("current_password", &current_label, "current-password")
    };
    let content = html! {
        h1 { (t("change-title")) }
        p { (t("change-text")) }
        (error_summary(&errors))
        form.stack method="post" action="/change-password" data-once {
            (csrf_field(&csrf))
            input type="text" name="username" value=(user.email) autocomplete="username" hidden;
            (current.render())
            (password_fields(least, &errors))
            button.button.primary.wide type="submit" { (t("change-button")) }
        }
        form method="post" action="/logout" data-sign-out {
            (csrf_field(&csrf))
            button.button.quiet.wide type="submit" { (t("shell-sign-out")) }
        }
    };
    page.show_card(&t("change-title"), &content)
}
