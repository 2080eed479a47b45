//! `stockroom user import FILE`

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::error::CliError;
use super::options::GlobalOptions;
use super::site::Site;
use super::user::{self, OutputArgs};
use crate::services::commands::AdminReply;
use crate::services::users::import::{ImportOptions, ImportReport, ImportedUser, MAX_BYTES};

/// Problems shown to a person; JSON has more.
const PROBLEMS_SHOWN: usize = 50;

/// Which users.
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  stockroom user import users.csv --dry-run\n  stockroom user import users.csv --skip-existing",
    after_help = "Columns, in any order; only email is needed:\n  \
        email, username         what the user signs in with\n  \
        first_name, last_name   the name others see\n  \
        mobile                  a mobile number, with or without the country's\n  \
        password_hash           argon2, bcrypt, pbkdf2_sha256 (Django, passlib),\n                          \
                                pbkdf2:sha256 or scrypt (Werkzeug); without one an\n                          \
                                admin has to set a password first\n  \
        owners                  whose rows the user sees, spelled as in the data,\n                          \
                                with | between several\n  \
        all_owners              the word All for a user who sees every row\n  \
        roles                   customer (the default), planner, operator, auditor,\n                          \
                                admin; with | between several\n  \
        is_active               no for an account that is switched off\n  \
        must_change             yes where a new password opens the rest\n  \
        last_login              when they last signed in to the other system\n  \
        created_at              when the account was made\n\n\
        The file is imported whole or, where anything is wrong with it, not at all."
)]
pub struct ImportArgs {
    /// The CSV file, in UTF-8; `-` for standard input
    file: PathBuf,
    /// Only say what would be made, and all that is wrong
    #[arg(long)]
    dry_run: bool,
    /// Leave out rows whose mail address is a user's already
    #[arg(long)]
    skip_existing: bool,
    /// Take plain passwords from the column `password`: hashed at once, to be changed at the first sign-in
    #[arg(long)]
    plain_passwords: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs it, beside a server or without one.
pub fn run(global: &GlobalOptions, args: &ImportArgs) -> Result<(), CliError> {
    let file = read(&args.file)?;
    let site = Site::open(global.load(&[])?)?;
    let options = ImportOptions {
        dry_run: args.dry_run,
        skip_existing: args.skip_existing,
        plain_passwords: args.plain_passwords,
    };
    let AdminReply::UserImport(report) = site.import_users(file, options)? else {
        return Err(CliError::failed("the running server answered something else than an import of users"));
    };
    let mut out = io::stdout().lock();
    let printed = if args.output.json {
        serde_json::to_writer_pretty(&mut out, &report).map_err(io::Error::from).and_then(|()| writeln!(out))
    } else {
        print(&mut out, args, &report)
    };
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error.into()),
        _ => {}
    }
    match report.problems.len() {
        0 => Ok(()),
        1 => Err(CliError::failed("1 problem; nobody was added")),
        n => Err(CliError::failed(format!("{n} problems; nobody was added"))),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    let mut file = Vec::new();
    // One byte more than may be: that says it is too large.
    let limit = MAX_BYTES as u64 + 1;
    let read = if path == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut file)
    } else {
        File::open(path).and_then(|opened| opened.take(limit).read_to_end(&mut file))
    };
    read.map_err(|error| CliError {
        exit_code: if error.kind() == io::ErrorKind::NotFound { 6 } else { 1 },
        message: format!("cannot read `{}`: {error}", path.display()),
    })?;
    Ok(file)
}

fn print(out: &mut impl Write, args: &ImportArgs, report: &ImportReport) -> io::Result<()> {
    for notice in &report.notices {
        writeln!(out, "{notice}")?;
    }
    for skipped in &report.skipped {
        writeln!(out, "line {}: {} is a user already; left out", skipped.line, skipped.email)?;
    }
    if args.dry_run {
        for user in &report.users {
            writeln!(out, "line {}: {}", user.line, line(user))?;
        }
    }
    for problem in report.problems.iter().take(PROBLEMS_SHOWN) {
        writeln!(out, "{problem}")?;
    }
    if report.problems.len() > PROBLEMS_SHOWN {
        writeln!(out, "and {} more problems; --json has them", report.problems.len() - PROBLEMS_SHOWN)?;
    }
    let users = match report.users.len() {
        1 => "1 user".to_owned(),
        n => format!("{n} users"),
    };
    if report.written {
        let cannot = report.users.iter().filter(|user| user.password.is_none()).count();
        writeln!(out, "{users} added")?;
        if cannot > 0 {
            writeln!(
                out,
                "{cannot} of them cannot sign in until an admin sets a password: stockroom user passwd LOGIN"
            )?;
        }
    } else if report.problems.is_empty() {
        writeln!(out, "{users} would be added; nothing was written")?;
    }
    Ok(())
}

fn line(imported: &ImportedUser) -> String {
    let mut line = user::line(&imported.user);
    if let Some(rows) = imported.rows.filter(|_| !imported.user.owners.is_empty()) {
        line.extend([" (", &rows.to_string(), " rows today)"]);
    }
    if !imported.owners_without_rows.is_empty() {
        let owners: Vec<_> = imported.owners_without_rows.iter().map(|owner| format!("{owner:?}")).collect();
        line += "; no row names ";
        line += &owners.join(", ");
    }
    line.push_str(match imported.password.as_deref() {
        None => "; cannot sign in until an admin sets a password",
        Some("plain") => "; the password is hashed and must be changed at the first sign-in",
        Some(_) if imported.user.must_change_password => {
            "; the password must be changed at the first sign-in"
        }
        Some(_) => "; keeps the password",
    });
    line
}
