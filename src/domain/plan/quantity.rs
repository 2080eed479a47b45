//! Quantities of a plan: exact decimals within what sums of a whole plan can hold.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::domain::value::{NumberFormat, parse_number};

/// Most digits before the point.
pub const MAX_WHOLE_DIGITS: u32 = 12;
/// Most digits after the point.
pub const MAX_SCALE: u32 = 6;

/// Why a text is no quantity of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadQuantity {
    /// It is not a number.
    #[error("is not a number; write it like 1234.5")]
    NotANumber,
    /// It is out of range.
    #[error("is too large: at most {MAX_WHOLE_DIGITS} digits stand before the point")]
    TooLarge,
    /// It has too many digits after the point.
    #[error("has too many digits after the point: at most {MAX_SCALE}")]
    TooFine,
    /// It is negative where that means nothing.
    #[error("must not be negative")]
    Negative,
}

/// Reads a quantity as people and programs type it: `1234.5`, `-3`, `1,234`.
///
/// # Errors
/// [`BadQuantity`].
pub fn parse(text: &str) -> Result<Decimal, BadQuantity> {
    let plain = NumberFormat::default();
    let grouped = NumberFormat { grouping: Some(','), ..plain };
    let number = parse_number(text, plain).or_else(|| parse_number(text, grouped));
    check(number.ok_or(BadQuantity::NotANumber)?)
}

/// The number, without trailing zeros, where a plan can hold it.
///
/// # Errors
/// As [`parse`].
pub fn check(number: Decimal) -> Result<Decimal, BadQuantity> {
    let number = number.normalize();
    // Zero has no sign here: `-0` would be another text for the same.
    let number = if number.is_zero() { Decimal::ZERO } else { number };
    if number.scale() > MAX_SCALE {
        return Err(BadQuantity::TooFine);
    }
    if number.trunc().abs() >= Decimal::from(10_u64.pow(MAX_WHOLE_DIGITS)) {
        return Err(BadQuantity::TooLarge);
    }
    Ok(number)
}

/// As [`parse`], of what a program worked out: digits that a plan cannot hold are rounded away, halves away from zero.
///
/// # Errors
/// [`BadQuantity`], but for [`BadQuantity::TooFine`].
pub fn parse_rounded(text: &str) -> Result<Decimal, BadQuantity> {
    let number = parse_number(text, NumberFormat::default()).ok_or(BadQuantity::NotANumber)?;
    check(number.round_dp_with_strategy(MAX_SCALE, RoundingStrategy::MidpointAwayFromZero))
}

/// As [`parse`], of what cannot be below zero.
///
/// # Errors
/// As there, and [`BadQuantity::Negative`].
pub fn parse_unsigned(text: &str) -> Result<Decimal, BadQuantity> {
    parse(text)
        .and_then(|number| if number.is_sign_negative() { Err(BadQuantity::Negative) } else { Ok(number) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_exact_and_within_bounds() {
        assert_eq!(parse(" 1,234.50 ").unwrap().to_string(), "1234.5");
        assert_eq!(parse("-3").unwrap().to_string(), "-3");
        assert_eq!(parse("0.000001").unwrap().to_string(), "0.000001");
        assert_eq!(parse("-0").unwrap().to_string(), "0");
        assert_eq!(parse("0.0000001"), Err(BadQuantity::TooFine));
        assert_eq!(parse("999999999999.999999").unwrap().to_string(), "999999999999.999999");
        assert_eq!(parse_rounded("0.3333333333333333").unwrap().to_string(), "0.333333");
        assert_eq!(parse_rounded("-1.5E-6").unwrap().to_string(), "-0.000002");
        assert_eq!(parse_rounded("third"), Err(BadQuantity::NotANumber));
        assert_eq!(parse("1000000000000"), Err(BadQuantity::TooLarge));
        assert_eq!(parse("twelve"), Err(BadQuantity::NotANumber));
        assert_eq!(parse(""), Err(BadQuantity::NotANumber));
        assert_eq!(parse_unsigned("-1"), Err(BadQuantity::Negative));
        assert_eq!(parse_unsigned("1"), Ok(Decimal::ONE));
    }
}
