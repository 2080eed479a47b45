//! Section `links`: whether users may make live links for spreadsheets.

use super::parse;
use super::reader::Reader;
use super::setting::{Control, Setting};

/// Live links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinksConfig {
    /// They are made and answered.
    pub enabled: bool,
}

/// What can be set.
pub const SETTINGS: &[Setting] = &[Setting::new(
    "links.enabled",
    "Users may make live links for spreadsheets; without, those that there are answer nothing either (default: true)",
)
.on_page(Control::Flag)];

impl LinksConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self { enabled: reader.get("links.enabled", true, parse::flag) }
    }
}
