//! What the pages of sources share.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::domain::dataset::ImportState;
use crate::domain::feed::Lateness;
use crate::services::sources::SourceView;
use crate::web::ui::format::{ago, instant};
use crate::web::ui::t;

/// An instant, or a dash.
pub fn when(at: Option<Timestamp>, zone: &TimeZone, now: Timestamp) -> Markup {
    html! {
        @match at {
            Some(at) => (instant(at, zone, now)),
            None => span.hint { "–" },
        }
    }
}

/// How a source does, in a word.
pub fn state_badge(view: &SourceView, is_at_work: bool) -> Markup {
    let (class, id) = if !view.source.is_enabled {
        ("badge", "sources-is-off")
    } else if is_at_work {
        ("badge", "sources-is-at-work")
    } else if view.source.runs.error.is_some() {
        ("badge bad", "sources-is-failing")
    } else {
        match view.import {
            Some(ImportState::Quarantined) => ("badge warn", "sources-is-held"),
            Some(ImportState::Failed | ImportState::Cancelled) => ("badge bad", "sources-is-unread"),
            _ if view.source.runs.last.is_none() => ("badge", "sources-is-new"),
            _ => ("badge ok", "sources-is-good"),
        }
    };
    html! { span class=(class) { (t(id)) } }
}

/// Why it fails.
pub fn state_text(view: &SourceView) -> Option<&str> {
    view.source.runs.error.as_deref()
}

/// How long ago its data were known to be current, in the colour of how late that is.
pub fn lag(view: &SourceView, now: Timestamp) -> Markup {
    let class = match view.lateness {
        Lateness::OnTime => "badge ok",
        Lateness::Late => "badge warn",
        Lateness::VeryLate => "badge bad",
    };
    let words = view.good_at.map_or_else(|| t("sources-never"), |at| ago(at, now));
    html! { span class=(class) { (words) } }
}
