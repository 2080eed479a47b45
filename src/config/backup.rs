//! Section `backup`: what the site puts aside by itself.

use std::time::Duration;

use super::parse;
use super::reader::Reader;
use super::remote::{self, RemoteConfig};
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
    /// Where each is copied to, if anywhere.
    pub remote: Option<BackupRemote>,
}

/// Where backups are copied to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupRemote {
    /// The bucket.
    pub to: RemoteConfig,
    /// How many are kept there.
    pub keep: u32,
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
    Setting::new("backup.remote", "Where each backup is copied to: none, or s3 as in section s3 (default: none)")
        .on_page(Control::Choice(&["none", "s3"])),
    Setting::new("backup.remote_bucket", "Another bucket for them than s3.bucket").on_page(Control::Text),
    Setting::new("backup.remote_prefix", "What their keys begin with there (default: s3.prefix with /backups)")
        .on_page(Control::Text),
    Setting::new("backup.remote_keep", "How many backups are kept there (default: 30)").on_page(Control::Text),
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
            remote: remote::of_backups(reader).map(|to| BackupRemote {
                to,
                keep: reader.get("backup.remote_keep", 30, parse::number(1, 10_000)),
            }),
        }
    }
}
