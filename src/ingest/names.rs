//! Column names: readable, and unique for a query language that ignores case and takes `_` for a space.

use std::collections::HashSet;

use super::reader::is_guarded;
use crate::domain::fold::fold;

/// The row id of the API; no column may be called so.
const RESERVED: &str = "_id";

/// Names for `headers`: trimmed, runs of spaces collapsed; empty ones are called `Column 5` by their place, and
/// repeated ones `Qty (2)`; a guard against formulas (`'=x`, as our own export writes it) is taken off. Names that differ only in case or in `_` for a space count as repeated.
pub fn unique_names<'a>(headers: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut taken: HashSet<String> = HashSet::from([key(RESERVED)]);
    let mut names = Vec::new();
    for (index, header) in headers.into_iter().enumerate() {
        let header = if is_guarded(header) { &header[1..] } else { header };
        let mut name = header.split_whitespace().collect::<Vec<_>>().join(" ");
        if name.is_empty() {
            name = format!("Column {}", index + 1);
        }
        let mut unique = name.clone();
        let mut number = 2_u32;
        while !taken.insert(key(&unique)) {
            unique = format!("{name} ({number})");
            number += 1;
        }
        names.push(unique);
    }
    names
}

fn key(name: &str) -> String {
    fold(name).replace('_', " ")
}
