//! What was typed about a user.

use std::collections::BTreeSet;

use crate::domain::email::{Email, LoginKey, Username};
use crate::domain::mobile::{Country, Mobile};
use crate::domain::permission::Role;
use crate::domain::scope::OwnerScope;
use crate::domain::user::PersonName;
use crate::services::users::UserView;
use crate::services::users::edit::UserFields;
use crate::web::extract::FormData;
use crate::web::pages::wrong;
use crate::web::ui::form::FieldError;
use crate::web::ui::{t, t_with};

/// What is typed so that somebody may see every owner.
pub const ALL: &str = "ALL";

/// The form as it is shown: what was typed, right or wrong.
#[derive(Debug, Clone, Default)]
pub struct UserForm {
    /// Mail address.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// User name.
    pub username: String,
    /// Mobile number.
    pub mobile: String,
    /// Roles.
    pub roles: BTreeSet<Role>,
    /// Every owner.
    pub all_owners: bool,
    /// What is typed to say that this is meant.
    pub confirm_all: String,
    /// These owners.
    pub owners: BTreeSet<String>,
    /// What is typed to find owners.
    pub owner_words: String,
    /// The version that the form was made from; empty for a new user.
    pub version: String,
    /// It is meant that they come in and see nothing.
    pub accepts_no_rows: bool,
    /// What it was made from, packed; empty where it does not matter.
    pub loaded: String,
}

impl UserForm {
    /// The form of a user as they are.
    pub fn of(user: &UserView) -> Self {
        Self {
            email: user.email.to_string(),
            first_name: user.first_name.clone().unwrap_or_default(),
            last_name: user.last_name.clone().unwrap_or_default(),
            mobile: user.mobile.as_ref().map(ToString::to_string).unwrap_or_default(),
            username: user.username.as_ref().map(ToString::to_string).unwrap_or_default(),
            roles: user.roles.clone(),
            all_owners: user.all_owners,
            confirm_all: String::new(),
            owners: user.owners.clone(),
            owner_words: String::new(),
            version: user.version.clone(),
            accepts_no_rows: false,
            loaded: String::new(),
        }
    }

    /// The form with these in it, and nothing else.
    pub(super) fn of_fields(fields: &UserFields) -> Self {
        let owners = match &fields.owners {
            OwnerScope::All => BTreeSet::new(),
            OwnerScope::Owners(owners) => owners.clone(),
        };
        Self {
            email: fields.email.to_string(),
            first_name: fields.name.first.clone().unwrap_or_default(),
            last_name: fields.name.last.clone().unwrap_or_default(),
            mobile: fields.mobile.as_ref().map(ToString::to_string).unwrap_or_default(),
            username: fields.username.as_ref().map(ToString::to_string).unwrap_or_default(),
            roles: fields.roles.clone(),
            all_owners: fields.owners == OwnerScope::All,
            owners,
            ..Self::default()
        }
    }

    /// The form as it was sent. Roles that do not exist are as if they had not been sent.
    pub fn sent(form: &FormData) -> Self {
        Self {
            email: form.text("email").to_owned(),
            first_name: form.text("first_name").to_owned(),
            last_name: form.text("last_name").to_owned(),
            mobile: form.text("mobile").to_owned(),
            username: form.text("username").to_owned(),
            roles: form.all("role").filter_map(|role| role.parse().ok()).collect(),
            all_owners: form.text("scope") == "all",
            confirm_all: form.text("confirm_all").to_owned(),
            owners: owners_of(form),
            owner_words: form.text("owner_q").to_owned(),
            version: form.text("version").to_owned(),
            accepts_no_rows: form.has("accept_no_rows"),
            loaded: form.text("loaded").to_owned(),
        }
    }

    /// True where it is typed that every owner is meant: the word, or the address of who is to see them.
    pub fn confirms_all(&self) -> bool {
        let typed = self.confirm_all.as_str();
        typed == ALL || (!self.email.is_empty() && LoginKey::of(typed) == LoginKey::of(&self.email))
    }

    /// Reads it, or says all that is wrong with it. `had_all`: the user sees every owner already, so that nothing new
    /// has to be confirmed.
    pub fn read(&self, had_all: bool, country: Option<Country>) -> Result<UserFields, Vec<FieldError>> {
        let mut errors = Vec::new();
        let email =
            Email::parse(&self.email).map_err(|error| errors.push(wrong("email", &error.to_string()))).ok();
        let name = PersonName::parse(&self.first_name, &self.last_name)
            .map_err(|(field, error)| errors.push(wrong(field, &error.to_string())))
            .ok();
        let mobile = (!self.mobile.is_empty())
            .then(|| Mobile::parse(&self.mobile, country))
            .transpose()
            .map_err(|error| errors.push(wrong("mobile", &error.to_string())))
            .ok();
        let username = (!self.username.is_empty())
            .then(|| Username::parse(&self.username))
            .transpose()
            .map_err(|error| errors.push(wrong("username", &error.to_string())))
            .ok();
        if self.roles.is_empty() {
            errors.push(FieldError::new("role", t("user-role-missing")));
        }
        if self.all_owners && !had_all && !self.confirms_all() {
            errors.push(FieldError::new("confirm_all", t("user-all-unconfirmed")));
        }
        if !self.all_owners && self.owners.is_empty() && !self.owner_words.is_empty() {
            let typed = [("owner", self.owner_words.as_str().into())];
            errors.push(FieldError::new("owner_q", t_with("user-owner-not-chosen", &typed)));
        }
        let owners = if self.all_owners { OwnerScope::All } else { OwnerScope::Owners(self.owners.clone()) };
        match (email, name, username, mobile) {
            (Some(email), Some(name), Some(username), Some(mobile)) if errors.is_empty() => {
                Ok(UserFields { email, name, username, mobile, roles: self.roles.clone(), owners })
            }
            _ => Err(errors),
        }
    }
}

/// A question where somebody is let in as a customer who then sees nothing, unless that is meant.
pub fn without_rows(roles: &BTreeSet<Role>, sees_rows: bool, is_meant: bool) -> Option<FieldError> {
    let is_empty = roles.contains(&Role::Customer) && !sees_rows;
    (is_empty && !is_meant).then(|| FieldError::new("accept_no_rows", t("approvals-no-rows")))
}

/// Owners that were chosen, byte for byte as they were listed.
pub fn owners_of(form: &FormData) -> BTreeSet<String> {
    form.all("owner").filter(|owner| !owner.is_empty()).map(str::to_owned).collect()
}

/// True where the form was sent to look for owners, not to be saved: by its buttons, or by Enter in that field where no
/// script is there to look.
pub fn looks_for_owners(form: &FormData) -> bool {
    form.has("find") || form.has("owners_seen") || (form.has("enter") && !form.text("owner_q").is_empty())
}
