//! Plans: the list, the sheet of one, its settings, and what is done with it.

mod accuracy;
mod act;
mod chart;
mod compare;
mod delete;
mod files;
mod import;
mod lines;
mod list;
mod overview;
mod passed_over;
mod query;
mod settings;
mod settings_view;
mod sheet;
mod sheet_table;
mod sheet_view;
mod spot;
mod tabs;

pub use accuracy::accuracy;
pub use act::{act, cell};
pub use chart::{chart, chart_file};
pub use compare::compare;
pub use delete::{ask_delete, delete, restore};
pub use files::sheet_file;
pub use import::import;
pub use lines::{add as add_line, ask_remove as ask_remove_line, remove as remove_line};
pub use list::{create, list};
pub use overview::{overview, overview_file};
pub use settings::{change as change_settings, settings};
pub use sheet::sheet;

use rust_decimal::Decimal;

use crate::domain::formats::NumberStyle;
use crate::domain::ids::PlanId;
use crate::domain::plan::quantity;
use crate::services::ServiceError;
use crate::services::plans::PlanReader;
use crate::web::error::AppError;
use crate::web::extract::Page;

fn parse(id: &str) -> Result<PlanId, AppError> {
    id.parse().map_err(|_| AppError::not_found("There is no plan at this address."))
}

/// A quantity that somebody typed into `field`, as they have numbers.
fn typed_quantity(field: &'static str, text: &str, numbers: NumberStyle) -> Result<Decimal, ServiceError> {
    quantity::parse(&numbers.plain(text))
        .map_err(|why| ServiceError::invalid(field, format!("“{text}” {why}")))
}

/// Who looks, as plans know them.
fn reader(page: &Page) -> PlanReader {
    PlanReader::of(page.user(), page.session.scope())
}
