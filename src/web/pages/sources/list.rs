//! `GET /admin/sources`

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use super::view::{lag, state_badge, state_text, when};
use crate::domain::permission::Permission;
use crate::services::authorize::ImportData;
use crate::services::sources::SourceView;
use crate::services::{feeds, sources};
use crate::web::error::AppError;
use crate::web::extract::Page;
use crate::web::state::AppState;
use crate::web::ui::{NavItem, icon, t, t_with};

const COLUMNS: [&str; 6] =
    ["sources-name", "sources-dataset", "sources-state", "sources-last", "sources-next", "sources-lag"];

/// All sources, and where files can be dropped.
pub async fn list(State(state): State<AppState>, page: Page) -> Result<Response, AppError> {
    let grant = page.grant::<ImportData>()?;
    let (views, at_work, trouble, inbox) = state
        .run(move |services| {
            let at_work = sources::at_work(services)?;
            let inbox = feeds::inbox_dir(services).display().to_string();
            Ok((sources::list(services, &grant)?, at_work, feeds::trouble(services), inbox))
        })
        .await?;
    let manages = page.user().has(Permission::ManageSite);
    let can_change = manages && super::sees_every_owner(&page);
    let now = state.services().now();
    let content = html! {
        div.page-head {
            h1 { (t("sources-title")) }
            @if can_change {
                a.button.primary href="/admin/sources/new" { (icon("plus")) (t("sources-add")) }
            }
        }
        p.hint { (t("sources-intro")) }
        @if manages && !can_change {
            div.notice { (icon("info")) p { (t("sources-every-owner")) } }
        }
        @if views.is_empty() {
            div.notice { (icon("info")) div { strong { (t("sources-none")) } p { (t("sources-none-text")) } } }
        } @else {
            div.table-wrap {
                table.table.cards {
                    caption.visually-hidden { (t("sources-title")) }
                    thead { tr { @for id in COLUMNS { th scope="col" { (t(id)) } } } }
                    tbody { @for view in &views { (row(&page, view, at_work.contains_key(&view.source.id), now)) } }
                }
            }
        }
        (drop_folder(&inbox, trouble.as_deref()))
    };
    Ok(page.show(NavItem::Sources, &t("sources-title"), &[], &content))
}

fn row(page: &Page, view: &SourceView, is_at_work: bool, now: jiff::Timestamp) -> Markup {
    let source = &view.source;
    let zone = page.look.zone();
    html! {
        tr {
            td.who {
                a href=(format!("/admin/sources/{}", source.id)) { (source.name) }
                div.hint { (t(&format!("sources-kind-{}", source.kind.word()))) }
            }
            td data-label=(t("sources-dataset")) { a href=(format!("/datasets/{}", source.dataset)) { (source.dataset) } }
            td data-label=(t("sources-state")) {
                (state_badge(view, is_at_work))
                @if let Some(words) = state_text(view) { div.hint { (words) } }
            }
            td data-label=(t("sources-last")) { (when(source.runs.last, &zone, now)) }
            td data-label=(t("sources-next")) { (when(source.is_enabled.then_some(source.next_run), &zone, now)) }
            td data-label=(t("sources-lag")) {
                (lag(view, now))
            }
        }
    }
}

fn drop_folder(inbox: &str, trouble: Option<&str>) -> Markup {
    html! {
        section.panel.padded.directory-part {
            h2 { (t("sources-inbox")) }
            p { (t_with("sources-inbox-text", &[("inbox", inbox.into())])) }
            @if let Some(trouble) = trouble {
                div.notice.warn { (icon("triangle-alert")) div { strong { (t("sources-inbox-trouble")) } p { (trouble) } } }
            }
        }
    }
}
