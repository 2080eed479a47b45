//! Section of the account page: the second factor.

use maud::{Markup, html};

use super::view::AccountView;
use crate::services::second_factor::recovery::CODES;
use crate::services::second_factor::trust::OwnBrowser;
use crate::web::extract::Page;
use crate::web::ui::form::csrf_field;
use crate::web::ui::format::instant;
use crate::web::ui::{device, icon, t, t_with};

/// What the section shows.
#[derive(Debug)]
pub struct FactorView {
    /// Recovery codes that are left.
    pub codes_left: usize,
    /// Browsers that are trusted.
    pub trusted: Vec<OwnBrowser>,
    /// The site wants this user to have one.
    pub is_required: bool,
}

/// From here on it is time for new recovery codes.
const FEW_CODES: usize = 3;

/// The section.
pub fn second_factor(page: &Page, view: &AccountView, csrf: &str) -> Markup {
    let FactorView { codes_left, trusted, is_required } = &view.factor;
    let zone = page.look.zone();
    html! {
        section.panel.padded.stack aria-labelledby="account-second-factor" {
            div.row.spread {
                h2 #account-second-factor { (t("account-second-factor")) }
                @if page.user().second_factor_at.is_some() { span.badge.ok { (t("second-factor-on")) } }
                @else { span.badge.neutral { (t("second-factor-off")) } }
            }
            @if let Some(since) = page.user().second_factor_at {
                dl.facts {
                    dt { (t("second-factor-since")) }
                    dd { (instant(since, &zone, view.now)) }
                    dt { (t("second-factor-codes-left")) }
                    dd {
                        (t_with("second-factor-left", &[("left", (*codes_left).into()), ("of", CODES.into())]))
                        @if *codes_left <= FEW_CODES { " " span.badge.warn { (t("second-factor-few-codes")) } }
                    }
                }
                @if !trusted.is_empty() { (browsers(trusted, view, csrf, &zone)) }
                div.actions {
                    a.button href="/account/second-factor/codes" { (icon("key-round")) (t("recovery-renew-button")) }
                    a.button.danger href="/account/second-factor/off" { (t("second-factor-off-button")) }
                }
            } @else {
                p.hint { (t("account-second-factor-text")) }
                @if *is_required { p.hint { (t("second-factor-required-text")) } }
                div.actions {
                    a.button href="/account/second-factor" { (icon("shield")) (t("second-factor-begin")) }
                }
            }
        }
    }
}

fn browsers(trusted: &[OwnBrowser], view: &AccountView, csrf: &str, zone: &jiff::tz::TimeZone) -> Markup {
    html! {
        div.stack.close {
            h3 { (t("trusted-title")) }
            ul.trusted-list {
                @for browser in trusted {
                    @let name = device(&browser.user_agent);
                    li {
                        span { (name) " " span.hint { (t("trusted-until")) " " (instant(browser.until, zone, view.now)) } }
                        form method="post" action=(format!("/account/second-factor/trusted/{}/end", browser.id)) {
                            (csrf_field(csrf))
                            button.button.small type="submit"
                                aria-label=(t_with("trusted-end-label", &[("device", name.into())])) { (t("trusted-end")) }
                        }
                    }
                }
            }
            @if trusted.len() > 1 {
                form method="post" action="/account/second-factor/trusted/end" {
                    (csrf_field(csrf))
                    button.button.small type="submit" { (t("trusted-end-all")) }
                }
            }
        }
    }
}
