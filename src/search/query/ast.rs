//! What a query says.

/// One part of a query: a condition that rows meet, or, with a leading `-`, do not.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Term {
    /// Rows that meet the condition are left out.
    pub negated: bool,
    /// The condition.
    pub condition: Condition,
    /// The text of the query that says it, for chips and suggestions.
    pub text: String,
}

/// Something a row meets or not.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Condition {
    /// Some column contains this folded text.
    Anywhere(String),
    /// One column passes a test; the column's number in the generation.
    Column(usize, Test),
}

/// A test of one column's cell.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Test {
    /// Contains this folded text.
    Contains(String),
    /// Equals this folded text.
    Equals(String),
    /// Consists of these folded pieces in order with anything between: `A1*`, `*-X`, `A*9`.
    Pieces(Vec<String>),
    /// Lies within these bounds of the column's order.
    Between(Bound, Bound),
    /// Holds nothing but spaces.
    Blank,
}

/// One end of a range.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Bound {
    /// No end.
    Open,
    /// The value itself is inside.
    Inside(Literal),
    /// The value itself is outside.
    Outside(Literal),
}

/// A value to compare with, read as the column's type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Literal {
    /// A number.
    Number(rust_decimal::Decimal),
    /// A moment: seconds since the epoch of a calendar without zones, and nanoseconds.
    Moment(i64, i32),
    /// Yes or no.
    Truth(bool),
    /// Folded text.
    Text(String),
}

/// What was typed, understood.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Query {
    /// All parts, in order.
    pub terms: Vec<Term>,
}

impl Query {
    /// The folded texts that are looked for anywhere, in order, without the negated ones.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().filter(|term| !term.negated).filter_map(|term| match &term.condition {
            Condition::Anywhere(word) => Some(word.as_str()),
            Condition::Column(..) => None,
        })
    }
}
