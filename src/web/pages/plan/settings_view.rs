//! The settings of a plan, and the buttons for what is done with it as a whole.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::list::{days, marks};
use crate::domain::dataset::Dataset;
use crate::domain::ids::UserId;
use crate::domain::plan::{Bucket, Horizon, MAX_DESCRIPTION_CHARS, MAX_NAME_CHARS, Plan, Sharing};
use crate::services::users::names::KnownName;
use crate::web::extract::FormData;
use crate::web::ui::form::{Field, FieldError, checked_select, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::format::{count, instant};
use crate::web::ui::{icon, t, t_with};

/// What is shown.
pub struct SettingsView<'v> {
    /// The plan as it is.
    pub plan: &'v Plan,
    /// Which settings it has.
    pub version: String,
    /// Values on days that it does not have, and where they lie.
    pub outside: Option<(u64, Horizon)>,
    /// Names of those who are named.
    pub names: &'v HashMap<UserId, KnownName>,
    /// Where stock can be taken from.
    pub stocks: &'v [Dataset],
    /// The reader sees every owner.
    pub sees_all: bool,
    /// The reader may do with the plan as a whole what does not concern all plans.
    pub manages: bool,
    /// Lines whose location the stock that was taken over does not know.
    pub without_place: usize,
    /// What was typed and refused.
    pub typed: Option<&'v FormData>,
    /// Why.
    pub errors: &'v [FieldError],
    /// What was just done.
    pub done: Option<&'static str>,
    /// Against cross-site requests.
    pub csrf: &'v str,
    /// The reader's time zone.
    pub zone: TimeZone,
    /// The time.
    pub now: Timestamp,
}

impl SettingsView<'_> {
    /// What the plan has for a field.
    fn saved(&self, name: &str) -> String {
        let plan = self.plan;
        let day = |of: fn(Horizon) -> jiff::civil::Date| {
            let days = plan.horizon.filter(|_| !plan.follows_files);
            days.map(|days| of(days).to_string()).unwrap_or_default()
        };
        match name {
            "name" => plan.name.clone(),
            "description" => plan.description.clone(),
            "first" => day(|days| days.first),
            "last" => day(|days| days.last),
            "bucket" => plan.bucket.as_str().to_owned(),
            _ => plan.shared_with.as_str().to_owned(),
        }
    }

    /// What stands in a field.
    fn value(&self, name: &str) -> String {
        self.typed.map_or_else(|| self.saved(name), |typed| typed.text(name).to_owned())
    }

    /// What somebody else saved meanwhile, where that is not what was typed; else the usual hint.
    fn hint(&self, name: &str, hint: &str) -> String {
        let saved = self.saved(name);
        let is_stale = self.typed.is_some_and(|typed| typed.text("version") != self.version);
        if !is_stale || self.value(name) == saved {
            return hint.to_owned();
        }
        let saved = match name {
            _ if saved.is_empty() => t("plan-blank"),
            "bucket" => t(&format!("plan-by-{saved}")),
            "shared_with" => t(&format!("plan-shared-{saved}")),
            _ => saved,
        };
        t_with("plan-saved-now", &[("value", saved.into())])
    }

    /// What somebody is called; the command line where it was nobody.
    fn who(&self, user: Option<UserId>) -> String {
        match user {
            None => t("plan-by-command-line"),
            Some(user) => {
                self.names.get(&user).map_or_else(|| t("plan-by-unknown"), |known| known.name.clone())
            }
        }
    }
}

/// The page.
pub fn settings_page(view: &SettingsView<'_>) -> Markup {
    let plan = view.plan;
    html! {
        nav.crumbs aria-label=(t("plan-crumbs")) {
            a href=(format!("/plan/{}", plan.id)) { (icon("chevron-left")) (plan.name) }
        }
        div.page-head { h1 { (t_with("plan-settings-named", &[("name", plan.name.as_str().into())])) " " (marks(plan)) } }
        (error_summary(view.errors))
        @if let Some(word) = view.done {
            div.notice.ok role="status" { (icon("circle-check")) p {
                (t(&format!("plan-done-{word}")))
                @if word == "copy" { " " a href=(format!("/plan/{}", plan.id)) { (t("plan-open")) } }
            } }
        }
        @if let Some((values, days)) = view.outside {
            div.notice.warn { (icon("triangle-alert")) p {
                (t_with("plan-outside", &[
                    ("n", values.into()), ("count", count(values).into()),
                    ("first", days.first.to_string().into()), ("last", days.last.to_string().into()),
                ]))
            } }
        }
        @if plan.archived_at.is_some() { (note("plan-archived-text")) }
        @else if plan.is_locked { (note("plan-locked-text")) }
        @if !view.manages { (note("plan-limited-text")) }
        div.settings {
            (settings_form(view))
            div.stack {
                (leading(view))
                (stock(view))
                (copying(view))
                @if !plan.is_leader { (leaving(view)) }
            }
        }
    }
}

fn note(id: &str) -> Markup {
    html! { div.notice { (icon("info")) p { (t(id)) } } }
}

fn settings_form(view: &SettingsView<'_>) -> Markup {
    let plan = view.plan;
    let is_closed = plan.is_locked || !plan.is_open() || !view.manages;
    let field = |name: &'static str, label: &str, kind: &'static str, hint: &str, most: Option<usize>| {
        let (value, hint) = (view.value(name), view.hint(name, hint));
        Field {
            kind,
            value: &value,
            hint: &hint,
            error: error_of(view.errors, name),
            required: name == "name",
            max_chars: most,
            ..Field::text(name, label)
        }
        .render()
    };
    let days_hint = if plan.follows_files {
        t_with("plan-days-follow", &[("days", days(plan.horizon).into())])
    } else {
        t("plan-days-fixed")
    };
    let stock = view.typed.map_or(plan.opens_with_stock, |typed| typed.has("opens_with_stock"));
    html! {
        section.panel.padded aria-labelledby="settings-title" {
            form.stack method="post" action=(format!("/plan/{}/settings", plan.id)) data-once {
                h2 #settings-title { (t("plan-settings-of")) }
                (csrf_field(view.csrf))
                (hidden("act", "save"))
                (hidden("version", &view.version))
                fieldset.stack disabled[is_closed] {
                    (field("name", &t("plan-name"), "text", "", Some(MAX_NAME_CHARS)))
                    (description(view))
                    div.reading {
                        (field("first", &t("plan-first"), "date", "", None))
                        (field("last", &t("plan-last"), "date", "", None))
                    }
                    p.hint { (days_hint) " " (t("plan-days-outside")) }
                    (bucket(view))
                    (sharing(view))
                    label.check.with-text {
                        input type="checkbox" name="opens_with_stock" value="1" checked[stock];
                        span { (t("plan-opens-with-stock")) span.hint { (t("plan-opens-with-stock-text")) } }
                    }
                    div.actions { button.button.primary type="submit" { (icon("check")) (t("plan-save")) } }
                }
            }
        }
    }
}

fn description(view: &SettingsView<'_>) -> Markup {
    let (error, hint) = (error_of(view.errors, "description"), view.hint("description", ""));
    html! {
        div.field {
            label for="description" { (t("plan-description")) }
            textarea.input #description name="description" rows="3" maxlength=(MAX_DESCRIPTION_CHARS) aria-invalid=[error.map(|_| "true")] { (view.value("description")) }
            @if let Some(error) = error { p.error { (icon("circle-alert")) (error) } }
            @if !hint.is_empty() { p.hint { (hint) } }
        }
    }
}

fn bucket(view: &SettingsView<'_>) -> Markup {
    let hint = view.hint("bucket", "");
    let buckets =
        Bucket::ALL.map(Bucket::as_str).map(|word| (word.to_owned(), t(&format!("plan-by-{word}"))));
    html! {
        (checked_select("bucket", &t("plan-bucket"), &buckets, &view.value("bucket"), error_of(view.errors, "bucket")))
        @if !hint.is_empty() { p.hint { (hint) } }
    }
}

/// Who sees it, each with what it means.
fn sharing(view: &SettingsView<'_>) -> Markup {
    let (value, hint) = (view.value("shared_with"), view.hint("shared_with", ""));
    html! {
        fieldset.field #shared_with {
            legend.label { (t("plan-shared")) }
            div.stack.close {
                @for word in Sharing::ALL.map(Sharing::as_str) {
                    label.check.with-text {
                        input type="radio" name="shared_with" value=(word) checked[word == value];
                        span { (t(&format!("plan-sharing-{word}"))) span.hint { (t(&format!("plan-sharing-{word}-text"))) } }
                    }
                }
            }
            @if let Some(error) = error_of(view.errors, "shared_with") { p.error { (icon("circle-alert")) (error) } }
            @if !hint.is_empty() { p.hint { (hint) } }
        }
    }
}

/// A panel with one form and its buttons.
fn panel(view: &SettingsView<'_>, id: &str, content: &Markup) -> Markup {
    let heading = format!("plan-part-{id}");
    html! {
        section.panel.padded aria-labelledby=(heading) {
            form.stack method="post" action=(format!("/plan/{}/settings", view.plan.id)) data-once {
                h2 id=(heading) { (t(&heading)) }
                (csrf_field(view.csrf))
                (content)
            }
        }
    }
}

fn button(act: &str, text: &str, symbol: &str) -> Markup {
    html! { button.button type="submit" name="act" value=(act) { (icon(symbol)) (t(text)) } }
}

fn leading(view: &SettingsView<'_>) -> Markup {
    let plan = view.plan;
    let text = match (plan.is_leader, plan.is_locked) {
        (false, _) => "plan-lead-text",
        (true, false) => "plan-lock-text",
        (true, true) => "plan-unlock-text",
    };
    let content = html! {
        p.hint { (t(text)) }
        @if view.sees_all && (plan.is_leader || plan.is_open()) {
            div.actions {
                @if !plan.is_leader { (button("lead", "plan-lead", "check")) }
                @else if plan.is_locked { (button("unlock", "plan-unlock", "lock")) }
                @else { (button("lock", "plan-lock", "lock")) }
            }
        }
    };
    panel(view, "leader", &content)
}

fn stock(view: &SettingsView<'_>) -> Markup {
    let plan = view.plan;
    let can_take = view.manages && plan.is_open() && !plan.is_locked;
    let content = html! {
        @match &plan.stock {
            Some(stock) => p {
                (t_with("plan-stock-by", &[
                    ("dataset", stock.dataset.as_str().into()), ("generation", stock.generation.into()),
                    ("who", view.who(stock.by).into()),
                ]))
                " " (instant(stock.at, &view.zone, view.now))
            },
            None => p { (t("plan-stock-none")) },
        }
        @if let (Some(stock), 1..) = (&plan.stock, view.without_place) {
            div.notice.warn { (icon("triangle-alert")) p {
                (t_with("plan-stock-without-place", &[
                    ("n", view.without_place.into()), ("count", count(view.without_place as u64).into()),
                    ("dataset", stock.dataset.as_str().into()),
                ]))
            } }
        }
        p.hint { (t("plan-stock-text")) }
        @if can_take {
            @match view.stocks {
                [] => p.hint { (t("plan-stock-nowhere")) },
                [only] => { (hidden("dataset", &only.slug)) div.actions { (button("stock", "plan-take-stock", "package")) } }
                several => div.filters {
                    select.input name="dataset" aria-label=(t("plan-stock-of")) {
                        @for dataset in several { option value=(dataset.slug) { (dataset.name) } }
                    }
                    (button("stock", "plan-take-stock", "package"))
                }
            }
        }
    };
    panel(view, "stock", &content)
}

fn copying(view: &SettingsView<'_>) -> Markup {
    let error = error_of(view.errors, "copy_name");
    let content = html! {
        p.hint { (t("plan-copy-text")) }
        @if view.manages {
            div.field {
                label for="copy_name" { (t("plan-copy-name")) }
                input.input #copy_name name="copy_name" required maxlength=(MAX_NAME_CHARS) aria-invalid=[error.map(|_| "true")];
                @if let Some(error) = error { p.error { (icon("circle-alert")) (error) } }
            }
            div.actions { (button("copy", "plan-copy", "copy")) }
        }
    };
    panel(view, "copy", &content)
}

fn leaving(view: &SettingsView<'_>) -> Markup {
    let plan = view.plan;
    let content = html! {
        p.hint { (t("plan-leave-text")) }
        @if view.manages {
            div.actions {
                @if plan.archived_at.is_some() { (button("unarchive", "plan-unarchive", "folder")) }
                @else { (button("archive", "plan-archive", "folder")) }
                a.button.danger href=(format!("/plan/{}/delete", plan.id)) { (icon("trash-2")) (t("plan-delete")) }
            }
        }
    };
    panel(view, "leave", &content)
}
