//! The tokens of one's own programs as they are seen.

use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::prove::{Asked, proof_field};
use crate::domain::api_token::{MAX_NAME_CHARS, TokenScope};
use crate::domain::ids::ApiTokenId;
use crate::services::api_tokens::{ApiTokenView, MadeApiToken};
use crate::web::extract::{FormData, Page};
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, error_summary};
use crate::web::ui::format::instant;
use crate::web::ui::{NavItem, icon, t, t_with};

/// Lives that are offered, in days; none for one that ends when it is revoked.
const LIVES: [Option<u16>; 4] = [Some(30), Some(90), Some(365), None];

/// A token as it is asked for.
#[derive(Debug, Clone)]
pub struct TokenForm {
    /// Its name.
    pub name: String,
    /// What it is to be for, as words.
    pub scopes: Vec<String>,
    /// Days; blank for no end.
    pub days: String,
}

impl Default for TokenForm {
    fn default() -> Self {
        Self {
            name: String::new(),
            scopes: vec![TokenScope::Read.as_str().to_owned()],
            days: "90".to_owned(),
        }
    }
}

impl TokenForm {
    /// As it was sent.
    pub fn of(form: &FormData) -> Self {
        Self {
            name: form.text("token_name").to_owned(),
            scopes: form.all("scope").map(str::to_owned).collect(),
            days: form.text("days").to_owned(),
        }
    }
}

/// What is shown beside the tokens.
#[derive(Debug, Clone, Copy)]
pub struct TokensView<'v> {
    /// What is asked for.
    pub form: &'v TokenForm,
    /// One that was just made.
    pub made: Option<&'v MadeApiToken>,
    /// What was wrong.
    pub errors: &'v [FieldError],
    /// One was just revoked.
    pub is_revoked: bool,
    /// The present.
    pub now: Timestamp,
}

/// The page.
pub fn tokens_page(page: &Page, view: &TokensView<'_>, own: &[ApiTokenView]) -> Response {
    let (csrf, zone) = (page.csrf(), page.look.zone());
    let content = html! {
        nav.crumbs aria-label=(t("account-title")) { a href="/account" { (icon("chevron-left")) (t("account-title")) } }
        div.page-head { h1 { (t("tokens-title")) } }
        @if view.is_revoked { div.notice.ok role="status" { (icon("circle-check")) p { (t("tokens-revoked")) } } }
        @if let Some(made) = view.made { (shown_once(made)) }
        (error_summary(view.errors))
        p.hint { (t("tokens-text")) " " a href="/api/docs" { (t("tokens-docs")) } }
        @if own.is_empty() {
            div.panel.empty { (icon("key-round")) strong { (t("tokens-none")) } p { (t("tokens-none-text")) } }
        } @else {
            (tokens_table(own, &|id| format!("/account/tokens/{id}/revoke"), (&zone, view.now), &csrf))
        }
        (form(page, view, &csrf))
    };
    page.show(NavItem::Account, &t("tokens-title"), &[], &content)
}

fn shown_once(made: &MadeApiToken) -> Markup {
    html! {
        div.notice.ok role="status" {
            (icon("key-round"))
            div.stack {
                p { strong { (t_with("tokens-made", &[("name", made.view.name.as_str().into())])) } " " (t("tokens-made-text")) }
                div.row {
                    code.code #new-token { (made.token.expose()) }
                    button.button.small type="button" hidden data-copy="new-token" { (icon("copy")) (t("tokens-copy")) }
                }
            }
        }
    }
}

/// What a token is for, in words.
fn scopes_text(token: &ApiTokenView) -> String {
    let words: Vec<String> =
        token.scopes.iter().map(|scope| t(&format!("token-scope-{}", scope.as_str()))).collect();
    words.join(", ")
}

/// Tokens, each with the button that revokes it; `revoke` is where that sends.
pub fn tokens_table(
    tokens: &[ApiTokenView],
    revoke: &dyn Fn(ApiTokenId) -> String,
    (zone, now): (&TimeZone, Timestamp),
    csrf: &str,
) -> Markup {
    html! {
        div.table-wrap {
            table.table.cards {
                caption.visually-hidden { (t("tokens-title")) }
                thead { tr {
                    @for id in ["tokens-name", "tokens-scopes", "tokens-used", "tokens-expires"] { th scope="col" { (t(id)) } }
                    th scope="col" { span.visually-hidden { (t("tokens-revoke")) } }
                } }
                tbody {
                    @for token in tokens {
                        tr {
                            td.who { (token.name) @if token.is_over { " " span.badge.warn { (t("tokens-over")) } } }
                            td data-label=(t("tokens-scopes")) { (scopes_text(token)) }
                            td data-label=(t("tokens-used")) { @match token.used_at { Some(at) => (instant(at, zone, now)), None => (t("tokens-unused")) } }
                            td data-label=(t("tokens-expires")) { @match token.expires_at { Some(at) => (instant(at, zone, now)), None => (t("tokens-endless")) } }
                            td.act {
                                form method="post" action=(revoke(token.id)) {
                                    (csrf_field(csrf))
                                    button.button.small.danger type="submit" aria-label=(t_with("tokens-revoke-label", &[("name", token.name.as_str().into())])) {
                                        (t("tokens-revoke"))
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn form(page: &Page, view: &TokensView<'_>, csrf: &str) -> Markup {
    let user = page.user();
    let label = t("token-field-token_name");
    let hint = t("tokens-name-hint");
    let name = Field {
        value: &view.form.name,
        hint: &hint,
        required: true,
        max_chars: Some(MAX_NAME_CHARS),
        error: error_of(view.errors, "token_name"),
        ..Field::text("token_name", &label)
    };
    let offered = TokenScope::ALL
        .into_iter()
        .filter(|scope| scope.permission().is_none_or(|permission| user.has(permission)));
    html! {
        section.panel.padded.stack aria-labelledby="new-token-title" {
            h2 #new-token-title { (t("tokens-new")) }
            form.stack method="post" action="/account/tokens" data-once {
                (csrf_field(csrf))
                (name.render())
                fieldset.field {
                    legend { (t("token-field-scope")) }
                    @for scope in offered {
                        label.check {
                            input type="checkbox" name="scope" value=(scope) checked[view.form.scopes.iter().any(|word| word == scope.as_str())];
                            (t(&format!("token-scope-{}", scope.as_str())))
                        }
                    }
                    @if let Some(error) = error_of(view.errors, "scope") { p.error { (icon("circle-alert")) (error) } }
                }
                div.field {
                    label for="days" { (t("token-field-days")) }
                    select.input #days name="days" {
                        @for life in LIVES {
                            @let value = life.map(|days| days.to_string()).unwrap_or_default();
                            option value=(value) selected[value == view.form.days] {
                                @match life { Some(days) => (t_with("tokens-days", &[("n", days.into())])), None => (t("tokens-endless")) }
                            }
                        }
                    }
                    @if let Some(error) = error_of(view.errors, "days") { p.error { (icon("circle-alert")) (error) } }
                }
                (proof_field(page.session.live(), view.now, Asked::UnlessFresh, "token_password", "", view.errors))
                div.actions { button.button.primary type="submit" { (icon("plus")) (t("tokens-make")) } }
            }
        }
    }
}
