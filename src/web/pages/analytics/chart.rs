//! Lines drawn on the server: they print, and need no script.

use std::fmt::Write;

use maud::{Markup, html};

use crate::web::ui::format::count;

/// A point of a line.
pub struct Point {
    /// What stands below it.
    pub label: String,
    /// How high it is.
    pub value: u64,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 200.0;
const LEFT: f64 = 48.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 26.0;

/// A line through the points, with a scale of whole numbers; `said` is what it shows, for who does not see it.
pub fn line(points: &[Point], said: &str) -> Markup {
    let most = nice(points.iter().map(|point| point.value).max().unwrap_or_default().max(1));
    let (width, height) = (WIDTH - LEFT - 8.0, HEIGHT - TOP - BOTTOM);
    let x = |at: usize| LEFT + width * at as f64 / (points.len().max(2) - 1) as f64;
    let y = |value: u64| TOP + height * (1.0 - value as f64 / most as f64);
    let mut path = String::new();
    for (at, point) in points.iter().enumerate() {
        let _ = write!(path, "{}{:.1} {:.1}", if at == 0 { "M" } else { " L" }, x(at), y(point.value));
    }
    let area = format!(
        "{path} L{:.1} {:.1} L{LEFT} {:.1} Z",
        x(points.len().saturating_sub(1)),
        TOP + height,
        TOP + height
    );
    // At most eight labels, so that they do not meet.
    let step = points.len().div_ceil(8).max(1);
    html! {
        svg.chart viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(said) preserveAspectRatio="xMidYMid meet" {
            @for part in 0..=2_u64 {
                @let value = most * part / 2;
                line.chart-grid x1=(LEFT) x2=(WIDTH - 8.0) y1=(format!("{:.1}", y(value))) y2=(format!("{:.1}", y(value))) {}
                text.chart-text x=(LEFT - 8.0) y=(format!("{:.1}", y(value) + 4.0)) text-anchor="end" { (count(value)) }
            }
            path.chart-area d=(area) {}
            path.chart-line d=(path) {}
            @for (at, point) in points.iter().enumerate() {
                circle.chart-point cx=(format!("{:.1}", x(at))) cy=(format!("{:.1}", y(point.value))) r="3" {
                    title { (point.label) ": " (count(point.value)) }
                }
                @if at % step == 0 {
                    text.chart-text x=(format!("{:.1}", x(at))) y=(HEIGHT - 6.0)
                        text-anchor=(if at == 0 { "start" } else if at + 1 == points.len() { "end" } else { "middle" }) { (point.label) }
                }
            }
        }
    }
}

/// The next even number above that people like to read: 2, 4, 10, 20, 40, 100 …
fn nice(most: u64) -> u64 {
    let mut scale = 1;
    loop {
        for step in [2, 4, 10] {
            if step * scale >= most {
                return step * scale;
            }
        }
        scale *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::{Point, line, nice};

    #[test]
    fn scales_end_above_the_highest_point() {
        for (most, scale) in [(1, 2), (2, 2), (3, 4), (7, 10), (11, 20), (99, 100), (250, 400)] {
            assert_eq!(nice(most), scale);
        }
    }

    #[test]
    fn a_line_of_one_point_or_none_is_drawn_without_a_fault() {
        for points in [0, 1, 2] {
            let points: Vec<Point> = (0..points).map(|n| Point { label: n.to_string(), value: n }).collect();
            let drawn = line(&points, "said").into_string();
            assert!(
                drawn.contains("aria-label=\"said\"") && !drawn.contains("NaN") && !drawn.contains("inf"),
                "{drawn}"
            );
        }
    }
}
