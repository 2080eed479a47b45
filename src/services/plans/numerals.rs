//! How the numbers of a file are written: `1.234` is a thousand to some and little more than one to others. Where nothing in the file
//! says which, nobody guesses.

use std::cell::{Cell, OnceCell};

use rust_decimal::Decimal;

use crate::domain::formats::NumberStyle;
use crate::domain::plan::Measure;
use crate::domain::plan::quantity::{self, BadQuantity};
use crate::domain::value::{NumberFormat, parse_number};

/// What stands before a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Point,
    Comma,
}

/// What a number says about the marks in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// It has none.
    Nothing,
    /// This one stands before a fraction, or the other between thousands.
    Fraction(Mark),
    /// It has this one, before three digits: either.
    Either(Mark),
}

impl Said {
    /// By a text that may be a number.
    fn of(text: &str) -> Self {
        let digits = text.trim_matches(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ','));
        let (points, commas) = (digits.matches('.').count(), digits.matches(',').count());
        let mark = match (points, commas) {
            (0, 0) => return Self::Nothing,
            (_, 0) => Mark::Point,
            (0, _) => Mark::Comma,
            _ if digits.rfind('.') > digits.rfind(',') => return Self::Fraction(Mark::Point),
            _ => return Self::Fraction(Mark::Comma),
        };
        if points + commas > 1 {
            // What stands there twice is between thousands.
            return Self::Fraction(if mark == Mark::Point { Mark::Comma } else { Mark::Point });
        }
        let (whole, rest) = digits.split_once(['.', ',']).unwrap_or_default();
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_group = (1..=3).contains(&whole.len()) && !whole.starts_with('0') && rest.len() == 3;
        if is_group && is_digits(whole) && is_digits(rest) {
            Self::Either(mark)
        } else {
            Self::Fraction(mark)
        }
    }
}

/// What the numbers of a column, or of a file, say: each has been seen before a fraction, or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Evidence {
    point: bool,
    comma: bool,
}

impl Evidence {
    /// Takes in what a cell says.
    pub(super) fn take(&mut self, text: &str, points_are_plain: bool) {
        match Said::of(text) {
            Said::Fraction(Mark::Comma) => self.comma = true,
            Said::Fraction(Mark::Point) => self.point = true,
            Said::Either(Mark::Point) if points_are_plain => self.point = true,
            Said::Either(_) | Said::Nothing => {}
        }
    }

    fn mark(self) -> Option<Mark> {
        match (self.point, self.comma) {
            (true, false) => Some(Mark::Point),
            (false, true) => Some(Mark::Comma),
            _ => None,
        }
    }
}

/// Where a number stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot<'s> {
    /// The column.
    pub place: usize,
    /// What it is called.
    pub header: &'s str,
    /// How its numbers look on the whole.
    pub format: NumberFormat,
    /// What they are.
    pub measure: Measure,
}

/// The numbers of a file.
pub(super) struct Numerals<'n> {
    chosen: Option<NumberStyle>,
    /// A workbook, or a file that was written here: a point stands before a fraction.
    points_are_plain: bool,
    /// Looks through the whole file: what each column says.
    scan: &'n dyn Fn() -> Vec<Evidence>,
    found: OnceCell<Vec<Evidence>>,
    is_told: Cell<bool>,
    /// Of a workbook, whose programs work numbers out in binary fractions: how many had more digits than a plan holds, and were
    /// rounded. `None` for a text, where somebody wrote them.
    rounded: Option<Cell<u64>>,
}

impl<'n> Numerals<'n> {
    /// Of a file that is looked through with `scan`, once and only where a number needs it.
    pub(super) fn new(
        chosen: Option<NumberStyle>,
        (points_are_plain, rounds): (bool, bool),
        scan: &'n dyn Fn() -> Vec<Evidence>,
    ) -> Self {
        Self {
            chosen,
            points_are_plain,
            scan,
            found: OnceCell::new(),
            is_told: Cell::new(false),
            rounded: rounds.then(Cell::default),
        }
    }

    /// How many numbers were rounded.
    pub(super) fn rounded(&self) -> u64 {
        self.rounded.as_ref().map_or(0, Cell::get)
    }

    /// The mark before fractions in a column: as its other numbers have it, else as those of the whole file have it.
    fn mark(&self, place: usize) -> Option<Mark> {
        let found = self.found.get_or_init(self.scan);
        let of_all = || {
            let (point, comma) = (found.iter().any(|one| one.point), found.iter().any(|one| one.comma));
            Evidence { point, comma }.mark()
        };
        found.get(place).and_then(|one| one.mark()).or_else(of_all)
    }

    /// The quantity that a text says; `None` where it may be two, and that was told of another one before.
    ///
    /// # Errors
    /// What is wrong with it, with its column.
    pub(super) fn read(&self, text: &str, spot: Spot<'_>) -> Result<Option<Decimal>, String> {
        let short = || text.chars().take(40).collect::<String>();
        let said = Said::of(text);
        let is_plain =
            self.points_are_plain && matches!(said, Said::Either(Mark::Point) | Said::Fraction(Mark::Point));
        let number = match (said, self.chosen) {
            (Said::Fraction(_) | Said::Either(_), _) if is_plain && !text.contains(',') => {
                quantity::parse(text)
            }
            (Said::Fraction(_) | Said::Either(_), Some(style)) => {
                let spaced = NumberFormat { grouping: Some(' '), ..style.format() };
                let number = parse_number(text, style.format()).or_else(|| parse_number(text, spaced));
                let Some(number) = number else {
                    let (header, style) = (spot.header, style.as_str());
                    return Err(format!(
                        "{header}: “{}” is no number as {style} writes them, which was chosen",
                        short()
                    ));
                };
                quantity::check(number)
            }
            (Said::Either(_), None) => match self.mark(spot.place) {
                Some(mark) => under(text, mark),
                None if self.is_told.replace(true) => return Ok(None),
                None => return Err(format!("{}: {}", spot.header, either(text))),
            },
            _ => usual(text, spot.format).or_else(|why| match said {
                Said::Fraction(mark) if self.mark(spot.place) == Some(mark) => under(text, mark),
                _ => Err(why),
            }),
        };
        let number = match (&self.rounded, number) {
            (Some(count), Err(BadQuantity::TooFine)) => {
                count.set(count.get() + 1);
                quantity::parse_rounded(text)
            }
            (_, number) => number,
        };
        let number = number.and_then(|number| match spot.measure {
            Measure::SafetyStock if number.is_sign_negative() && !number.is_zero() => {
                Err(BadQuantity::Negative)
            }
            _ => Ok(number),
        });
        number.map(Some).map_err(|why| format!("{}: “{}” {why}", spot.header, short()))
    }
}

fn usual(text: &str, format: NumberFormat) -> Result<Decimal, BadQuantity> {
    let spaced = NumberFormat { decimal_comma: false, grouping: Some(' ') };
    let number = parse_number(text, format).map_or_else(|| quantity::parse(text), quantity::check);
    number.or_else(|why| parse_number(text, spaced).map_or(Err(why), quantity::check))
}

fn under(text: &str, mark: Mark) -> Result<Decimal, BadQuantity> {
    let decimal_comma = mark == Mark::Comma;
    let groups = [if decimal_comma { '.' } else { ',' }, '\'', ' '];
    let mut read = groups.map(|group| NumberFormat { decimal_comma, grouping: Some(group) }).into_iter();
    let number = read.find_map(|format| parse_number(text, format));
    quantity::check(number.ok_or(BadQuantity::NotANumber)?)
}

/// Both readings of a number, and what to do.
fn either(text: &str) -> String {
    let read = |mark| under(text, mark).map(|number| number.to_string()).unwrap_or_default();
    let (point, comma) = (read(Mark::Point), read(Mark::Comma));
    format!(
        "“{}” can be {point} or {comma}, and no other number of the file says which: say how the file writes numbers, 1,234.5 or \
         1.234,5; choose it beside the file, send `numbers=1,234.5` with the API, or give `--numbers 1,234.5` on the command line",
        text.chars().take(40).collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_before_three_digits_alone_says_nothing() {
        for (text, said) in [
            ("1234", Said::Nothing),
            ("1.234", Said::Either(Mark::Point)),
            ("-1,234", Said::Either(Mark::Comma)),
            ("(12,345) €", Said::Either(Mark::Comma)),
            ("0.250", Said::Fraction(Mark::Point)),
            (".500", Said::Fraction(Mark::Point)),
            ("0,5", Said::Fraction(Mark::Comma)),
            ("1234.567", Said::Fraction(Mark::Point)),
            ("1 234,567", Said::Fraction(Mark::Comma)),
            ("1.234,5", Said::Fraction(Mark::Comma)),
            ("1,234.567", Said::Fraction(Mark::Point)),
            ("1.234.567", Said::Fraction(Mark::Comma)),
            ("1,234,567", Said::Fraction(Mark::Point)),
            ("1.234E+3", Said::Fraction(Mark::Point)),
        ] {
            assert_eq!(Said::of(text), said, "{text}");
        }
    }
}
