//! The overview and the sheet of a plan as workbooks, as they are seen.

use std::io;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::json;

use super::manage::target;
use super::workbook::{Cell, Look, SHEET_ROWS, write};
use super::{LineDays, LineView, Overview, PlanReader, days_of};
use crate::domain::plan::bucket::{BucketRow, roll_up};
use crate::domain::plan::line::LineKey;
use crate::domain::plan::projection::Cover;
use crate::domain::plan::{Bucket, LineId, Plan};
use crate::services::Services;
use crate::services::audit;
use crate::services::authorize::By;
use crate::services::error::ServiceError;

/// Most cells of a sheet as a workbook.
const MAX_CELLS: usize = 5_000_000;
/// Lines that are worked out at once.
const AT_ONCE: usize = 50;

const OVERVIEW: [&str; 18] = [
    "item",
    "location",
    "channel",
    "name",
    "category",
    "unit",
    "opening",
    "production",
    "sales",
    "closing",
    "lowest",
    "first_stock_out",
    "first_under_safety",
    "stock_out_days",
    "days_of_cover",
    "cover_reaches_the_end",
    "safety_stock",
    "gap",
];

fn note(services: &Services, by: By, plan: &Plan, what: &str) -> Result<(), ServiceError> {
    let details = json!({ "name": plan.name, "format": "xlsx", "what": what });
    let now = services.now();
    Ok(services.store.write(|w| audit::append(w, now, by, "plan.export", &target(plan.id), &details))?)
}

fn names(view: &LineView) -> [Cell; 6] {
    let LineKey { item, location, channel } = &view.line.key;
    let text = |of: fn(&crate::domain::plan::master::Item) -> &String| {
        view.item.as_ref().map_or_else(String::new, |item| of(item).clone())
    };
    let [name, category, unit] =
        [text(|item| &item.name), text(|item| &item.category), text(|item| &item.unit)];
    [item.clone(), location.clone(), channel.clone(), name, category, unit].map(Cell::Text)
}

fn overview_row(view: &LineView) -> Vec<Cell> {
    let summary = view.summary();
    let (cover, is_beyond) = match view.cover() {
        Some(Cover::Days(days)) => (Cell::Number(days.into()), "no"),
        Some(Cover::Beyond(days)) => (Cell::Number(days.into()), "yes"),
        None => (Cell::Blank, ""),
    };
    let safety = view.item.as_ref().map(|item| item.safety_stock);
    let figures = [
        Cell::Number(view.opening().amount),
        Cell::Number(summary.production),
        Cell::Number(summary.sales),
        Cell::Number(summary.closing),
        Cell::Number(summary.lowest),
        Cell::day(summary.first_stock_out),
        Cell::day(summary.first_under_safety),
        Cell::Number(summary.stock_out_days.into()),
        cover,
        Cell::Text(is_beyond.to_owned()),
        Cell::number(safety),
        Cell::number(summary.gap),
    ];
    names(view).into_iter().chain(figures).collect()
}

/// The lines of an overview, in their order, as a workbook.
///
/// # Errors
/// The store, or a full disk.
pub fn overview_workbook(services: &Services, by: By, overview: &Overview) -> Result<Vec<u8>, ServiceError> {
    note(services, by, &overview.plan, "overview")?;
    let header = OVERVIEW.map(str::to_owned);
    write(services, &Look { name: "Overview", header: &header, frozen: 1 }, |put| {
        Ok(overview.lines.iter().try_for_each(|view| put(&overview_row(view))))
    })
}

/// What of a sheet goes into a workbook.
#[derive(Debug, Clone)]
pub struct SheetWanted {
    /// The lines, in their order.
    pub lines: Vec<LineId>,
    /// How many days stand in a column.
    pub bucket: Bucket,
    /// From which day on; `None` for all.
    pub from: Option<Date>,
}

/// A sheet as a workbook: lines with their measures down, days, weeks or months across.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] where it would be more than a workbook holds.
pub fn sheet_workbook(
    services: &Services,
    reader: &PlanReader,
    by: By,
    (plan, wanted): (&Plan, &SheetWanted),
) -> Result<Vec<u8>, ServiceError> {
    let from = wanted.from.map(|from| wanted.bucket.start_of(from));
    let mut starts: Vec<Date> = plan.horizon.map_or_else(Vec::new, |horizon| {
        let starts = horizon.days().map(|day| wanted.bucket.start_of(day));
        starts.filter(|start| from.is_none_or(|from| *start >= from)).collect()
    });
    starts.dedup();
    let rows = wanted.lines.len() * MEASURES.len();
    if rows.saturating_mul(starts.len()) > MAX_CELLS || rows >= SHEET_ROWS {
        return Err(ServiceError::invalid(
            "by",
            format!("would make more than {MAX_CELLS} cells; take weeks or months, or fewer lines"),
        ));
    }
    note(services, by, plan, "sheet")?;
    let header: Vec<String> = ["item", "location", "channel", "name", "category", "unit", "measure"]
        .map(str::to_owned)
        .into_iter()
        .chain(starts.iter().map(|start| wanted.bucket.name_of(*start)))
        .collect();
    write(services, &Look { name: "Sheet", header: &header, frozen: 7 }, |put| {
        for lines in wanted.lines.chunks(AT_ONCE) {
            for line in days_of(services, reader, plan.id, lines)?.1 {
                if let Err(error) = sheet_rows(&line, wanted.bucket, &starts, put) {
                    return Ok(Err(error));
                }
            }
        }
        Ok(Ok(()))
    })
}

type Of = fn(&BucketRow) -> Option<Decimal>;

/// What stands below each other for one line.
const MEASURES: [(&str, Of); 5] = [
    ("production", |row| row.production),
    ("sales", |row| row.sales),
    ("projected_inventory", |row| Some(row.projected)),
    ("reported_inventory", |row| row.reported.map(|(_, amount)| amount)),
    ("safety_stock", |row| Some(row.safety)),
];

fn sheet_rows(
    line: &LineDays,
    bucket: Bucket,
    starts: &[Date],
    put: &mut dyn FnMut(&[Cell]) -> io::Result<()>,
) -> io::Result<()> {
    let rows = roll_up(line.days.iter().copied(), bucket);
    let rows: Vec<&BucketRow> =
        rows.iter().filter(|row| starts.first().is_some_and(|first| row.start >= *first)).collect();
    let names = names(&line.view);
    for (measure, of) in MEASURES {
        let cells = names.iter().cloned().chain([Cell::Text(measure.to_owned())]);
        let cells: Vec<Cell> = cells.chain(rows.iter().map(|row| Cell::number(of(row)))).collect();
        put(&cells)?;
    }
    Ok(())
}
