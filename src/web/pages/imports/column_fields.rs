//! What a person says of a column, as cells of a table: in an import and in a profile.

use maud::{Markup, html};

use super::choices::{DATE_FORMATS, NUMBER_FORMATS, ROLES, TYPES, word_of};
use super::words::{date_text, role_text, short, type_text};
use crate::domain::column::{Column, ColumnRole, ColumnType};
use crate::web::ui::{t, t_with};

/// The heads of the cells that [`column_fields`] writes.
pub fn column_heads() -> Markup {
    html! {
        th scope="col" { (t("imports-col-type")) }
        th scope="col" { (t("imports-col-format")) }
        th scope="col" { (t("imports-col-role")) }
        th.flag scope="col" title=(t("imports-key-hint")) { (t("imports-col-key")) }
        th.flag scope="col" title=(t("imports-facet-hint")) { (t("imports-col-facet")) }
        th.flag scope="col" title=(t("imports-hidden-hint")) { (t("imports-col-hidden")) }
    }
}

/// Type, format, meaning and flags of the column at this place, read again by [`super::choices::read_columns`].
pub fn column_fields(index: usize, column: &Column) -> Markup {
    let name = short(column.header());
    let label = |text: &str| t_with(text, &[("column", name.as_str().into())]);
    let named = |field: &str| format!("{field}.{index}");
    let flag = |field: &str, text: &str, is_set: bool| {
        html! {
            label.flag-box {
                input #(format!("{field}-{index}")) type="checkbox" name=(field) value=(index) checked[is_set]
                    aria-label=(format!("{}: {name}", t(text)));
            }
        }
    };
    html! {
        td data-label=(t("imports-col-type")) {
            select.input #(format!("type-{index}")) name=(named("type")) aria-label=(label("imports-type-of")) {
                @for (value, word) in TYPES { option value=(word) selected[value == column.column_type] { (type_text(value)) } }
            }
        }
        td data-label=(t("imports-col-format")) { (format_choice(index, column, &label("imports-format-of"))) }
        td data-label=(t("imports-col-role")) {
            @if column.role == Some(ColumnRole::Owner) {
                span.badge.info { (role_text(ColumnRole::Owner)) }
            } @else {
                select.input #(format!("role-{index}")) name=(named("role")) aria-label=(label("imports-role-of")) {
                    option value="" selected[column.role.is_none()] { (t("imports-role-none")) }
                    @for (value, word) in ROLES { option value=(word) selected[column.role == Some(value)] { (role_text(value)) } }
                }
            }
        }
        td.flag data-label=(t("imports-col-key")) { (flag("key", "imports-col-key", column.key)) }
        td.flag data-label=(t("imports-col-facet")) { (flag("facet", "imports-col-facet", column.facet)) }
        td.flag data-label=(t("imports-col-hidden")) { (flag("hidden", "imports-col-hidden", column.hidden)) }
    }
}

fn format_choice(index: usize, column: &Column, label: &str) -> Markup {
    let id = format!("format-{index}");
    let name = format!("format.{index}");
    match column.column_type {
        ColumnType::Integer | ColumnType::Decimal => html! {
            @let chosen = word_of(&NUMBER_FORMATS, &column.number_format);
            select.input #(id) name=(name) aria-label=(label) {
                @if chosen.is_empty() { option value="" selected { "…" } }
                @for (_, word) in NUMBER_FORMATS { option value=(word) selected[word == chosen] { (word) } }
            }
        },
        ColumnType::Date => html! {
            @let chosen = word_of(&DATE_FORMATS, &column.date_format);
            select.input #(id) name=(name) aria-label=(label) {
                @for (format, word) in DATE_FORMATS { option value=(word) selected[word == chosen] { (date_text(format)) } }
            }
        },
        ColumnType::Text | ColumnType::Code | ColumnType::Bool => html! { span.hint { "–" } },
    }
}
