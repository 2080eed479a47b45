//! What the page of one user shows beside the form: who made the account and let it in, and what keeps it safe.

use std::collections::HashMap;

use jiff::Timestamp;

use super::UserView;
use super::listing::{self, ListedUser};
use super::names::{KnownName, known_names};
use crate::domain::audit::Actor;
use crate::domain::ids::UserId;
use crate::services::api_tokens::{self, ApiTokenView};
use crate::services::authorize::{Grant, ManageUsers};
use crate::services::error::ServiceError;
use crate::services::live_links::{self, LiveLinkView};
use crate::services::{Services, second_factor};
use crate::store::{StoreError, users as store_users};

/// Everything about one user.
#[derive(Debug, Clone)]
pub struct UserDetail {
    /// As the list shows them.
    pub listed: ListedUser,
    /// Names of those who made the account and let it in.
    pub names: HashMap<UserId, KnownName>,
    /// When a request of theirs or a sign-in was last seen.
    pub seen_at: Option<Timestamp>,
    /// The site wants a second factor of one of their roles.
    pub role_wants_second_factor: bool,
    /// There is a password, or the company's directory has it.
    pub has_password: bool,
    /// Tokens of their programs.
    pub tokens: Vec<ApiTokenView>,
    /// Their live links.
    pub links: Vec<LiveLinkView>,
}

impl UserDetail {
    /// The user.
    pub fn view(&self) -> &UserView {
        &self.listed.view
    }
}

/// Everything about the user with this login or id.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn of(services: &Services, grant: &Grant<ManageUsers>, id: &str) -> Result<UserDetail, ServiceError> {
    let listed = listing::one(services, grant, id)?;
    let made_by = match listed.view.made_by {
        Actor::User(id) => Some(id),
        Actor::CommandLine | Actor::System | Actor::Visitor => None,
    };
    let approved_by = listed.view.approval.and_then(|approval| approval.by);
    let names = known_names(services, made_by.into_iter().chain(approved_by))?;
    let config = services.config();
    let id = listed.view.id;
    let (user, hash) = services.store.read(|r| {
        Ok::<_, StoreError>((
            store_users::find_user(r, id)?,
            store_users::find_password_hash(r, id)?.is_some(),
        ))
    })?;
    let role_wants_second_factor =
        user.is_some_and(|user| second_factor::is_required_by_role(&config, &user));
    let tokens = api_tokens::of_user(services, grant, &id.to_string())?;
    let links = live_links::of_user(services, grant, &id.to_string())?;
    let seen_at = listing::last_seen(services)?.get(&id).copied();
    Ok(UserDetail { listed, names, seen_at, role_wants_second_factor, has_password: hash, tokens, links })
}
