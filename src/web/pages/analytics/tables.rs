//! The tables as CSV.

use crate::services::analytics::Analytics;
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
    /// Rows by owner over time.
    Owners,
}

impl TableName {
    const ALL: [Self; 5] = [Self::SignIns, Self::MostActive, Self::Recent, Self::EmptySearches, Self::Owners];

    /// The name of its file, which is the end of its address.
    pub fn file(self) -> &'static str {
        match self {
            Self::SignIns => "sign-ins.csv",
            Self::MostActive => "most-active.csv",
            Self::Recent => "recent-sign-ins.csv",
            Self::EmptySearches => "empty-searches.csv",
            Self::Owners => "rows-by-owner.csv",
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
        TableName::Owners => {
            row(&["dataset", "published_at", "owner", "rows"])?;
            for growth in &figures.growth {
                for generation in &growth.generations {
                    let at = generation.at.to_string();
                    row(&[&growth.dataset, &at, "", &generation.rows.to_string()])?;
                    for (owner, rows) in &generation.owners {
                        row(&[&growth.dataset, &at, owner, &rows.to_string()])?;
                    }
                }
            }
        }
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}
