//! `POST /plan/{plan}/import`

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};

use super::parse;
use super::sheet::{Sent, show};
use crate::domain::formats::NumberStyle;
use crate::domain::ids::PlanId;
use crate::domain::plan::Measure;
use crate::services::authorize::EditPlans;
use crate::services::plans::{self as service, Imported, NewImport};
use crate::web::error::AppError;
use crate::web::extract::{FormData, PageUpload};
use crate::web::pages::{faults, go_to, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use crate::web::ui::format::count;
use crate::web::ui::{icon, t, t_with};

/// Reads a file into a plan.
pub async fn import(
    State(state): State<AppState>,
    Path(plan): Path<String>,
    mut upload: PageUpload<EditPlans>,
) -> Result<Response, AppError> {
    let id = parse(&plan)?;
    if let Some(refusal) = upload.refusal() {
        return Err(refusal);
    }
    let scope = upload.page.session.scope();
    let sent = upload.take_file(&state).await?;
    let errors = match sent {
        None => vec![FieldError::new("file", t("imports-file-missing"))],
        Some((name, file)) => {
            let mut new = NewImport { file_name: name, ..NewImport::default() };
            new.choices.measure = Measure::of_word(upload.form.text("measure"));
            new.choices.numbers = NumberStyle::parse(upload.form.text("numbers"));
            new.create_items = upload.form.text("create_items") == "true";
            new.keep_outside = upload.form.text("keep_outside") == "true";
            let grant = upload.page.grant::<EditPlans>()?;
            let done = state
                .try_run(move |services| service::import_stored(services, (&grant, &scope), id, &file, &new))
                .await?;
            match done {
                Ok(imported) => return Ok(go_to(&after(id, &imported))),
                Err(error) => faults(error)?,
            }
        }
    };
    let sent = Sent { errors: &errors, line: None };
    Ok(sent_back(show(&state, &upload.page, id, &FormData::default(), sent).await?, &errors))
}

/// The sheet, which tells what came of the file.
fn after(id: PlanId, imported: &Imported) -> String {
    let Imported { rows, values, lines, new_lines, outside, left_out, .. } = imported;
    let rounded = Some(imported.rounded).filter(|rounded| *rounded > 0);
    let rounded = rounded.map_or_else(String::new, |rounded| format!("&rounded={rounded}"));
    format!(
        "/plan/{id}?rows={rows}&values={values}&of_lines={lines}&new_lines={new_lines}&new_items={}&outside={outside}&over={}&unknown={}&left_out={left_out}{rounded}",
        imported.new_items.len(),
        imported.typed_over,
        imported.unknown_columns.len()
    )
}

/// What came of a file, as the address says it.
pub fn told(query: &FormData) -> Markup {
    let number = |name: &str| query.text(name).parse::<u64>().unwrap_or(0);
    let said = |id: &str, name: &str| {
        let n = number(name);
        html! { @if n > 0 { p { (t_with(id, &[("n", n.into()), ("count", count(n).into())])) } } }
    };
    let of_file = ["rows", "values", "of_lines", "new_lines", "new_items"]
        .map(|name| (name, count(number(name)).into()));
    html! {
        @if query.has("rows") && query.has("values") {
            div.notice.ok role="status" { (icon("circle-check")) p { (t_with("plan-imported", &of_file)) } }
            @if ["outside", "over", "unknown", "left_out", "rounded"].iter().any(|name| number(name) > 0) {
                div.notice.warn { (icon("triangle-alert")) div {
                    (said("plan-imported-outside", "outside"))
                    (said("plan-imported-over", "over"))
                    (said("plan-imported-unknown", "unknown"))
                    (said("plan-imported-left-out", "left_out"))
                    (said("plan-imported-rounded", "rounded"))
                } }
            }
        }
    }
}
