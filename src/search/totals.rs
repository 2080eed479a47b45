//! Totals of quantities, per unit of measure. Amounts of different units are never added up.

use rust_decimal::Decimal;

use super::view::{Found, View};
use crate::domain::column::{ColumnRole, ColumnType};

/// A quantity column's totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnTotals {
    /// The column.
    pub column: String,
    /// One sum a unit, in the units' order.
    pub units: Vec<UnitTotal>,
}

/// The total of one unit of measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitTotal {
    /// The unit as imported; `None` where the dataset has no unit column, blank where the cell is.
    pub uom: Option<String>,
    /// The exact sum.
    pub sum: Decimal,
    /// How many rows held a number.
    pub rows: u64,
}

impl View {
    /// Totals of the visible quantity columns over everything found.
    pub fn totals<'f>(&self, found: &'f Found) -> &'f [ColumnTotals] {
        found.totals.get_or_init(|| self.add_up(found))
    }

    fn add_up(&self, found: &Found) -> Vec<ColumnTotals> {
        let columns = &self.generation().columns;
        let with_role = |role| {
            self.visible()
                .iter()
                .copied()
                .filter(move |index| columns.column(*index).column().role == Some(role))
        };
        let unit = with_role(ColumnRole::Uom).next().map(|index| columns.column(index));
        let mut totals = Vec::new();
        for index in with_role(ColumnRole::Quantity) {
            let column = columns.column(index);
            if !matches!(column.column().column_type, ColumnType::Integer | ColumnType::Decimal) {
                continue;
            }
            let ranks = unit.map_or(1, |unit| unit.rank_starts.len() - 1);
            let mut sums = vec![(0_i128, 0_u64); ranks];
            let typed = column.first_untyped();
            let scale = column.scale();
            let numbers = column.numbers;
            let mut overflow = false;
            found.rows.for_each(|row| {
                let ordinal = column.ordinals.get(row);
                if ordinal >= typed {
                    return;
                }
                let number = match numbers {
                    Some(numbers) => Some(i128::from(numbers[ordinal as usize])),
                    None => wide_number(&column, ordinal, scale),
                };
                let place = unit.map_or(0, |unit| unit.rank_of[unit.ordinals.get(row) as usize] as usize);
                match number.and_then(|number| sums[place].0.checked_add(number)) {
                    Some(sum) => sums[place] = (sum, sums[place].1 + 1),
                    None => overflow = true,
                }
            });
            if overflow {
                continue;
            }
            let units = sums
                .into_iter()
                .enumerate()
                .filter(|(_, (_, rows))| *rows > 0)
                .filter_map(|(rank, (sum, rows))| {
                    let sum = Decimal::try_from_i128_with_scale(sum, scale).ok()?.normalize();
                    let uom = unit
                        .map(|unit| unit.cell_of_row(unit.rows_of_rank(rank as u32)[0]).trim().to_owned());
                    Some(UnitTotal { uom, sum, rows })
                })
                .collect::<Vec<_>>();
            totals.push(ColumnTotals { column: column.column().name.clone(), units });
        }
        totals
    }
}

/// A number too wide for the column's integers.
fn wide_number(column: &super::columns::file::ColumnReader<'_>, ordinal: u32, scale: u32) -> Option<i128> {
    let mut number =
        crate::domain::value::parse_number(column.cell(ordinal), column.column().number_format)?.normalize();
    number.rescale(scale);
    (number.scale() == scale).then(|| number.mantissa())
}
