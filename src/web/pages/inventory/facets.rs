//! Facets: values with counts, to choose from.

use maud::{Markup, html};

use super::label::label;
use super::state::ViewState;
use crate::search::facets::FacetValue;
use crate::web::ui::format::count;
use crate::web::ui::{t, t_with};

/// Values of a facet shown at first.
pub const SHOWN_VALUES: usize = 8;
/// Values shown where all are asked for; more are found by typing.
pub const MOST_VALUES: usize = 200;
/// From so many values on there is a field to look for one.
const SEARCHED_FROM: usize = 12;
/// Id of the form that all choices belong to: it stands in the top bar, around the search.
pub const FORM: &str = "view-form";

/// A column with its values.
pub struct Facet {
    /// The column.
    pub column: String,
    /// Somebody asked for it; it is not one of the dataset's own.
    pub added: bool,
    /// Its values, one more than are shown where there are more.
    pub values: Vec<FacetValue>,
}

impl Facet {
    /// Shows the facet.
    pub fn render(&self, path: &str, state: &ViewState) -> Markup {
        let is_open = state.more.contains(&self.column);
        let limit = if is_open { MOST_VALUES } else { SHOWN_VALUES };
        let found = state.find.iter().find(|(column, _)| *column == self.column).map_or("", |(_, text)| text);
        let has_more = self.values.len() > limit;
        let chosen = state.filters.iter().find(|(column, _)| *column == self.column);
        let name = label(&self.column);
        html! {
            div.facet role="group" aria-label=(name) data-facet=(self.column) tabindex="-1" {
                div.facet-head {
                h3 title=(self.column) { (name) }
                @if chosen.is_some() {
                    a.facet-clear href=(state.without_filter(&self.column).href(path)) data-view-link
                        aria-label=(t_with("facet-clear-of", &[("column", name.as_ref().into())])) { (t("facet-clear")) }
                } @else if self.added {
                    a.facet-clear href=(with_facet(state, &self.column, false).href(path)) data-view-link
                        aria-label=(t_with("facet-remove-of", &[("column", name.as_ref().into())])) { (t("facet-remove")) }
                }
                }
                @if is_open && (self.values.len() >= SEARCHED_FROM || !found.is_empty()) {
                    input.input.facet-find type="search" form=(FORM) name=(format!("find.{}", self.column)) value=(found)
                        id=(format!("find.{}", self.column)) data-facet-find autocomplete="off" spellcheck="false"
                        placeholder=(t("facet-find")) aria-label=(t_with("facet-find-in", &[("column", name.as_ref().into())]));
                }
                ul {
                    @for value in self.values.iter().take(limit) { li { (self.value(value)) } }
                    @if self.values.is_empty() { li.facet-none { (t("facet-none")) } }
                }
                @if is_open {
                    @if has_more { p.hint { (t("facet-type-for-more")) } }
                    a.facet-more href=(with_more(state, &self.column, false).href(path)) data-view-link { (t("facet-fewer")) }
                } @else if has_more {
                    a.facet-more href=(with_more(state, &self.column, true).href(path)) data-view-link
                        aria-label=(t_with("facet-more-of", &[("column", name.as_ref().into())])) { (t("facet-more")) }
                }
            }
        }
    }

    fn value(&self, value: &FacetValue) -> Markup {
        let blank = value.value.trim().is_empty();
        html! {
            label.facet-value {
                input type="checkbox" form=(FORM) name=(format!("f.{}", self.column)) value=(value.value)
                    id=(format!("f.{}={}", self.column, value.value)) checked[value.selected];
                span.facet-name title=[(!blank).then_some(&value.value)] {
                    @if blank { em { (t("value-blank")) } } @else { (value.value) }
                }
                span.facet-count { (count(value.count)) }
            }
        }
    }
}

/// The state with all values of a column shown, or only the first again.
pub fn with_more(state: &ViewState, column: &str, more: bool) -> ViewState {
    let mut state = state.clone();
    state.more.retain(|known| known != column);
    state.find.retain(|(known, _)| known != column);
    if more {
        state.more.push(column.to_owned());
    }
    state
}

/// The state with a column as a facet beside the dataset's own, or without it.
pub fn with_facet(state: &ViewState, column: &str, added: bool) -> ViewState {
    let mut state = with_more(state, column, false);
    state.facets.retain(|known| known != column);
    if added {
        state.facets.push(column.to_owned());
    }
    state
}

/// All facets, with a button for those whose browser runs no script.
pub fn render(path: &str, state: &ViewState, facets: &[Facet]) -> Markup {
    html! {
        details.facets.panel #filters open data-facets {
            summary { (t("facets-title")) }
            div.facet-list {
                h2.visually-hidden { (t("facets-title")) }
                @for facet in facets { (facet.render(path, state)) }
                noscript.facets-apply { button.button.primary.wide type="submit" form=(FORM) { (t("facets-apply")) } }
            }
        }
    }
}
