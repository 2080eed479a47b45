//! The inventory page: head, chips, facets, grid, footer, and what stands there when there is nothing to see.

use jiff::Timestamp;
use maud::{Markup, html};

use super::chips::{self, Chip};
use super::columns;
use super::facets::{self, FORM, Facet};
use super::grid::{Grid, ShownColumn};
use super::state::{ViewState, address};
use crate::domain::column::Column;
use crate::domain::permission::Permission;
use crate::domain::user::User;
use crate::search::totals::ColumnTotals;
use crate::search::view::Row;
use crate::web::ui::format::{ago, count, group};
use crate::web::ui::{Look, icon, t, t_with};

/// Units of one total that are shown; the others stand in its title.
const SHOWN_UNITS: usize = 3;

/// A dataset that the reader may open.
pub struct DatasetLink {
    /// Its name.
    pub name: String,
    /// Where it lies.
    pub path: String,
}

/// Everything the page shows.
pub struct InventoryView<'v> {
    /// How the reader sees pages.
    pub look: &'v Look,
    /// A token for its forms.
    pub csrf: &'v str,
    /// Path of the page.
    pub path: &'v str,
    /// Slug of the dataset.
    pub slug: &'v str,
    /// Address of its fragments.
    pub dataset_path: &'v str,
    /// Name of the dataset.
    pub name: &'v str,
    /// All datasets of the reader.
    pub datasets: &'v [DatasetLink],
    /// State of the page.
    pub state: &'v ViewState,
    /// The whole address, for others.
    pub share: &'v str,
    /// All columns of the reader.
    pub columns: &'v [&'v Column],
    /// Those that are shown.
    pub shown: &'v [ShownColumn],
    /// What is searched and filtered.
    pub chips: &'v [Chip],
    /// How many rows there would be without each of them; only where nothing is found.
    pub without: &'v [u64],
    /// The same search with the other way of matching, where there is more than one word.
    pub other_match: Option<&'v ViewState>,
    /// Facets.
    pub facets: &'v [Facet],
    /// The first rows.
    pub window: &'v [Row<'v>],
    /// Rows of a page without script.
    pub page_rows: u64,
    /// The reader sees the rows of every owner.
    pub sees_all: bool,
    /// Rows of the reader.
    pub total: u64,
    /// Rows found.
    pub matched: u64,
    /// Sums.
    pub totals: &'v [ColumnTotals],
    /// Near spellings.
    pub suggestions: &'v [String],
    /// Generation.
    pub generation: u64,
    /// When it was published.
    pub published_at: Timestamp,
    /// Now.
    pub now: Timestamp,
}

impl InventoryView<'_> {
    /// What changes with the address: everything inside `#view`.
    pub fn render(&self) -> Markup {
        html! {
            div.view-data hidden data-q=(self.state.q) data-generation=(self.generation)
                data-poll=(format!("/datasets/{}/generation", self.slug)) {}
            (self.kept_state())
            (self.head())
            @if self.datasets.len() > 1 {
                nav.tabs aria-label=(t("datasets-label")) {
                    @for dataset in self.datasets {
                        a href=(dataset.path) aria-current=[(dataset.path == self.path).then_some("page")] { (dataset.name) }
                    }
                }
            }
            // Shown by script while the server does not answer.
            div.notice.bad hidden role="alert" data-offline { (icon("circle-alert")) p { (t("inventory-offline")) } }
            // Shown by script when a newer file was published while this page was open.
            div.notice.news hidden role="status" data-news {
                (icon("info"))
                p { (t("inventory-news")) " " a href=(self.state.href(self.path)) data-view-link { (t("inventory-news-show")) } }
            }
            (chips::render(self.path, self.state, self.chips, self.other_match))
            div.inventory {
                (facets::render(self.path, self.state, self.facets))
                section.rows aria-label=(t("rows-label")) {
                    @if self.matched == 0 { (self.nothing()) } @else {
                        (self.grid().render(self.window, self.page_rows))
                    }
                    (self.footer())
                }
            }
        }
    }

    /// What the form has to send along beside search and facets.
    fn kept_state(&self) -> Markup {
        let kept = self.state.pairs().into_iter().filter(|(name, _)| {
            matches!(name.as_str(), "match" | "sort" | "cols" | "more")
                // Chosen values that no box stands for.
                || name.strip_prefix("f.").is_some_and(|column| !self.facets.iter().any(|facet| facet.column == column))
        });
        html! {
            div hidden {
                @for (name, value) in kept {
                    input type="hidden" form=(FORM) name=(name) value=(value);
                }
            }
        }
    }

    fn head(&self) -> Markup {
        let export = |format: &str| {
            let mut pairs = vec![("format".to_owned(), format.to_owned())];
            pairs.extend(self.state.api_pairs());
            address(&format!("/api/v1/datasets/{}/export", self.slug), &pairs)
        };
        html! {
            div.page-head {
                h1 { (self.name) }
                div.actions {
                    (self.sort_menu())
                    (columns::render(self.path, self.state, self.columns, self.look.preferences.density, self.csrf))
                    details.menu.share-menu data-menu {
                        summary.button { (icon("link")) span.wide-only { (t("share-title")) } }
                        div.menu-panel.stack {
                            p.hint { (t("share-hint")) }
                            input.input #share-link readonly value=(self.share) aria-label=(t("share-title"));
                            button.button type="button" hidden data-copy-input="share-link" data-done=(t("share-copied")) {
                                (icon("copy")) (t("share-copy"))
                            }
                        }
                    }
                    a.button href=(export("csv")) download { (t("download-csv")) }
                    a.button.primary href=(export("xlsx")) download {
                        (icon("download")) span { span.wide-only { (t("download-word")) " " } "XLSX" }
                    }
                }
            }
        }
    }

    /// The sort as a menu: for narrow screens, whose cards have no headers.
    fn sort_menu(&self) -> Markup {
        html! {
            details.menu.sort-menu data-menu {
                summary.button { (icon("arrow-up-down")) span.wide-only { (t("sort-title")) } }
                div.menu-panel {
                    ul.column-list {
                        @for column in self.shown {
                            @let sorted = self.state.sort_of(column.name());
                            li {
                                a.column-name.on[sorted.is_some()] href=(self.state.sorted_by(column.name()).href(self.path)) data-view-link {
                                    @match sorted {
                                        Some((_, true)) => { (icon("arrow-down")) }
                                        Some((_, false)) => { (icon("arrow-up")) }
                                        None => { (icon("arrow-up-down")) }
                                    }
                                    span { (column.name()) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn grid(&self) -> Grid<'_> {
        Grid {
            path: self.path,
            dataset_path: self.dataset_path,
            state: self.state,
            columns: self.shown,
            label: self.name,
            matched: self.matched,
            generation: self.generation,
        }
    }

    fn nothing(&self) -> Markup {
        html! {
            div.empty.panel {
                (icon("search"))
                @if self.total == 0 && self.sees_all {
                    h2 { (t("nothing-here")) }
                    p { (t("nothing-here-why")) }
                } @else if self.total == 0 {
                    h2 { (t("nothing-of-yours")) }
                    p { (t("nothing-of-yours-why")) }
                } @else {
                    h2 { (t("nothing-found")) }
                    @if !self.suggestions.is_empty() {
                        p {
                            (t("nothing-suggestions")) " "
                            @for (at, suggestion) in self.suggestions.iter().enumerate() {
                                @if at > 0 { ", " }
                                a href=(self.state.searching(suggestion).href(self.path)) data-view-link { (suggestion) }
                            }
                        }
                    }
                    @if self.chips.len() > 1 {
                        ul.drop-list {
                            @for (chip, rows) in self.chips.iter().zip(self.without) {
                                @if *rows > 0 {
                                    li {
                                        a href=(chip.without.href(self.path)) data-view-link {
                                            (t_with("nothing-without", &[("what", chip.text.as_str().into()), ("rows", count(*rows).into()), ("n", (*rows).into())]))
                                        }
                                    }
                                }
                            }
                        }
                    }
                    a.button href=(self.state.cleared().href(self.path)) data-view-link { (t("chips-clear")) }
                }
            }
        }
    }

    fn footer(&self) -> Markup {
        let local = self.published_at.to_zoned(self.look.zone());
        html! {
            footer.rows-footer {
                p aria-live="polite" {
                    (t("footer-showing")) " " strong { (count(self.matched)) } " " (t("footer-of")) " "
                    strong { (count(self.total)) } " " (t("footer-rows"))
                }
                @for total in self.totals { (total_of(total)) }
                p title=(self.published_at) {
                    (t_with("footer-as-of", &[
                        ("time", local.strftime("%Y-%m-%d %H:%M").to_string().into()),
                        ("ago", ago(self.published_at, self.now).into()),
                    ]))
                }
            }
        }
    }
}

/// Sums of a column, one a unit.
fn total_of(total: &ColumnTotals) -> Markup {
    let unit = |sum: &crate::search::totals::UnitTotal| match &sum.uom {
        Some(uom) if uom.trim().is_empty() => {
            format!("{} {}", group(&sum.sum.to_string()), t("footer-no-unit"))
        }
        Some(uom) => format!("{} {uom}", group(&sum.sum.to_string())),
        None => group(&sum.sum.to_string()),
    };
    let all = total.units.iter().map(&unit).collect::<Vec<_>>().join(", ");
    let more = total.units.len().saturating_sub(SHOWN_UNITS);
    html! {
        @if !total.units.is_empty() {
            p title=(all) {
                (total.column)
                @for (at, sum) in total.units.iter().take(SHOWN_UNITS).enumerate() {
                    @if at > 0 { " ·" }
                    " " strong { (group(&sum.sum.to_string())) }
                    @match &sum.uom {
                        Some(uom) if !uom.trim().is_empty() => { " " (uom) }
                        Some(_) => { " " (t("footer-no-unit")) }
                        None => {}
                    }
                }
                @if more > 0 { " " (t_with("footer-more-units", &[("n", more.into())])) }
            }
        }
    }
}

/// What stands there as long as nothing was imported. While the first import is at work, a script waits for it.
pub fn first_use(reader: &User, is_at_work: bool) -> Markup {
    html! {
        div.page-head { h1 { (t("inventory-title")) } }
        div.empty.panel {
            (icon("package"))
            h2 { (t(if is_at_work { "first-use-at-work" } else { "first-use-title" })) }
            @if is_at_work {
                p data-wait-for="sr-grid" { (t("first-use-wait")) }
                a.button href="/inventory" { (icon("refresh-cw")) (t("error-again")) }
            } @else if reader.has(Permission::ImportData) {
                p { (t("first-use-importer")) }
                a.button.primary href="/imports" { (icon("upload")) (t("first-use-import")) }
                @if reader.has(Permission::ManageSite) { a href="/setup/data" { (t("first-use-sample")) } }
            } @else {
                p { (t("first-use-reader")) }
            }
        }
    }
}
