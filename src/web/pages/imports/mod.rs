//! Imports: a file comes, is looked at together with a person, and becomes a dataset's next generation.

mod activity;
mod again;
mod cancel;
pub(super) mod choices;
pub(super) mod column_fields;
mod findings_view;
mod list;
mod list_view;
mod mapping_view;
mod original;
mod part_choice;
mod publish;
mod settings;
mod show;
mod status;
mod status_view;
mod upload;
pub(super) mod words;

pub use activity::activity;
pub use again::again;
pub use cancel::cancel;
pub use list::list;
pub(super) use mapping_view::{estimate, rows_table};
pub use original::original;
pub use publish::publish;
pub use settings::settings;
pub use show::{back, show};
pub use status::status;
pub use upload::upload;
pub(super) use words::{came_by_text, sender_text};

use crate::domain::ids::ImportId;
use crate::web::error::AppError;

/// The script of these pages.
const SCRIPTS: &[&str] = &["js/imports.js"];

fn parse(id: &str) -> Result<ImportId, AppError> {
    id.parse().map_err(|_| AppError::not_found("There is no such import."))
}
