//! The part of a source's form that is a query and its database.

use maud::{Markup, html};

use crate::domain::feed::{SqlEngine, SqlSource, SqlTls};
use crate::services::sources::SqlDraft;
use crate::web::extract::FormData;
use crate::web::ui::form::{Field, FieldError, checked_select, error_of};
use crate::web::ui::{icon, t};

/// A form that nobody filled in yet.
pub(super) fn empty_draft() -> SqlDraft {
    SqlDraft {
        engine: SqlEngine::Postgres.word().to_owned(),
        tls: SqlTls::Verify.word().to_owned(),
        ..SqlDraft::default()
    }
}

/// Of a source as it is.
pub(super) fn draft_of(source: &SqlSource) -> SqlDraft {
    SqlDraft {
        engine: source.engine.word().to_owned(),
        host: source.host.clone(),
        port: if source.port == 0 { String::new() } else { source.port.to_string() },
        database: source.database.clone(),
        user: source.user.clone(),
        secret_name: source.secret_name.clone(),
        tls: source.tls.word().to_owned(),
        query: source.query.clone(),
    }
}

/// As it was sent.
pub(super) fn typed(form: &FormData) -> SqlDraft {
    let text = |name: &str| form.text(name).to_owned();
    SqlDraft {
        engine: text("engine"),
        host: text("host"),
        port: text("port"),
        database: text("database"),
        user: text("user"),
        secret_name: text("secret_name"),
        tls: text("tls"),
        query: text("query"),
    }
}

/// The fields.
pub(super) fn fields(
    draft: &SqlDraft,
    errors: &[FieldError],
    secrets: &[(String, String)],
    has_secret: bool,
) -> Markup {
    let field = |name: &'static str, value: &str, hint: &'static str| {
        let (label, hint) = (t(&format!("field-{name}")), t(hint));
        let error = error_of(errors, name);
        Field { value, hint: &hint, autocomplete: "off", required: false, error, ..Field::text(name, &label) }
            .render()
    };
    let engines =
        SqlEngine::ALL.map(|engine| choice(engine.word(), &format!("sources-engine-{}", engine.word())));
    let ways = SqlTls::ALL.map(|tls| choice(tls.word(), &format!("sources-tls-{}", tls.word())));
    let secret_label = t("field-secret");
    let secret_hint = t(if has_secret { "sources-secret-kept" } else { "sources-secret-hint" });
    let kept_here = (String::new(), t("sources-secret-here"));
    let secrets: Vec<(String, String)> = std::iter::once(kept_here).chain(secrets.iter().cloned()).collect();
    html! {
        p.hint { (t("sources-sql-hint")) }
        div.directory-fields {
            (checked_select("engine", &t("field-engine"), &engines, &draft.engine, error_of(errors, "engine")))
            (field("host", &draft.host, "sources-host-hint"))
            (field("port", &draft.port, "sources-port-hint"))
            (field("database", &draft.database, "sources-database-hint"))
            (field("user", &draft.user, "sources-sql-user-hint"))
            (checked_select("tls", &t("field-tls"), &ways, &draft.tls, error_of(errors, "tls")))
            (Field { required: false, hint: &secret_hint, error: error_of(errors, "secret"), ..Field::password("secret", &secret_label, "off") }.render())
            (checked_select("secret_name", &t("field-secret_name"), &secrets, &draft.secret_name, error_of(errors, "secret_name")))
        }
        @if has_secret {
            label.check { input type="checkbox" name="forget" value="1"; " " (t("sources-forget")) }
        }
        div.field {
            label for="query" { (t("field-query")) }
            textarea.input id="query" name="query" rows="8" spellcheck="false" aria-invalid=[error_of(errors, "query").map(|_| "true")]
                aria-describedby=(if error_of(errors, "query").is_some() { "query-error query-hint" } else { "query-hint" }) { (draft.query) }
            @if let Some(error) = error_of(errors, "query") { p.error id="query-error" { (icon("circle-alert")) (error) } }
            p.hint id="query-hint" { (t("sources-query-hint")) }
        }
    }
}

/// A value and its text.
fn choice(word: &str, text: &str) -> (String, String) {
    (word.to_owned(), t(text))
}
