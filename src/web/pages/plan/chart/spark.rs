//! Small lines without a scale, for tables.

use maud::{Markup, html};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::draw::{line, missing};

const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 26.0;

/// A small line, with zero where the stock falls below it. What it shows stands beside it in figures.
pub fn spark(values: &[Decimal]) -> Markup {
    let values: Vec<f64> = values.iter().map(|value| value.to_f64().unwrap_or_default()).collect();
    let low = values.iter().copied().fold(0.0, f64::min);
    let high = values.iter().copied().fold(low, f64::max);
    let range = if high > low { high - low } else { 1.0 };
    let x = |at: usize| 1.0 + (WIDTH - 2.0) * at as f64 / (values.len().max(2) - 1) as f64;
    let y = |value: f64| 2.0 + (HEIGHT - 4.0) * (high.max(low + range) - value) / range;
    let zero = format!("{:.1}", y(0.0));
    html! {
        svg width=(WIDTH) height=(HEIGHT) viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) aria-hidden="true" {
            @if low < 0.0 {
                line x1="0" x2=(WIDTH) y1=(zero) y2=(zero) stroke="var(--control)" stroke-dasharray="2 3" {}
                path d=(missing(&values, &x, &y)) fill="var(--bad)" fill-opacity=".4" {}
            }
            path d=(line(values.iter().enumerate().map(|(at, value)| (x(at), y(*value))))) fill="none" stroke="var(--accent)"
                stroke-width="1.5" stroke-linejoin="round" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_line_shows_where_the_stock_is_missing() {
        let drawn = |values: &[i64]| {
            spark(&values.iter().map(|value| Decimal::from(*value)).collect::<Vec<_>>()).into_string()
        };
        // From 2 to −2 it crosses zero in the middle.
        assert!(drawn(&[2, -2]).contains("d=\"M60.0 13.0V13.0L119.0 24.0V13.0Z\""), "{}", drawn(&[2, -2]));
        for values in [&[][..], &[0], &[5], &[5, 5], &[-3]] {
            assert!(!drawn(values).contains("NaN") && !drawn(values).contains("inf"), "{}", drawn(values));
        }
        assert!(!drawn(&[5, 0]).contains("--bad"));
    }
}
