//! Which sheet of a workbook, or which file of an archive, is read.

use maud::{Markup, html};

use super::words::short;
use crate::services::imports::preview::{Part, Preview};
use crate::web::ui::format::{bytes, count};
use crate::web::ui::{t, t_with};

/// The choice; nothing where the file is a text.
pub fn part_choice(preview: &Preview) -> Markup {
    let container = &preview.profile.container;
    let Some(chosen) = preview.part() else { return html! {} };
    let is_sheet = container.is_sheet();
    let n = preview.parts.len();
    let hint = match (is_sheet, n) {
        (true, 0 | 1) => t("imports-sheet-only"),
        (true, _) => t_with("imports-sheet-of", &[("n", n.into())]),
        (false, 0 | 1) => t("imports-member-only"),
        (false, _) => t_with("imports-member-of", &[("n", n.into())]),
    };
    html! {
        div.field {
            label for="sheet" { (t(if is_sheet { "imports-sheet" } else { "imports-member" })) }
            select.input #sheet name="sheet" aria-describedby="sheet-hint" {
                @for part in &preview.parts {
                    option value=(part.name) selected[part.name == chosen] disabled[is_sheet && part.rows == 0] {
                        (text_of(part, is_sheet))
                    }
                }
            }
            p.hint #sheet-hint { (hint) }
        }
    }
}

fn text_of(part: &Part, is_sheet: bool) -> String {
    let name = short(&part.name);
    if !is_sheet {
        return t_with("imports-member-option", &[("name", name.into()), ("size", bytes(part.bytes).into())]);
    }
    let id = match part {
        Part { rows: 0, .. } => return t_with("imports-sheet-option-empty", &[("name", name.into())]),
        Part { hidden: true, .. } => "imports-sheet-option-hidden",
        Part { .. } => "imports-sheet-option",
    };
    let (rows, columns) = (count(part.rows), count(part.columns));
    t_with(id, &[("name", name.into()), ("rows", rows.into()), ("columns", columns.into())])
}
