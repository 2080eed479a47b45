//! What a cell's text means under its column's type. The text itself is never changed.

use jiff::civil::DateTime;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How a column writes numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct NumberFormat {
    /// `12,5` instead of `12.5`.
    #[serde(default)]
    pub decimal_comma: bool,
    /// Between groups of three digits, where the column uses one: `,` `.` `'` or a space.
    #[serde(default)]
    pub grouping: Option<char>,
}

/// How a column writes dates: the order of the parts and what stands between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateFormat {
    /// `2026-11-21`, `2026/11/21`, `20261121`; a time may follow.
    #[default]
    YearMonthDay,
    /// `21.11.2026`, `21/11/26`, `2-Jun-06`, `21 November 2026`; a time may follow.
    DayMonthYear,
    /// `11/21/2026`, `Nov 21, 2026`; a time may follow.
    MonthDayYear,
}

/// Reads a number exactly. Leading and trailing spaces, a sign before or after, accounting parentheses and a
/// currency sign or percent sign are allowed; anything else is `None`.
pub fn parse_number(_cell: &str, _format: NumberFormat) -> Option<Decimal> {
    None
}

/// Reads a date; one without a time is at midnight. `None` for what is no such day (`31/02/2026`).
pub fn parse_date(_cell: &str, _format: DateFormat) -> Option<DateTime> {
    None
}

/// Reads yes or no: `true/false`, `yes/no`, `y/n`, `t/f`, `1/0`, `on/off`, in any case.
pub fn parse_bool(_cell: &str) -> Option<bool> {
    None
}
