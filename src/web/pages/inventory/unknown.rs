//! What an address names and nobody has: it is said, because without it there may be more to see than somebody meant.

use maud::{Markup, html};

use crate::web::ui::{icon, t_with};

/// Names that are said; there may be any number.
const NAMED: usize = 5;
/// Characters of such a name.
const SHORT_CHARS: usize = 60;

/// The first of some names that somebody wrote into an address, for a sentence.
pub(super) fn named(names: &[String]) -> Vec<String> {
    names.iter().take(NAMED).map(|name| short(name)).collect()
}

fn short(name: &str) -> String {
    let cut: String = name.chars().take(SHORT_CHARS).collect();
    if cut.len() < name.len() { format!("“{cut}…”") } else { format!("“{cut}”") }
}

/// That parameters of the address mean nothing on this page; nothing where there is none.
pub fn unknown_parameters(names: &[String]) -> Markup {
    let names = named(names);
    html! {
        @if !names.is_empty() {
            div.notice.warn role="status" data-unknown {
                (icon("triangle-alert"))
                p { (t_with("inventory-unknown", &[("names", names.join(", ").into()), ("n", names.len().into())])) }
            }
        }
    }
}
