//! Locations, channels and customers.

use serde_json::json;

use super::{Who, key, text};
use crate::domain::plan::master::{Code, CodeKind, MAX_TEXT_CHARS};
use crate::services::error::ServiceError;
use crate::services::{Services, audit};
use crate::store::{WriteTxn, master_data};

/// A code as somebody says it should be; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeDraft {
    /// Its key.
    pub code: String,
    /// What it is called.
    pub name: Option<String>,
    /// It is offered for new lines.
    pub is_active: Option<bool>,
}

/// A list, by code; only what has `words` in its code or name.
///
/// # Errors
/// The store.
pub fn list(services: &Services, kind: CodeKind, words: &str) -> Result<Vec<Code>, ServiceError> {
    let words = words.trim().to_lowercase();
    let mut codes = services.store.read(|r| master_data::list_codes(r, kind))?;
    codes.retain(|code| [&code.code, &code.name].iter().any(|text| text.to_lowercase().contains(&words)));
    Ok(codes)
}

/// Makes a code or changes it; `seen` as of items.
///
/// # Errors
/// [`ServiceError::Invalid`] names the field; [`ServiceError::Conflict`] where somebody changed it meanwhile.
pub fn save_code(
    services: &Services,
    who: Who<'_>,
    kind: CodeKind,
    draft: &CodeDraft,
    seen: Option<u64>,
) -> Result<Code, ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let (code, before) = put_draft(w, kind, draft, seen, now)?;
        if before.as_ref() != Some(&code) {
            let says = |code: &Code| json!({ "name": code.name, "is_active": code.is_active });
            let details = json!({ "before": before.as_ref().map(says), "after": says(&code) });
            let target = format!("{}:{}", kind.as_str(), code.code);
            audit::append(w, now, who.0.by(), "item.list", &target, &details)?;
        }
        Ok(code)
    })
}

pub(super) fn put_draft(
    w: &WriteTxn,
    kind: CodeKind,
    draft: &CodeDraft,
    seen: Option<u64>,
    now: jiff::Timestamp,
) -> Result<(Code, Option<Code>), ServiceError> {
    let wanted = key("code", &draft.code)?;
    let before = master_data::find_code(w, kind, &wanted)?;
    match (&before, seen) {
        (Some(_), Some(0)) => {
            return Err(ServiceError::Conflict(format!("there is a {} “{wanted}” already", kind.as_str())));
        }
        (Some(code), Some(seen)) if seen != code.version => {
            return Err(ServiceError::Conflict(format!(
                "“{wanted}” was changed by somebody else; look at it again"
            )));
        }
        (None, Some(seen)) if seen > 0 => {
            return Err(ServiceError::NotFound(format!("{} `{wanted}`", kind.as_str())));
        }
        _ => {}
    }
    let mut code = before.clone().unwrap_or_else(|| Code::new(kind, &wanted, now));
    if let Some(name) = &draft.name {
        code.name = text("name", name, MAX_TEXT_CHARS)?;
    }
    code.is_active = draft.is_active.unwrap_or(code.is_active);
    if before.as_ref() != Some(&code) {
        if before.is_some() {
            code.version += 1;
        }
        code.updated_at = now;
        master_data::put_code(w, &code)?;
    }
    Ok((code, before))
}
