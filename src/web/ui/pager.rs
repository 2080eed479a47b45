//! The way through a list of several pages.

use maud::{Markup, html};

use super::format::count;
use super::{icon, t, t_with};

/// Which page of how many, and what the ways on are called.
#[derive(Debug, Clone, Copy)]
pub struct Pager<'p> {
    /// What the pages are of, for who does not see them.
    pub label: &'p str,
    /// The page in view, from 1.
    pub page: usize,
    /// Entries of the list.
    pub entries: usize,
    /// Entries of a page.
    pub page_entries: usize,
    /// Texts of the ways back and on.
    pub texts: (&'p str, &'p str),
}

impl Pager<'_> {
    /// Writes it, with the address of each page; nothing where one page has all.
    pub fn write(&self, address: impl Fn(usize) -> String) -> Markup {
        let pages = self.entries.div_ceil(self.page_entries).max(1);
        let (page, (before, after)) = (self.page, self.texts);
        html! {
            @if pages > 1 {
                nav.pager aria-label=(t(self.label)) {
                    @if page > 1 {
                        a.button href=(address(page - 1)) rel="prev" { (icon("chevron-left")) (t(before)) }
                    }
                    span.number {
                        (t_with("imports-page-of", &[("page", count(page as u64).into()), ("pages", count(pages as u64).into())]))
                    }
                    @if page < pages {
                        a.button href=(address(page + 1)) rel="next" { (t(after)) (icon("chevron-right")) }
                    }
                }
            }
        }
    }
}
