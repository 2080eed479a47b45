//! Which columns are shown, in which order; works by links alone.

use maud::{Markup, html};

use super::facets::with_more;
use super::grid::usual_order;
use super::state::{ColumnChoice, ViewState};
use crate::domain::column::Column;
use crate::domain::preferences::Density;
use crate::web::ui::form::{csrf_field, hidden};
use crate::web::ui::{icon, t, t_with};

/// The shown columns as choices: those of the address, or all.
fn choices(state: &ViewState, columns: &[&Column]) -> Vec<ColumnChoice> {
    let known: Vec<ColumnChoice> = state
        .columns
        .iter()
        .filter(|choice| columns.iter().any(|column| column.name == choice.name))
        .cloned()
        .collect();
    if known.is_empty() {
        usual_order(columns)
            .into_iter()
            .map(|at| ColumnChoice { name: columns[at].name.clone(), width: None })
            .collect()
    } else {
        known
    }
}

/// The panel; `density` and `csrf` are for how close the rows stand, which is the reader's and not the address's.
pub fn render(path: &str, state: &ViewState, columns: &[&Column], density: Density, csrf: &str) -> Markup {
    let shown = choices(state, columns);
    let others: Vec<&str> = columns
        .iter()
        .map(|column| column.name.as_str())
        .filter(|name| !shown.iter().any(|choice| choice.name == *name))
        .collect();
    let with = |columns: Vec<ColumnChoice>| ViewState { columns, ..state.clone() }.href(path);
    let swapped = |one: usize, other: usize| {
        let mut columns = shown.clone();
        columns.swap(one, other);
        with(columns)
    };
    let label = |id: &str, name: &str| t_with(id, &[("column", name.into())]);
    html! {
        details.menu.columns-menu data-menu {
            summary.button { (icon("columns-3")) span.wide-only { (t("columns-title")) } }
            div.menu-panel {
                ul.column-list {
                    @for (at, choice) in shown.iter().enumerate() {
                        @let name = choice.name.as_str();
                        li {
                            @let mut others = shown.clone();
                            @let _ = others.remove(at);
                            @if shown.len() > 1 {
                                a.column-name.on href=(with(others)) data-view-link data-key=(format!("hide {name}"))
                                    aria-label=(label("columns-hide", name)) { (icon("check")) span { (name) } }
                            } @else {
                                span.column-name.on { (icon("check")) span { (name) } }
                            }
                            @if at > 0 {
                                a.icon-link href=(swapped(at - 1, at)) data-view-link title=(label("columns-up", name)) {
                                    (icon("arrow-up")) span.visually-hidden { (label("columns-up", name)) }
                                }
                            }
                            @if at + 1 < shown.len() {
                                a.icon-link href=(swapped(at, at + 1)) data-view-link title=(label("columns-down", name)) {
                                    (icon("arrow-down")) span.visually-hidden { (label("columns-down", name)) }
                                }
                            }
                            a.icon-link href=(with_more(state, name, true).href(path)) data-view-link title=(label("columns-filter", name)) {
                                (icon("list-filter")) span.visually-hidden { (label("columns-filter", name)) }
                            }
                        }
                    }
                    @for name in &others {
                        li {
                            @let mut more = shown.clone();
                            @let () = more.push(ColumnChoice { name: (*name).to_owned(), width: None });
                            a.column-name href=(with(more)) data-view-link aria-label=(label("columns-show", name)) {
                                (icon("plus")) span { (name) }
                            }
                        }
                    }
                }
                form.menu-look method="post" action="/account/density" data-look-form {
                    (csrf_field(csrf))
                    (hidden("next", &state.href(path)))
                    fieldset {
                        legend { (t("density-title")) }
                        @for one in Density::ALL {
                            button.button.quiet type="submit" name="density" value=(one.as_str()) aria-pressed=(one == density) {
                                (t(&format!("density-{}", one.as_str())))
                            }
                        }
                    }
                }
                @if !state.columns.is_empty() {
                    a.menu-item href=(with(Vec::new())) data-view-link { (icon("rotate-ccw")) (t("columns-reset")) }
                }
            }
        }
    }
}
