//! The keys that work, in one table: what the sheet of shortcuts shows.

use maud::{Markup, html};

use crate::base::text::t;

/// Keys of one place: the text that names it, and each key with the text of what it does.
struct Keys {
    place: &'static str,
    keys: &'static [(&'static [&'static str], &'static str)],
}

/// All of them. What is between the inner brackets is pressed together.
const KEYS: [Keys; 4] = [
    Keys {
        place: "keys-everywhere",
        keys: &[(&["Ctrl", "K"], "keys-search"), (&["Ctrl", "/"], "keys-sheet"), (&["Esc"], "keys-close")],
    },
    Keys {
        place: "keys-rows",
        keys: &[
            (&["↑ ↓ ← →"], "keys-move"),
            (&["Page Up / Down"], "keys-screen"),
            (&["Home / End"], "keys-row-ends"),
            (&["Ctrl", "Home / End"], "keys-table-ends"),
            (&["Ctrl", "C"], "keys-copy-cell"),
            (&["Ctrl", "Shift", "C"], "keys-copy-row"),
            (&["Alt", "← →"], "keys-width"),
            (&["Shift", "Enter"], "keys-sort-more"),
        ],
    },
    Keys {
        place: "keys-plan",
        keys: &[
            (&["↑ ↓ ← →"], "keys-plan-move"),
            (&["Shift", "↑ ↓ ← →"], "keys-plan-range"),
            (&["F2"], "keys-plan-edit"),
            (&["Enter"], "keys-plan-down"),
            (&["Tab"], "keys-plan-right"),
            (&["Ctrl", "C / V"], "keys-plan-copy"),
            (&["Ctrl", "D"], "keys-plan-fill-down"),
            (&["Ctrl", "R"], "keys-plan-fill-right"),
            (&["Delete"], "keys-plan-empty"),
            (&["Ctrl", "Z / Y"], "keys-plan-undo"),
        ],
    },
    Keys {
        place: "keys-chart", keys: &[(&["← →"], "keys-chart-day"), (&["Home / End"], "keys-chart-ends")]
    },
];

/// The table of every place.
pub fn sheet() -> Markup {
    html! {
        @for Keys { place, keys } in &KEYS {
            table.keys {
                caption { (t(place)) }
                tbody {
                    @for (combination, does) in *keys {
                        tr {
                            th scope="row" {
                                @for (at, key) in combination.iter().enumerate() { @if at > 0 { " + " } kbd { (key) } }
                            }
                            td { (t(does)) }
                        }
                    }
                }
            }
        }
    }
}
