//! What a column means, by its name: names that inventory exports use in English, German, French and Spanish.

use serde::Serialize;

use crate::domain::column::{ColumnRole, ColumnType};
use crate::domain::fold::fold;

use super::synonyms::SYNONYMS;

/// A role a column may have, and how strongly its name says so.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RoleGuess {
    /// The role.
    pub role: ColumnRole,
    /// 0 to 1.
    pub confidence: f32,
}

/// The words of a header, folded: `PO / SO #` is `po so #`, `InvoiceNo` is `invoice no`.
pub(super) fn words(header: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut previous = ' ';
    let mut chars = header.chars().peekable();
    while let Some(c) = chars.next() {
        let ends_word = previous.is_lowercase() && c.is_uppercase();
        let starts_word = previous.is_uppercase()
            && c.is_uppercase()
            && chars.peek().is_some_and(|next| next.is_lowercase());
        if ends_word || starts_word {
            spaced.push(' ');
        }
        match c {
            '#' => spaced.push_str(" # "),
            _ if c.is_alphanumeric() => spaced.push(c),
            '\'' | '\u{2019}' => {}
            _ => spaced.push(' '),
        }
        previous = c;
    }
    fold(&spaced).split_whitespace().map(str::to_owned).collect()
}

/// The roles that at most one column has.
fn is_single(role: ColumnRole) -> bool {
    !matches!(role, ColumnRole::Quantity | ColumnRole::Price | ColumnRole::Order | ColumnRole::Location)
}

/// Roles that `header` may mean, best first, whatever its cells are.
pub(super) fn named_roles(header: &str) -> Vec<RoleGuess> {
    let words = words(header);
    let name = words.join(" ");
    // `UoM` is two words only to who splits by capitals.
    let glued = if header.trim().contains(' ') { String::new() } else { words.concat() };
    let mut found: Vec<RoleGuess> = Vec::new();
    let mut add = |role, confidence: f32| {
        if !found.iter().any(|guess: &RoleGuess| guess.role == role) {
            found.push(RoleGuess { role, confidence });
        }
    };
    for (role, confidence, names) in SYNONYMS {
        if names.contains(&name.as_str()) || names.contains(&glued.as_str()) {
            add(*role, *confidence);
        }
    }
    // A known name of two or more words at the end or the front of a longer one: `Total on hand qty`.
    for (role, confidence, names) in SYNONYMS {
        let inside = names.iter().any(|known| {
            known.contains(' ')
                && known.len() > 4
                && (name.ends_with(&format!(" {known}")) || name.starts_with(&format!("{known} ")))
        });
        if inside {
            add(*role, confidence * 0.6);
        }
    }
    if words
        .iter()
        .any(|word| matches!(word.as_str(), "qty" | "quantity" | "menge" | "cantidad" | "quantite"))
    {
        add(ColumnRole::Quantity, 0.6);
    }
    if words.iter().any(|word| matches!(word.as_str(), "expiry" | "expiration" | "expires")) {
        add(ColumnRole::Expiry, 0.6);
    }
    found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    found
}

/// True where cells of this type can have the role.
fn suits(role: ColumnRole, column_type: ColumnType) -> bool {
    match role {
        ColumnRole::Quantity | ColumnRole::Price => {
            matches!(column_type, ColumnType::Integer | ColumnType::Decimal)
        }
        ColumnRole::Expiry | ColumnRole::Received => column_type == ColumnType::Date,
        ColumnRole::Uom | ColumnRole::Description => {
            matches!(column_type, ColumnType::Text | ColumnType::Code)
        }
        ColumnRole::Status => matches!(column_type, ColumnType::Text | ColumnType::Code | ColumnType::Bool),
        ColumnRole::Part
        | ColumnRole::Lot
        | ColumnRole::Serial
        | ColumnRole::Order
        | ColumnRole::Bin
        | ColumnRole::Location
        | ColumnRole::Owner => {
            matches!(column_type, ColumnType::Text | ColumnType::Code | ColumnType::Integer)
        }
    }
}

/// A column as far as roles are concerned.
pub(super) struct Candidate<'a> {
    pub name: &'a str,
    pub column_type: ColumnType,
    /// True where every cell looked at is blank.
    pub blank: bool,
}

/// The role of each column. A single role goes to its most confident column, the first of equals.
pub(super) fn assign(columns: &[Candidate<'_>]) -> Vec<Option<RoleGuess>> {
    let mut offers: Vec<(usize, RoleGuess)> = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        for guess in named_roles(column.name) {
            if column.blank || suits(guess.role, column.column_type) {
                let confidence = if column.blank { guess.confidence * 0.5 } else { guess.confidence };
                offers.push((index, RoleGuess { role: guess.role, confidence }));
            }
        }
    }
    offers.sort_by(|a, b| b.1.confidence.total_cmp(&a.1.confidence).then(a.0.cmp(&b.0)));
    let mut roles: Vec<Option<RoleGuess>> = vec![None; columns.len()];
    for (index, guess) in offers {
        let taken = is_single(guess.role) && roles.iter().flatten().any(|other| other.role == guess.role);
        if roles[index].is_none() && !taken {
            roles[index] = Some(guess);
        }
    }
    roles
}
