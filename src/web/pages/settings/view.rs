//! The settings page: one form, its sections as panels.

use axum::response::Response;
use maud::{Markup, html};

use super::words::{default_text, label_of, placeholder, word_text};
use crate::config::setting::Control;
use crate::domain::preferences::time_zones;
use crate::services::settings::SettingView;
use crate::web::extract::{FormData, Page};
use crate::web::ui::form::{FieldError, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::{NavItem, icon, t, t_with};

/// What the page shows.
pub struct SettingsView<'v> {
    /// All settings.
    pub settings: &'v [SettingView],
    /// How many were changed just now.
    pub saved: Option<u64>,
    /// What was typed, where it comes back.
    pub typed: Option<&'v FormData>,
    /// What is wrong with it.
    pub errors: &'v [FieldError],
}

/// Where something can be tried: address and text.
type Trial = (&'static str, &'static str);

/// The parts of the page: anchor and text, the sections of the configuration in it, and where it can be tried.
const PARTS: [(&str, &[&str], Option<Trial>); 9] = [
    ("site", &["site"], None),
    ("signup", &["signup", "accounts"], None),
    ("password", &["password", "password_change", "second_factor"], None),
    ("session", &["session", "throttle", "links"], None),
    ("mail", &["mail", "smtp"], Some(("/admin/outbox", "settings-try-mail"))),
    ("directory", &["directory"], Some(("/admin/directory", "settings-try-directory"))),
    ("files", &["files", "s3", "cloudinary"], Some(("/admin/copies", "settings-try-copies"))),
    ("retention", &["retention", "audit"], None),
    ("backup", &["backup"], Some(("/admin/system", "settings-try-backup"))),
];

/// What the field of a setting is called.
pub fn field_name(name: &str) -> String {
    name.replace('.', "-")
}

/// The page.
pub fn settings_page(page: &Page, view: &SettingsView<'_>) -> Response {
    let zones = time_zones();
    let parts: Vec<_> = PARTS
        .iter()
        .map(|(id, sections, trial)| {
            let of_part = |setting: &&SettingView| {
                setting.setting.name.split_once('.').is_some_and(|(section, _)| sections.contains(&section))
            };
            (*id, view.settings.iter().filter(of_part).collect::<Vec<_>>(), *trial)
        })
        .filter(|(_, settings, _)| !settings.is_empty())
        .collect();
    let errors: Vec<FieldError> = view.errors.iter().map(with_label).collect();
    let content = html! {
        div.page-head {
            h1 { (t("settings-title")) }
            div.actions { a.button href="/admin/webhooks" { (icon("send")) (t("webhooks-title")) } }
        }
        p.hint { (t("settings-text")) }
        @match view.saved {
            Some(0) => { div.notice role="status" { (icon("info")) p { (t("settings-unchanged")) } } }
            Some(n) => { div.notice.ok role="status" { (icon("circle-check")) p { (t_with("settings-saved", &[("n", n.into())])) } } }
            None => {}
        }
        (error_summary(&errors))
        (logo(page, view))
        nav.tabs aria-label=(t("settings-parts")) {
            @for (id, _, _) in &parts { a href=(format!("#settings-{id}")) { (t(&format!("settings-part-{id}"))) } }
        }
        form.stack.settings-form method="post" action="/admin/settings" data-once {
            (csrf_field(&page.csrf()))
            @for (id, settings, trial) in &parts {
                section.panel.padded.stack id=(format!("settings-{id}")) aria-labelledby=(format!("settings-{id}-title")) {
                    div.panel-head {
                        h2 id=(format!("settings-{id}-title")) { (t(&format!("settings-part-{id}"))) }
                        @if let Some((href, text)) = trial { a.button.small href=(href) { (t(text)) } }
                    }
                    @for setting in settings { (field(setting, view, &zones)) }
                }
            }
            div.actions.sticky-actions { button.button.primary type="submit" { (t("settings-save")) } }
        }
    };
    page.show(NavItem::Settings, &t("settings-title"), &[], &content)
}

/// A form of its own: a file is sent apart from what is typed.
fn logo(page: &Page, view: &SettingsView<'_>) -> Markup {
    let error = error_of(view.errors, "logo");
    html! {
        section.panel.padded.stack aria-labelledby="settings-logo" {
            h2 #settings-logo { (t("settings-logo")) }
            div.row {
                @if let Some(id) = page.look.logo {
                    // As the top bar shows it in either theme.
                    @for (ground, alt) in [("logo-ground on-light", t("settings-logo-now")), ("logo-ground on-dark", String::new())] {
                        span class=(ground) { img.logo src=(format!("/logo/{id}")) alt=(alt); }
                    }
                }
                form.row method="post" action="/admin/settings/logo" enctype="multipart/form-data" data-once {
                    (csrf_field(&page.csrf()))
                    label.visually-hidden for="logo" { (t("settings-logo-file")) }
                    input.input #logo type="file" name="logo" accept="image/png,image/jpeg,image/webp,image/gif"
                        aria-describedby="logo-hint" aria-invalid=[error.map(|_| "true")];
                    button.button type="submit" { (t("settings-logo-set")) }
                }
                @if page.look.logo.is_some() {
                    form method="post" action="/admin/settings/logo/remove" {
                        (csrf_field(&page.csrf()))
                        button.button type="submit" { (t("settings-logo-remove")) }
                    }
                }
            }
            @if let Some(error) = error { p.error { (icon("circle-alert")) (error) } }
            p.hint #logo-hint { (t("settings-logo-hint")) }
        }
    }
}

/// The error as the summary says it, with the setting in front.
fn with_label(error: &FieldError) -> FieldError {
    if error.field.is_empty() || error.field == "logo" {
        return error.clone();
    }
    let label = label_of(&error.field.replace('-', "."));
    FieldError::new(error.field.clone(), format!("{label}: {}", error.message))
}

fn field(setting: &SettingView, view: &SettingsView<'_>, zones: &[String]) -> Markup {
    let name = setting.setting.name;
    let id = field_name(name);
    let known = setting.value.as_deref().unwrap_or_default();
    let value = match view.typed {
        Some(form) if !setting.is_locked && setting.control != Control::Secret => match setting.control {
            Control::Choices(_) => form.all(&id).collect::<Vec<_>>().join(","),
            _ => form.text(&id).to_owned(),
        },
        _ => known.to_owned(),
    };
    let error = error_of(view.errors, &id);
    let described =
        format!("{id}-origin{}", if error.is_some() { format!(" {id}-error") } else { String::new() });
    let many = matches!(setting.control, Control::Choices(_));
    html! {
        div.field.setting.locked[setting.is_locked] {
            @if many { span.label id=(format!("{id}-label")) { (label_of(name)) } } @else { label for=(id) { (label_of(name)) } }
            div.setting-control {
                @if !setting.is_locked && setting.control != Control::Secret {
                    (hidden(&format!("{id}_was"), known))
                }
                (control(setting, &id, &value, &described, error.is_some(), zones))
                @if let Some(error) = error { p.error id=(format!("{id}-error")) { (icon("circle-alert")) (error) } }
                p.hint id=(format!("{id}-origin")) {
                    @if setting.is_locked { (icon("lock")) " " (t_with("settings-locked", &[("origin", setting.origin.as_str().into())])) }
                    @else if setting.value.is_some() { (t("settings-here")) " · " code { (name) } }
                    @else { (default_text(setting.setting)) " · " code { (name) } }
                }
            }
        }
    }
}

fn control(
    setting: &SettingView,
    id: &str,
    value: &str,
    described: &str,
    is_wrong: bool,
    zones: &[String],
) -> Markup {
    let wrong = is_wrong.then_some("true");
    let locked = setting.is_locked;
    let choices = |words: &[(String, String)]| {
        html! {
            select.input id=(id) name=(id) disabled[locked] aria-describedby=(described) aria-invalid=[wrong] {
                option value="" selected[value.is_empty()] { (t("settings-choose-default")) }
                // One that is not offered stays what it is.
                @if !value.is_empty() && !words.iter().any(|(word, _)| word == value) { option value=(value) selected { (value) } }
                @for (word, text) in words { option value=(word) selected[word == value] { (text) } }
            }
        }
    };
    let worded = |words: &[&str]| {
        words
            .iter()
            .map(|word| ((*word).to_owned(), word_text(setting.setting.name, word)))
            .collect::<Vec<_>>()
    };
    match setting.control {
        Control::Text | Control::Number | Control::Time | Control::Colour => html! {
            input.input id=(id) name=(id) type="text" value=(value) disabled[locked] aria-describedby=(described)
                aria-invalid=[wrong] placeholder=[placeholder(setting.setting)] autocomplete="off" spellcheck="false";
        },
        Control::Flag => choices(&worded(&["true", "false"])),
        Control::Choice(words) => choices(&worded(words)),
        Control::Zone => choices(&zones.iter().map(|zone| (zone.clone(), zone.clone())).collect::<Vec<_>>()),
        Control::Choices(words) => html! {
            div.row role="group" aria-labelledby=(format!("{id}-label")) aria-describedby=(described) {
                @for word in words {
                    label.check {
                        input type="checkbox" name=(id) value=(word) disabled[locked]
                            checked[value.split(',').any(|chosen| chosen.trim() == *word)];
                        " " (t(&format!("{}-{word}", if setting.setting.name == "files.types" { "files-type" } else { "role" })))
                    }
                }
            }
        },
        Control::Lines => html! {
            textarea.input id=(id) name=(id) rows="4" disabled[locked] aria-describedby=(described) aria-invalid=[wrong]
                spellcheck="false" { (value) }
        },
        Control::Secret => html! {
            (hidden(&format!("{id}_was"), ""))
            input.input id=(id) name=(id) type="password" value="" disabled[locked] autocomplete="new-password"
                aria-describedby=(described) aria-invalid=[wrong]
                placeholder=(if value.is_empty() { t("settings-no-secret") } else { t("settings-secret") });
            @if !value.is_empty() && !locked {
                label.check { input type="checkbox" name=(format!("{id}_none")) value="1"; " " (t("settings-forget")) }
            }
        },
    }
}
