//! What stands below the rows: how many there are, their sums, and of when they are.

use maud::{Markup, html};

use super::label::label;
use super::view::{DatasetFacts, InventoryView};
use crate::search::totals::{ColumnTotals, UnitTotal};
use crate::web::pages::changes::VISIT;
use crate::web::ui::format::{ago, count, group};
use crate::web::ui::reader;
use crate::web::ui::{icon, t, t_with};

/// Units of one total that are shown at first.
const SHOWN_UNITS: usize = 3;

/// The footer. Narrow screens fold all but the number of rows away.
pub fn render(view: &InventoryView<'_>) -> Markup {
    html! {
        footer.rows-footer {
            p aria-live="polite" {
                (t("footer-showing")) " " strong { (count(view.matched)) } " " (t("footer-of")) " "
                strong { (count(view.total)) } " " (t("footer-rows"))
            }
            details.footer-more open data-footer {
                summary { (t("footer-more")) (icon("chevron-down")) }
                div {
                    @for total in view.totals { (total_of(total)) }
                    @if let Some(dataset) = view.subject.dataset() {
                        (as_of(view))
                        (other_day(view, dataset))
                    }
                }
            }
        }
    }
}

/// When the rows were imported, and last found to be what their source has.
pub fn as_of(view: &InventoryView<'_>) -> Markup {
    let local = view.published_at.to_zoned(view.look.zone());
    html! {
        p title=(view.published_at) {
            (t_with("footer-as-of", &[
                ("time", reader::formats().minute(&local).into()),
                ("ago", ago(view.published_at, view.now).into()),
            ]))
        }
        // What was imported a moment ago was checked by that.
        @if let Some(checked) = view.checked_at && checked > view.published_at {
            p title=(checked) {
                (t_with("footer-checked", &[
                    ("time", reader::formats().minute(&checked.to_zoned(view.look.zone())).into()),
                    ("ago", ago(checked, view.now).into()),
                ]))
            }
        }
    }
}

/// The way to the rows of another day, and to what changed.
fn other_day(view: &InventoryView<'_>, dataset: DatasetFacts<'_>) -> Markup {
    let kept = view.state.as_of(None).pairs();
    let today = view.now.to_zoned(view.look.zone()).date();
    html! {
        form.filters method="get" action=(view.path) {
            @for (name, value) in kept { input type="hidden" name=(name) value=(value); }
            label { (t("footer-day")) " " input.input type="date" name="as_of" required max=(today)
                value=(view.state.as_of.map(|day| day.to_string()).unwrap_or_default()); }
            button.button type="submit" { (t("footer-day-show")) }
        }
        @if dataset.has_changes {
            a href=(format!("/datasets/{}/changes", dataset.slug)) { (t("footer-changes")) }
            @if dataset.is_new_since_visit {
                " " a href=(format!("/datasets/{}/changes?from={VISIT}", dataset.slug)) { (t("footer-changes-visit")) }
            }
        }
    }
}

/// Sums of a column, one a unit; the first ones, the others folded away.
fn total_of(total: &ColumnTotals) -> Markup {
    let (first, others) = total.units.split_at(total.units.len().min(SHOWN_UNITS));
    html! {
        @if !first.is_empty() {
            div.total {
                span { (label(&total.column)) " " (sums(first)) }
                @if !others.is_empty() {
                    " "
                    details.more-units {
                        summary { (t_with("footer-more-units", &[("n", others.len().into())])) }
                        span { (sums(others)) }
                    }
                }
            }
        }
    }
}

/// Sums of several units.
pub fn sums(units: &[UnitTotal]) -> Markup {
    html! {
        @for (at, unit) in units.iter().enumerate() {
            @if at > 0 { " · " }
            strong { (group(&unit.sum.to_string())) }
            @match &unit.uom {
                Some(uom) if !uom.trim().is_empty() => { " " (uom) }
                Some(_) => { " " (t("footer-no-unit")) }
                None => {}
            }
        }
    }
}
