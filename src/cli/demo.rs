//! `stockroom serve --demo`: a site to try, with sign-ins made up on the spot.

use std::collections::BTreeSet;

use crate::base::ids::random_password;
use crate::base::secret::SecretString;
use crate::domain::email::Email;
use crate::domain::permission::Role;
use crate::domain::scope::OwnerScope;
use crate::domain::user::PersonName;
use crate::services::authorize::{Grant, ManageUsers};
use crate::services::users::{self, FirstSignIn, NewPassword, NewUser};
use crate::services::{ServiceError, Services, bootstrap, sample};

/// Where the demo lives unless told otherwise.
pub const DATA_DIR: &str = "data/demo";
/// Two customers of the sample inventory, and the owner whose rows each sees.
const CUSTOMERS: [(&str, &str); 2] =
    [("acme@example.com", "Acme Foods"), ("northwind@example.com", "Northwind Traders")];
/// A sign-in to tell, once.
#[derive(Debug)]
pub struct DemoSignIn {
    /// Mail address.
    pub email: String,
    /// Password.
    pub password: SecretString,
    /// What it is for.
    pub about: String,
}

/// Makes the accounts on the first start; on a later one they are there and nothing is told.
pub fn set_up(services: &Services) -> Result<Vec<DemoSignIn>, ServiceError> {
    if bootstrap::is_set_up(services)? {
        return Ok(Vec::new());
    }
    sample::import(services, &Grant::command_line())?;
    let mut sign_ins = Vec::new();
    for (email, owner) in CUSTOMERS {
        let grant = Grant::<ManageUsers>::command_line();
        let password = random_password();
        let new = NewUser {
            name: PersonName::default(),
            email: parse(email)?,
            username: None,
            mobile: None,
            roles: BTreeSet::from([Role::Customer]),
            owners: OwnerScope::Owners(BTreeSet::from([owner.to_owned()])),
            password: NewPassword::Plain(password.clone()),
            first_sign_in: FirstSignIn::KeepsPassword,
        };
        users::add(services, &grant, new)?;
        sign_ins.push(DemoSignIn {
            email: email.to_owned(),
            password,
            about: format!("sees the rows of {owner}"),
        });
    }
    // The admin comes last: once there is one, the demo counts as set up.
    let password = random_password();
    let email = "admin@example.com";
    let plain = NewPassword::Plain(password.clone());
    bootstrap::init(services, parse(email)?, None, plain, FirstSignIn::KeepsPassword)?;
    sign_ins.insert(
        0,
        DemoSignIn { email: email.to_owned(), password, about: "admin, sees everything".to_owned() },
    );
    Ok(sign_ins)
}

fn parse(email: &str) -> Result<Email, ServiceError> {
    Email::parse(email).map_err(|error| ServiceError::Internal(format!("`{email}` {error}")))
}
