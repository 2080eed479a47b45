//! One row becomes an account, or says all that is wrong with it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::report::{ImportOptions, RowProblem};
use super::table::{Column, Row, Table};
use crate::base::secret::SecretString;
use crate::config::password::MAX_LENGTH;
use crate::domain::email::{Email, Username};
use crate::domain::ids::UserId;
use crate::domain::mobile::{Country, Mobile};
use crate::domain::permission::Role;
use crate::domain::scope::OwnerScope;
use crate::domain::user::{PersonName, User, UserStatus};
use crate::services::passwords::{self, HashKind};

/// How a user of the file signs in.
pub(super) enum Password {
    /// Not, until an admin sets a password.
    None,
    /// As in the other system.
    Hash(SecretString, HashKind),
    /// With a password that is to be hashed, and changed at the first sign-in.
    Plain(SecretString),
}

/// An account of the file.
pub(super) struct Wanted {
    pub line: u64,
    pub user: User,
    pub password: Password,
}

/// Reads the cells of one row and gathers what is wrong.
pub(super) struct RowReader<'a> {
    table: &'a Table,
    row: &'a Row,
    problems: &'a mut Vec<RowProblem>,
}

impl<'a> RowReader<'a> {
    pub(super) fn new(table: &'a Table, row: &'a Row, problems: &'a mut Vec<RowProblem>) -> Self {
        Self { table, row, problems }
    }

    fn cell(&self, column: Column) -> &'a str {
        self.table.cell(self.row, column)
    }

    /// Notes what is wrong. No message repeats the cell: in a row that slipped by a column it may be a password.
    pub(super) fn complain(&mut self, column: Column, message: impl Into<String>) {
        let column = Some(column.as_str().to_owned());
        self.problems.push(RowProblem { line: self.row.line, column, message: message.into() });
    }

    fn noted<T, E: ToString>(&mut self, column: Column, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.complain(column, error.to_string())).ok()
    }

    pub(super) fn email(&mut self) -> Option<Email> {
        self.noted(Column::Email, Email::parse(self.cell(Column::Email)))
    }

    /// The account with this address. After a complaint it is not used.
    pub(super) fn account(
        &mut self,
        email: Email,
        options: ImportOptions,
        country: Option<Country>,
        now: Timestamp,
    ) -> Wanted {
        let name = self.name();
        let mobile = self.mobile(country);
        let username = Some(self.cell(Column::Username)).filter(|text| !text.is_empty());
        let username = username.and_then(|text| self.noted(Column::Username, Username::parse(text)));
        let password = self.password(options);
        let status =
            if self.flag(Column::IsActive, true) { UserStatus::Active } else { UserStatus::Deactivated };
        let must_change = self.flag(Column::MustChange, false) || matches!(password, Password::Plain(_));
        let user = User {
            name,
            username,
            mobile,
            status,
            roles: self.roles(),
            owners: self.owners(),
            must_change_password: must_change,
            signed_in_at: self.past(Column::LastLogin, now),
            created_at: self.past(Column::CreatedAt, now).unwrap_or(now),
            ..User::new(UserId::new(now), email, now)
        };
        Wanted { line: self.row.line, user, password }
    }

    fn name(&mut self) -> PersonName {
        match PersonName::parse(self.cell(Column::FirstName), self.cell(Column::LastName)) {
            Ok(name) => name,
            Err((field, error)) => {
                let column = if field == "first_name" { Column::FirstName } else { Column::LastName };
                self.complain(column, error.to_string());
                PersonName::default()
            }
        }
    }

    fn mobile(&mut self, country: Option<Country>) -> Option<Mobile> {
        let text = Some(self.cell(Column::Mobile)).filter(|text| !text.is_empty())?;
        self.noted(Column::Mobile, Mobile::parse(text, country))
    }

    fn password(&mut self, options: ImportOptions) -> Password {
        let hash = self.cell(Column::PasswordHash);
        // Spaces belong to a password.
        let plain = self.table.raw(self.row, Column::Password);
        match (hash, plain) {
            ("", "") => Password::None,
            (hash, "") => match passwords::inspect(hash) {
                Ok(kind) => Password::Hash(SecretString::new(hash.to_owned()), kind),
                Err(error) => {
                    let next = "leave it empty, and have an admin set a password";
                    self.complain(Column::PasswordHash, format!("{error}. Export it again, or {next}"));
                    Password::None
                }
            },
            ("", plain) if plain.chars().count() > MAX_LENGTH => {
                self.complain(Column::Password, format!("is longer than {MAX_LENGTH} characters"));
                Password::None
            }
            // That the column is there at all without the switch was said once, for the whole file.
            ("", plain) if options.plain_passwords => Password::Plain(SecretString::new(plain.to_owned())),
            ("", _) => Password::None,
            _ => {
                self.complain(Column::Password, "stands beside a password_hash; leave one of them empty");
                Password::None
            }
        }
    }

    fn flag(&mut self, column: Column, default: bool) -> bool {
        match self.cell(column).to_lowercase().as_str() {
            "" => default,
            "1" | "true" | "t" | "yes" | "y" | "on" => true,
            "0" | "false" | "f" | "no" | "n" | "off" => false,
            _ => {
                self.complain(column, "is neither yes nor no; expected true, yes or 1, or false, no or 0");
                default
            }
        }
    }

    fn roles(&mut self) -> BTreeSet<Role> {
        let mut roles = BTreeSet::new();
        for word in self.cell(Column::Roles).split(|c: char| c.is_whitespace() || "|,;".contains(c)) {
            match word.to_lowercase().parse() {
                Ok(role) => _ = roles.insert(role),
                Err(_) if word.is_empty() => {}
                Err(_) => self.complain(
                    Column::Roles,
                    "names a role that there is not; expected customer, planner, operator, auditor or admin, with | \
                     between several",
                ),
            }
        }
        if roles.is_empty() {
            roles.insert(Role::Customer);
        }
        roles
    }

    fn owners(&mut self) -> OwnerScope {
        let all = match self.cell(Column::AllOwners).to_lowercase().as_str() {
            "all" => true,
            "" | "0" | "false" | "f" | "no" | "n" | "off" => false,
            _ => {
                self.complain(
                    Column::AllOwners,
                    "is not the word All; write it for a user who sees every row, or leave it empty",
                );
                false
            }
        };
        let owners: BTreeSet<String> = self
            .cell(Column::Owners)
            .split('|')
            .map(str::trim)
            .filter(|owner| !owner.is_empty())
            .map(str::to_owned)
            .collect();
        if owners.iter().any(|owner| owner.chars().any(char::is_control)) {
            self.complain(Column::Owners, "holds a control character; owners are separated by |");
        }
        if all && !owners.is_empty() {
            self.complain(Column::AllOwners, "stands beside owners; leave one of them empty");
        }
        if all { OwnerScope::All } else { OwnerScope::Owners(owners) }
    }

    /// An instant that lies behind us; `None` for an empty cell.
    fn past(&mut self, column: Column, now: Timestamp) -> Option<Timestamp> {
        let text = self.cell(column);
        if text.is_empty() {
            return None;
        }
        match instant(text) {
            Some(instant) if instant <= now => return Some(instant),
            Some(_) => self.complain(column, "lies in the future"),
            None => self.complain(
                column,
                "is no date; expected one like 2024-03-31, 2024-03-31 17:05 or 2024-03-31T17:05:00+02:00",
            ),
        }
        None
    }
}

/// A date, or a date with a time; in UTC where it names no offset.
fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let local: DateTime = text.parse().ok()?;
        Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}

#[cfg(test)]
mod tests {
    use super::instant;

    #[test]
    fn dates_of_other_systems_are_read() {
        for (text, expected) in [
            ("2024-03-31", Some("2024-03-31T00:00:00Z")),
            ("2024-03-31 17:05", Some("2024-03-31T17:05:00Z")),
            ("2024-03-31 17:05:09.123456+00:00", Some("2024-03-31T17:05:09.123456Z")),
            ("2024-03-31T17:05:00+02:00", Some("2024-03-31T15:05:00Z")),
            ("31.03.2024", None),
            ("yesterday", None),
        ] {
            assert_eq!(instant(text).map(|instant| instant.to_string()).as_deref(), expected, "{text}");
        }
    }
}
