//! What an inventory page shows, as its address says it. The address is the state: the parameters of the API
//! (`q`, `match`, `f.COLUMN`, `sort`), and those of the page alone (`cols`, `width`,
//! `facet`, `more`, `find`, `offset`).

use form_urlencoded::Serializer;
use jiff::civil::Date;
use thiserror::Error;

use crate::services::ServiceError;

/// Parameters that the API does not know.
const OF_THE_PAGE: [&str; 7] = ["cols", "width", "facet", "more", "find", "offset", "generation"];

/// A column that is shown, and how wide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnChoice {
    /// Its header.
    pub name: String,
    /// In CSS pixels; its type's own width where none was set.
    pub width: Option<u32>,
}

/// The state of one page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ViewState {
    /// What was typed.
    pub q: String,
    /// Rows with some of the words are enough.
    pub any_word: bool,
    /// Columns and chosen values.
    pub filters: Vec<(String, Vec<String>)>,
    /// Columns to sort by, the first above all; a leading `-` for descending.
    pub sort: Vec<String>,
    /// Columns shown, in order; empty for all.
    pub columns: Vec<ColumnChoice>,
    /// Columns and the widths that somebody gave them; the others have what their cells want.
    pub widths: Vec<ColumnChoice>,
    /// Columns that are facets here beside the dataset's own.
    pub facets: Vec<String>,
    /// Facets with all their values shown.
    pub more: Vec<String>,
    /// What is looked for among the values of such a facet.
    pub find: Vec<(String, String)>,
    /// Rows passed over, for pages without script.
    pub offset: u64,
    /// The rows as they were at the end of this day; `None` for now.
    pub as_of: Option<Date>,
    /// A day in the future that was asked for in its place: there are no rows of it.
    pub future: Option<Date>,
    /// Parameters of the address that mean nothing; they do not go on.
    pub unknown: Vec<String>,
}

/// Longest search in characters.
const MAX_QUERY_CHARS: usize = 1_000;
/// Chosen values, in all facets together. Each stands in the address of every link of the page.
const MAX_VALUES: usize = 100;
/// Columns that are filtered, sorted by or opened as facets.
const MAX_COLUMNS: usize = 20;
/// Columns that are shown: each is a cell of every row.
pub const MAX_SHOWN: usize = 100;

/// An address asks for more than a page can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "asks for too much: a search has at most {MAX_QUERY_CHARS} characters, {MAX_VALUES} chosen values, {MAX_COLUMNS} \
     filtered or sorted columns and {MAX_SHOWN} shown ones"
)]
pub struct TooMuch;

impl From<TooMuch> for ServiceError {
    fn from(error: TooMuch) -> Self {
        Self::invalid("address", error.to_string())
    }
}

/// Narrowest and widest column in CSS pixels.
pub const WIDTHS: std::ops::RangeInclusive<u32> = 48..=800;

impl ViewState {
    /// Reads an address's query. What means nothing is left out: an old link still opens.
    ///
    /// # Errors
    /// [`TooMuch`]: every link of the page holds the whole state, so a page grows with its square.
    pub fn parse(query: &str) -> Result<Self, TooMuch> {
        let mut state = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.into_owned();
            match &*name {
                "q" => value.trim().clone_into(&mut state.q),
                "match" => state.any_word = value == "any",
                "sort" if value.is_empty() || state.sort.contains(&value) => {}
                "sort" => state.sort.push(value),
                "cols" if !value.is_empty() => state.columns.push(ColumnChoice::parse(&value)),
                "width" => {
                    let choice = ColumnChoice::parse(&value);
                    state.widths.retain(|known| known.name != choice.name);
                    state.widths.extend(Some(choice).filter(|choice| choice.width.is_some()));
                }
                "facet" if !value.is_empty() && !state.facets.contains(&value) => state.facets.push(value),
                "more" if !value.is_empty() => state.more.push(value),
                "as_of" => {
                    state.as_of = value.parse().ok();
                    if state.as_of.is_none() && !value.is_empty() {
                        state.unknown.push(name.into_owned());
                    }
                }
                "offset" => state.offset = value.parse().unwrap_or(0),
                // Of the page as a whole, and of a block of its rows; a part that was left empty asks for nothing.
                "print" | "generation" | "limit" | "cols" | "facet" | "more" => {}
                _ => {
                    if let Some(column) = name.strip_prefix("f.") {
                        state.choose(column, value);
                    } else if let Some(column) = name.strip_prefix("find.") {
                        if !value.is_empty() {
                            state.find.push((column.to_owned(), value));
                        }
                    } else if state.unknown.len() < MAX_COLUMNS
                        && !state.unknown.iter().any(|known| *known == name)
                    {
                        state.unknown.push(name.into_owned());
                    }
                }
            }
        }
        if state.is_small() { Ok(state) } else { Err(TooMuch) }
    }

    /// Without a day in the future, of which there are no rows: it is past `today` where the site is, and is named where it
    /// is past the reader's own day as well.
    #[must_use]
    pub fn up_to(mut self, today: Date, readers_today: Date) -> Self {
        if let Some(day) = self.as_of.take_if(|day| *day > today) {
            self.future = Some(day).filter(|day| *day > readers_today);
        }
        self
    }

    fn is_small(&self) -> bool {
        let values: usize = self.filters.iter().map(|(_, values)| values.len()).sum();
        let columns =
            [self.filters.len(), self.sort.len(), self.facets.len(), self.more.len(), self.find.len()];
        self.q.chars().count() <= MAX_QUERY_CHARS
            && values <= MAX_VALUES
            && columns.iter().all(|count| *count <= MAX_COLUMNS)
            && self.columns.len() <= MAX_SHOWN
            && self.widths.len() <= MAX_SHOWN
    }

    fn choose(&mut self, column: &str, value: String) {
        match self.filters.iter_mut().find(|(known, _)| known == column) {
            Some((_, values)) if values.contains(&value) => {}
            Some((_, values)) => values.push(value),
            None => self.filters.push((column.to_owned(), vec![value])),
        }
    }

    /// What the API is asked for: everything but what is the page's alone.
    pub fn api_pairs(&self) -> Vec<(String, String)> {
        self.pairs().into_iter().filter(|(name, _)| !is_of_the_page(name)).collect()
    }

    /// The canonical parameters, in their order.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let mut add = |name: &str, value: &str| pairs.push((name.to_owned(), value.to_owned()));
        if !self.q.is_empty() {
            add("q", &self.q);
        }
        if self.any_word {
            add("match", "any");
        }
        for (column, values) in &self.filters {
            for value in values {
                add(&format!("f.{column}"), value);
            }
        }
        for key in &self.sort {
            add("sort", key);
        }
        for column in &self.columns {
            add("cols", &column.to_string());
        }
        for column in &self.widths {
            add("width", &column.to_string());
        }
        for column in &self.facets {
            add("facet", column);
        }
        for column in &self.more {
            add("more", column);
        }
        for (column, text) in &self.find {
            add(&format!("find.{column}"), text);
        }
        if let Some(day) = self.as_of {
            add("as_of", &day.to_string());
        }
        if self.offset > 0 {
            add("offset", &self.offset.to_string());
        }
        pairs
    }

    /// The address of this state on the page at `path`.
    pub fn href(&self, path: &str) -> String {
        address(path, &self.pairs())
    }

    /// The same from its first row on: what changes what is found begins there.
    #[must_use]
    pub fn from_the_top(&self) -> Self {
        Self { offset: 0, ..self.clone() }
    }

    /// Without one chosen value.
    #[must_use]
    pub fn without_value(&self, column: &str, value: &str) -> Self {
        let mut state = self.from_the_top();
        for (known, values) in &mut state.filters {
            if known == column {
                values.retain(|other| other != value);
            }
        }
        state.filters.retain(|(_, values)| !values.is_empty());
        state
    }

    /// Without any chosen value of a column.
    #[must_use]
    pub fn without_filter(&self, column: &str) -> Self {
        let mut state = self.from_the_top();
        state.filters.retain(|(known, _)| known != column);
        state
    }

    /// With another search.
    #[must_use]
    pub fn searching(&self, q: &str) -> Self {
        Self { q: q.to_owned(), ..self.from_the_top() }
    }

    /// Without search and filters; sort and columns stay.
    #[must_use]
    pub fn cleared(&self) -> Self {
        Self {
            sort: self.sort.clone(),
            columns: self.columns.clone(),
            widths: self.widths.clone(),
            facets: self.facets.clone(),
            as_of: self.as_of,
            ..Self::default()
        }
    }

    /// Of another day, or of now.
    #[must_use]
    pub fn as_of(&self, day: Option<Date>) -> Self {
        Self { as_of: day, ..self.from_the_top() }
    }

    /// Nothing but one chosen value; sort and columns stay.
    #[must_use]
    pub fn with_only(&self, column: &str, value: &str) -> Self {
        Self { filters: vec![(column.to_owned(), vec![value.to_owned()])], ..self.cleared() }
    }

    /// The width that somebody gave a column.
    pub fn width_of(&self, column: &str) -> Option<u32> {
        self.widths.iter().find(|choice| choice.name == column).and_then(|choice| choice.width)
    }

    /// Where in the sort a column stands, from 1, and whether it descends.
    pub fn sort_of(&self, column: &str) -> Option<(usize, bool)> {
        self.sort.iter().enumerate().find_map(|(at, key)| {
            if key == column {
                return Some((at + 1, false));
            }
            (key.strip_prefix('-') == Some(column)).then_some((at + 1, true))
        })
    }

    /// Sorted by this column alone: upwards, then downwards, then not.
    #[must_use]
    pub fn sorted_by(&self, column: &str) -> Self {
        let sort = match self.sort_of(column).filter(|_| self.sort.len() == 1) {
            None => vec![column.to_owned()],
            Some((_, false)) => vec![format!("-{column}")],
            Some((_, true)) => Vec::new(),
        };
        Self { sort, ..self.from_the_top() }
    }

    /// Sorted by this column too, below the others: upwards, then downwards, then not.
    #[must_use]
    pub fn sorted_also_by(&self, column: &str) -> Self {
        let mut sort = self.sort.clone();
        match self.sort_of(column) {
            None => sort.push(column.to_owned()),
            Some((at, false)) => sort[at - 1] = format!("-{column}"),
            Some((at, true)) => {
                sort.remove(at - 1);
            }
        }
        Self { sort, ..self.from_the_top() }
    }
}

impl ColumnChoice {
    /// `NAME` or `NAME~WIDTH`.
    fn parse(text: &str) -> Self {
        if let Some((name, width)) = text.rsplit_once('~')
            && let Ok(width) = width.parse::<u32>()
            && WIDTHS.contains(&width)
        {
            return Self { name: name.to_owned(), width: Some(width) };
        }
        Self { name: text.to_owned(), width: None }
    }
}

impl std::fmt::Display for ColumnChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.width {
            Some(width) => write!(f, "{}~{width}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

fn is_of_the_page(name: &str) -> bool {
    OF_THE_PAGE.contains(&name) || name.starts_with("find.")
}

/// `path` with these parameters.
pub fn address(path: &str, pairs: &[(String, String)]) -> String {
    if pairs.is_empty() {
        return path.to_owned();
    }
    let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{path}?{query}")
}

#[cfg(test)]
mod tests {
    use super::ViewState;

    #[test]
    fn an_address_read_and_written_is_the_same() {
        let query = "q=bolt+-rusty&match=any&f.Status=On+hold&f.Status=Released&f.Bin=A%261&sort=-Expires&sort=Part&cols=Part%7E160&cols=a%7Eb&width=Part%7E170&facet=Lot&more=Bin&find.Bin=a&offset=50";
        let state = ViewState::parse(query).unwrap();
        assert_eq!(state.href("/x"), format!("/x?{query}"));
        assert_eq!(state.columns[1].name, "a~b", "a tilde in a header is a tilde");
        assert_eq!((state.width_of("Part"), state.width_of("a~b")), (Some(170), None));
        assert_eq!(
            state.api_pairs().len(),
            7,
            "the page's own parameters are not for the API: {:?}",
            state.api_pairs()
        );
    }

    #[test]
    fn what_means_nothing_is_left_out() {
        let state = ViewState::parse("q=&sort=&offset=x&f.a=1&f.a=1&utm=1&cols=A%7E99999&&&=").unwrap();
        assert_eq!(state.href("/x"), "/x?f.a=1&cols=A%7E99999");
    }

    #[test]
    fn a_header_sorts_upwards_then_downwards_then_not() {
        let plain = ViewState::default();
        let up = plain.sorted_by("Part");
        assert_eq!(up.sort, ["Part"]);
        let down = up.sorted_by("Part");
        assert_eq!(down.sort, ["-Part"]);
        assert!(down.sorted_by("Part").sort.is_empty());
        let two = up.sorted_also_by("Bin").sorted_also_by("Bin");
        assert_eq!(two.sort, ["Part", "-Bin"]);
        assert_eq!(two.sort_of("Bin"), Some((2, true)));
        assert_eq!(two.sorted_by("Bin").sort, ["Bin"]);
        assert_eq!(two.sorted_also_by("Bin").sort, ["Part"]);
    }

    #[test]
    fn an_address_that_asks_for_too_much_is_refused() {
        let many = |name: &str, count: usize| {
            (0..count).map(|number| format!("{name}=x{number}")).collect::<Vec<_>>().join("&")
        };
        assert!(ViewState::parse(&many("f.a", 100)).is_ok());
        for query in
            [many("f.a", 101), many("sort", 21), many("cols", 101), many("more", 21), many("facet", 21)]
        {
            assert!(ViewState::parse(&query).is_err(), "{query}");
        }
        assert!(ViewState::parse(&format!("q={}", "a".repeat(1001))).is_err());
        let columns: Vec<String> = (0..21).map(|number| format!("f.c{number}=1")).collect();
        assert!(ViewState::parse(&columns.join("&")).is_err());
        assert_eq!(ViewState::parse("sort=a&sort=a&sort=-a").unwrap().sort, ["a", "-a"]);
    }
}
