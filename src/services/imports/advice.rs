//! What somebody should know before they publish: that customers would see nothing, or that many rows would go.

use crate::domain::column::ColumnRole;
use crate::domain::profile::Profile;

/// A file without an owner column: of its rows customers see none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithoutOwner {
    /// The dataset's owner column, which the file does not have.
    pub missing: Option<String>,
    /// The column that looks like it: its place and its name. Never taken by itself, because who sees which rows is
    /// said by a person.
    pub suggested: Option<(usize, String)>,
}

/// Says that a file is read without an owner column, if it is. `before` is the dataset's.
pub fn without_owner(profile: &Profile, before: Option<&str>) -> Option<WithoutOwner> {
    let columns = &profile.columns;
    if columns.iter().any(|column| column.role == Some(ColumnRole::Owner)) {
        return None;
    }
    let place = |name: &str| columns.iter().position(|column| column.name == name);
    let suggested = before.and_then(place).or_else(|| profile.suggested_owner.as_deref().and_then(place));
    Some(WithoutOwner {
        missing: before.filter(|name| place(name).is_none()).map(str::to_owned),
        suggested: suggested.map(|index| (index, columns[index].name.clone())),
    })
}

/// How many per cent fewer rows there would be, where it is more than a fifth: then a file is rather cut off, or the
/// wrong one, than a day's change.
pub fn shrinks_by(before: u64, after: u64) -> Option<u64> {
    let lost = before.saturating_sub(after);
    (lost.saturating_mul(5) > before).then(|| lost.saturating_mul(100) / before)
}

#[cfg(test)]
mod tests {
    use super::shrinks_by;

    #[test]
    fn more_than_a_fifth_is_worth_a_word() {
        assert_eq!(shrinks_by(2000, 302), Some(84));
        assert_eq!(shrinks_by(10, 8), None);
        assert_eq!(shrinks_by(1000, 799), Some(20));
        assert_eq!(shrinks_by(10, 0), Some(100));
        assert_eq!(shrinks_by(10, 12), None);
        assert_eq!(shrinks_by(0, 0), None);
    }
}
