//! The ways to look at a plan.

use maud::{Markup, html};

use crate::domain::plan::Plan;
use crate::web::ui::t;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// Cells, to be typed in.
    Sheet,
    /// All lines.
    Overview,
    /// Beside another plan.
    Compare,
    /// Beside what was reported.
    Accuracy,
}

impl Tab {
    const ALL: [Self; 4] = [Self::Sheet, Self::Overview, Self::Compare, Self::Accuracy];

    fn word(self) -> &'static str {
        match self {
            Self::Sheet => "sheet",
            Self::Overview => "overview",
            Self::Compare => "compare",
            Self::Accuracy => "accuracy",
        }
    }
}

/// Links to all of them; without `here`, the page is none of them.
pub fn tabs(plan: &Plan, here: impl Into<Option<Tab>>) -> Markup {
    let here = here.into();
    html! {
        nav.tabs aria-label=(t("plan-tabs")) {
            @for tab in Tab::ALL {
                @let address = match tab { Tab::Sheet => format!("/plan/{}", plan.id), tab => format!("/plan/{}/{}", plan.id, tab.word()) };
                a href=(address) aria-current=[(here == Some(tab)).then_some("page")] { (t(&format!("plan-tab-{}", tab.word()))) }
            }
        }
    }
}
