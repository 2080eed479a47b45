//! `POST /admin/settings`

use axum::extract::State;
use axum::response::Response;

use super::view::{SettingsView, field_name, settings_page};
use super::words::in_words;
use crate::base::secret::SecretString;
use crate::config::setting::Control;
use crate::services::authorize::ManageSite;
use crate::services::settings::{self, Change, Saved, SettingView};
use crate::web::error::AppError;
use crate::web::extract::{FormData, PageForm};
use crate::web::pages::{go_to, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;

/// Changes what was changed in the form, all of it or nothing.
pub async fn save(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    let (saved, settings, form) = state
        .run(move |services| {
            let settings = settings::list(services, &grant);
            let changes: Vec<Change> = settings.iter().filter_map(|setting| change(setting, &form)).collect();
            let saved = settings::save(services, &grant, &changes)?;
            Ok((saved, settings, form))
        })
        .await?;
    let wrong = match saved {
        Saved::Done(count) => return Ok(go_to(&format!("/admin/settings?saved={count}"))),
        Saved::Refused(wrong) => wrong,
    };
    let errors: Vec<FieldError> = wrong
        .into_iter()
        .map(|(name, message)| {
            let field = if name.is_empty() { String::new() } else { field_name(&name) };
            FieldError::new(field, crate::web::error::sentence(&in_words(&name, &message)))
        })
        .collect();
    let view = SettingsView { settings: &settings, saved: None, typed: Some(&form), errors: &errors };
    Ok(sent_back(settings_page(&page, &view), &errors))
}

/// What the form wants of one setting; `None` where it did not ask for it.
fn change(view: &SettingView, form: &FormData) -> Option<Change> {
    let field = field_name(view.setting.name);
    // The form says what it began with: what was not touched in it is nobody's wish.
    let before = form.text(&format!("{field}_was")).to_owned();
    if view.is_locked || !form.has(&format!("{field}_was")) {
        return None;
    }
    let after = match view.control {
        Control::Secret => {
            let typed = form.secret(&field);
            let forget = form.has(&format!("{field}_none"));
            let is_wish = forget || !typed.expose().is_empty();
            let after = if forget { SecretString::new(String::new()) } else { typed };
            return is_wish.then_some(Change { setting: view.setting, before: None, after });
        }
        Control::Choices(_) => form.all(&field).collect::<Vec<_>>().join(","),
        Control::Lines => form.text(&field).replace("\r\n", "\n"),
        _ => form.text(&field).to_owned(),
    };
    let after = SecretString::new(after);
    Some(Change { setting: view.setting, before: Some(before), after })
}
