//! What is shown, as sheets of paper: all found rows up to a number, and what they are.

use maud::{Markup, html};

use super::footer;
use super::grid::{Labels, rows};
use super::label::label;
use super::view::InventoryView;
use crate::web::ui::format::count;
use crate::web::ui::{icon, t, t_with};

/// Rows that are printed: some twenty sheets. More are for a download.
pub const MOST_ROWS: usize = 500;

/// The sheets. `view` has their rows.
pub fn render(view: &InventoryView<'_>, reader: &str) -> Markup {
    let printed = view.window.len() as u64;
    html! {
        div.print-view data-print-now {
            div.page-head {
                h1 { (view.name) }
                div.actions {
                    button.button.primary type="button" hidden data-print="now" { (icon("printer")) (t("print-title")) }
                    a.button href=(view.state.href(view.path)) { (t("print-back")) }
                }
            }
            noscript { p.hint.no-print { (t("print-how")) } }
            div.print-facts {
                (view.no_such_day())
                (view.left_out())
                @if !view.chips.is_empty() {
                    p { (t("print-filters")) " " (view.chips.iter().map(|chip| chip.text.as_str()).collect::<Vec<_>>().join(" · ")) }
                }
                p {
                    @let numbers = [
                        ("printed", count(printed).into()), ("found", count(view.matched).into()), ("all", count(view.total).into()),
                    ];
                    @if printed < view.matched { strong { (t_with("print-some", &numbers)) } } @else { (t_with("print-all", &numbers)) }
                }
                @for total in view.totals {
                    @if !total.units.is_empty() { p { (label(&total.column)) " " (footer::sums(&total.units)) } }
                }
                (footer::as_of(view))
                p { (t_with("print-reader", &[("who", reader.into())])) }
            }
            div.table-wrap tabindex="0" role="region" aria-label=(view.name) {
                table.table.print-table {
                    thead { tr { @for column in view.shown { th scope="col" class=[column.class()] { (column.label()) } } } }
                    tbody { (rows(view.shown, view.window, 0, Labels::OfCards, &view.links)) }
                }
            }
        }
    }
}
