//! `stockroom plan …`

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::error::CliError;
use super::export::{copy, write_output};
use super::options::GlobalOptions;
use super::site::Site;
use super::user::OutputArgs;
use crate::domain::plan::Measure;
use crate::services::commands::{AdminCommand, AdminReply};
use crate::services::export::ExportFormat;
use crate::services::plans::{Shape, commands};

/// What to do with plans. PLAN is a name, an id, or `leader`.
#[derive(Debug, Subcommand)]
#[command(before_help = "Examples:\n  stockroom plan create \"Spring 2027\"\n  \
        stockroom plan import \"Spring 2027\" plan.csv --create-items\n  \
        stockroom plan import leader sales.csv --measure sales\n  \
        stockroom plan export leader --format xlsx -o plan.xlsx")]
pub enum PlanCommand {
    /// List all plans.
    List(OutputArgs),
    /// Make a plan.
    Create(CreateArgs),
    /// Read a file into a plan.
    Import(ImportArgs),
    /// Write a plan as a file that can be imported again.
    Export(ExportArgs),
}

/// A plan to be made.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// What it is called
    name: String,
    /// What it is about
    #[arg(long, value_name = "TEXT", default_value = "")]
    description: String,
    /// Its first day, such as 2027-01-01; without it, the plan has the days of the files that are imported
    #[arg(long, value_name = "DATE", requires = "last")]
    first: Option<String>,
    /// Its last day
    #[arg(long, value_name = "DATE", requires = "first")]
    last: Option<String>,
    /// Lines of which nothing else is known begin with the stock in the inventory
    #[arg(long)]
    opens_with_stock: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// A file for a plan.
#[derive(Debug, Args)]
#[command(after_help = "Columns, in any order:\n  \
    item, location, channel   which line; item alone is needed\n  \
    date                      a day, a week (2026-W47) or a month (2026-11)\n  \
    production, sales         what comes in and goes out on the day\n  \
    inventory                 what was reported at its end\n  \
    safety_stock              what should always be there\n  \
    starting_inventory        what the line begins with, on its first row\n  \
    qty                       with --measure: what the numbers are of\n\
    or a column for each day, with a column `measure` or --measure.\n\n\
    The file is imported whole or, where anything is wrong with it, not at all.")]
pub struct ImportArgs {
    /// The plan
    plan: String,
    /// A CSV file or a workbook; `-` reads standard input
    file: PathBuf,
    /// What the numbers of a file with one measure are: production, sales, inventory or safety_stock
    #[arg(long, value_name = "MEASURE", value_parser = measure)]
    measure: Option<Measure>,
    /// The item of a file that names none
    #[arg(long, value_name = "SKU")]
    item: Option<String>,
    /// Its location
    #[arg(long, value_name = "CODE", requires = "item")]
    location: Option<String>,
    /// Its channel
    #[arg(long, value_name = "CODE", requires = "item")]
    channel: Option<String>,
    /// How the file writes numbers, where that is not seen: 1,234.5 | 1.234,5 | 1 234,5 | 1'234.5 | 1234.5
    #[arg(long, value_name = "FORMAT")]
    numbers: Option<String>,
    /// Make items, locations and channels that nobody knows yet
    #[arg(long)]
    create_items: bool,
    /// Keep values on days that the plan does not have, out of sight until it has them
    #[arg(long)]
    keep_outside: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// What to write.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The plan
    plan: String,
    /// What to write: csv or xlsx
    #[arg(long, default_value = "csv", value_parser = format)]
    format: ExportFormat,
    /// One row for each measure of a line and a column for each day, instead of a row for each day
    #[arg(long)]
    wide: bool,
    /// Where to; `-` is standard output
    #[arg(short, long, value_name = "F", default_value = "-")]
    output: PathBuf,
}

fn measure(word: &str) -> Result<Measure, String> {
    Measure::of_word(word).ok_or_else(|| "expected production, sales, inventory or safety_stock".to_owned())
}

fn format(text: &str) -> Result<ExportFormat, String> {
    match ExportFormat::parse(text) {
        Ok(format) if format != ExportFormat::Jsonl => Ok(format),
        _ => Err("expected csv or xlsx".to_owned()),
    }
}

/// Runs one.
pub fn run(global: &GlobalOptions, command: &PlanCommand) -> Result<(), CliError> {
    let site = Site::open(global.load(&[])?)?;
    let shape_of = |args: &ExportArgs| if args.wide { Shape::Wide } else { Shape::Long };
    match command {
        PlanCommand::List(output) => list(&site, output.json),
        PlanCommand::Create(args) => create(global, &site, args),
        PlanCommand::Import(args) => import(global, &site, args),
        PlanCommand::Export(args) => write_output(&args.output, |out| match &site {
            Site::Local(services) => {
                commands::take(services, &args.plan, (args.format, shape_of(args)), &mut { out })??;
                Ok(())
            }
            Site::Remote(data_dir) => {
                let pairs = [
                    ("plan", args.plan.as_str()),
                    ("format", args.format.extension()),
                    ("shape", shape_of(args).as_str()),
                ];
                copy(data_dir, "/plans/export", &pairs, out)
            }
        }),
    }
}

fn strange() -> CliError {
    CliError::failed("the running server answered something else; is it the same version as this command?")
}

fn json(value: &impl serde::Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(value).map_err(|error| CliError::failed(error.to_string()))?;
    println!("{text}");
    Ok(())
}

fn list(site: &Site, is_json: bool) -> Result<(), CliError> {
    let AdminReply::Plans(plans) = site.run(AdminCommand::PlanList)? else { return Err(strange()) };
    if is_json {
        return json(&plans);
    }
    let mut out = io::stdout().lock();
    for plan in &plans {
        let days = match (&plan.first, &plan.last) {
            (Some(first), Some(last)) => format!("{first} to {last}"),
            _ => "no days yet".to_owned(),
        };
        let marks = [(plan.is_leader, "leader"), (plan.is_locked, "locked"), (plan.is_archived, "archived")];
        let marks: Vec<&str> = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect();
        let marks = if marks.is_empty() { String::new() } else { format!("  ({})", marks.join(", ")) };
        if writeln!(out, "{}  {days}  {}{marks}", plan.id, plan.name).is_err() {
            break;
        }
    }
    Ok(())
}

fn create(global: &GlobalOptions, site: &Site, args: &CreateArgs) -> Result<(), CliError> {
    let command = AdminCommand::PlanCreate {
        name: args.name.clone(),
        description: args.description.clone(),
        first: args.first.clone(),
        last: args.last.clone(),
        opens_with_stock: args.opens_with_stock,
    };
    let AdminReply::Plan(plan) = site.run(command)? else { return Err(strange()) };
    if args.output.json {
        return json(&plan);
    }
    let leads = if plan.is_leader { " It is the leader." } else { "" };
    global.say(&format!("Made the plan “{}”.{leads}", plan.name));
    println!("{}", plan.id);
    Ok(())
}

fn import(global: &GlobalOptions, site: &Site, args: &ImportArgs) -> Result<(), CliError> {
    let in_file = |error: io::Error| CliError {
        exit_code: if error.kind() == io::ErrorKind::NotFound { 6 } else { 1 },
        message: format!("{}: {error}", args.file.display()),
    };
    let name =
        args.file.file_name().map_or_else(|| "-".to_owned(), |name| name.to_string_lossy().into_owned());
    let mut pairs = vec![("plan", args.plan.clone()), ("file", name)];
    let given = [
        ("item", &args.item),
        ("location", &args.location),
        ("channel", &args.channel),
        ("numbers", &args.numbers),
    ];
    pairs.extend(given.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
    pairs.extend(args.measure.map(|measure| ("measure", measure.as_str().to_owned())));
    if args.keep_outside {
        pairs.push(("keep_outside", "true".to_owned()));
    }
    if args.create_items {
        pairs.push(("create_items", "true".to_owned()));
    }
    let spooled;
    let path = if args.file.as_os_str() == "-" {
        let mut file = tempfile::NamedTempFile::new()?;
        io::copy(&mut io::stdin().lock(), &mut file)?;
        spooled = file;
        spooled.path()
    } else {
        args.file.as_path()
    };
    let imported = match site {
        Site::Local(services) => {
            File::open(path).map_err(in_file)?;
            commands::bring(services, path, pairs)?
        }
        Site::Remote(_) => match site.import_plan(std::fs::read(path).map_err(in_file)?, &pairs)? {
            AdminReply::PlanImport(imported) => imported,
            _ => return Err(strange()),
        },
    };
    if args.output.json {
        return json(&imported);
    }
    let mut told = format!("{} rows: {} values of {} lines", imported.rows, imported.values, imported.lines);
    let mut tell = |count: usize, what: &str| {
        if count > 0 {
            let _ = write!(told, ", {count} {what}");
        }
    };
    tell(imported.new_lines, "lines are new");
    tell(imported.new_items.len(), "items were made");
    tell(imported.outside as usize, "values are on days that the plan does not have");
    tell(imported.typed_over as usize, "cells still show what was typed in them");
    tell(imported.left_out as usize, "records were left out, because they read like totals or notes");
    tell(imported.rounded as usize, "values were rounded to 6 digits after the point");
    global.say(&format!("{told}."));
    if !imported.unknown_columns.is_empty() {
        global.say(&format!(
            "Left out, because they mean nothing in a plan: {}.",
            imported.unknown_columns.join(", ")
        ));
    }
    Ok(())
}
