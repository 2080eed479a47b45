//! A dataset's columns: what each is called, what it holds and what it means.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::value::{DateFormat, NumberFormat};

/// What a column's cells are. The type decides how a cell sorts, filters and is written to a workbook; it
/// does not change the cell's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// Words for people.
    Text,
    /// An identifier: part, lot, order or bin number. Found with or without its punctuation; leading zeros matter.
    Code,
    /// A whole number.
    Integer,
    /// A number with an exact decimal fraction.
    Decimal,
    /// A calendar date, with or without a time of day, in no zone.
    Date,
    /// Yes or no, in any of the usual spellings.
    Bool,
}

/// What a column means to the site, which a name alone does not say for sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ColumnRole {
    /// The ERP customer the row belongs to; a scope is a set of its values.
    Owner,
    /// Part, item or product number.
    Part,
    /// What the part is, in words.
    Description,
    /// Lot or batch.
    Lot,
    /// Serial number of a single piece.
    Serial,
    /// Purchase, sales or work order number.
    Order,
    /// Bin, shelf or place.
    Bin,
    /// Warehouse, site or location.
    Location,
    /// Released, on hold, quarantine, …
    Status,
    /// An amount of stock, summed per unit of measure.
    Quantity,
    /// Unit of measure of the row's quantities.
    Uom,
    /// Last day of use.
    Expiry,
    /// Day of receipt.
    Received,
    /// Money for one unit.
    Price,
}

/// One column of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// What the dataset calls it: the header as imported, made unique (`Qty`, `Qty (2)`, `Column 5`), or the name that a
    /// person gave it.
    pub name: String,
    /// The header that the file has for it, made unique, where the dataset calls it otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// What the cells are.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// What the column means, where that is known.
    #[serde(default)]
    pub role: Option<ColumnRole>,
    /// Part of the row's key: the columns that together name a row from one import to the next.
    #[serde(default)]
    pub key: bool,
    /// Offered as a facet unless others are asked for.
    #[serde(default)]
    pub facet: bool,
    /// Absent for customers: from rows, filters, sort, facets, totals, suggestions, search and exports.
    #[serde(default)]
    pub hidden: bool,
    /// How numbers are written, for `Integer` and `Decimal`.
    #[serde(default)]
    pub number_format: NumberFormat,
    /// How dates are written, for `Date`.
    #[serde(default)]
    pub date_format: DateFormat,
}

impl Column {
    /// A column of which nothing else is known.
    pub fn new(name: &str, column_type: ColumnType) -> Self {
        Self {
            name: name.to_owned(),
            header: None,
            column_type,
            role: None,
            key: false,
            facet: false,
            hidden: false,
            number_format: NumberFormat::default(),
            date_format: DateFormat::default(),
        }
    }

    /// What the file calls it.
    pub fn header(&self) -> &str {
        self.header.as_deref().unwrap_or(&self.name)
    }

    /// Calls it `name`, whatever the file does.
    pub fn call(&mut self, name: &str) {
        let header = self.header().to_owned();
        name.clone_into(&mut self.name);
        self.header = Some(header).filter(|header| *header != self.name);
    }
}
