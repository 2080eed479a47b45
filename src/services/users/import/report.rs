//! What an import of users answers. Holds no secret and repeats no cell that was not understood: it may be one.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::super::UserView;

/// What the import is to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// Only say what would be made.
    pub dry_run: bool,
    /// Leave out rows whose mail address is a user's already.
    pub skip_existing: bool,
    /// Take the column `password`.
    pub plain_passwords: bool,
}

/// What is wrong with a row, where, and the next step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowProblem {
    /// Line of the file, from 1.
    pub line: u64,
    /// Column, where it is one's.
    pub column: Option<String>,
    /// What, and the next step.
    pub message: String,
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "line {}, {column}: {}", self.line, self.message),
            None => write!(f, "line {}: {}", self.line, self.message),
        }
    }
}

/// A user as made, or as would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedUser {
    /// Line of the file, from 1.
    pub line: u64,
    /// The account.
    #[serde(flatten)]
    pub user: UserView,
    /// The kind of the password's hash, `plain` for a password hashed here; none for a user who cannot sign in until an
    /// admin sets a password.
    pub password: Option<String>,
    /// In a dry run: rows that the user will see.
    pub rows: Option<u64>,
    /// In a dry run: owners that no row names.
    pub owners_without_rows: Vec<String>,
}

/// A row left out because its user is there already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedRow {
    /// Line of the file, from 1.
    pub line: u64,
    /// Whose.
    pub email: String,
}

/// What came of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// The users are in the store. With a problem, or in a dry run, none is.
    pub written: bool,
    /// The users.
    pub users: Vec<ImportedUser>,
    /// Rows left out.
    pub skipped: Vec<SkippedRow>,
    /// What is not kept.
    pub notices: Vec<String>,
    /// All that is wrong, by line.
    pub problems: Vec<RowProblem>,
}
