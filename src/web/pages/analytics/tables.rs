//! The tables as CSV.

use crate::services::analytics::Analytics;
use crate::services::audit::actor_word;
use crate::services::export::guard_cell;

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableName {
    /// Sign-ins by day.
    SignIns,
    /// Who did most.
    MostActive,
    /// The latest sign-ins.
    Recent,
    /// Searches that found nothing.
    EmptySearches,
    /// What was exported.
    Exports,
    /// Rows and quantities by owner over time.
    Stock,
}

impl TableName {
    const ALL: [Self; 6] =
        [Self::SignIns, Self::MostActive, Self::Recent, Self::EmptySearches, Self::Exports, Self::Stock];

    /// The name of its file, which is the end of its address.
    pub fn file(self) -> &'static str {
        match self {
            Self::SignIns => "sign-ins.csv",
            Self::MostActive => "most-active.csv",
            Self::Recent => "recent-sign-ins.csv",
            Self::EmptySearches => "empty-searches.csv",
            Self::Exports => "exports.csv",
            Self::Stock => "stock-by-owner.csv",
        }
    }

    /// The table of this file.
    pub fn parse(file: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.file() == file)
    }
}

/// The table as CSV; cells that a spreadsheet would take for a formula are guarded.
pub fn csv_of(name: TableName, figures: &Analytics) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut row =
        |cells: &[&str]| writer.write_record(cells.iter().map(|cell| guard_cell(cell).into_owned()));
    match name {
        TableName::SignIns => {
            row(&["day", "sign_ins", "users"])?;
            for day in &figures.days {
                row(&[&day.date.to_string(), &day.sign_ins.to_string(), &day.users.to_string()])?;
            }
        }
        TableName::MostActive => {
            row(&["user", "name", "sign_ins", "searches", "exports"])?;
            for active in &figures.most_active {
                let [sign_ins, searches, exports] = active.uses.map(|uses| uses.to_string());
                row(&[&active.user.to_string(), &active.name, &sign_ins, &searches, &exports])?;
            }
        }
        TableName::Recent => {
            row(&["at", "user", "name", "address"])?;
            for sign_in in &figures.recent {
                let address = sign_in.address.as_deref().unwrap_or_default();
                row(&[&sign_in.at.to_string(), &sign_in.user.to_string(), &sign_in.name, address])?;
            }
        }
        TableName::EmptySearches => {
            row(&["dataset", "search", "times", "last_at"])?;
            for search in &figures.empty_searches {
                row(&[
                    &search.dataset,
                    &search.text,
                    &search.times.to_string(),
                    &search.last_at.to_string(),
                ])?;
            }
        }
        TableName::Exports => {
            row(&["dataset", "format", "exports", "rows", "last_at", "last_by", "last_by_name"])?;
            for (exported, name) in &figures.exported {
                row(&[
                    &exported.dataset,
                    &exported.format,
                    &exported.exports.to_string(),
                    &exported.rows.to_string(),
                    &exported.last_at.to_string(),
                    &actor_word(&exported.last_by),
                    name.as_deref().unwrap_or_default(),
                ])?;
            }
        }
        TableName::Stock => {
            row(&["dataset", "published_at", "of", "owner", "rows", "column", "unit", "quantity"])?;
            for growth in &figures.growth {
                for stock in &growth.generations {
                    let at = stock.at.to_string();
                    let owners = stock.owners.iter().map(|(owner, share)| ("owner", owner.as_str(), share));
                    for (of, owner, share) in [("all", "", &stock.all)].into_iter().chain(owners) {
                        // Rows stand once, so that they can be added up: beside the first of several quantities.
                        let rows = share.rows.to_string();
                        let rows = [rows.as_str()].into_iter().chain(std::iter::repeat(""));
                        let amounts = share.amounts.iter().map(Some);
                        let none = share.amounts.is_empty().then_some(None);
                        for (amount, rows) in none.into_iter().chain(amounts).zip(rows) {
                            let column = amount.map_or("", |amount| amount.column.as_str());
                            let unit = amount.and_then(|amount| amount.unit.as_deref()).unwrap_or_default();
                            let sum = amount.map(|amount| amount.sum.to_string()).unwrap_or_default();
                            row(&[&growth.dataset, &at, of, owner, rows, column, unit, &sum])?;
                        }
                    }
                }
            }
        }
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}
