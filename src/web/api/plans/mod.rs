//! Plans: list, create, read, change, delete, lead; their lines and cells, files and projections.

mod body;
pub(in crate::web::api) mod cells;
mod exact;
pub(in crate::web::api) mod file;
pub(in crate::web::api) mod lines;
pub(in crate::web::api) mod manage;
pub(in crate::web::api) mod seeing;

pub use exact::Exact;

pub use cells::{change as change_cells, redo, show as cells, undo};
pub use file::{export, import};
pub use lines::{add_line, line, lines, projection, remove_line};
pub use manage::{
    archive, change, copy, create, delete, lead, list, lock, restore, show, stock, unarchive, unlock,
};

pub use seeing::{accuracy, compare};

use jiff::civil::Date;

use crate::domain::plan::{Bucket, LineId, Plan};
use crate::services::plans::{self as service, PlanReader};
use crate::services::{ServiceError, Services};
use crate::web::extract::{CurrentSession, FormData};

/// Who asks, as plans know them.
fn reader(session: &CurrentSession) -> PlanReader {
    PlanReader::of(session.user(), session.scope())
}

/// The plan that an address names: an id, a name, or `leader`.
fn plan_at(services: &Services, reader: &PlanReader, named: &str) -> Result<Plan, ServiceError> {
    service::get_named(services, reader, named)
}

/// A day of an address, where it names one.
fn day_of(query: &FormData, name: &'static str) -> Result<Option<Date>, ServiceError> {
    match query.text(name) {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| ServiceError::invalid(name, body::NO_DAY)),
    }
}

/// The days of an address, `from` one `to` the other, where it names them.
fn days_of(query: &FormData) -> Result<(Option<Date>, Option<Date>), ServiceError> {
    let days = (day_of(query, "from")?, day_of(query, "to")?);
    match days {
        (Some(from), Some(to)) if to < from => {
            Err(ServiceError::invalid("to", format!("is {to}, before `from`, which is {from}")))
        }
        days => Ok(days),
    }
}

/// How many days an address puts together: each by itself unless it says otherwise.
fn bucket_of(query: &FormData) -> Result<Bucket, ServiceError> {
    match query.text("bucket") {
        "" => Ok(Bucket::Day),
        word => Bucket::of_word(word)
            .ok_or_else(|| ServiceError::invalid("bucket", "expected day, week or month")),
    }
}

/// The line of an address, where it names one.
fn line_of(query: &FormData) -> Result<Option<LineId>, ServiceError> {
    match query.text("line") {
        "" => Ok(None),
        text => text
            .parse()
            .map(|number| Some(LineId(number)))
            .map_err(|_| ServiceError::invalid("line", "expected the number of a line")),
    }
}
