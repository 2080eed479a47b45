//! What stands above the rows: the dataset's name, and what can be done with what is shown.

use maud::{Markup, html};

use super::columns;
use super::facets::with_facet;
use super::label::label;
use super::state::address;
use super::view::{DatasetFacts, InventoryView, Subject};
use crate::web::ui::{icon, t, t_with};

/// Up to so many columns are offered as filters where a dataset has none of its own.
const OFFERED_FILTERS: usize = 40;

/// The toolbar.
pub fn render(view: &InventoryView<'_>) -> Markup {
    html! {
        div.page-head {
            h1 { (view.name) }
            div.actions {
                (filters(view))
                (sort_menu(view))
                (columns::render(view.path, view.state, view.columns, view.shown, view.look.preferences.density, view.csrf))
                @match view.subject {
                    Subject::Dataset(DatasetFacts { slug, .. }) => {
                        (share_menu(view, slug))
                        a.button.print-link href=(print_address(view)) data-print-view { (icon("printer")) (t("print-title")) }
                        (download(view, slug, "csv", "", &html! { (t("download-csv")) }))
                        (download(view, slug, "xlsx", "primary", &html! {
                            (icon("download")) span { span.wide-only { (t("download-word")) " " } "XLSX" }
                        }))
                    }
                    Subject::File(page) => a.button href=(page) { (icon("chevron-left")) (t("files-table-back")) },
                }
            }
        }
    }
}

fn print_address(view: &InventoryView<'_>) -> String {
    let mut pairs = view.state.from_the_top().pairs();
    pairs.push(("print".to_owned(), "1".to_owned()));
    address(view.path, &pairs)
}

/// A download of what is shown; of nothing there is none, and nobody takes copies as somebody else.
fn download(view: &InventoryView<'_>, slug: &str, format: &str, class: &str, text: &Markup) -> Markup {
    let mut pairs = vec![("format".to_owned(), format.to_owned())];
    pairs.extend(search_of(view));
    let href = address(&format!("/api/v1/datasets/{slug}/export"), &pairs);
    html! {
        @if view.is_view_as {
            a.button.(class) role="link" aria-disabled="true" title=(t("download-not-in-view")) { (text) }
        } @else if view.matched == 0 {
            a.button.(class) role="link" aria-disabled="true" { (text) }
        } @else {
            a.button.(class) href=(href) download { (text) }
        }
    }
}

/// Where the facets are, for screens that have no room beside the rows; and where there are none, columns to make
/// some of.
fn filters(view: &InventoryView<'_>) -> Markup {
    let chosen: usize = view.state.filters.iter().map(|(_, values)| values.len()).sum();
    html! {
        @if !view.facets.is_empty() {
            a.button.filters-link href="#filters" data-filters-link {
                (icon("list-filter")) span.wide-only { (t("facets-title")) }
                @if chosen > 0 { span.count-badge { (chosen) } }
            }
        } @else if view.total > 0 && view.columns.len() <= OFFERED_FILTERS {
            details.menu.filter-menu data-menu {
                summary.button { (icon("list-filter")) span.wide-only { (t("filter-add")) } }
                div.menu-panel {
                    ul.column-list {
                        @for column in view.columns {
                            li {
                                a.column-name.on href=(with_facet(view.state, &column.name, true).href(view.path)) data-view-link
                                    data-facet-link=(column.name) { span { (label(&column.name)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The sort as a menu: for cards, which have no headers, and for who has no Shift key or no script.
fn sort_menu(view: &InventoryView<'_>) -> Markup {
    html! {
        details.menu.sort-menu data-menu {
            summary.button { (icon("arrow-up-down")) span.wide-only { (t("sort-title")) } }
            div.menu-panel {
                ul.column-list {
                    @for column in view.shown {
                        @let sorted = view.state.sort_of(column.name());
                        li {
                            a.column-name.on[sorted.is_some()] href=(view.state.sorted_by(column.name()).href(view.path)) data-view-link {
                                @match sorted {
                                    Some((_, true)) => { (icon("arrow-down")) }
                                    Some((_, false)) => { (icon("arrow-up")) }
                                    None => { span.icon {} }
                                }
                                span { (column.label()) }
                            }
                            @match sorted {
                                Some((place, _)) if view.state.sort.len() > 1 => { span.sort-place { (place) } }
                                None if !view.state.sort.is_empty() => {
                                    @let then = t_with("sort-then", &[("column", column.label().into())]);
                                    a.icon-link href=(view.state.sorted_also_by(column.name()).href(view.path)) data-view-link title=(then) {
                                        (icon("plus")) span.visually-hidden { (then) }
                                    }
                                }
                                _ => {}
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What is shown, as the parameters of the API, in its order and with its columns.
fn search_of(view: &InventoryView<'_>) -> Vec<(String, String)> {
    let mut pairs = view.state.api_pairs();
    pairs.extend(view.state.columns.iter().map(|column| ("cols".to_owned(), column.name.clone())));
    pairs
}

/// Where a live link to what is shown is made.
fn live_link_address(view: &InventoryView<'_>, slug: &str) -> String {
    let search = form_urlencoded::Serializer::new(String::new()).extend_pairs(search_of(view)).finish();
    address("/account/links", &[("dataset".to_owned(), slug.to_owned()), ("search".to_owned(), search)])
}

fn share_menu(view: &InventoryView<'_>, slug: &str) -> Markup {
    html! {
        details.menu.share-menu data-menu {
            summary.button { (icon("link")) span.wide-only { (t("share-title")) } }
            div.menu-panel.stack {
                p.hint { (t("share-hint")) }
                input.input #share-link readonly value=(view.share) aria-label=(t("share-title"));
                button.button type="button" hidden data-copy-input="share-link" data-done=(t("share-copied")) {
                    (icon("copy")) (t("share-copy"))
                }
                @if view.offers_links {
                    a.menu-item href=(live_link_address(view, slug)) { (icon("file-spreadsheet")) (t("links-grid")) }
                    p.hint { (t("links-grid-hint")) }
                }
                a.menu-item.narrow-only href=(print_address(view)) { (icon("printer")) (t("print-title")) }
            }
        }
    }
}
