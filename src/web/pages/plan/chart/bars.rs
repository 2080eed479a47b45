//! The bars of a chart: what comes in and goes out.

use std::fmt::Write;

use maud::{Markup, html};
use rust_decimal::Decimal;

use super::draw::{LEFT, Palette, Panel, number};
use crate::domain::plan::Bucket;
use crate::domain::plan::bucket::BucketRow;

/// Each of the two bars of a day, of its width; and what is too thin to be a bar.
const BAR_PART: f64 = 0.4;
const LEAST_BAR: f64 = 2.0;

/// What a bar stands for: rows that follow each other.
pub(super) struct Bar {
    /// The first of them.
    pub at: usize,
    /// How many.
    pub rows: usize,
    /// What comes in on them.
    pub production: Option<Decimal>,
    /// What goes out.
    pub sales: Option<Decimal>,
}

/// What comes in and goes out, by day, or by week or month where a bar would be too thin to see; a week counts in the month that has
/// its Thursday, as in ISO 8601 it does in its year.
pub(super) fn bars_of(rows: &[BucketRow], bucket: Bucket, band: f64) -> (Bucket, Vec<Bar>) {
    let is_seen = |of: &Bucket| {
        let days = |bucket| match bucket {
            Bucket::Day => 1.0,
            Bucket::Week => 7.0,
            Bucket::Month => 30.0,
        };
        *of >= bucket && band * BAR_PART * days(*of) / days(bucket) >= LEAST_BAR
    };
    let wanted = Bucket::ALL.into_iter().find(is_seen).unwrap_or(Bucket::Month);
    let start = |row: &BucketRow| match (bucket, wanted) {
        (Bucket::Week, Bucket::Month) => {
            let thursday = row.start.checked_add(jiff::Span::new().days(3)).unwrap_or(row.start);
            wanted.start_of(thursday)
        }
        _ => wanted.start_of(row.first),
    };
    let mut at = 0;
    let bars = rows.chunk_by(|one, other| start(one) == start(other)).map(|rows| {
        let sum = |of: fn(&BucketRow) -> Option<Decimal>| rows.iter().filter_map(of).reduce(|a, b| a + b);
        let bar =
            Bar { at, rows: rows.len(), production: sum(|row| row.production), sales: sum(|row| row.sales) };
        at += rows.len();
        bar
    });
    (wanted, bars.collect())
}

/// Production filled, sales hollow: they are told apart without colours.
pub(super) fn draw_bars(bars: &[Bar], panel: &Panel, band: f64, palette: Palette) -> Markup {
    let zero = panel.y(0.0);
    let path = |of: fn(&Bar) -> Option<Decimal>, side: f64, inset: f64| {
        let mut path = String::new();
        for bar in bars {
            let Some(amount) = of(bar).filter(|amount| !amount.is_zero()) else { continue };
            let rows = bar.rows as f64;
            let width = (band * rows * BAR_PART).clamp(0.6, 14.0);
            let left = LEFT + band * (bar.at as f64 + rows * 0.5) + width * side + inset;
            let y = panel.y(number(amount));
            let _ =
                write!(path, "M{left:.1} {zero:.1}V{y:.1}h{:.1}V{zero:.1}Z", (width - 2.0 * inset).max(0.4));
        }
        path
    };
    let (made, sold) = (path(|bar| bar.production, -1.0, 0.0), path(|bar| bar.sales, 0.0, 0.5));
    html! {
        @if !made.is_empty() { path d=(made) fill=(palette.of("accent")) {} }
        @if !sold.is_empty() { path d=(sold) fill=(palette.of("surface")) stroke=(palette.of("accent")) {} }
    }
}
