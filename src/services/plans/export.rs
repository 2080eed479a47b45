//! A plan as a file: long, one row for every day of each line from its first to its last, as the importer takes it back.

use std::io::{self, Write};

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, XlsxError};
use serde_json::json;

use super::manage::target;
use super::overview::{opening_of, safety_of};
use super::{PlanReader, get, items, lines_seen};
use crate::domain::ids::PlanId;
use crate::domain::plan::line::LineKey;
use crate::domain::plan::projection::project;
use crate::domain::plan::{Horizon, Plan};
use crate::services::Services;
use crate::services::audit;
use crate::services::authorize::By;
use crate::services::error::ServiceError;
use crate::services::export::{ExportFormat, guard_cell};
use crate::store::plan_lines;

/// The columns, in their order.
pub(super) const COLUMNS: [&str; 11] = [
    "item",
    "location",
    "channel",
    "date",
    "production",
    "sales",
    "reported_inventory",
    "projected_inventory",
    "gap",
    "starting_inventory",
    "safety_stock",
];
/// Rows of a sheet, its header included: what Excel opens.
const SHEET_ROWS: u32 = 1_048_576;

/// A row of the file.
struct ExportRow<'r> {
    key: &'r LineKey,
    date: Date,
    /// Production, sales, reported, projected, gap, starting, safety.
    numbers: [Option<Decimal>; 7],
}

/// Hands over the rows of what a reader sees of a plan.
fn rows(
    services: &Services,
    reader: &PlanReader,
    plan: &Plan,
    take: &mut dyn FnMut(&ExportRow<'_>) -> io::Result<()>,
) -> Result<io::Result<u64>, ServiceError> {
    let mut written = 0;
    services.store.read(|r| {
        let items = items(r)?;
        let mut lines = lines_seen(r, reader, plan, &items)?;
        lines.sort_by(|a, b| a.key.cmp(&b.key));
        for line in &lines {
            let cells = plan_lines::find_cells(r, plan.id, line.id)?;
            let shown = |horizon: Horizon| {
                let within = cells.days_within(horizon);
                // What a line begins with is worth a row of its own where nothing else is known.
                within.or_else(|| {
                    line.starting_inventory.map(|_| Horizon { first: horizon.first, last: horizon.first })
                })
            };
            let Some(days) = plan.horizon.and_then(shown) else { continue };
            let opening = opening_of(plan, line, &cells, days.first).amount;
            let safety = safety_of(items.get(&line.key.item));
            for day in project(&cells, days, opening, safety) {
                let starting = (day.date == days.first).then_some(opening);
                let row = ExportRow {
                    key: &line.key,
                    date: day.date,
                    numbers: [
                        day.production,
                        day.sales,
                        day.reported,
                        Some(day.projected),
                        day.gap(),
                        starting,
                        Some(day.safety),
                    ],
                };
                if let Err(error) = take(&row) {
                    return Ok(Err(error));
                }
                written += 1;
            }
        }
        Ok(Ok(written))
    })
}

/// Writes a plan to `out`.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for a format that plans are not written in; what `out` returns.
pub fn export(
    services: &Services,
    reader: &PlanReader,
    by: By,
    (id, format): (PlanId, ExportFormat),
    out: &mut (impl Write + Send),
) -> Result<io::Result<()>, ServiceError> {
    let plan = get(services, reader, id)?;
    if format == ExportFormat::Jsonl {
        return Err(ServiceError::invalid("format", "expected csv or xlsx"));
    }
    let details = json!({ "name": plan.name, "format": format.extension() });
    let now = services.now();
    services.store.write(|w| audit::append(w, now, by, "plan.export", &target(id), &details))?;
    match format {
        ExportFormat::Xlsx => workbook(services, reader, &plan, out),
        _ => csv(services, reader, &plan, out),
    }
}

/// As [`export`], into memory.
///
/// # Errors
/// As there.
pub fn export_bytes(
    services: &Services,
    reader: &PlanReader,
    by: By,
    what: (PlanId, ExportFormat),
) -> Result<Vec<u8>, ServiceError> {
    let mut bytes = Vec::new();
    export(services, reader, by, what, &mut bytes)?
        .map_err(|error| ServiceError::Internal(format!("writing a plan: {error}")))?;
    Ok(bytes)
}

fn csv(
    services: &Services,
    reader: &PlanReader,
    plan: &Plan,
    out: &mut (impl Write + Send),
) -> Result<io::Result<()>, ServiceError> {
    let mut writer = csv::Writer::from_writer(out);
    if let Err(error) = writer.write_record(COLUMNS) {
        return Ok(Err(io::Error::other(error)));
    }
    let done = rows(services, reader, plan, &mut |row| {
        let LineKey { item, location, channel } = row.key;
        for code in [item, location, channel] {
            writer.write_field(guard_cell(code).as_ref()).map_err(io::Error::other)?;
        }
        writer.write_field(row.date.to_string()).map_err(io::Error::other)?;
        for number in row.numbers {
            writer
                .write_field(number.map(|number| number.normalize().to_string()).unwrap_or_default())
                .map_err(io::Error::other)?;
        }
        writer.write_record(None::<&[u8]>).map_err(io::Error::other)
    })?;
    Ok(done.and_then(|_| writer.flush()))
}

fn workbook(
    services: &Services,
    reader: &PlanReader,
    plan: &Plan,
    out: &mut (impl Write + Send),
) -> Result<io::Result<()>, ServiceError> {
    let failed = |error: XlsxError| match error {
        XlsxError::IoError(error) => error,
        other => io::Error::other(other),
    };
    let scratch = services.data_dir().join("files").join("incoming");
    let bold = Format::new().set_bold();
    let date = Format::new().set_num_format("yyyy-mm-dd");
    let mut workbook = Workbook::new();
    let mut at = SHEET_ROWS;
    let mut sheets = 0;
    let begun = std::fs::create_dir_all(&scratch)
        .and_then(|()| workbook.set_tempdir(&scratch).map(|_| ()).map_err(failed));
    if let Err(error) = begun {
        return Ok(Err(error));
    }
    let new_sheet = |workbook: &mut Workbook, number: usize| -> Result<(), XlsxError> {
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(if number == 1 { "Plan".to_owned() } else { format!("Plan {number}") })?;
        sheet.set_freeze_panes(1, 1)?;
        for (column, name) in (0..).zip(COLUMNS) {
            sheet.write_string_with_format(0, column, name, &bold)?;
        }
        Ok(())
    };
    let done = rows(services, reader, plan, &mut |row| {
        if at == SHEET_ROWS {
            sheets += 1;
            new_sheet(&mut workbook, sheets).map_err(failed)?;
            at = 1;
        }
        let sheet = workbook.worksheet_from_index(sheets - 1).map_err(failed)?;
        let LineKey { item, location, channel } = row.key;
        for (column, code) in (0..).zip([item, location, channel]) {
            sheet.write_string(at, column, code).map_err(failed)?;
        }
        let day = ExcelDateTime::from_ymd(
            row.date.year().unsigned_abs(),
            row.date.month().unsigned_abs(),
            row.date.day().unsigned_abs(),
        );
        sheet.write_datetime_with_format(at, 3, day.map_err(failed)?, &date).map_err(failed)?;
        for (column, number) in (4..).zip(row.numbers) {
            let Some(number) = number else { continue };
            // A double holds so many digits exactly; longer ones stay text, which the importer reads as well.
            match number.normalize() {
                exact if exact.mantissa().unsigned_abs() < 10_u128.pow(15) => {
                    sheet.write_number(at, column, exact.to_f64().unwrap_or_default()).map_err(failed)?
                }
                long => sheet.write_string(at, column, long.to_string()).map_err(failed)?,
            };
        }
        at += 1;
        Ok(())
    })?;
    let finish = |_| {
        if sheets == 0 {
            new_sheet(&mut workbook, 1).map_err(failed)?;
        }
        let mut file = tempfile::tempfile_in(&scratch)?;
        workbook.save_to_writer(file.try_clone()?).map_err(failed)?;
        io::Seek::rewind(&mut file)?;
        io::copy(&mut file, out)?;
        out.flush()
    };
    Ok(done.and_then(finish))
}
