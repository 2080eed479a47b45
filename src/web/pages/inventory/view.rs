//! The inventory page: what stands where, from toolbar to footer.

use jiff::Timestamp;
use maud::{Markup, html};

use super::chips::{self, Chip};
use super::facets::{self, FORM, Facet};
use super::grid::{Grid, Labels, RowLinks, ShownColumn};
use super::nothing::{self, Nothing};
use super::state::ViewState;
use super::unknown::{named, unknown_parameters};
use super::{footer, toolbar};
use crate::domain::column::Column;
use crate::domain::feed::Lateness;
use crate::domain::permission::Permission;
use crate::domain::user::User;
use crate::search::totals::ColumnTotals;
use crate::search::view::Row;
use crate::web::ui::format::ago;
use crate::web::ui::{Look, icon, reader, t, t_with};

/// A dataset that the reader may open.
pub struct DatasetLink {
    /// Its name.
    pub name: String,
    /// Where it lies.
    pub path: String,
}

/// What the rows are of.
#[derive(Clone, Copy)]
pub enum Subject<'v> {
    /// A dataset.
    Dataset(DatasetFacts<'v>),
    /// A file of a folder; here is its page.
    File(&'v str),
}

/// What a dataset has beside its rows.
#[derive(Clone, Copy)]
pub struct DatasetFacts<'v> {
    /// Its slug.
    pub slug: &'v str,
    /// All datasets of the reader.
    pub links: &'v [DatasetLink],
    /// How late what feeds it is, and when the data were last known to be good.
    pub late: Option<(Lateness, Timestamp)>,
    /// Readers saw other data before.
    pub has_changes: bool,
    /// It was published since the reader was here before.
    pub is_new_since_visit: bool,
}

impl<'v> Subject<'v> {
    /// The dataset, where it is one.
    pub fn dataset(self) -> Option<DatasetFacts<'v>> {
        match self {
            Self::Dataset(facts) => Some(facts),
            Self::File(_) => None,
        }
    }
}

/// Everything the page shows.
pub struct InventoryView<'v> {
    /// How the reader sees pages.
    pub look: &'v Look,
    /// A token for its forms.
    pub csrf: &'v str,
    /// Path of the page.
    pub path: &'v str,
    /// What it shows.
    pub subject: Subject<'v>,
    /// Address of its fragments.
    pub dataset_path: &'v str,
    /// What it is called.
    pub name: &'v str,
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
    /// Names in the address that are no columns of the reader's.
    pub left_out: &'v [String],
    /// Why nothing is found, where that is so.
    pub nothing: &'v Nothing,
    /// Which cells say what they are.
    pub labels: Labels,
    /// The same search with the other way of matching, where there is more than one word.
    pub other_match: Option<&'v ViewState>,
    /// Facets.
    pub facets: &'v [Facet],
    /// The first rows.
    pub window: &'v [Row<'v>],
    /// Rows of a page without script.
    pub page_rows: u64,
    /// An admin looks at it as somebody else: nothing is downloaded.
    pub is_view_as: bool,
    /// A live link to what is shown can be made.
    pub offers_links: bool,
    /// The reader sees the rows of every owner.
    pub sees_all: bool,
    /// Rows of the reader.
    pub total: u64,
    /// Rows found.
    pub matched: u64,
    /// Sums.
    pub totals: &'v [ColumnTotals],
    /// Generation.
    pub generation: u64,
    /// When it was published.
    pub published_at: Timestamp,
    /// The histories of rows.
    pub links: RowLinks<'v>,
    /// When they were last known to be what their source has, where they are the current ones.
    pub checked_at: Option<Timestamp>,
    /// Now.
    pub now: Timestamp,
}

impl InventoryView<'_> {
    /// What changes with the address: everything inside `#view`.
    pub fn render(&self) -> Markup {
        let dataset = self.subject.dataset();
        let poll = dataset.filter(|_| self.state.as_of.is_none());
        let poll = poll.map(|dataset| format!("/datasets/{}/generation", dataset.slug));
        html! {
            div.view-data hidden data-q=(self.state.q) data-generation=(self.generation) data-poll=[poll] {}
            (self.kept_state())
            (toolbar::render(self))
            @if let Some(dataset) = dataset.filter(|dataset| dataset.links.len() > 1) {
                nav.tabs aria-label=(t("datasets-label")) {
                    @for dataset in dataset.links {
                        a href=(dataset.path) aria-current=[(dataset.path == self.path).then_some("page")] { (dataset.name) }
                    }
                }
            }
            // Shown by script while the server does not answer.
            div.notice.bad hidden role="alert" data-offline { (icon("circle-alert")) p { (t("inventory-offline")) } }
            @if let Some((lateness, at)) = dataset.and_then(|dataset| dataset.late) {
                div class=(if lateness == Lateness::VeryLate { "notice bad" } else { "notice warn" }) role="status" {
                    (icon("clock"))
                    p { (t_with("feed-late", &[("ago", ago(at, self.now).into())])) }
                }
            }
            // Shown by script when a newer file was published while this page was open.
            div.notice.news hidden role="status" data-news {
                (icon("info"))
                p { (t("inventory-news")) " " span data-news-rows {} " " a href=(self.state.href(self.path)) data-view-link { (t("inventory-news-show")) } }
            }
            (self.earlier_day())
            (self.no_such_day())
            (self.left_out())
            (chips::render(self.path, self.state, self.chips, self.other_match))
            p.print-only { (t("print-screen")) }
            div.inventory.plain[self.facets.is_empty()] {
                @if !self.facets.is_empty() { (facets::render(self.path, self.state, self.facets)) }
                section.rows #rows tabindex="-1" aria-label=(t("rows-label")) {
                    @if self.matched == 0 { (nothing::render(self)) } @else {
                        (self.grid().render(self.window, self.page_rows, self.labels))
                    }
                    (footer::render(self))
                }
            }
        }
    }

    /// That these are rows of an earlier day, and the way back to now.
    fn earlier_day(&self) -> Markup {
        html! {
            @if let Some(day) = self.state.as_of {
                div.notice.warn role="status" {
                    (icon("history"))
                    p {
                        (t_with("inventory-earlier", &[
                            ("day", reader::formats().date(day).into()), ("generation", self.generation.into()),
                        ]))
                        " " a href=(self.state.as_of(None).href(self.path)) data-view-link { (t("inventory-earlier-now")) }
                    }
                }
            }
        }
    }

    /// That there are no rows of a day to come.
    pub fn no_such_day(&self) -> Markup {
        html! {
            @if let Some(day) = self.state.future {
                div.notice.warn role="status" data-future {
                    (icon("triangle-alert"))
                    p { (t_with("inventory-future", &[("day", reader::formats().date(day).into())])) }
                }
            }
        }
    }

    /// What of the address means nothing here: without it there may be more to see than somebody meant.
    pub fn left_out(&self) -> Markup {
        let names: Vec<String> = named(self.left_out);
        html! {
            (unknown_parameters(&self.state.unknown))
            @if !names.is_empty() {
                div.notice.warn role="status" data-left-out {
                    (icon("triangle-alert"))
                    p { (t_with("inventory-left-out", &[("names", names.join(", ").into()), ("n", names.len().into())])) }
                }
            }
        }
    }

    /// What the form has to send along beside search and facets.
    fn kept_state(&self) -> Markup {
        let kept = self.state.pairs().into_iter().filter(|(name, _)| {
            matches!(name.as_str(), "match" | "sort" | "cols" | "width" | "facet" | "more" | "as_of")
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

    fn grid(&self) -> Grid<'_> {
        Grid {
            path: self.path,
            dataset_path: self.dataset_path,
            state: self.state,
            columns: self.shown,
            label: self.name,
            matched: self.matched,
            generation: self.generation,
            links: &self.links,
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
