//! Which columns are shown, in which order; works by links alone.

use maud::{Markup, html};

use super::facets::with_facet;
use super::grid::{ShownColumn, usual_order};
use super::label::label;
use super::state::{ColumnChoice, MAX_SHOWN, ViewState};
use crate::domain::column::Column;
use crate::domain::preferences::Density;
use crate::web::ui::form::{csrf_field, hidden};
use crate::web::ui::{icon, t, t_with};

/// Up to so many columns have links of their own; each link holds the names of all that are shown.
const LINKED_COLUMNS: usize = 40;

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
pub fn render(
    path: &str,
    state: &ViewState,
    columns: &[&Column],
    on_screen: &[ShownColumn],
    density: Density,
    csrf: &str,
) -> Markup {
    let mut on_cards: Vec<&ShownColumn> = on_screen.iter().filter(|column| column.card() > 0).collect();
    on_cards.sort_by_key(|column| column.card());
    let on_cards = on_cards.iter().map(|column| column.label()).collect::<Vec<_>>().join(", ");
    let shown = choices(state, columns);
    let others: Vec<&str> = columns
        .iter()
        .map(|column| column.name.as_str())
        .filter(|name| !shown.iter().any(|choice| choice.name == *name))
        .collect();
    html! {
        details.menu.columns-menu data-menu {
            summary.button { (icon("columns-3")) span.wide-only { (t("columns-title")) } }
            div.menu-panel {
                p.hint.narrow-only { (t_with("columns-on-cards", &[("columns", on_cards.into())])) }
                @if columns.len() > LINKED_COLUMNS {
                    (boxes(path, state, columns, &shown))
                } @else {
                    (links(path, state, &shown, &others))
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
                @if !state.columns.is_empty() || !state.widths.is_empty() {
                    @let usual = ViewState { columns: Vec::new(), widths: Vec::new(), ..state.clone() };
                    a.menu-item href=(usual.href(path)) data-view-link { (icon("rotate-ccw")) (t("columns-reset")) }
                }
            }
        }
    }
}

/// Each column with links that show or hide it, move it, or filter by it.
fn links(path: &str, state: &ViewState, shown: &[ColumnChoice], others: &[&str]) -> Markup {
    let with = |columns: Vec<ColumnChoice>| ViewState { columns, ..state.clone() }.href(path);
    let swapped = |one: usize, other: usize| {
        let mut columns = shown.to_vec();
        columns.swap(one, other);
        with(columns)
    };
    let says = |id: &str, name: &str| t_with(id, &[("column", label(name).into_owned().into())]);
    html! {
                ul.column-list {
                    @for (at, choice) in shown.iter().enumerate() {
                        @let name = choice.name.as_str();
                        li {
                            @let mut others = shown.to_vec();
                            @let _ = others.remove(at);
                            @if shown.len() > 1 {
                                a.column-name.on href=(with(others)) data-view-link data-key=(format!("hide {name}"))
                                    aria-label=(says("columns-hide", name)) { (icon("check")) span { (label(name)) } }
                            } @else {
                                span.column-name.on { (icon("check")) span { (label(name)) } }
                            }
                            @if at > 0 {
                                a.icon-link href=(swapped(at - 1, at)) data-view-link title=(says("columns-up", name)) {
                                    (icon("arrow-up")) span.visually-hidden { (says("columns-up", name)) }
                                }
                            }
                            @if at + 1 < shown.len() {
                                a.icon-link href=(swapped(at, at + 1)) data-view-link title=(says("columns-down", name)) {
                                    (icon("arrow-down")) span.visually-hidden { (says("columns-down", name)) }
                                }
                            }
                            a.icon-link href=(with_facet(state, name, true).href(path)) data-view-link data-facet-link=(name) title=(says("columns-filter", name)) {
                                (icon("list-filter")) span.visually-hidden { (says("columns-filter", name)) }
                            }
                        }
                    }
                    @for name in others {
                        li {
                            @let mut more = shown.to_vec();
                            @let () = more.push(ColumnChoice { name: (*name).to_owned(), width: None });
                            a.column-name href=(with(more)) data-view-link aria-label=(says("columns-show", name)) {
                                (icon("plus")) span { (label(name)) }
                            }
                        }
                    }
                }
    }
}

/// Columns as boxes of a form, for tables so wide that links with all names in them would make the page huge.
fn boxes(path: &str, state: &ViewState, columns: &[&Column], shown: &[ColumnChoice]) -> Markup {
    let kept = ViewState { columns: Vec::new(), ..state.from_the_top() }.pairs();
    html! {
        form.stack method="get" action=(path) {
            @for (name, value) in &kept { (hidden(name, value)) }
            p.hint { (t_with("columns-most", &[("n", MAX_SHOWN.into())])) }
            ul.column-list {
                @for column in columns {
                    @let choice = shown.iter().take(MAX_SHOWN).find(|choice| choice.name == column.name);
                    li {
                        label.check {
                            input type="checkbox" name="cols" checked[choice.is_some()]
                                value=(choice.map_or_else(|| column.name.clone(), ToString::to_string));
                            (label(&column.name))
                        }
                    }
                }
            }
            button.button.primary type="submit" { (t("columns-show-chosen")) }
        }
    }
}
