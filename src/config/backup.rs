//! Section `backup`: what the site puts aside by itself.

use std::time::Duration;

use super::parse;
use super::reader::Reader;
use super::setting::{Control, Setting};

/// Backups by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupConfig {
    /// How long after one the next is made; `None` for none.
    pub every: Option<Duration>,
    /// How many are kept.
    pub keep: u32,
    /// How long after one the newest backup is restored aside again, to see that it can be; `None` for no drill.
    pub drill: Option<Duration>,
}

/// What can be set.
pub const SETTINGS: &[Setting] = &[
    Setting::new(
        "backup.every",
        "How often a backup is made by itself, such as 1d or 12h, or off (default: 1d)",
    )
    .on_page(Control::Text),
    Setting::new("backup.keep", "How many backups are kept in the data directory (default: 7)")
        .on_page(Control::Text),
    Setting::new(
        "backup.drill",
        "How often the newest backup is restored aside, to see that it can be, such as 30d, or off (default: 30d)",
    )
    .on_page(Control::Text),
];

impl BackupConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let length = parse::duration(Duration::from_hours(1), Duration::from_hours(24 * 366));
        let every = |text: &str| match text {
            "off" => Ok(None),
            text => length(text).map(Some),
        };
        Self {
            every: reader.get("backup.every", Some(Duration::from_hours(24)), every),
            keep: reader.get("backup.keep", 7, parse::number(1, 1000)),
            drill: reader.get("backup.drill", Some(Duration::from_hours(30 * 24)), every),
        }
    }
}
