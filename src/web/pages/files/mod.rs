//! Files of users: one's own folder, and those of others for who manages or imports.

mod act;
mod copy;
mod download;
mod folders;
mod import;
mod list;
mod show;
mod table;
mod upload;
mod view;

pub use act::{act, back};
pub use copy::copy_again;
pub use download::{download, download_of};
pub use folders::{folder, folders, show_of};
pub use import::{ask_import, import};
pub use list::list;
pub use show::show;
pub use table::{rows, rows_of, table, table_of};
pub use upload::upload;

use std::str::FromStr;

use super::super::error::AppError;
use super::super::extract::Page;
use crate::services::authorize::{Grant, ImportData, ManageUsers};
use crate::services::user_files::Office;

/// What the pages need beside the core.
const SCRIPTS: &[&str] = &["js/imports.js"];

/// An id in an address.
fn parse<T: FromStr>(text: &str) -> Result<T, AppError> {
    text.parse().map_err(|_| AppError::not_found("There is no such file."))
}

/// As whom the reader looks into folders of others: as an admin where they are one.
fn office(page: &Page) -> Result<Office, AppError> {
    let (user, address) = (page.user(), page.session.address());
    if let Ok(grant) = Grant::<ManageUsers>::check(user, address) {
        return Ok(Office::Admin(grant));
    }
    Ok(Office::Operator(page.grant::<ImportData>()?))
}
