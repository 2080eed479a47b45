//! Users of another system, from a file: all of them or none, with the passwords they have.
//!
//! [`table`] reads the file, [`row`] makes an account of each row, and here they are checked against each other and the
//! users that there are, and written.

mod report;
mod row;
mod table;

use std::collections::{BTreeMap, HashMap};

use serde_json::json;

pub use report::{ImportOptions, ImportReport, ImportedUser, RowProblem, SkippedRow};
pub use table::{MAX_BYTES, MAX_ROWS};

use self::row::{Password, RowReader, Wanted};
use self::table::{Column, MAX_PROBLEMS, Table};
use super::reach;
use super::{UserView, owners, taken, target};
use crate::base::secret::SecretString;
use crate::domain::email::LoginKey;
use crate::domain::scope::{OwnerScope, Scope};
use crate::services::authorize::{Grant, ManageUsers};
use crate::services::error::ServiceError;
use crate::services::{Services, audit, files, imports};
use crate::store::{Read, StoreError, users as store_users};

/// Plain passwords of one import: each takes a password thread as long as a sign-in does.
const MAX_PLAIN: usize = 1_000;

/// Imports users from CSV. Whatever is wrong with the file is in the report, and then nobody is made.
///
/// # Errors
/// [`ServiceError::Conflict`] where a login was taken meanwhile; [`ServiceError::Busy`].
pub fn import(
    services: &Services,
    grant: &Grant<ManageUsers>,
    file: &[u8],
    options: ImportOptions,
) -> Result<ImportReport, ServiceError> {
    let (mut report, mut wanted) = services.store.read(|r| plan(services, r, file, options))?;
    let mut counts = None;
    if options.dry_run {
        counts = Some(owners::count_rows(services, &Scope::everything())?).filter(|rows| !rows.is_empty());
    }
    report.users = wanted.iter().map(|wanted| imported(wanted, counts.as_ref())).collect();
    if options.dry_run || !report.problems.is_empty() {
        return Ok(report);
    }
    for wanted in &mut wanted {
        wanted.user.made_by = grant.by().actor;
    }
    let hashes = wanted.iter().map(|wanted| hash(services, &wanted.password));
    let hashes = hashes.collect::<Result<Vec<_>, ServiceError>>()?;
    let now = services.now();
    services.store.write(|w| {
        for (wanted, hash) in wanted.iter().zip(&hashes) {
            reach::check(w, grant.by(), None, &wanted.user.owners)?;
            store_users::insert_user(w, &wanted.user).map_err(taken)?;
            if let Some(hash) = hash {
                store_users::put_password_hash(w, wanted.user.id, hash)?;
            }
            let details =
                json!({ "after": UserView::from(&wanted.user), "password": kind(&wanted.password) });
            audit::append(w, now, grant.by(), "user.import", &target(&wanted.user), &details)?;
        }
        Ok::<_, ServiceError>(())
    })?;
    report.written = true;
    Ok(report)
}

/// Imports users from a file that was stored; where it is done, nothing of the file stays.
///
/// # Errors
/// [`ServiceError::NotFound`] where the file is gone; [`ServiceError::TooLarge`]; as [`import`].
pub fn import_stored(
    services: &Services,
    grant: &Grant<ManageUsers>,
    sha256: &str,
    options: ImportOptions,
) -> Result<ImportReport, ServiceError> {
    let file = files::read_small(services.data_dir(), sha256, MAX_BYTES as u64)?;
    let report = import(services, grant, &file, options)?;
    // Nothing that may hold passwords stays longer than it is of use.
    if report.written || !report.problems.is_empty() {
        imports::discard(services, sha256)?;
    }
    Ok(report)
}

/// Reads the file and holds it against the users that there are.
fn plan(
    services: &Services,
    r: &impl Read,
    file: &[u8],
    options: ImportOptions,
) -> Result<(ImportReport, Vec<Wanted>), StoreError> {
    let mut report = ImportReport::default();
    let mut wanted = Vec::new();
    let (table, problems) = match Table::read(file) {
        Ok(read) => read,
        Err(problem) => {
            report.problems.push(problem);
            return Ok((report, wanted));
        }
    };
    report.notices.clone_from(&table.notices);
    report.problems = problems;
    report.problems.extend(plain_passwords_unasked(&table, options));
    let now = services.now();
    let mut lines = HashMap::new();
    for row in &table.rows {
        let mut reader = RowReader::new(&table, row, &mut report.problems);
        let Some(email) = reader.email() else { continue };
        let exists = store_users::find_user_by_login(r, &email.login())?.is_some();
        if exists && options.skip_existing {
            report.skipped.push(SkippedRow { line: row.line, email: email.as_str().to_owned() });
            continue;
        }
        if exists {
            let next = "leave the row out, or leave out all such rows with --skip-existing";
            reader.complain(Column::Email, format!("{email} is the login of another user already; {next}"));
        }
        let account = reader.account(email, options, services.config().accounts.country, now);
        twice(&mut reader, &mut lines, Column::Email, account.user.email.login(), row.line);
        let username = account.user.username.as_ref().map(|name| (Column::Username, name.login()));
        let mobile = account.user.mobile.as_ref().map(|mobile| (Column::Mobile, mobile.login()));
        for (column, login) in username.into_iter().chain(mobile) {
            if store_users::find_user_by_login(r, &login)?.is_some() {
                let login = login.as_str();
                let message = format!("{login} is the login of another user already; choose another");
                reader.complain(column, message);
            }
            twice(&mut reader, &mut lines, column, login, row.line);
        }
        wanted.push(account);
    }
    let plain = wanted.iter().filter(|wanted| matches!(wanted.password, Password::Plain(_))).nth(MAX_PLAIN);
    report.problems.extend(plain.map(|wanted| RowProblem {
        line: wanted.line,
        column: Some(Column::Password.as_str().to_owned()),
        message: format!("an import hashes at most {MAX_PLAIN} passwords; split the file"),
    }));
    report.problems.sort_by_key(|problem| problem.line);
    if report.problems.len() > MAX_PROBLEMS {
        report.notices.push(format!("Only the first {MAX_PROBLEMS} problems are told."));
        report.problems.truncate(MAX_PROBLEMS);
    }
    Ok((report, wanted))
}

fn plain_passwords_unasked(table: &Table, options: ImportOptions) -> Option<RowProblem> {
    (table.has(Column::Password) && !options.plain_passwords).then(|| RowProblem {
        line: 1,
        column: Some(Column::Password.as_str().to_owned()),
        message: "holds passwords in plain text; take the column out, or add --plain-passwords: they are hashed at once \
                  and must be changed at the first sign-in"
            .to_owned(),
    })
}

/// Complains of a login that an earlier row has, in whatever case.
fn twice(
    reader: &mut RowReader<'_>,
    lines: &mut HashMap<LoginKey, u64>,
    column: Column,
    login: LoginKey,
    line: u64,
) {
    match lines.get(&login) {
        Some(first) => {
            let message = format!("{} is the login of line {first} already", login.as_str());
            reader.complain(column, format!("{message}; logins are alike in any case: keep one of the two"));
        }
        None => _ = lines.insert(login, line),
    }
}

fn hash(services: &Services, password: &Password) -> Result<Option<SecretString>, ServiceError> {
    Ok(match password {
        Password::None => None,
        Password::Hash(hash, _) => Some(hash.clone()),
        Password::Plain(password) => Some(services.passwords.hash(password)?),
    })
}

fn kind(password: &Password) -> Option<&'static str> {
    match password {
        Password::None => None,
        Password::Hash(_, kind) => Some(kind.as_str()),
        Password::Plain(_) => Some("plain"),
    }
}

fn imported(wanted: &Wanted, counts: Option<&BTreeMap<String, u64>>) -> ImportedUser {
    let (mut rows, mut owners_without_rows) = (None, Vec::new());
    if let (Some(counts), OwnerScope::Owners(owners)) = (counts, &wanted.user.owners) {
        rows = Some(owners.iter().filter_map(|owner| counts.get(owner)).sum());
        owners_without_rows = owners.iter().filter(|owner| !counts.contains_key(*owner)).cloned().collect();
    }
    ImportedUser {
        line: wanted.line,
        user: UserView::from(&wanted.user),
        password: kind(&wanted.password).map(str::to_owned),
        rows,
        owners_without_rows,
    }
}
