//! A folder as a list.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::domain::file_copy::CopyState;
use crate::domain::fold::fold;
use crate::domain::user::User;
use crate::domain::user_file::UserFile;
use crate::services::user_files::{Contents, DELETED_DAYS};
use crate::web::extract::FormData;
use crate::web::ui::form::{FieldError, csrf_field, error_summary, hidden};
use crate::web::ui::format::{bytes, count, instant, limit};
use crate::web::ui::pager::Pager;
use crate::web::ui::upload_form::{ACCEPTED_TABLES, UploadForm};
use crate::web::ui::{icon, t, t_with};

/// Files on a page.
const PAGE_FILES: usize = 100;
/// What a list can be ordered by; with `-` in front the other way round.
const ORDERS: [&str; 4] = ["name", "kind", "size", "when"];

/// Whose folder it is.
#[derive(Debug, Clone, Copy)]
pub enum Place<'v> {
    /// One's own.
    Own,
    /// Of this user.
    Of(&'v User),
}

/// A list and what stands around it.
pub struct Listing<'v> {
    /// Whose.
    pub place: Place<'v>,
    /// What is in it.
    pub contents: &'v Contents,
    /// Search, order and page.
    pub query: &'v FormData,
    /// What was wrong with files that were sent.
    pub errors: &'v [FieldError],
    /// A token for forms.
    pub csrf: &'v str,
    /// Largest upload.
    pub max_bytes: u64,
    /// The reader can do something with the name of a setting.
    pub hears_of_settings: bool,
    /// The reader sees folders of others.
    pub sees_folders: bool,
    /// The reader's zone.
    pub zone: TimeZone,
    /// The present.
    pub now: Timestamp,
}

impl Listing<'_> {
    fn base(&self) -> String {
        match self.place {
            Place::Own => "/files".to_owned(),
            Place::Of(user) => format!("/files/folders/{}", user.id),
        }
    }

    fn is_own(&self) -> bool {
        matches!(self.place, Place::Own)
    }

    fn shows_deleted(&self) -> bool {
        self.is_own() && self.query.text("show") == "deleted"
    }

    /// The list's address with another order or page.
    fn address(&self, sort: &str, page: usize) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("q", self.query.text("q")), ("sort", sort)] {
            if !value.is_empty() {
                pairs.append_pair(name, value);
            }
        }
        if self.shows_deleted() {
            pairs.append_pair("show", "deleted");
        }
        if page > 1 {
            pairs.append_pair("page", &page.to_string());
        }
        format!("{}?{}", self.base(), pairs.finish())
    }

    /// What the search finds, in order.
    fn found(&self) -> Vec<&UserFile> {
        let words = fold(self.query.text("q"));
        let deleted = self.shows_deleted();
        let mut found: Vec<&UserFile> = self
            .contents
            .files
            .iter()
            .filter(|file| file.deleted_at.is_some() == deleted)
            .filter(|file| words.split_whitespace().all(|word| fold(&file.name).contains(word)))
            .collect();
        let sort = self.query.text("sort");
        match sort.trim_start_matches('-') {
            "name" => found.sort_by_cached_key(|file| fold(&file.name)),
            "kind" => found.sort_by_key(|file| file.kind.as_str()),
            "size" => found.sort_by_key(|file| file.bytes),
            "when" => found.sort_by_key(|file| file.added_at),
            _ => {}
        }
        if sort.starts_with('-') {
            found.reverse();
        }
        found
    }
}

/// The page.
pub fn list_page(list: &Listing<'_>) -> Markup {
    let title = match list.place {
        Place::Own => t("files-title"),
        Place::Of(user) => t_with("files-of", &[("name", user.shown_name().into())]),
    };
    let deleted = list.contents.files.iter().filter(|file| file.deleted_at.is_some()).count();
    html! {
        div.page-head {
            h1 { (title) }
            div.actions {
                @if list.shows_deleted() { a.button href="/files" { (icon("folder")) (t("files-back")) } }
                @else if list.is_own() && deleted > 0 {
                    a.button href="/files?show=deleted" { (icon("trash-2")) (t_with("files-deleted-link", &[("n", deleted.into())])) }
                }
                @if list.sees_folders { a.button href="/files/folders" { (icon("users")) (t("files-folders")) } }
            }
        }
        (error_summary(list.errors))
        @if list.is_own() { (told(list)) }
        div.stack {
            @if list.is_own() && !list.shows_deleted() { (upload(list)) }
            @if list.shows_deleted() { p.hint { (t_with("files-deleted-text", &[("n", DELETED_DAYS.into())])) } }
            (files(list))
        }
    }
}

/// What was just done, with the way back.
fn told(list: &Listing<'_>) -> Markup {
    let named = |name: &str| {
        let id = list.query.text(name);
        list.contents.files.iter().find(|file| !id.is_empty() && file.id.to_string() == id)
    };
    let word = |id: &str, file: &UserFile| t_with(id, &[("file", file.name.as_str().into())]);
    html! {
        @if let Some(file) = named("deleted").filter(|file| file.deleted_at.is_some()) {
            form.notice method="post" action=(format!("/files/{}/restore", file.id)) role="status" {
                (csrf_field(list.csrf))
                (icon("trash-2")) p { (word("files-deleted", file)) }
                button.button.small type="submit" { (icon("rotate-ccw")) (t("files-undo")) }
            }
        }
        @if let Some(file) = named("kept") { div.notice.ok role="status" { (icon("circle-check")) p { (word("files-kept", file)) } } }
        @if list.query.has("sent") {
            @let undecided = list.contents.files.iter().filter(|file| !file.is_kept).count();
            div.notice.ok role="status" { (icon("circle-check")) p {
                (t("files-sent")) @if undecided > 0 { " " (t("files-sent-tables")) }
            } }
        }
    }
}

fn upload(list: &Listing<'_>) -> Markup {
    let Contents { used_bytes, quota_bytes, .. } = *list.contents;
    let left = quota_bytes.saturating_sub(used_bytes);
    let accept = format!("{ACCEPTED_TABLES},.pdf,application/pdf,image/png,image/jpeg,image/webp,image/gif");
    let form = UploadForm {
        action: "/files/upload",
        csrf: list.csrf,
        accept: &accept,
        is_many: true,
        max_bytes: list.max_bytes.min(left),
        too_large: match left < list.max_bytes {
            true => "files-over-quota",
            false if list.hears_of_settings => "imports-file-too-large",
            false => "files-too-large",
        },
        label: &t("files-drop"),
        hint: &t("files-drop-hint"),
        button: &t("files-upload-button"),
        next: &t("files-upload-next"),
    };
    let used =
        t_with("files-used", &[("used", bytes(used_bytes).into()), ("quota", limit(quota_bytes).into())]);
    html! {
        section.panel.padded.stack #upload aria-labelledby="upload-title" {
            h2.imports-heading #upload-title { (t("files-upload-title")) }
            @if left == 0 {
                div.notice.warn { (icon("triangle-alert")) p { (t("files-full")) } }
            } @else { (form.write(&html! {})) }
            div.upload-progress {
                progress max=(quota_bytes.max(1)) value=(used_bytes.min(quota_bytes)) aria-label=(t("files-quota")) {}
                span.number { (used) }
            }
            @if list.contents.files.iter().any(|file| !file.is_kept || file.deleted_at.is_some()) {
                p.hint { (t("files-used-hint")) }
            }
        }
    }
}

fn files(list: &Listing<'_>) -> Markup {
    let found = list.found();
    let pages = found.len().div_ceil(PAGE_FILES).max(1);
    let number = list.query.text("page").parse().unwrap_or(1_usize).clamp(1, pages);
    let shown = found.iter().skip((number - 1) * PAGE_FILES).take(PAGE_FILES);
    let searches = !list.query.text("q").is_empty();
    let sort = list.query.text("sort");
    let way = Pager {
        label: "files-pager",
        page: number,
        entries: found.len(),
        page_entries: PAGE_FILES,
        texts: ("files-previous", "files-next"),
    };
    html! {
        section.stack aria-labelledby="files-list-title" {
            h2.imports-heading #files-list-title { (t("files-list")) " " span.hint { (t_with("files-count", &[("n", found.len().into()), ("count", count(found.len() as u64).into())])) } }
            @if searches || found.len() > 1 {
                form.users-filter role="search" method="get" action=(list.base()) {
                    @if list.shows_deleted() { (hidden("show", "deleted")) }
                    div.users-search {
                        (icon("search"))
                        input.input type="search" name="q" value=(list.query.text("q")) placeholder=(t("files-search"))
                            aria-label=(t("files-search")) autocomplete="off" spellcheck="false" data-page-search;
                    }
                    select.input.narrow-sort name="sort" aria-label=(t("files-order")) {
                        @for (word, order) in [("", "when"), ("name", "name"), ("kind", "kind"), ("-size", "size")] {
                            option value=(word) selected[sort == word] { (t(&format!("files-col-{order}"))) }
                        }
                    }
                    button.button type="submit" { (t("files-search-button")) }
                }
            }
            @if found.is_empty() {
                div.panel.empty {
                    (icon("folder"))
                    strong { (t(if searches { "files-none-found" } else { "files-none" })) }
                    @if list.is_own() && !searches && !list.shows_deleted() { p { (t("files-none-text")) } }
                }
            } @else {
                div.table-wrap tabindex="0" role="region" aria-labelledby="files-list-title" {
                    table.table.cards {
                        thead { tr {
                            @for order in ORDERS { (sorted(list, order)) }
                            @if list.contents.copies.is_some() { th scope="col" { (t("copies-col")) } }
                            th scope="col" { span.visually-hidden { (t("files-col-actions")) } }
                        } }
                        tbody { @for file in shown { (row(list, file)) } }
                    }
                }
            }
            (way.write(|page| list.address(sort, page)))
        }
    }
}

fn sorted(list: &Listing<'_>, order: &str) -> Markup {
    let sort = list.query.text("sort");
    let is = sort.trim_start_matches('-') == order;
    let descends = sort.starts_with('-');
    let next = if is && !descends { format!("-{order}") } else { order.to_owned() };
    html! {
        th.number[order == "size"] scope="col" aria-sort=[is.then_some(if descends { "descending" } else { "ascending" })] {
            a.sort-link href=(list.address(&next, 1)) {
                (t(&format!("files-col-{order}")))
                @if is { (icon(if descends { "arrow-down" } else { "arrow-up" })) }
            }
        }
    }
}

/// How far the copy of a file elsewhere is, in a word.
pub fn copy_badge(file: &UserFile, copy: Option<&CopyState>) -> Markup {
    let mark = match copy {
        Some(CopyState::Copied(_)) => "badge ok",
        Some(CopyState::Waiting) => "badge info",
        Some(CopyState::Retrying { .. }) => "badge warn",
        Some(CopyState::Failed { .. }) => "badge bad",
        None => "badge",
    };
    // Of what is not kept, or was deleted, no copy is made.
    let word = match copy {
        Some(copy) => copy.word(),
        None if file.is_kept && file.deleted_at.is_none() => "none",
        None => "not-wanted",
    };
    html! { span class=(mark) { (t(&format!("copies-{word}"))) } }
}

fn row(list: &Listing<'_>, file: &UserFile) -> Markup {
    let href = format!("{}/{}", list.base(), file.id);
    let button = |act: &str, symbol: &str| {
        html! {
            form method="post" action=(format!("{href}/{act}")) {
                (csrf_field(list.csrf))
                button.button.quiet.small type="submit" title=(t(&format!("files-{act}-button"))) {
                    (icon(symbol)) span.visually-hidden { (t(&format!("files-{act}-button"))) " " (file.name) }
                }
            }
        }
    };
    html! {
        tr {
            td data-label=(t("files-col-name")) {
                a href=(href) title=(file.name) { bdi { (file.name) } }
                @if !file.is_kept { " " span.badge.warn { (t("files-undecided")) } }
            }
            td data-label=(t("files-col-kind")) { (t(&format!("files-kind-{}", file.kind.as_str()))) }
            td.number data-label=(t("files-col-size")) { (bytes(file.bytes)) }
            td data-label=(t("files-col-when")) { (instant(file.deleted_at.unwrap_or(file.added_at), &list.zone, list.now)) }
            @if let Some(copies) = &list.contents.copies {
                td data-label=(t("copies-col")) { (copy_badge(file, copies.get(&file.sha256))) }
            }
            td { div.row {
                @if list.is_own() && file.deleted_at.is_some() {
                    (button("restore", "rotate-ccw"))
                    (button("erase", "trash-2"))
                } @else {
                    a.button.quiet.small href=(format!("{href}/download")) title=(t("files-download")) {
                        (icon("download")) span.visually-hidden { (t("files-download")) " " (file.name) }
                    }
                    @if list.is_own() { (button("delete", "trash-2")) }
                }
            } }
        }
    }
}
