//! Section `admin`: the first admin. Counts only while the site has none.

use super::reader::Reader;
use super::setting::{Setting, alias};
use crate::base::secret::SecretString;
use crate::domain::email::{Email, Username};

/// Who sets the site up.
#[derive(Debug, Clone, Default)]
pub struct AdminConfig {
    /// Mail address.
    pub email: Option<Email>,
    /// Second name to sign in with.
    pub username: Option<Username>,
    /// The password, and whether it is to be changed at first sign-in.
    pub password: Option<AdminPassword>,
}

/// How the first admin's password is given.
#[derive(Debug, Clone)]
pub enum AdminPassword {
    /// A PHC string of `stockroom hash-password`.
    Hash(SecretString),
    /// From a file: nobody else has seen it.
    File(SecretString),
    /// In plain sight in the environment: to be changed at first sign-in.
    Plain(SecretString),
}

/// What can be set.
pub const SETTINGS: &[Setting] = &[
    Setting::new("admin.email", "Mail address of the first admin").aliases(&[alias("ADMIN_EMAIL")]),
    Setting::new("admin.username", "User name of the first admin").aliases(&[alias("ADMIN_USERNAME")]),
    Setting::new("admin.password_hash", "Hash of the first admin's password, from `stockroom hash-password`")
        .aliases(&[alias("ADMIN_PASSWORD_HASH")])
        .secret(),
    Setting::new("admin.password", "The first admin's password, to be changed at first sign-in")
        .aliases(&[alias("ADMIN_PASSWORD")])
        .secret(),
];

impl AdminConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let email = reader
            .find("admin.email", |text| Email::parse(text).map_err(|error| format!("`{text}` {error}")));
        let username = reader.find("admin.username", |text| {
            Username::parse(text).map_err(|error| format!("`{text}` {error}"))
        });
        let from_file = reader
            .given("admin.password")
            .is_some_and(|given| given.name.ends_with("_FILE") || given.name.ends_with("_file"));
        let hash = reader.find_secret("admin.password_hash");
        let plain = reader.find_secret("admin.password");
        if hash.is_some() && plain.is_some() {
            reader.complain("admin.password", "a hash is given as well; keep one of them".to_owned());
        }
        let password =
            hash.map(AdminPassword::Hash).or_else(|| {
                plain.map(|password| {
                    if from_file { AdminPassword::File(password) } else { AdminPassword::Plain(password) }
                })
            });
        if password.is_some() && email.is_none() && reader.given("admin.email").is_none() {
            let name = if reader.given("admin.password").is_some() {
                "admin.password"
            } else {
                "admin.password_hash"
            };
            reader.complain(name, "ADMIN_EMAIL is missing".to_owned());
        }
        Self { email, username, password }
    }
}
