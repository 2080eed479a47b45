//! The pages of the outbox.

use std::path::Path;

use axum::response::Response;
use jiff::Timestamp;
use maud::{Markup, html};

use crate::config::mail::{MailConfig, MailMode};
use crate::domain::mail::{Mail, MailState};
use crate::mail::preview;
use crate::services::outbox::{Listed, STATES, Tested};
use crate::web::extract::Page;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, error_summary};
use crate::web::ui::format::{count, instant};
use crate::web::ui::{NavItem, icon, t, t_with};

/// The list, and what stands above it.
pub struct ListView<'v> {
    /// The mails.
    pub listed: &'v Listed,
    /// In which state they are, if one was chosen.
    pub state: Option<MailState>,
    /// The newest are among them.
    pub is_first: bool,
    /// How mails leave.
    pub config: &'v MailConfig,
    /// Where the site lives.
    pub data_dir: &'v Path,
    /// The present.
    pub now: Timestamp,
    /// What came of a test.
    pub tested: Option<&'v Tested>,
    /// What is wrong with the form of the test.
    pub errors: &'v [FieldError],
    /// To whom a test goes.
    pub to: &'v str,
}

/// What was done to a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It is sent again.
    Resend,
    /// It is not sent.
    Discard,
}

impl Done {
    /// Its word in addresses and text ids.
    pub fn word(self) -> &'static str {
        match self {
            Self::Resend => "resend",
            Self::Discard => "discard",
        }
    }

    /// What this word means.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Resend, Self::Discard].into_iter().find(|done| done.word() == word)
    }
}

fn state_word(state: MailState) -> &'static str {
    match state {
        MailState::Waiting => "waiting",
        MailState::Sent => "sent",
        MailState::Failed => "failed",
        MailState::Discarded => "discarded",
    }
}

/// The state of this word.
pub fn parse_state(word: &str) -> Option<MailState> {
    STATES.into_iter().find(|state| state_word(*state) == word)
}

fn state_badge(state: MailState) -> Markup {
    let mark = match state {
        MailState::Waiting => "info",
        MailState::Sent => "ok",
        MailState::Failed => "bad",
        MailState::Discarded => "neutral",
    };
    html! { span class=(format!("badge {mark}")) { (t(&format!("mail-state-{}", state_word(state)))) } }
}

/// All mails, and a way to try whether mail works.
pub fn list_page(page: &Page, view: &ListView<'_>) -> Response {
    let content = html! {
        div.page-head { h1 { (t("mail-title")) } }
        (error_summary(view.errors))
        (way(page, view))
        @if let Some(tested) = view.tested { (test_result(tested, view.to)) }
        div.stack {
            (tabs(view))
            @if view.listed.mails.is_empty() { (nothing(view)) } @else { (table(page, view)) }
            (footer(view))
        }
    };
    page.show(NavItem::Mail, &t("mail-title"), &[], &content)
}

/// How mails leave, with the test.
fn way(page: &Page, view: &ListView<'_>) -> Markup {
    let text = match &view.config.mode {
        MailMode::Off => {
            return html! {
                div.notice {
                    (icon("info"))
                    div {
                        strong { (t("mail-off")) }
                        p { (t("mail-off-text")) }
                        a.button href="/admin/settings#settings-mail" { (icon("settings")) (t("mail-settings")) }
                    }
                }
            };
        }
        MailMode::File { directory, .. } => {
            let directory = view.data_dir.join(directory).display().to_string();
            t_with("mail-way-file", &[("directory", directory.into())])
        }
        MailMode::Smtp(senders) => {
            let senders: Vec<String> =
                senders.iter().map(|sender| format!("{}:{}", sender.host, sender.port)).collect();
            t_with("mail-way-smtp", &[("senders", senders.join(", ").into())])
        }
    };
    let label = t("field-to");
    let is_file = matches!(view.config.mode, MailMode::File { .. });
    let hint = t(if is_file { "mail-test-hint-file" } else { "mail-test-hint" });
    let field = Field {
        kind: "email",
        value: view.to,
        hint: &hint,
        required: true,
        error: error_of(view.errors, "to"),
        ..Field::text("to", &label)
    };
    html! {
        section.panel.padded.mail-way {
            p { (text) }
            form.stack method="post" action="/admin/outbox/test" data-once {
                (csrf_field(&page.csrf()))
                (field.render())
                div.actions {
                    button.button type="submit" { (icon("send")) (t("mail-test")) }
                    a.button.quiet href="/admin/settings#settings-mail" { (icon("settings")) (t("mail-settings")) }
                }
            }
        }
    }
}

fn test_result(tested: &Tested, to: &str) -> Markup {
    let (class, symbol, text) = match &tested.outcome {
        Ok(_) => ("notice ok", "circle-check", t_with("mail-test-sent", &[("to", to.into())])),
        Err(_) => ("notice bad", "circle-alert", t("mail-test-failed")),
    };
    html! {
        div class=(class) role="status" tabindex="-1" data-focus {
            (icon(symbol))
            div {
                p { strong { (text) } }
                @match &tested.outcome { Ok(answer) | Err(answer) => p { code { (answer) } } }
            }
        }
        @if !tested.conversation.0.is_empty() {
            section.panel.padded {
                h2 { (t("mail-test-conversation")) }
                pre.conversation tabindex="0" { (tested.conversation.0.join("\n")) }
            }
        }
    }
}

fn address(state: Option<MailState>, before: Option<&Mail>) -> String {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    if let Some(state) = state {
        pairs.append_pair("state", state_word(state));
    }
    if let Some(mail) = before {
        pairs.append_pair("before", &mail.id.to_string());
    }
    let pairs = pairs.finish();
    if pairs.is_empty() { "/admin/outbox".to_owned() } else { format!("/admin/outbox?{pairs}") }
}

fn tabs(view: &ListView<'_>) -> Markup {
    let all = view.listed.counts.iter().map(|(_, mails)| mails).sum();
    let tab = |state: Option<MailState>, label: String, mails: usize| {
        html! {
            a href=(address(state, None)) aria-current=[(view.state == state).then_some("page")] {
                (label) " " span.tab-count { (count(mails as u64)) }
            }
        }
    };
    html! {
        nav.tabs aria-label=(t("mail-states")) {
            (tab(None, t("mail-all"), all))
            @for (state, mails) in &view.listed.counts {
                (tab(Some(*state), t(&format!("mail-state-{}", state_word(*state))), *mails))
            }
        }
    }
}

fn nothing(view: &ListView<'_>) -> Markup {
    html! {
        div.panel.empty {
            (icon("mail"))
            strong { (t("mail-none")) }
            @if view.state.is_some() {
                p { (t("mail-none-state")) }
                a.button href="/admin/outbox" { (t("mail-show-all")) }
            } @else {
                p { (t("mail-none-text")) }
            }
        }
    }
}

fn table(page: &Page, view: &ListView<'_>) -> Markup {
    let zone = page.look.zone();
    html! {
        div.table-wrap {
            table.table.cards {
                thead { tr {
                    @for id in ["mail-to", "mail-subject", "mail-state", "mail-answer", "mail-created"] {
                        th scope="col" { (t(id)) }
                    }
                } }
                tbody {
                    @for mail in &view.listed.mails {
                        tr {
                            td.who { a href=(format!("/admin/outbox/{}", mail.id)) { (mail.to) } }
                            td data-label=(t("mail-subject")) { (mail.letter.subject) }
                            td data-label=(t("mail-state")) {
                                (state_badge(mail.state))
                                @if let Some(next) = view.listed.next.get(&mail.id).filter(|_| mail.attempts > 0) {
                                    span.hint.mail-next { (t("mail-next")) " " (instant(*next, &zone, view.now)) }
                                }
                            }
                            td.mail-answer data-label=(t("mail-answer")) { (mail.answer.as_deref().unwrap_or_default()) }
                            td data-label=(t("mail-created")) { (instant(mail.created_at, &zone, view.now)) }
                        }
                    }
                }
            }
        }
    }
}

fn footer(view: &ListView<'_>) -> Markup {
    let last = view.listed.mails.last().filter(|_| view.listed.has_more);
    html! {
        @if last.is_some() || !view.is_first {
            div.list-foot {
                @if !view.is_first { a.button href=(address(view.state, None)) { (icon("chevron-left")) (t("mail-show-all")) } }
                @if last.is_some() { a.button href=(address(view.state, last)) { (t("mail-older")) (icon("chevron-right")) } }
            }
        }
    }
}

/// One mail.
pub fn mail_page(
    page: &Page,
    (mail, next): (&Mail, Option<Timestamp>),
    done: Option<Done>,
    errors: &[FieldError],
    now: Timestamp,
) -> Response {
    let zone = page.look.zone();
    let facts = [
        ("mail-to", html! { (mail.to) }),
        ("mail-state", state_badge(mail.state)),
        ("mail-kind", html! { (mail.kind) }),
        ("mail-tries", html! { (mail.attempts) }),
        ("mail-created", instant(mail.created_at, &zone, now)),
        ("mail-changed", instant(mail.updated_at, &zone, now)),
    ];
    let content = html! {
        nav.crumbs { a href="/admin/outbox" { (icon("chevron-left")) (t("mail-back")) } }
        div.page-head { h1 { (mail.letter.subject) } }
        (error_summary(errors))
        @if let Some(done) = done {
            div.notice.ok role="status" { (icon("circle-check")) p { (t(&format!("mail-done-{}", done.word()))) } }
        }
        section.panel.padded {
            dl.facts {
                @for (label, value) in facts { dt { (t(label)) } dd { (value) } }
                @if let Some(next) = next { dt { (t("mail-next")) } dd { (instant(next, &zone, now)) } }
                @if let Some(sender) = &mail.sender { dt { (t("mail-sender")) } dd { (sender) } }
                @if let Some(answer) = &mail.answer { dt { (t("mail-answer")) } dd { pre.conversation { (answer) } } }
            }
            div.actions {
                @if mail.can_be_sent(now) { (action(page, mail, Done::Resend, "send", "button primary")) }
                @if matches!(mail.state, MailState::Waiting | MailState::Failed) {
                    (action(page, mail, Done::Discard, "ban", "button"))
                    span.hint { (t("mail-discard-hint")) }
                }
            }
        }
        section.panel.padded {
            h2 { (t("mail-text")) }
            pre.conversation tabindex="0" { (preview(&mail.letter)) }
            @if mail.letter.has_secret() || mail.letter.is_emptied() { p.hint { (t("mail-hidden")) } }
        }
    };
    page.show(NavItem::Mail, &mail.letter.subject, &[], &content)
}

fn action(page: &Page, mail: &Mail, done: Done, symbol: &str, class: &str) -> Markup {
    html! {
        form.inline method="post" action=(format!("/admin/outbox/{}/{}", mail.id, done.word())) data-once {
            (csrf_field(&page.csrf()))
            button class=(class) type="submit" { (icon(symbol)) (t(&format!("mail-{}", done.word()))) }
        }
    }
}
