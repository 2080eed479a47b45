//! `GET` and `POST /admin/sources/new`, `GET` and `POST /admin/sources/{source}`

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};

use super::sql;
use super::view::{lag, state_badge, state_text, when};
use crate::base::secret::SecretString;
use crate::domain::feed::{SHORTEST_INTERVAL, Source, SourceKind};
use crate::domain::permission::Permission;
use crate::services::authorize::{ImportData, ManageSite};
use crate::services::datasets;
use crate::services::sources::{self, Draft, DraftKind, SourceView, SqlDraft, Tested};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page, PageForm};
use crate::web::pages::{go_to, refused, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::{Field, FieldError, checked_select, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::format::bytes;
use crate::web::ui::{NavItem, icon, t, t_with};

/// The kinds of sources, in the order of the page.
const KINDS: [&str; 3] = ["http", "sql", "command"];

/// What the form holds.
#[derive(Debug, Clone, Default)]
pub struct Form {
    name: String,
    dataset: String,
    kind: String,
    url: String,
    user: String,
    headers: String,
    command: String,
    sql: SqlDraft,
    every: String,
    is_enabled: bool,
}

impl Form {
    fn empty(kind: &str) -> Self {
        let kind = KINDS.into_iter().find(|word| *word == kind).unwrap_or("http").to_owned();
        let sql = sql::empty_draft();
        Self { kind, sql, every: "60".to_owned(), is_enabled: true, ..Self::default() }
    }

    /// Of a source as it is.
    pub fn of(source: &Source) -> Self {
        let form = Self {
            name: source.name.clone(),
            dataset: source.dataset.clone(),
            kind: source.kind.word().to_owned(),
            every: source.every_minutes.to_string(),
            is_enabled: source.is_enabled,
            ..Self::default()
        };
        match &source.kind {
            SourceKind::Http { url, user, headers } => {
                let lines: Vec<String> =
                    headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
                Self { url: url.clone(), user: user.clone(), headers: lines.join("\n"), ..form }
            }
            SourceKind::Command { name } => Self { command: name.clone(), ..form },
            SourceKind::Sql(source) => Self { sql: sql::draft_of(source), ..form },
        }
    }

    fn typed(form: &FormData) -> Self {
        let text = |name: &str| form.text(name).to_owned();
        Self {
            name: text("name"),
            dataset: text("dataset"),
            kind: text("kind"),
            url: text("url"),
            user: text("user"),
            headers: text("headers"),
            command: text("command"),
            sql: sql::typed(form),
            every: text("every"),
            is_enabled: form.has("enabled"),
        }
    }

    fn draft(&self, secret: SecretString, forget_secret: bool) -> Draft {
        let kind = match self.kind.as_str() {
            "command" => DraftKind::Command(self.command.clone()),
            "sql" => DraftKind::Sql(self.sql.clone()),
            _ => DraftKind::Http {
                url: self.url.clone(),
                user: self.user.clone(),
                headers: self.headers.clone(),
            },
        };
        Draft {
            name: self.name.clone(),
            dataset: self.dataset.clone(),
            kind,
            secret,
            forget_secret,
            every_minutes: self.every.clone(),
            is_enabled: self.is_enabled,
        }
    }
}

/// An empty form.
pub async fn new(
    State(state): State<AppState>,
    page: Page,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
) -> Result<Response, AppError> {
    page.grant::<ManageSite>()?;
    let asked = FormData::parse(query.unwrap_or_default().as_bytes());
    edit_page(&state, &page, None, &Form::empty(asked.text("kind")), &[], None).await
}

/// Adds a source.
pub async fn create(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    let typed = Form::typed(&form);
    let draft = typed.draft(form.secret("secret"), false);
    match state.try_run(move |services| sources::add(services, &grant, &draft)).await? {
        Ok(id) => Ok(go_to(&format!("/admin/sources/{id}"))),
        Err(error) => {
            let errors = [refused(error)?];
            Ok(sent_back(edit_page(&state, &page, None, &typed, &errors, None).await?, &errors))
        }
    }
}

/// A source: how it does, and for admins its form.
pub async fn show(
    State(state): State<AppState>,
    page: Page,
    Path(source): Path<String>,
) -> Result<Response, AppError> {
    let grant = page.grant::<ImportData>()?;
    let id = super::parse(&source)?;
    let view = state.run(move |services| sources::get(services, &grant, id)).await?;
    edit_page(&state, &page, Some(&view), &Form::of(&view.source), &[], None).await
}

/// Changes it.
pub async fn save(
    State(state): State<AppState>,
    Path(source): Path<String>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let (grant, reads) = (page.grant::<ManageSite>()?, page.grant::<ImportData>()?);
    let id = super::parse(&source)?;
    let typed = Form::typed(&form);
    let draft = typed.draft(form.secret("secret"), form.has("forget"));
    match state.try_run(move |services| sources::change(services, &grant, id, &draft)).await? {
        Ok(()) => Ok(go_to(&format!("/admin/sources/{id}"))),
        Err(error) => {
            let errors = [refused(error)?];
            let view = state.run(move |services| sources::get(services, &reads, id)).await?;
            Ok(sent_back(edit_page(&state, &page, Some(&view), &typed, &errors, None).await?, &errors))
        }
    }
}

/// The page of a source, or of a new one.
pub(super) async fn edit_page(
    state: &AppState,
    page: &Page,
    view: Option<&SourceView>,
    form: &Form,
    errors: &[FieldError],
    tested: Option<&Tested>,
) -> Result<Response, AppError> {
    let (datasets, at_work) =
        state.run(|services| Ok((datasets::list(services)?, sources::at_work(services)?))).await?;
    let names: Vec<(String, String)> =
        datasets.into_iter().map(|dataset| (dataset.slug, dataset.name)).collect();
    let config = state.config();
    let choice = |name: &String| (name.clone(), name.clone());
    let configured = Configured {
        commands: config.feeds.commands.iter().map(|command| choice(&command.name)).collect(),
        secrets: config.feeds.secrets.iter().map(|secret| choice(&secret.name)).collect(),
    };
    let title = view.map_or_else(|| t("sources-add"), |view| view.source.name.clone());
    let can_change = page.user().has(Permission::ManageSite);
    let content = html! {
        div.page-head {
            h1 { (title) }
            a.button href="/admin/sources" { (icon("chevron-left")) (t("sources-all")) }
        }
        (error_summary(errors))
        @if let Some(tested) = tested { (steps(tested)) }
        @if let Some(view) = view {
            (facts(page, view, at_work.contains_key(&view.source.id), state.services().now(), can_change))
        }
        @if can_change {
            (fields(page, view, form, errors, &names, &configured))
            @if let Some(view) = view {
                form.directory-part method="post" action=(format!("/admin/sources/{}/delete", view.source.id)) data-once {
                    (csrf_field(&page.csrf()))
                    details.more {
                        summary { (icon("chevron-right")) (t("sources-delete")) }
                        p.hint { (t("sources-delete-text")) }
                        button.button.danger type="submit" { (icon("trash-2")) (t("sources-delete")) }
                    }
                }
            }
        }
    };
    Ok(page.show(NavItem::Sources, &title, &[], &content))
}

fn facts(page: &Page, view: &SourceView, is_at_work: bool, now: jiff::Timestamp, can_change: bool) -> Markup {
    let (source, zone) = (&view.source, page.look.zone());
    let runs = &source.runs;
    html! {
        section.panel.padded.directory-part {
            dl.facts {
                dt { (t("sources-state")) }
                dd { (state_badge(view, is_at_work)) @if let Some(words) = state_text(view) { " " (words) } }
                dt { (t("sources-dataset")) } dd { a href=(format!("/datasets/{}", source.dataset)) { (source.dataset) } }
                dt { (t("sources-last")) } dd { (when(runs.last, &zone, now)) }
                dt { (t("sources-good")) } dd { (when(view.good_at, &zone, now)) " " (lag(view, now)) }
                dt { (t("sources-next")) } dd { (when(source.is_enabled.then_some(source.next_run), &zone, now)) }
                @if runs.last.is_some() {
                    dt { (t("sources-took")) } dd { (t_with("sources-took-ms", &[("ms", runs.took_ms.into())])) }
                }
                @if let Some(import) = runs.import {
                    dt { (t("sources-import")) }
                    dd { a href=(format!("/imports/{import}")) { (t("sources-import-open")) } " · " (bytes(runs.bytes)) }
                }
            }
            div.actions {
                form method="post" action=(format!("/admin/sources/{}/refresh", source.id)) data-once {
                    (csrf_field(&page.csrf()))
                    button.button.primary type="submit" { (icon("refresh-cw")) (t("sources-refresh")) }
                }
                @if can_change {
                    form method="post" action=(format!("/admin/sources/{}/test", source.id)) data-once {
                        (csrf_field(&page.csrf()))
                        button.button type="submit" { (icon("network")) (t("sources-test")) }
                    }
                }
            }
        }
    }
}

/// What the configuration lets a source choose from: values and words.
struct Configured {
    commands: Vec<(String, String)>,
    secrets: Vec<(String, String)>,
}

fn fields(
    page: &Page,
    view: Option<&SourceView>,
    form: &Form,
    errors: &[FieldError],
    datasets: &[(String, String)],
    configured: &Configured,
) -> Markup {
    let action = view
        .map_or_else(|| "/admin/sources/new".to_owned(), |view| format!("/admin/sources/{}", view.source.id));
    let has_secret = view.is_some_and(|view| view.has_secret);
    let field = |name: &'static str, value: &str, hint: &str| {
        let (label, hint) =
            (t(&format!("field-{name}")), if hint.is_empty() { String::new() } else { t(hint) });
        let error = error_of(errors, name);
        Field { value, hint: &hint, autocomplete: "off", error, ..Field::text(name, &label) }.render()
    };
    let every_hint = t_with("sources-every-hint", &[("least", SHORTEST_INTERVAL.into())]);
    let (every_label, secret_label) = (t("field-every"), t("field-secret"));
    let secret_hint = t(if has_secret { "sources-secret-kept" } else { "sources-secret-hint" });
    html! {
        section.panel.padded.directory-part.directory-test {
            h2 { (t("sources-settings")) }
            @if view.is_none() {
                nav.tabs aria-label=(t("sources-kind")) {
                    @for kind in KINDS {
                        a href=(format!("/admin/sources/new?kind={kind}")) aria-current=[(form.kind == kind).then_some("page")] { (t(&format!("sources-kind-{kind}"))) }
                    }
                }
            }
            form.stack method="post" action=(action) data-once {
                (csrf_field(&page.csrf()))
                (hidden("kind", &form.kind))
                div.directory-fields {
                    (field("name", &form.name, ""))
                    (checked_select("dataset", &t("field-dataset"), datasets, &form.dataset, error_of(errors, "dataset")))
                }
                @if form.kind == "command" {
                    @if configured.commands.is_empty() { p.hint { (t("sources-no-commands")) } }
                    (checked_select("command", &t("field-command"), &configured.commands, &form.command, error_of(errors, "command")))
                } @else if form.kind == "sql" {
                    (sql::fields(&form.sql, errors, &configured.secrets, has_secret))
                } @else {
                    (field("url", &form.url, "sources-url-hint"))
                    div.directory-fields {
                        (field("user", &form.user, "sources-user-hint"))
                        (Field { required: false, hint: &secret_hint, error: error_of(errors, "secret"), ..Field::password("secret", &secret_label, "off") }.render())
                    }
                    @if has_secret {
                        label.check { input type="checkbox" name="forget" value="1"; " " (t("sources-forget")) }
                    }
                    div.field {
                        label for="headers" { (t("field-headers")) }
                        textarea.input id="headers" name="headers" rows="3" aria-describedby="headers-hint" { (form.headers) }
                        @if let Some(error) = error_of(errors, "headers") { p.error { (icon("circle-alert")) (error) } }
                        p.hint id="headers-hint" { (t("sources-headers-hint")) }
                    }
                }
                div.directory-fields {
                    (Field { kind: "number", value: &form.every, hint: &every_hint, error: error_of(errors, "every"), ..Field::text("every", &every_label) }.render())
                }
                label.check { input type="checkbox" name="enabled" value="1" checked[form.is_enabled]; " " (t("sources-enabled")) }
                div.actions { button.button.primary type="submit" { (icon("check")) (t("sources-save")) } }
            }
        }
    }
}

fn steps(tested: &Tested) -> Markup {
    let (class, symbol, text) = if tested.steps.is_good() {
        ("notice ok", "circle-check", t("sources-test-good"))
    } else {
        ("notice bad", "circle-alert", t("sources-test-bad"))
    };
    html! {
        div class=(class) role="status" tabindex="-1" data-focus { (icon(symbol)) p { strong { (text) } } }
        div.table-wrap {
            table.table.cards.directory-steps {
                caption.visually-hidden { (t("directory-steps")) }
                thead { tr { @for id in ["directory-step", "directory-outcome", "directory-words"] { th scope="col" { (t(id)) } } } }
                tbody {
                    @for step in &tested.steps.0 {
                        tr {
                            td.who { (t(&format!("sources-step-{}", step.part))) }
                            td data-label=(t("directory-outcome")) {
                                @if step.is_good { span.badge.ok { (t("directory-ok")) } }
                                @else { span.badge.bad { (t("directory-failed")) } }
                            }
                            td data-label=(t("directory-words")) { span.conversation { (step.words) } }
                        }
                    }
                }
            }
        }
    }
}
