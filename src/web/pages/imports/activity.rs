//! `GET /imports/activity`: the imports at work, for the top bar.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};

use super::words::short;
use crate::services::authorize::ImportData;
use crate::services::imports::{self, Running};
use crate::web::error::AppError;
use crate::web::extract::{CurrentSession, FormData};
use crate::web::state::AppState;
use crate::web::ui::format::count;
use crate::web::ui::shell::{ACTIVITY_LIST, activity_badge};
use crate::web::ui::{t, t_with};

/// The number with the list behind it; once nothing is at work, nobody asks again. With `list`, for a menu that was
/// just opened, the list comes first.
pub async fn activity(
    State(state): State<AppState>,
    session: CurrentSession,
    query: FormData,
) -> Result<Response, AppError> {
    let grant = session.grant::<ImportData>()?;
    let running = state.run(move |services| imports::running(services, &grant)).await?;
    let fragment = if query.has("list") {
        html! { (list(&running)) (activity_badge(running.len(), true)) }
    } else {
        html! {
            (activity_badge(running.len(), false))
            div id=(ACTIVITY_LIST) hx-swap-oob="innerHTML" { (list(&running)) }
        }
    };
    Ok(Html(fragment.into_string()).into_response())
}

fn list(running: &[Running]) -> Markup {
    html! {
        @if running.is_empty() { p.hint { (t("activity-none")) } } @else {
            ul.activity-list {
                @for Running { import, progress } in running {
                    @let percent = (progress.bytes * 100).checked_div(progress.of).unwrap_or(0).min(100);
                    @let name = short(&import.file_name);
                    li {
                        a href=(format!("/imports/{}", import.id)) { (name) }
                        progress max="100" value=[(percent < 100).then_some(percent)] aria-label=(name) {}
                        span.hint.number {
                            (t_with("imports-progress-rows", &[("rows", count(progress.rows).into()), ("percent", percent.into())]))
                        }
                    }
                }
            }
        }
    }
}
