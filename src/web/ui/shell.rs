//! What stands around every page: top bar, navigation, user menu, banners. Pages of visitors have a plain card.

use jiff::tz::TimeZone;
use maud::{DOCTYPE, Markup, html};

use super::form::{csrf_field, hidden};
use super::icon::icon;
use super::person::{portrait, roles_text};
use super::reader;
use super::site_style;
use crate::base::text::{LANGUAGE, t, t_with};
use crate::config::site::SiteConfig;
use crate::domain::formats::Formats;
use crate::domain::ids::AvatarId;
use crate::domain::permission::Permission;
use crate::domain::preferences::{Density, Preferences, Theme};
use crate::domain::scope::OwnerScope;
use crate::domain::user::User;
use crate::web::assets;

/// How a page looks to its reader, signed in or not.
#[derive(Debug, Clone)]
pub struct Look {
    /// The site's name.
    pub site_name: String,
    /// Theme, density and zone.
    pub preferences: Preferences,
    /// Zone of those who chose none.
    pub site_zone: Option<String>,
    /// How numbers and dates are written for those who chose nothing.
    pub site_formats: Formats,
    /// The picture that stands for the site's name.
    pub logo: Option<AvatarId>,
    /// Where the site has colours of its own, what tells them from others.
    pub colours: Option<String>,
    /// The reader has a folder of files.
    pub has_files: bool,
    /// There are plans that this user may see, or could make.
    pub has_plans: bool,
}

impl Look {
    /// How the site looks to a reader with these preferences.
    pub fn new(site: &SiteConfig, preferences: Preferences) -> Self {
        Self {
            site_name: site.name.clone(),
            preferences,
            site_zone: site.time_zone.clone(),
            site_formats: site.formats,
            logo: site.logo,
            colours: site_style::version(site),
            has_files: false,
            has_plans: false,
        }
    }

    /// The logo, or the name where there is none.
    fn brand(&self) -> Markup {
        html! {
            @if let Some(id) = self.logo { img.logo src=(format!("/logo/{id}")) alt=(self.site_name); }
            @else { (self.site_name) }
        }
    }

    /// The zone in which instants are written.
    pub fn zone(&self) -> TimeZone {
        self.preferences.zone(self.site_zone.as_deref())
    }
}

/// A part of the site in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NavItem {
    /// The inventory and other datasets.
    Inventory,
    /// Files of one's own.
    Files,
    /// Plans.
    Plan,
    /// Imports.
    Imports,
    /// What waits for the office, and how the site is.
    Office,
    /// Figures.
    Analytics,
    /// Machinery.
    System,
    /// Users.
    Users,
    /// What waits for an admin.
    Approvals,
    /// The audit log.
    Audit,
    /// Who is signed in.
    Sessions,
    /// Settings.
    Settings,
    /// Mails.
    Mail,
    /// The company's directory.
    Directory,
    /// The API explained.
    Docs,
    /// The help; in the user menu.
    Help,
    /// What comes by itself.
    Sources,
    /// One's own account; in the user menu.
    Account,
    /// None of them.
    None,
}

struct NavEntry {
    item: NavItem,
    href: &'static str,
    icon: &'static str,
    text: &'static str,
    needs: Option<Permission>,
}

/// What the navigation offers, to whom.
const NAVIGATION: &[NavEntry] = &[
    NavEntry {
        item: NavItem::Inventory,
        href: "/inventory",
        icon: "package",
        text: "nav-inventory",
        needs: None,
    },
    NavEntry { item: NavItem::Files, href: "/files", icon: "folder", text: "nav-files", needs: None },
    NavEntry { item: NavItem::Plan, href: "/plan", icon: "calendar", text: "nav-plan", needs: None },
    NavEntry {
        item: NavItem::Imports,
        href: "/imports",
        icon: "upload",
        text: "nav-imports",
        needs: Some(Permission::ImportData),
    },
    NavEntry {
        item: NavItem::Sources,
        href: "/admin/sources",
        icon: "database",
        text: "nav-sources",
        needs: Some(Permission::ImportData),
    },
    NavEntry {
        item: NavItem::Office,
        href: "/admin",
        icon: "layout-dashboard",
        text: "nav-office",
        needs: Some(Permission::ManageSite),
    },
    NavEntry {
        item: NavItem::Users,
        href: "/admin/customers",
        icon: "users",
        text: "nav-users",
        needs: Some(Permission::ManageUsers),
    },
    NavEntry {
        item: NavItem::Approvals,
        href: "/admin/approvals",
        icon: "user-check",
        text: "nav-approvals",
        needs: Some(Permission::ManageUsers),
    },
    NavEntry {
        item: NavItem::Audit,
        href: "/admin/audit",
        icon: "scroll-text",
        text: "nav-audit",
        needs: Some(Permission::ReadAudit),
    },
    NavEntry {
        item: NavItem::Sessions,
        href: "/admin/sessions",
        icon: "monitor",
        text: "nav-sessions",
        needs: Some(Permission::ManageUsers),
    },
    NavEntry {
        item: NavItem::Analytics,
        href: "/admin/analytics",
        icon: "chart-line",
        text: "nav-analytics",
        needs: Some(Permission::ReadAudit),
    },
    NavEntry {
        item: NavItem::Mail,
        href: "/admin/outbox",
        icon: "mail",
        text: "nav-mail",
        needs: Some(Permission::ManageSite),
    },
    NavEntry {
        item: NavItem::Directory,
        href: "/admin/directory",
        icon: "network",
        text: "nav-directory",
        needs: Some(Permission::ManageSite),
    },
    NavEntry {
        item: NavItem::Settings,
        href: "/admin/settings",
        icon: "settings",
        text: "nav-settings",
        needs: Some(Permission::ManageSite),
    },
    NavEntry {
        item: NavItem::System,
        href: "/admin/system",
        icon: "server",
        text: "nav-system",
        needs: Some(Permission::ManageSite),
    },
];

/// Where the help speaks of a part of the site.
fn help_on(part: NavItem) -> &'static str {
    match part {
        NavItem::Inventory => "/help/pages#inventory",
        NavItem::Files => "/help/pages#files",
        NavItem::Plan => "/help/pages#plans",
        NavItem::Imports => "/help/imports",
        NavItem::Office => "/help/pages#office",
        NavItem::Analytics => "/help/pages#analytics",
        NavItem::System => "/help/pages#system",
        NavItem::Users => "/help/pages#customers",
        NavItem::Approvals => "/help/pages#approvals",
        NavItem::Audit => "/help/pages#audit",
        NavItem::Sessions => "/help/pages#sessions",
        NavItem::Settings => "/help/pages#settings",
        NavItem::Mail => "/help/mail",
        NavItem::Directory => "/help/directory",
        NavItem::Docs => "/help/pages#programs",
        NavItem::Sources => "/help/imports#data-that-come-by-themselves",
        NavItem::Account => "/help/pages#account",
        NavItem::Help | NavItem::None => "/help",
    }
}

/// Parts that stand in the bar of a narrow screen; whoever has the office finds the others on its page.
const NARROW: [NavItem; 6] = [
    NavItem::Inventory,
    NavItem::Files,
    NavItem::Imports,
    NavItem::Office,
    NavItem::Users,
    NavItem::Approvals,
];

/// The parts of the office that this user has: address, icon, text.
pub fn office_entries(user: &User) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    NAVIGATION
        .iter()
        .filter(|entry| match entry.item {
            NavItem::Office => false,
            // Not of the office, but without a place in the bar of a narrow screen either.
            NavItem::Plan => user.has(Permission::EditPlans),
            _ => entry.needs.is_some_and(|needs| user.has(needs)),
        })
        .map(|entry| (entry.href, entry.icon, entry.text))
}

/// The search in the top bar.
#[derive(Debug, Clone, Copy)]
pub struct SearchBar<'s> {
    /// Where it searches.
    pub action: &'s str,
    /// What it starts with.
    pub value: &'s str,
    /// It belongs to the page below: search, facets and columns are one form, and its answer takes their place.
    pub is_view: bool,
}

impl Default for SearchBar<'_> {
    fn default() -> Self {
        Self { action: "/inventory", value: "", is_view: false }
    }
}

/// What a page of a signed-in user stands in.
#[derive(Debug)]
pub struct Shell<'p> {
    /// Site and preferences.
    pub look: &'p Look,
    /// Who reads it.
    pub user: &'p User,
    /// It is an admin who looks at the site as that user.
    pub is_view: bool,
    /// A token for its forms.
    pub csrf: &'p str,
    /// Seconds until the session ends unless something is done.
    pub session_seconds: u64,
    /// The site is reached over plain HTTP from elsewhere.
    pub insecure: bool,
    /// Nothing can be changed on the site.
    pub read_only: bool,
    /// Which part of the site it is.
    pub nav: NavItem,
    /// Imports at work.
    pub at_work: usize,
    /// How much waits for an admin; 0 for who is none.
    pub waiting: usize,
    /// How much happened that the reader has not read.
    pub news: usize,
    /// The search in the top bar.
    pub search: SearchBar<'p>,
    /// Where the page lies, for forms that come back to it.
    pub path: &'p str,
}

fn head(look: &Look, title: &str, sheet: Option<&str>, scripts: &[&str]) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="htmx-config" content=r#"{"includeIndicatorStyles":false,"allowEval":false,"allowScriptTags":false,"selfRequestsOnly":true,"historyCacheSize":0,"refreshOnHistoryMiss":true,"responseHandling":[{"code":"204","swap":false},{"code":"422","swap":true},{"code":"[23]..","swap":true},{"code":"[45]..","swap":false,"error":true}]}"#;
            title { (title) " · " (look.site_name) }
            link rel="icon" type="image/svg+xml" href=(assets::href("img/favicon.svg"));
            link rel="stylesheet" href=(assets::href("css/app.css"));
            @if let Some(sheet) = sheet { link rel="stylesheet" href=(assets::href(sheet)); }
            @if let Some(colours) = &look.colours { link rel="stylesheet" href=(format!("/site.css?{colours}")); }
            script src=(assets::href("vendor/htmx-2.0.11.min.js")) defer {}
            script src=(assets::href("vendor/idiomorph-ext-0.8.0.min.js")) defer {}
            @for script in scripts {
                script type="module" src=(assets::href(script)) {}
            }
        }
    }
}

fn theme_attribute(look: &Look) -> Option<&'static str> {
    match look.preferences.theme {
        Theme::System => None,
        Theme::Light => Some("light"),
        Theme::Dark => Some("dark"),
    }
}

fn density_attribute(look: &Look) -> Option<&'static str> {
    match look.preferences.density {
        Density::Normal => None,
        Density::Compact => Some("compact"),
        Density::Comfortable => Some("comfortable"),
    }
}

/// A page for visitors: one card in the middle.
pub fn card_page(look: &Look, title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(LANGUAGE) data-theme=[theme_attribute(look)] data-density=[density_attribute(look)] {
            (head(look, title, None, &["js/app.js"]))
            body.card-page {
                a.skip href="#main" { (t("shell-skip")) }
                header.card-brand { a.brand href="/" { (look.brand()) } }
                main #main tabindex="-1" { div.card { (content) } }
            }
        }
    }
}

/// A page for whoever is not signed in that is more than a card: a text.
pub fn document_page(look: &Look, title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(LANGUAGE) data-theme=[theme_attribute(look)] data-density=[density_attribute(look)] {
            (head(look, title, Some(assets::DOCS_SHEET), &["js/app.js"]))
            body.card-page.document-page {
                a.skip href="#main" { (t("shell-skip")) }
                header.card-brand { a.brand href="/" { (look.brand()) } }
                main #main tabindex="-1" { (content) }
            }
        }
    }
}

impl Shell<'_> {
    /// The whole page. `scripts` are modules it needs beside the core.
    pub fn page(&self, title: &str, scripts: &[&str], content: &Markup) -> Markup {
        let mut modules = vec!["js/app.js"];
        modules.extend(scripts);
        let numbers = reader::formats().numbers;
        let sheet = match self.nav {
            NavItem::Plan => Some(assets::PLAN_SHEET),
            NavItem::Docs | NavItem::Help => Some(assets::DOCS_SHEET),
            _ => None,
        };
        html! {
            (DOCTYPE)
            html lang=(LANGUAGE) data-theme=[theme_attribute(self.look)] data-density=[density_attribute(self.look)]
                data-thousands=(numbers.thousands()) data-decimal=(numbers.decimal()) {
                (head(self.look, title, sheet, &modules))
                body data-session-seconds=(self.session_seconds) data-user=(self.user.id) data-csrf=(self.csrf)
                    hx-ext="morph" hx-headers=(format!("{{\"X-CSRF-Token\":\"{}\"}}", self.csrf)) {
                    a.skip href="#main" { (t("shell-skip")) }
                    @if self.search.is_view { a.skip href="#rows" { (t("shell-skip-to-rows")) } }
                    (self.top_bar())
                    (self.navigation())
                    main #main tabindex="-1" {
                        (self.banners())
                        (content)
                        p.print-only { (self.look.site_name) " · " (self.user.email) }
                    }
                    (self.session_dialog())
                    dialog.keys-dialog #keys-dialog aria-labelledby="keys-dialog-title" {
                        h2 #keys-dialog-title { (t("keys-title")) }
                        // Put there by script, from the page of them.
                        div.stack data-keys-sheet {}
                        form method="dialog" { button.button type="submit" { (t("keys-close-button")) } }
                    }
                }
            }
        }
    }

    fn top_bar(&self) -> Markup {
        html! {
            header.top {
                a.brand href="/" { (self.look.brand()) }
                @let view = self.search.is_view;
                form.global-search role="search" method="get" action=(self.search.action) id=[view.then_some("view-form")]
                    hx-get=[view.then_some(self.search.action)] hx-target=[view.then_some("#view")]
                    hx-swap=[view.then_some("morph:innerHTML")]
                    hx-indicator=[view.then_some("#view")] hx-sync=[view.then_some("this:replace")]
                    hx-trigger=[view.then_some("submit, input changed delay:120ms from:#global-search, change from:#view")] {
                    (icon("search"))
                    input.input #global-search type="search" name="q" value=(self.search.value)
                        placeholder=(t("shell-search-placeholder")) aria-label=(t("shell-search"))
                        autocomplete="off" spellcheck="false" enterkeyhint="search";
                    kbd aria-hidden="true" { "Ctrl K" }
                }
                @let imports = self.user.has(Permission::ImportData);
                @if imports { (self.activity_menu()) }
                (self.activity_link(imports))
                (self.user_menu())
            }
        }
    }

    /// The imports at work: the list comes when it is opened. Without script it is the way to all imports.
    fn activity_menu(&self) -> Markup {
        html! {
            details.menu.activity-menu data-menu {
                summary.button.quiet.icon-button title=(t("shell-activity")) {
                    (icon("bell"))
                    span.visually-hidden { (t("shell-activity")) }
                    (activity_badge(self.at_work, false))
                    (self.news_badge())
                }
                div.menu-panel {
                    div.activity-panel id=(ACTIVITY_LIST) hx-get="/imports/activity?list=1"
                        hx-trigger="toggle from:closest details" hx-headers=(BACKGROUND) {
                        p.hint { (running_text(self.at_work)) }
                    }
                    a.menu-item href="/activity" {
                        (icon("bell")) (t("news-all"))
                        @if self.news > 0 { span.menu-count { (self.news) } }
                    }
                    a.menu-item href="/imports" { (icon("history")) (t("activity-all")) }
                }
            }
        }
    }

    /// The way to what happened, for those who have no menu of imports: they import nothing, or the screen is narrow.
    fn activity_link(&self, narrow_only: bool) -> Markup {
        html! {
            a.button.quiet.icon-button.news-link.narrow-only[narrow_only] href="/activity" title=(t("shell-activity")) {
                (icon("bell"))
                span.visually-hidden { (t("shell-activity")) }
                (self.news_badge())
            }
        }
    }

    fn news_badge(&self) -> Markup {
        html! {
            @if self.news > 0 {
                span.news-badge title=(t_with("news-unread", &[("n", self.news.into())])) {
                    span.visually-hidden { (t_with("news-unread", &[("n", self.news.into())])) }
                }
            }
        }
    }

    fn user_menu(&self) -> Markup {
        let user = self.user;
        let name = user.shown_name();
        let roles = roles_text(&user.roles);
        let theme = self.look.preferences.theme;
        let choice = |value: Theme, symbol: &str| {
            html! {
                button.button.quiet type="submit" name="theme" value=(value.as_str()) aria-pressed=(theme == value) {
                    (icon(symbol)) (t(&format!("theme-{}", value.as_str())))
                }
            }
        };
        html! {
            details.menu.user-menu data-menu {
                summary.button.quiet {
                    (portrait(user.avatar, 24))
                    span.menu-name { (name) }
                    (icon("chevron-down"))
                }
                div.menu-panel {
                    p.menu-who {
                        strong { (name) }
                        @if user.name.full().is_some() { span { (user.email) } }
                        span { (roles) }
                        span { (scope_text(&user.owners)) }
                    }
                    form.menu-theme method="post" action="/account/theme" data-look-form {
                        (csrf_field(self.csrf))
                        (hidden("next", self.path))
                        fieldset {
                            legend { (t("theme-legend")) }
                            (choice(Theme::System, "monitor"))
                            (choice(Theme::Light, "sun"))
                            (choice(Theme::Dark, "moon"))
                        }
                    }
                    a.menu-item href="/account" { (icon("settings")) (t("nav-account")) }
                    a.menu-item href="/keys" data-keys { (icon("keyboard")) (t("keys-title")) }
                    a.menu-item href=(help_on(self.nav)) { (icon("info")) (t("help-title")) }
                    form method="post" action="/logout" data-sign-out {
                        (csrf_field(self.csrf))
                        button.menu-item type="submit" { (icon("log-out")) (t("shell-sign-out")) }
                    }
                }
            }
        }
    }

    fn navigation(&self) -> Markup {
        // Files are nothing that somebody else looks at as their user.
        let has_files = self.look.has_files && !self.is_view;
        let entries = NAVIGATION
            .iter()
            .filter(|entry| entry.needs.is_none_or(|needs| self.user.has(needs)))
            .filter(|entry| entry.item != NavItem::Files || has_files)
            .filter(|entry| entry.item != NavItem::Plan || self.look.has_plans);
        let has_office = self.user.has(Permission::ManageSite);
        // On a narrow screen its entry stands for the parts of the office that have none of their own there.
        let is_in_office = NAVIGATION
            .iter()
            .filter(|entry| entry.needs.is_some() || entry.item == NavItem::Plan)
            .any(|entry| entry.item == self.nav && !NARROW.contains(&entry.item));
        html! {
            nav.side aria-label=(t("nav-label")) {
                @for entry in entries {
                    a.wide-only[has_office && !NARROW.contains(&entry.item)]
                        .stands-for-current[entry.item == NavItem::Office && is_in_office] href=(entry.href) aria-current=[(entry.item == self.nav).then_some("page")] {
                        (icon(entry.icon)) span { (t(entry.text)) }
                        @if entry.item == NavItem::Approvals && self.waiting > 0 {
                            span.nav-count title=(t_with("nav-waiting", &[("n", self.waiting.into())])) { (self.waiting) }
                        }
                    }
                }
            }
        }
    }

    fn banners(&self) -> Markup {
        html! {
            @if self.is_view {
                div.notice.info.view-banner #view-banner {
                    (icon("eye"))
                    p { (t_with("view-as-banner", &[("name", self.user.shown_name().into())])) }
                    form method="post" action="/admin/view-as/end" {
                        (csrf_field(self.csrf))
                        button.button.small type="submit" { (t("view-as-end")) }
                    }
                }
            }
            @if self.read_only {
                div.notice.warn #read-only-banner {
                    (icon("triangle-alert"))
                    p { (t("shell-read-only")) }
                }
            }
            @if self.insecure && self.user.has(Permission::ManageSite) {
                div.notice.warn #insecure-banner {
                    (icon("triangle-alert"))
                    p { (t("shell-insecure")) " " a href="/admin/system#system-tls" { (t("shell-insecure-how")) } }
                }
            }
        }
    }

    fn session_dialog(&self) -> Markup {
        html! {
            dialog #session-dialog aria-labelledby="session-dialog-title" {
                h2 #session-dialog-title { (t("session-ending-title")) }
                p { (t("session-ending-text")) " " strong data-seconds-left {} }
                div.actions {
                    button.button.primary type="button" data-extend autofocus { (t("session-extend")) }
                    form method="post" action="/logout" data-sign-out {
                        (csrf_field(self.csrf))
                        button.button type="submit" { (t("shell-sign-out")) }
                    }
                }
            }
        }
    }
}

/// Where the imports at work are listed.
pub const ACTIVITY_LIST: &str = "activity-list";
/// Marks what a page asks by itself: no sign of life of its reader.
const BACKGROUND: &str = r#"{"X-Background":"1"}"#;

/// How many imports are at work; asks for itself again as long as any is, and is out of sight otherwise. `beside`
/// another fragment it takes the place of what the page has.
pub fn activity_badge(at_work: usize, beside: bool) -> Markup {
    let beside = beside.then_some("true");
    html! {
        @if at_work > 0 {
            span.activity-badge #activity-badge title=(running_text(at_work)) hx-get="/imports/activity"
                hx-trigger="every 2s" hx-swap="outerHTML" hx-headers=(BACKGROUND) hx-swap-oob=[beside] {
                (at_work)
            }
        } @else {
            span #activity-badge hidden hx-swap-oob=[beside] {}
        }
    }
}

fn running_text(at_work: usize) -> String {
    if at_work == 0 { t("activity-none") } else { t_with("activity-running", &[("n", at_work.into())]) }
}

/// What a user sees, in words.
fn scope_text(owners: &OwnerScope) -> String {
    match owners {
        OwnerScope::All => t("scope-all"),
        OwnerScope::Owners(owners) if owners.is_empty() => t("scope-none"),
        OwnerScope::Owners(_) => t_with("scope-owners", &[("owners", seen_owners(owners).into())]),
    }
}

/// The same below a heading that says what it is about.
pub fn seen_owners(owners: &OwnerScope) -> String {
    match owners {
        OwnerScope::All => t("seen-all"),
        OwnerScope::Owners(owners) if owners.is_empty() => t("seen-none"),
        OwnerScope::Owners(owners) => {
            let mut names: Vec<&str> = owners.iter().map(String::as_str).collect();
            let more = names.len().saturating_sub(3);
            names.truncate(3);
            let names = names.join(", ");
            if more == 0 {
                names
            } else {
                t_with("seen-more", &[("owners", names.into()), ("more", more.into())])
            }
        }
    }
}
