//! The changes as a CSV file: one line a row, and beside each column that changed what it held before.

use std::borrow::Cow;
use std::io::{self, Write};

use axum::response::Response;

use super::state::ChangesQuery;
use crate::domain::audit::Actor;
use crate::search::difference::{Change, Difference, Entry};
use crate::services::authorize::By;
use crate::services::changes::{self, Changes};
use crate::services::export::guard_cell;
use crate::services::rows::today;
use crate::services::{ServiceError, Services};
use crate::web::api::datasets::stream;
use crate::web::error::AppError;
use crate::web::extract::Page;
use crate::web::state::AppState;

/// What is looked at, as a file that is written while it is read.
pub async fn download(
    state: &AppState,
    page: &Page,
    query: ChangesQuery,
    read: impl FnOnce(&Services) -> Result<Changes, ServiceError> + Send + 'static,
) -> Result<Response, AppError> {
    let by = By { actor: Actor::User(page.user().id), address: page.session.address() };
    let place = state.downloads().enter(page.user().id)?;
    let (changes, entries) = state
        .run(move |services| {
            let changes = read(services)?;
            let selection = query.selection(&changes.difference, today(services));
            let entries = changes.difference.select(&selection)?;
            changes::note_export(services, by, &changes, entries.len() as u64)?;
            Ok((changes, entries))
        })
        .await?;
    let name = match changes.after {
        Some(after) => format!("{}-changes-{}-{after}.csv", changes.dataset.slug, changes.before),
        None => format!("{}-changes-{}-next.csv", changes.dataset.slug, changes.before),
    };
    Ok(stream("text/csv; charset=utf-8; header=present", Some(&name), move |out| {
        let _place = place;
        write(&changes.difference, &entries, out)
    }))
}

/// UTF-8 with a mark at its start, lines ended by CR LF (RFC 4180).
fn write(difference: &Difference, entries: &[Entry], out: &mut impl Write) -> io::Result<()> {
    out.write_all("\u{feff}".as_bytes())?;
    let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    let fields = difference.fields();
    let mut header: Vec<Cow<'_, str>> = vec!["change".into()];
    for field in fields {
        header.push(guard_cell(&field.name));
        if field.changed > 0 {
            header.push(Cow::Owned(guard_cell(&format!("{} (before)", field.name)).into_owned()));
        }
    }
    out.write_record(header.iter().map(AsRef::<str>::as_ref))?;
    for entry in entries {
        let row = difference.row(*entry);
        out.write_field(row.change.as_str())?;
        for (at, field) in fields.iter().enumerate() {
            let now = if row.change == Change::Removed { row.before(at) } else { row.after(at) };
            out.write_field(&*safe(now.unwrap_or_default()))?;
            if field.changed > 0 {
                out.write_field(&*safe(row.before(at).filter(|_| row.differs(at)).unwrap_or_default()))?;
            }
        }
        out.write_record(None::<&[u8]>)?;
    }
    out.flush()
}

/// A cell that no spreadsheet takes for a formula; an amount keeps its sign.
fn safe(cell: &str) -> Cow<'_, str> {
    let is_amount = |cell: &str| {
        let digits = cell.trim_start_matches(['-', '+']);
        cell.len() - digits.len() <= 1
            && digits.starts_with(|first: char| first.is_ascii_digit())
            && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b'\'' | b' '))
    };
    if is_amount(cell) { Cow::Borrowed(cell) } else { guard_cell(cell) }
}
