//! Section `retention`: how long the site keeps what only grows.

use std::time::Duration;

use super::parse;
use super::reader::Reader;
use super::setting::{Control, Setting};

/// How long things are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetentionConfig {
    /// Events of the audit log; `None` for ever.
    pub audit: Option<Duration>,
}

/// What can be set.
pub const SETTINGS: &[Setting] = &[Setting::new(
    "retention.audit",
    "How long events of the audit log are kept, such as 730d, or forever (default: forever)",
)
.on_page(Control::Text)];

impl RetentionConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let day = Duration::from_hours(24);
        let length = parse::duration(30 * day, 36_500 * day);
        let audit = |text: &str| match text {
            "forever" => Ok(None),
            text => length(text).map(Some),
        };
        Self { audit: reader.get("retention.audit", None, audit) }
    }
}
