//! Sections of the account page: the security question, on sites that have them; and one's own data.

use maud::{Markup, html};

use super::prove::{Asked, proof_field};
use super::view::AccountView;
use crate::services::security_question::MAX_QUESTION_CHARS;
use crate::web::extract::Page;
use crate::web::ui::form::{Field, csrf_field, error_of};
use crate::web::ui::{icon, t};

/// The question; the answer never comes back.
pub fn question(page: &Page, view: &AccountView, csrf: &str) -> Markup {
    let Some(known) = &view.question else { return html! {} };
    let (question_label, answer_label) = (t("field-question"), t("field-answer"));
    let (question_hint, answer_hint) = (t("account-question-hint"), t("account-answer-hint"));
    let question = Field {
        value: known,
        hint: &question_hint,
        required: true,
        max_chars: Some(MAX_QUESTION_CHARS),
        autocomplete: "off",
        error: error_of(&view.errors, "question"),
        ..Field::text("question", &question_label)
    };
    let answer = Field {
        hint: &answer_hint,
        error: error_of(&view.errors, "answer"),
        ..Field::password("answer", &answer_label, "off")
    };
    html! {
        section.panel.padded.stack aria-labelledby="account-question" {
            h2 #account-question { (t("account-question")) }
            p.hint { (t("account-question-text")) }
            form.stack method="post" action="/account/question" data-once {
                (csrf_field(csrf))
                (question.render())
                (answer.render())
                (proof_field(page.session.live(), view.now, Asked::UnlessFresh, "question_password", "", &view.errors))
                div.actions {
                    button.button type="submit" { (t("account-save")) }
                    @if view.has_question {
                        button.button.danger type="submit" formaction="/account/question/remove" formnovalidate {
                            (t("account-question-remove"))
                        }
                    }
                }
            }
        }
    }
}

/// The way to what is kept about one.
pub fn own_data() -> Markup {
    html! {
        section.panel.padded.stack aria-labelledby="account-data" {
            h2 #account-data { (t("account-data")) }
            p.hint { (t("account-data-text")) }
            div.actions { a.button href="/account/data" download { (icon("download")) (t("account-data-button")) } }
        }
    }
}
