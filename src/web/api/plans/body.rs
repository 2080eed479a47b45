//! What comes and goes as JSON.

use jiff::civil::Date;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::exact::Exact;
use crate::domain::excerpt::excerpt;
use crate::domain::plan::bucket::BucketRow;
use crate::domain::plan::projection::{Cover, DayRow, Opening, OpeningSource};
use crate::domain::plan::{Bucket, Horizon, Sharing};
use crate::services::ServiceError;
use crate::services::plans::{LineView, NewPlan, PlanChange};

/// What a text that should be a day is answered with.
pub const NO_DAY: &str = "expected a date like 2026-11-21";

/// A day of a body.
pub fn a_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom(format!("“{}” is no day; {NO_DAY}", excerpt(&text))))
}

fn perhaps_a_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    #[derive(Deserialize, ToSchema)]
    struct Day(#[serde(deserialize_with = "a_day")] Date);
    Ok(Option::<Day>::deserialize(deserializer)?.map(|Day(day)| day))
}

/// A plan to be made, or what changes of one.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlanSettings)]
pub struct PlanBody {
    pub name: Option<String>,
    pub description: Option<String>,
    #[serde(default, deserialize_with = "perhaps_a_day")]
    pub first: Option<Date>,
    #[serde(default, deserialize_with = "perhaps_a_day")]
    pub last: Option<Date>,
    pub bucket: Option<Bucket>,
    pub shared_with: Option<Sharing>,
    pub opens_with_stock: Option<bool>,
    /// True for the days of what is imported; only in a change.
    pub follows_files: Option<bool>,
    /// The `version` of the plan that was seen; only in a change.
    pub version: Option<String>,
}

impl PlanBody {
    fn horizon(&self) -> Result<Option<Horizon>, ServiceError> {
        match (self.first, self.last) {
            (None, None) => Ok(None),
            (Some(first), Some(last)) => {
                let horizon = Horizon::new(first, last);
                Ok(Some(horizon.map_err(|why| ServiceError::invalid("last", why.to_string()))?))
            }
            _ => Err(ServiceError::invalid("first", "give the first and the last day, or neither")),
        }
    }

    pub fn new_plan(self) -> Result<NewPlan, ServiceError> {
        Ok(NewPlan {
            horizon: self.horizon()?,
            name: self.name.unwrap_or_default(),
            description: self.description.unwrap_or_default(),
            bucket: self.bucket.unwrap_or_default(),
            shared_with: self.shared_with.unwrap_or_default(),
            opens_with_stock: self.opens_with_stock.unwrap_or_default(),
        })
    }

    pub fn change(self) -> Result<PlanChange, ServiceError> {
        Ok(PlanChange {
            horizon: match (self.horizon()?, self.follows_files) {
                (None, Some(true)) => Some(None),
                (Some(_), Some(true)) => {
                    let message =
                        "says that the days follow the files, and so does not go with days of its own";
                    return Err(ServiceError::invalid("follows_files", message));
                }
                (horizon, _) => horizon.map(Some),
            },
            name: self.name,
            description: self.description,
            bucket: self.bucket,
            shared_with: self.shared_with,
            opens_with_stock: self.opens_with_stock,
            seen: self.version,
        })
    }
}

/// The stock at the start of the first day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Opening)]
pub struct OpeningBody {
    amount: Exact,
    /// `given`, `reported`, `stock` or `nothing`.
    from: &'static str,
    /// The day of what was reported, or for which it was given where that is not the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<Date>,
}

impl From<Opening> for OpeningBody {
    fn from(opening: Opening) -> Self {
        let (from, on) = match opening.source {
            OpeningSource::Given { on } => ("given", on),
            OpeningSource::Reported { on } => ("reported", Some(on)),
            OpeningSource::Stock => ("stock", None),
            OpeningSource::Nothing => ("nothing", None),
        };
        Self { amount: Exact(opening.amount), from, on }
    }
}

/// A line with what follows from its cells.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlanLine)]
pub struct LineBody {
    id: u32,
    item: String,
    name: String,
    location: String,
    channel: String,
    starting_inventory: Option<Exact>,
    version: u64,
    opening: OpeningBody,
    first_stock_out: Option<Date>,
    first_under_safety: Option<Date>,
    stock_out_days: u64,
    /// Whole days that the stock of today covers; more where `covers_all`.
    days_of_cover: Option<i64>,
    covers_all: bool,
    production: Exact,
    sales: Exact,
    closing: Exact,
    lowest: Exact,
    gap: Option<Exact>,
}

impl From<&LineView> for LineBody {
    fn from(view: &LineView) -> Self {
        let LineView { line, item, .. } = view;
        let (summary, cover) = (view.summary(), view.cover());
        Self {
            id: line.id.0,
            item: line.key.item.clone(),
            name: item.as_ref().map(|item| item.name.clone()).unwrap_or_default(),
            location: line.key.location.clone(),
            channel: line.key.channel.clone(),
            starting_inventory: view.starting_inventory().map(Exact),
            version: line.version,
            opening: view.opening().into(),
            first_stock_out: summary.first_stock_out,
            first_under_safety: summary.first_under_safety,
            stock_out_days: summary.stock_out_days,
            days_of_cover: cover.map(|cover| match cover {
                Cover::Days(days) | Cover::Beyond(days) => days,
            }),
            covers_all: matches!(cover, Some(Cover::Beyond(_))),
            production: Exact(summary.production),
            sales: Exact(summary.sales),
            closing: Exact(summary.closing),
            lowest: Exact(summary.lowest),
            gap: summary.gap.map(Exact),
        }
    }
}

/// A day of a projection, or several as one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProjectedRow)]
pub struct RowBody {
    date: Date,
    /// What a week or a month is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<String>,
    production: Option<Exact>,
    sales: Option<Exact>,
    reported_inventory: Option<Exact>,
    projected_inventory: Exact,
    gap: Option<Exact>,
    safety_stock: Exact,
}

impl From<&DayRow> for RowBody {
    fn from(day: &DayRow) -> Self {
        Self {
            date: day.date,
            period: None,
            production: day.production.map(Exact),
            sales: day.sales.map(Exact),
            reported_inventory: day.reported.map(Exact),
            projected_inventory: Exact(day.projected),
            gap: day.gap().map(Exact),
            safety_stock: Exact(day.safety),
        }
    }
}

impl RowBody {
    pub fn of_bucket(row: &BucketRow, bucket: Bucket) -> Self {
        Self {
            date: row.first,
            period: (bucket != Bucket::Day).then(|| bucket.name_of(row.start)),
            production: row.production.map(Exact),
            sales: row.sales.map(Exact),
            reported_inventory: row.reported.map(|(_, amount)| Exact(amount)),
            projected_inventory: Exact(row.projected),
            gap: row.gap.map(Exact),
            safety_stock: Exact(row.safety),
        }
    }
}
