//! `GET /admin/doctor`

use axum::extract::State as Extract;
use axum::response::Response;
use maud::{Markup, html};

use crate::services::authorize::ManageSite;
use crate::services::doctor::{self, Finding, State, Wanted};
use crate::web::error::AppError;
use crate::web::extract::Page;
use crate::web::state::AppState;
use crate::web::ui::{NavItem, icon, t, t_with};

/// Where the checks that are not run here are at home.
const ELSEWHERE: [(&str, &str, &str); 4] = [
    ("/admin/outbox", "mail", "nav-mail"),
    ("/admin/directory", "network", "nav-directory"),
    ("/admin/sources", "database", "nav-sources"),
    ("/admin/audit", "scroll-text", "nav-audit"),
];

/// The checks that take a moment, made for this page.
pub async fn doctor(Extract(state): Extract<AppState>, page: Page) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    let findings = state.run(move |services| Ok(doctor::run(services, &grant, &Wanted::quick()))).await?;
    let many = |state: State| findings.iter().filter(|finding| finding.state == state).count();
    let (failed, warned) = (many(State::Failed), many(State::Warn));
    let (class, symbol) = match (failed, warned) {
        (0, 0) => ("notice ok", "circle-check"),
        (0, _) => ("notice warn", "triangle-alert"),
        _ => ("notice bad", "circle-alert"),
    };
    let content = html! {
        div.page-head {
            h1 { (t("doctor-title")) }
            div.actions {
                form method="get" action="/admin/doctor" {
                    button.button type="submit" { (icon("refresh-cw")) (t("doctor-again")) }
                }
            }
        }
        p.hint { (t("doctor-text")) }
        div class=(class) role="status" {
            (icon(symbol))
            p { (t_with("doctor-sum", &[("failed", failed.into()), ("warned", warned.into())])) }
        }
        section.panel aria-labelledby="doctor-findings" {
            h2.visually-hidden #doctor-findings { (t("doctor-title")) }
            table.table.cards {
                thead { tr {
                    @for id in ["doctor-check", "doctor-state", "doctor-found", "doctor-next"] { th scope="col" { (t(id)) } }
                } }
                tbody { @for (at, finding) in findings.iter().enumerate() { (row(&findings, at, finding)) } }
            }
        }
        section.panel.padded.stack aria-labelledby="doctor-elsewhere" {
            h2 #doctor-elsewhere { (t("doctor-elsewhere")) }
            p.hint { (t_with("doctor-elsewhere-text", &[("command", "stockroom doctor".into())])) }
            ul.office-links { @for (href, symbol, text) in ELSEWHERE { li { a href=(href) { (icon(symbol)) (t(text)) } } } }
        }
    };
    Ok(page.show(NavItem::System, &t("doctor-title"), &[], &content))
}

fn row(findings: &[Finding], at: usize, finding: &Finding) -> Markup {
    let (class, word) = match finding.state {
        State::Ok => ("badge ok", "doctor-ok"),
        State::Skipped => ("badge neutral", "doctor-skipped"),
        State::Warn => ("badge warn", "doctor-warn"),
        State::Failed => ("badge bad", "doctor-failed"),
    };
    let name = finding.check.as_str();
    // The first of a check is what a link to the check leads to.
    let is_first = at == 0 || findings[at - 1].check != finding.check;
    html! {
        tr id=[is_first.then(|| format!("doctor-{name}"))] {
            td data-label=(t("doctor-check")) { code { (name) } }
            td data-label=(t("doctor-state")) { span class=(class) { (t(word)) } }
            td data-label=(t("doctor-found")) {
                (finding.what)
                @if let Some(place) = &finding.place { br; span.hint { (place) } }
            }
            td data-label=(t("doctor-next")) { (finding.next.as_deref().unwrap_or("")) }
        }
    }
}
