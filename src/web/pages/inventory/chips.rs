//! What is searched and filtered, as chips: each says what was understood and takes itself away.

use maud::{Markup, html};

use super::label::label;
use super::state::ViewState;
use crate::search::query::ast::{Bound, Condition, Literal, Query, Test};
use crate::web::ui::{icon, t, t_with};

/// A part of what is searched or filtered.
pub struct Chip {
    /// What it says.
    pub text: String,
    /// The state without it.
    pub without: ViewState,
    /// The state with nothing but it.
    pub alone: ViewState,
}

/// Chips that are shown; each has the whole state in its link.
const SHOWN_CHIPS: usize = 60;

/// All parts, the search's first.
pub fn chips(state: &ViewState, query: &Query, columns: &dyn Fn(usize) -> String) -> Vec<Chip> {
    let mut chips = Vec::new();
    for (at, term) in query.terms.iter().enumerate() {
        let said = match &term.condition {
            Condition::Anywhere(_) => format!("“{}”", term.text.trim_start_matches('-').trim_matches('"')),
            Condition::Column(index, test) => describe(&label(&columns(*index)), test),
        };
        let text = if term.negated { t_with("chip-not", &[("what", said.into())]) } else { said };
        let rest: Vec<&str> = query
            .terms
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != at)
            .map(|(_, term)| term.text.as_str())
            .collect();
        let alone = state.cleared().searching(term.text.trim());
        chips.push(Chip { text, without: state.searching(&rest.join(" ")), alone });
    }
    for (column, values) in &state.filters {
        for value in values {
            let shown = if value.is_empty() { t("value-blank") } else { value.clone() };
            chips.push(Chip {
                text: format!("{}: {shown}", label(column)),
                without: state.without_value(column, value),
                alone: state.with_only(column, value),
            });
        }
    }
    chips
}

fn describe(column: &str, test: &Test) -> String {
    let with = |id: &str, value: String| t_with(id, &[("column", column.into()), ("value", value.into())]);
    match test {
        Test::Contains(part) => with("chip-contains", part.clone()),
        Test::Equals(whole) => with("chip-is", whole.clone()),
        Test::Pieces(pieces) => with("chip-like", pieces.join("*")),
        Test::Blank => with("chip-blank", String::new()),
        Test::Between(Bound::Open, Bound::Outside(end)) => with(before(end), literal(end)),
        Test::Between(Bound::Open, Bound::Inside(end)) => with("chip-at-most", literal(end)),
        Test::Between(Bound::Outside(start), Bound::Open) => with(after(start), literal(start)),
        Test::Between(Bound::Inside(start), Bound::Open) => with("chip-at-least", literal(start)),
        Test::Between(Bound::Inside(start), Bound::Inside(end)) if start == end => {
            with("chip-is", literal(start))
        }
        Test::Between(start, end) => {
            let side = |bound: &Bound| match bound {
                Bound::Open => String::new(),
                Bound::Inside(value) | Bound::Outside(value) => literal(value),
            };
            t_with(
                "chip-between",
                &[("column", column.into()), ("from", side(start).into()), ("to", side(end).into())],
            )
        }
    }
}

fn before(end: &Literal) -> &'static str {
    if matches!(end, Literal::Moment(..)) { "chip-before" } else { "chip-less" }
}

fn after(start: &Literal) -> &'static str {
    if matches!(start, Literal::Moment(..)) { "chip-after" } else { "chip-more" }
}

fn literal(value: &Literal) -> String {
    match value {
        Literal::Number(number) => number.normalize().to_string(),
        Literal::Moment(seconds, _) => {
            let Ok(instant) = jiff::Timestamp::from_second(*seconds) else { return String::new() };
            let moment = instant.to_zoned(jiff::tz::TimeZone::UTC).datetime();
            if moment.time() == jiff::civil::Time::midnight() {
                moment.date().to_string()
            } else {
                moment.to_string()
            }
        }
        Literal::Truth(true) => t("value-yes"),
        Literal::Truth(false) => t("value-no"),
        Literal::Text(text) => text.clone(),
    }
}

/// The chips as links, with one that takes all of them away.
pub fn render(path: &str, state: &ViewState, chips: &[Chip], any_word: Option<&ViewState>) -> Markup {
    html! {
        div.chips {
            @if !chips.is_empty() {
                ul.chip-list aria-label=(t("chips-label")) {
                    @for chip in chips.iter().take(SHOWN_CHIPS) {
                        li.chip {
                            span { (chip.text) }
                            a href=(chip.without.href(path)) data-view-link
                                aria-label=(t_with("chip-remove", &[("what", chip.text.as_str().into())])) { (icon("x")) }
                        }
                    }
                    @if chips.len() > SHOWN_CHIPS {
                        li { (t_with("chips-more", &[("n", (chips.len() - SHOWN_CHIPS).into())])) }
                    }
                }
            }
            @if let Some(other) = any_word {
                a.chip-toggle href=(other.href(path)) data-view-link {
                    (t(if state.any_word { "chips-all-words" } else { "chips-any-word" }))
                }
            }
            @if chips.len() > 1 {
                a.clear-all href=(state.cleared().href(path)) data-view-link { (t("chips-clear")) }
            }
        }
    }
}
