//! Which sheet of a workbook is read.

use super::super::IngestError;
use super::{Part, Wanted, refused};
use crate::domain::excerpt::excerpt;

/// Names said in one message.
const NAMED: usize = 12;

/// The place of the sheet that is wanted, or else of the first that has a table.
pub fn choose(parts: &[Part], wanted: &Wanted) -> Result<usize, IngestError> {
    let find = |name: &String| parts.iter().position(|part| part.name == *name);
    if let Some(name) = &wanted.chosen {
        return find(name).ok_or_else(|| {
            let names = name_list(parts.iter().map(|part| part.name.clone()));
            refused(format!(
                "The workbook has no sheet “{}”; it has: {names}. Choose one of them.",
                excerpt(name)
            ))
        });
    }
    if let Some(index) = wanted.remembered.as_ref().and_then(find).filter(|index| parts[*index].rows > 0) {
        return Ok(index);
    }
    let is_table = |part: &Part| part.rows >= 2 && part.columns >= 2;
    let first = |wanted: &dyn Fn(&Part) -> bool| parts.iter().position(wanted);
    first(&|part| !part.hidden && is_table(part))
        .or_else(|| first(&|part| !part.hidden && part.rows > 0))
        .or_else(|| first(&|part| is_table(part)))
        .or_else(|| first(&|part| part.rows > 0))
        .ok_or(IngestError::Empty)
}

/// “A”, “B” and 3 more.
pub fn name_list(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.map(|name| format!("“{}”", excerpt(&name))).collect();
    let shown = names[..names.len().min(NAMED)].join(", ");
    if names.len() > NAMED { format!("{shown} and {} more", names.len() - NAMED) } else { shown }
}
