//! What a form was made from, which goes with it: what somebody else changed meanwhile is told from what was changed here.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::form::UserForm;
use crate::domain::mobile::Country;
use crate::domain::permission::Role;
use crate::services::users::edit::{Meanwhile, UserFields};

#[derive(Serialize, Deserialize)]
struct Loaded {
    email: String,
    first_name: String,
    last_name: String,
    username: String,
    mobile: String,
    roles: BTreeSet<Role>,
    all_owners: bool,
    owners: BTreeSet<String>,
}

/// The fields of a form in one, for a hidden one.
pub(super) fn pack(form: &UserForm) -> String {
    let loaded = Loaded {
        email: form.email.clone(),
        first_name: form.first_name.clone(),
        last_name: form.last_name.clone(),
        username: form.username.clone(),
        mobile: form.mobile.clone(),
        roles: form.roles.clone(),
        all_owners: form.all_owners,
        owners: form.owners.clone(),
    };
    serde_json::to_string(&loaded).unwrap_or_default()
}

/// What the form was made from; `None` where it does not say so, and nobody's change may be told from another's.
pub(super) fn unpack(form: &UserForm, country: Option<Country>) -> Option<UserFields> {
    let loaded: Loaded = serde_json::from_str(&form.loaded).ok()?;
    let form = UserForm {
        email: loaded.email,
        first_name: loaded.first_name,
        last_name: loaded.last_name,
        username: loaded.username,
        mobile: loaded.mobile,
        roles: loaded.roles,
        all_owners: loaded.all_owners,
        owners: loaded.owners,
        ..UserForm::default()
    };
    form.read(true, country).ok()
}

/// The form with what somebody else changed meanwhile where it does not say otherwise. Sent once more, it knows what it
/// writes over.
pub(super) fn on_top_of(sent: &UserForm, meanwhile: &Meanwhile) -> UserForm {
    let now = UserForm::of(&meanwhile.now);
    let form = UserForm::of_fields(&meanwhile.merged);
    UserForm {
        confirm_all: sent.confirm_all.clone(),
        owner_words: sent.owner_words.clone(),
        version: now.version.clone(),
        loaded: pack(&now),
        ..form
    }
}
