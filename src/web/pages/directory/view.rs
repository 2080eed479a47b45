//! The page of the directory.

use axum::response::Response;
use maud::{Markup, html};

use crate::config::directory::{DirectoryConfig, DirectoryServer, DirectoryTls, Preset};
use crate::config::show::Shown;
use crate::domain::directory::{Person, Step};
use crate::domain::permission::Role;
use crate::domain::scope::OwnerScope;
use crate::services::directory::Tested;
use crate::web::extract::Page;
use crate::web::ui::form::{Field, csrf_field};
use crate::web::ui::{NavItem, icon, t, t_with};

/// What the page shows.
pub struct View<'v> {
    /// The directory, if there is one.
    pub config: Option<&'v DirectoryConfig>,
    /// All settings of the site, as they were given.
    pub shown: &'v [Shown],
    /// Whom a test is about.
    pub user: &'v str,
    /// What came of it.
    pub tested: Option<&'v Tested>,
}

/// The page.
pub fn directory_page(page: &Page, view: &View<'_>) -> Response {
    let content = html! {
        div.page-head { h1 { (t("directory-title")) } }
        @match view.config {
            None => div.notice {
                (icon("info"))
                div {
                    strong { (t("directory-off")) }
                    p { (t("directory-off-text")) }
                    (change())
                }
            },
            Some(config) => {
                @if config.tls == DirectoryTls::None {
                    div.notice.warn { (icon("triangle-alert")) div { strong { (t("directory-plain")) } p { (t("directory-plain-text")) } } }
                }
                @if config.over_http {
                    div.notice.warn { (icon("triangle-alert")) p { (t("directory-over-http")) } }
                }
                @if let Some(tested) = view.tested { (result(tested)) }
                (test_form(page, config, view.user))
                (settings(view.shown))
            }
        }
        (presets())
    };
    page.show(NavItem::Directory, &t("directory-title"), &[], &content)
}

fn change() -> Markup {
    html! { a.button href="/admin/settings#settings-directory" { (icon("settings")) (t("directory-change")) } }
}

fn test_form(page: &Page, config: &DirectoryConfig, user: &str) -> Markup {
    let servers: Vec<String> = config.servers.iter().map(DirectoryServer::address).collect();
    let (user_label, password_label) = (t("field-directory-user"), t("field-directory-password"));
    let (user_hint, password_hint) = (t("directory-user-hint"), t("directory-password-hint"));
    let user =
        Field { value: user, hint: &user_hint, autocomplete: "off", ..Field::text("user", &user_label) };
    let password = Field { hint: &password_hint, ..Field::password("password", &password_label, "off") };
    html! {
        section.panel.padded.directory-part.directory-test {
            h2 { (t("directory-test-title")) }
            p { (t_with("directory-test-text", &[("servers", servers.join(", ").into())])) }
            form.stack method="post" action="/admin/directory/test" data-once {
                (csrf_field(&page.csrf()))
                div.directory-fields { (user.render()) (password.render()) }
                div.actions { button.button.primary type="submit" { (icon("network")) (t("directory-test")) } }
            }
        }
    }
}

fn result(tested: &Tested) -> Markup {
    let (class, symbol, text) = if tested.is_good() {
        ("notice ok", "circle-check", t("directory-test-good"))
    } else {
        let failed = tested.steps.0.iter().rfind(|step| !step.is_good && !step.is_warning());
        let step = failed.map_or(String::new(), part);
        ("notice bad", "circle-alert", t_with("directory-test-bad", &[("step", step.into())]))
    };
    html! {
        div class=(class) role="status" tabindex="-1" data-focus { (icon(symbol)) p { strong { (text) } } }
        div.table-wrap {
            table.table.cards.directory-steps {
                caption.visually-hidden { (t("directory-steps")) }
                thead { tr { @for id in ["directory-step", "directory-outcome", "directory-words"] { th scope="col" { (t(id)) } } } }
                tbody { @for step in &tested.steps.0 { (step_row(step)) } }
            }
        }
        @if let Some(person) = &tested.person { (person_panel(person, tested.rights.as_ref())) }
    }
}

fn part(step: &Step) -> String {
    t(&format!("directory-part-{}", step.part.word()))
}

fn step_row(step: &Step) -> Markup {
    let (mark, id) = match (step.is_good, step.is_warning()) {
        (true, _) => ("ok", "directory-ok"),
        (_, true) => ("warn", "directory-warning"),
        _ => ("bad", "directory-failed"),
    };
    html! {
        tr {
            td.who { (part(step)) }
            td data-label=(t("directory-outcome")) { span class=(format!("badge {mark}")) { (t(id)) } }
            td data-label=(t("directory-words")) { span.conversation { (step.words) } }
        }
    }
}

fn person_panel(person: &Person, rights: Option<&(Vec<Role>, OwnerScope)>) -> Markup {
    html! {
        section.panel.padded.directory-part {
            h2 { (t("directory-person")) }
            dl.facts {
                dt { (t("directory-person-login")) } dd { (person.login) }
                dt { (t("directory-person-dn")) } dd { (person.dn) }
                @if let Some(mail) = &person.mail { dt { (t("directory-person-mail")) } dd { (mail) } }
                dt { (t("directory-person-rights")) }
                @match rights {
                    None => dd { (t("directory-person-none")) },
                    Some((roles, owners)) => dd {
                        @for (at, role) in roles.iter().enumerate() { @if at > 0 { ", " } (t(&format!("role-{role}"))) }
                        " · "
                        @match owners {
                            OwnerScope::All => (t("directory-all-owners")),
                            OwnerScope::Owners(owners) if owners.is_empty() => (t("directory-no-owners")),
                            OwnerScope::Owners(owners) => (owners.iter().cloned().collect::<Vec<_>>().join(", ")),
                        }
                    },
                }
            }
        }
    }
}

/// What was set, and where; then what was not.
fn settings(shown: &[Shown]) -> Markup {
    let (given, default): (Vec<&Shown>, Vec<&Shown>) = shown
        .iter()
        .filter(|line| line.name.starts_with("directory."))
        .partition(|line| line.value.is_some());
    html! {
        section.directory-part {
            h2 { (t("directory-settings")) }
            p.hint { (t("directory-settings-text")) }
            p { (change()) }
            div.table-wrap {
                table.table.cards.directory-settings {
                    thead { tr { @for id in ["directory-setting", "directory-value", "directory-origin"] { th scope="col" { (t(id)) } } } }
                    tbody {
                        @for line in given {
                            tr {
                                td.who { code { (line.name) } div.hint { (line.help) } }
                                td data-label=(t("directory-value")) { span.conversation { (line.value.as_deref().unwrap_or_default()) } }
                                td data-label=(t("directory-origin")) { span.origin { (line.origin) } }
                            }
                        }
                    }
                }
            }
            details.more {
                summary { (icon("chevron-right")) (t("directory-defaults")) }
                dl.facts { @for line in default { dt { code { (line.name) } } dd { (line.help) } } }
            }
        }
    }
}

fn presets() -> Markup {
    html! {
        section.directory-part {
            h2 { (t("directory-presets")) }
            p.hint { (t("directory-presets-text")) }
            @for preset in [Preset::ActiveDirectory, Preset::OpenLdap] {
                details.more {
                    summary { (icon("chevron-right")) (t(&format!("directory-preset-{}", preset.word()))) }
                    pre.panel.padded.conversation tabindex="0" { (preset.example()) }
                    dl.facts {
                        dt { code { "directory.user_filter" } } dd { code { (preset.user_filter()) } }
                        dt { code { "directory.upn_filter" } } dd { code { (preset.upn_filter()) } }
                    }
                }
            }
        }
    }
}
