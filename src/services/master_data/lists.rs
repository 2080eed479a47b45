//! Locations, channels and customers.

use serde_json::json;

use super::{ListQuery, Who, is_free, key, must_see_everything, not_in_plans};
use crate::domain::plan::master::{Code, CodeKind, MAX_TEXT_CHARS};
use crate::domain::scope::Scope;
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

/// What of a list is looked for, in the order that is wished.
///
/// # Errors
/// [`ServiceError::OutOfScope`] for customers, where the reader does not see every owner; the store.
pub fn list(
    services: &Services,
    scope: &Scope,
    kind: CodeKind,
    query: &ListQuery,
) -> Result<Vec<Code>, ServiceError> {
    can_read(scope, kind)?;
    let mut codes = services.store.read(|r| master_data::list_codes(r, kind))?;
    codes.retain(|code| query.has_code(code));
    query.sort_codes(&mut codes);
    Ok(codes)
}

/// An entry of a list.
///
/// # Errors
/// As [`list`]; [`ServiceError::NotFound`].
pub fn code(services: &Services, scope: &Scope, kind: CodeKind, code: &str) -> Result<Code, ServiceError> {
    can_read(scope, kind)?;
    let found = services.store.read(|r| master_data::find_code(r, kind, code))?;
    found.ok_or_else(|| no_code(kind, code))
}

fn no_code(kind: CodeKind, code: &str) -> ServiceError {
    ServiceError::NotFound(format!("{} `{}`", kind.as_str(), crate::domain::excerpt::excerpt(code)))
}

/// Who other customers are is for those who see every owner; where things lie and how they are sold is for everybody who plans.
fn can_read(scope: &Scope, kind: CodeKind) -> Result<(), ServiceError> {
    if kind == CodeKind::Customer { must_see_everything(scope) } else { Ok(()) }
}

/// Deletes an entry of a list that no plan is about; `seen` as of items.
///
/// # Errors
/// As of items; [`ServiceError::OutOfScope`] for whoever does not see every owner.
pub fn delete_code(
    services: &Services,
    who: Who<'_>,
    kind: CodeKind,
    code: &str,
    seen: Option<u64>,
) -> Result<(), ServiceError> {
    must_see_everything(who.1)?;
    let now = services.now();
    services.store.write(|w| {
        let found = master_data::find_code(w, kind, code)?.ok_or_else(|| no_code(kind, code))?;
        if seen.is_some_and(|seen| seen != found.version) {
            return Err(changed_meanwhile(code));
        }
        not_in_plans(w, &format!("“{code}”"), |key| match kind {
            CodeKind::Location => key.location == code,
            CodeKind::Channel => key.channel == code,
            CodeKind::Customer => false,
        })?;
        master_data::remove_code(w, kind, code)?;
        let target = format!("{}:{code}", kind.as_str());
        audit::append(w, now, who.0.by(), "item.delete", &target, &json!({ "name": found.name }))?;
        Ok(())
    })
}

fn changed_meanwhile(code: &str) -> ServiceError {
    ServiceError::Conflict(format!("“{code}” was changed by somebody else; look at it again"))
}

/// Makes a code or changes it; `seen` as of items.
///
/// # Errors
/// [`ServiceError::Invalid`] names the field; [`ServiceError::Conflict`] where somebody changed it meanwhile, and for whoever
/// does not see every owner: the lists are those of all.
pub fn save_code(
    services: &Services,
    who: Who<'_>,
    kind: CodeKind,
    draft: &CodeDraft,
    seen: Option<u64>,
) -> Result<Code, ServiceError> {
    must_see_everything(who.1)?;
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
            return Err(changed_meanwhile(&wanted));
        }
        (None, Some(seen)) if seen > 0 => {
            return Err(no_code(kind, &wanted));
        }
        _ => {}
    }
    if before.is_none() {
        is_free("code", &wanted)?;
    }
    let mut code = before.clone().unwrap_or_else(|| Code::new(kind, &wanted, now));
    if let Some(name) = &draft.name {
        code.name = super::name("name", name, MAX_TEXT_CHARS)?;
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
