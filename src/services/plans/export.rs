//! A plan as a file, as the importer takes it back: long, one row for every day of each line from its first to its last, or
//! wide, one row for each measure of a line.

use std::io::{self, Write};

use rust_decimal::Decimal;
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use serde_json::json;

use super::manage::target;
use super::overview::{balance_at, safety_of};
use super::workbook::{Cell, SHEET_ROWS, failed, put};
use super::{PlanReader, get, items, lines_seen};
use crate::domain::ids::PlanId;
use crate::domain::plan::line::LineKey;
use crate::domain::plan::projection::{DayRow, Opening, OpeningSource, project};
use crate::domain::plan::{Cells, Horizon, Measure, Plan, days_between};
use crate::services::Services;
use crate::services::audit;
use crate::services::authorize::By;
use crate::services::error::ServiceError;
use crate::services::export::{ExportFormat, guard_cell};
use crate::services::files;
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
/// Those before the days.
pub(super) const WIDE_COLUMNS: [&str; 5] = ["item", "location", "channel", "measure", "starting_inventory"];

/// How a file says which day a number is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// A row for every day of each line, with a column for each measure.
    #[default]
    Long,
    /// A row for each measure of a line, with a column for each day of the plan.
    Wide,
}

impl Shape {
    /// The shape of that word.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for another word.
    pub fn of_word(word: &str) -> Result<Self, ServiceError> {
        match word {
            "" | "long" => Ok(Self::Long),
            "wide" => Ok(Self::Wide),
            _ => Err(ServiceError::invalid("shape", "expected long or wide")),
        }
    }

    /// The word of an address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Long => "long",
            Self::Wide => "wide",
        }
    }

    fn header(self, plan: &Plan) -> Vec<String> {
        match self {
            Self::Long => COLUMNS.map(str::to_owned).to_vec(),
            Self::Wide => {
                let fixed = WIDE_COLUMNS.map(str::to_owned);
                let days = plan.horizon.into_iter().flat_map(Horizon::days).map(|day| day.to_string());
                fixed.into_iter().chain(days).collect()
            }
        }
    }
}

/// A line of the file, from its first day to its last.
struct ExportedLine {
    key: LineKey,
    opening: Opening,
    days: Vec<DayRow>,
    cells: Cells,
}

/// A measure by name, and what it is on a day.
type Told<'t> = (&'t str, &'t dyn Fn(&DayRow) -> Option<Decimal>);

impl ExportedLine {
    fn key(&self) -> [Cell; 3] {
        let LineKey { item, location, channel } = &self.key;
        [item, location, channel].map(|code| Cell::Text(code.clone()))
    }

    /// The stock at the start of its first day; of a line of which nothing is known, nothing is told.
    fn starting(&self) -> Option<Decimal> {
        Some(self.opening.amount).filter(|_| self.opening.source != OpeningSource::Nothing)
    }

    fn long(&self) -> impl Iterator<Item = Vec<Cell>> + '_ {
        self.days.iter().enumerate().map(|(place, day)| {
            let numbers = [
                day.production,
                day.sales,
                day.reported,
                Some(day.projected),
                day.gap(),
                self.starting().filter(|_| place == 0),
                Some(day.safety),
            ];
            let numbers = numbers.map(Cell::number);
            self.key().into_iter().chain([Cell::Day(day.date)]).chain(numbers).collect()
        })
    }

    /// Measures that say something; what is projected is told, too, and left out when the file is read again.
    fn wide(&self, horizon: Horizon) -> Vec<Vec<Cell>> {
        let own_safety = |day: &DayRow| self.cells.value((Measure::SafetyStock, day.date));
        let measures: [Told<'_>; 5] = [
            ("production", &|day| day.production),
            ("sales", &|day| day.sales),
            ("reported_inventory", &|day| day.reported),
            ("projected_inventory", &|day| Some(day.projected)),
            ("safety_stock", &own_safety),
        ];
        let before = self.days.first().map_or(0, |day| days_between(horizon.first, day.date));
        let row = |(place, (name, of)): (usize, Told<'_>)| {
            let says = place < 2 || self.days.iter().any(|day| of(day).is_some());
            says.then(|| {
                let starting = Cell::number(self.starting().filter(|_| place == 0));
                let blanks = std::iter::repeat_n(Cell::Blank, before.unsigned_abs() as usize);
                let values = self.days.iter().map(|day| Cell::number(of(day)));
                let named = [Cell::Text(name.to_owned()), starting];
                self.key().into_iter().chain(named).chain(blanks).chain(values).collect()
            })
        };
        measures.into_iter().enumerate().filter_map(row).collect()
    }
}

/// Hands over the rows of what a reader sees of a plan.
fn rows(
    services: &Services,
    reader: &PlanReader,
    (plan, shape): (&Plan, Shape),
    take: &mut dyn FnMut(&[Cell]) -> io::Result<()>,
) -> Result<io::Result<()>, ServiceError> {
    services.store.read(|r| {
        let items = items(r)?;
        let mut lines = lines_seen(r, reader, plan, &items)?;
        lines.sort_by(|a, b| a.key.cmp(&b.key));
        for line in lines {
            let cells = plan_lines::find_cells(r, plan.id, line.id)?;
            // A line without a value on any day has one row, with what it begins with: it is a line all the same.
            let Some(horizon) = plan.horizon else { continue };
            let days =
                cells.days_within(horizon).unwrap_or(Horizon { first: horizon.first, last: horizon.first });
            let opening = balance_at(plan, &line, &cells, days.first);
            let days = project(&cells, days, opening.amount, safety_of(items.get(&line.key.item)));
            let line = ExportedLine { key: line.key, opening, days, cells };
            let done = match shape {
                Shape::Long => line.long().try_for_each(|row| take(&row)),
                Shape::Wide => line.wide(horizon).iter().try_for_each(|row| take(row)),
            };
            if done.is_err() {
                return Ok(done);
            }
        }
        Ok(Ok(()))
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
    (id, format, shape): (PlanId, ExportFormat, Shape),
    out: &mut (impl Write + Send),
) -> Result<io::Result<()>, ServiceError> {
    let plan = get(services, reader, id)?;
    if format == ExportFormat::Jsonl {
        return Err(ServiceError::invalid("format", "expected csv or xlsx"));
    }
    let details = json!({ "name": plan.name, "format": format.extension(), "what": shape.as_str() });
    let now = services.now();
    services.store.write(|w| audit::append(w, now, by, "plan.export", &target(id), &details))?;
    match format {
        ExportFormat::Xlsx => workbook(services, reader, (&plan, shape), out),
        _ => csv(services, reader, (&plan, shape), out),
    }
}

fn csv(
    services: &Services,
    reader: &PlanReader,
    what: (&Plan, Shape),
    out: &mut (impl Write + Send),
) -> Result<io::Result<()>, ServiceError> {
    let mut writer = csv::Writer::from_writer(out);
    if let Err(error) = writer.write_record(what.1.header(what.0)) {
        return Ok(Err(io::Error::other(error)));
    }
    let done = rows(services, reader, what, &mut |row| {
        for cell in row {
            let written = match cell {
                Cell::Text(text) => writer.write_field(guard_cell(text).as_ref()),
                Cell::Number(number) => writer.write_field(number.normalize().to_string()),
                Cell::Day(day) => writer.write_field(day.to_string()),
                Cell::Blank => writer.write_field(""),
            };
            written.map_err(io::Error::other)?;
        }
        // Every row is as wide as the header, also where a line ends before the plan does.
        for _ in row.len()..width(what) {
            writer.write_field("").map_err(io::Error::other)?;
        }
        writer.write_record(None::<&[u8]>).map_err(io::Error::other)
    })?;
    Ok(done.and_then(|()| writer.flush()))
}

/// Columns of a file.
fn width((plan, shape): (&Plan, Shape)) -> usize {
    match shape {
        Shape::Long => COLUMNS.len(),
        Shape::Wide => {
            WIDE_COLUMNS.len() + plan.horizon.map_or(0, |horizon| horizon.count().unsigned_abs() as usize)
        }
    }
}

fn workbook(
    services: &Services,
    reader: &PlanReader,
    what: (&Plan, Shape),
    out: &mut (impl Write + Send),
) -> Result<io::Result<()>, ServiceError> {
    let bold = Format::new().set_bold();
    let date = Format::new().set_num_format("yyyy-mm-dd");
    let header = what.1.header(what.0);
    let mut workbook = Workbook::new();
    let mut at = SHEET_ROWS as u32;
    let mut sheets = 0;
    let begun = files::workshop(services)
        .and_then(|scratch| workbook.set_tempdir(&scratch).map(|_| scratch).map_err(failed));
    let scratch = match begun {
        Ok(scratch) => scratch,
        Err(error) => return Ok(Err(error)),
    };
    let new_sheet = |workbook: &mut Workbook, number: usize| -> Result<(), XlsxError> {
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(if number == 1 { "Plan".to_owned() } else { format!("Plan {number}") })?;
        sheet.set_freeze_panes(1, 1)?;
        for (column, name) in (0..).zip(&header) {
            sheet.write_string_with_format(0, column, name, &bold)?;
        }
        Ok(())
    };
    let done = rows(services, reader, what, &mut |row| {
        if at == SHEET_ROWS as u32 {
            sheets += 1;
            new_sheet(&mut workbook, sheets).map_err(failed)?;
            at = 1;
        }
        let sheet = workbook.worksheet_from_index(sheets - 1).map_err(failed)?;
        for (column, cell) in (0..).zip(row) {
            put(sheet, (at, column), cell, &date).map_err(failed)?;
        }
        at += 1;
        Ok(())
    })?;
    let finish = |()| {
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
