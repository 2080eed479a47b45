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

/// A drawing for a width of screen: one that shrinks takes its letters along, until nobody can read them.
struct Canvas {
    class: &'static str,
    width: f64,
    height: f64,
    /// Labels that have room below it.
    labels: usize,
}

const CANVASES: [Canvas; 2] = [
    Canvas { class: "chart wide-chart", width: 720.0, height: 200.0, labels: 8 },
    Canvas { class: "chart narrow-chart", width: 340.0, height: 180.0, labels: 3 },
];
const LEFT: f64 = 48.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 26.0;

/// A line through the points, with a scale of whole numbers; `said` is what it shows, for who does not see it.
pub fn line(points: &[Point], said: &str) -> Markup {
    html! { @for canvas in &CANVASES { (drawn(points, said, canvas)) } }
}

fn drawn(points: &[Point], said: &str, canvas: &Canvas) -> Markup {
    let most = nice(points.iter().map(|point| point.value).max().unwrap_or_default().max(1));
    let (width, height) = (canvas.width - LEFT - RIGHT, canvas.height - TOP - BOTTOM);
    let x = |at: usize| LEFT + width * at as f64 / (points.len().max(2) - 1) as f64;
    let y = |value: u64| TOP + height * (1.0 - value as f64 / most as f64);
    let mut path = String::new();
    for (at, point) in points.iter().enumerate() {
        let _ = write!(path, "{}{:.1} {:.1}", if at == 0 { "M" } else { " L" }, x(at), y(point.value));
    }
    let last = points.len().saturating_sub(1);
    let area = format!("{path} L{:.1} {:.1} L{LEFT} {:.1} Z", x(last), TOP + height, TOP + height);
    // Counted from the end, so that the last one has its own; long ones need more room.
    let longest = points.iter().map(|point| point.label.chars().count()).max().unwrap_or_default();
    let room = if longest > 6 { canvas.labels.div_ceil(2) } else { canvas.labels };
    let step = last.div_ceil(room.saturating_sub(1).max(1)).max(1);
    let end = canvas.width - RIGHT;
    html! {
        svg class=(canvas.class) viewBox=(format!("0 0 {} {}", canvas.width, canvas.height)) role="img" aria-label=(said)
            preserveAspectRatio="xMidYMid meet" {
            @for part in 0..=2_u64 {
                @let value = most * part / 2;
                line.chart-grid x1=(LEFT) x2=(end) y1=(format!("{:.1}", y(value))) y2=(format!("{:.1}", y(value))) {}
                text.chart-text x=(LEFT - 8.0) y=(format!("{:.1}", y(value) + 4.0)) text-anchor="end" { (short(value)) }
            }
            path.chart-area d=(area) {}
            path.chart-line d=(path) {}
            @for (at, point) in points.iter().enumerate() {
                circle.chart-point cx=(format!("{:.1}", x(at))) cy=(format!("{:.1}", y(point.value))) r="3" {
                    title { (point.label) ": " (count(point.value)) }
                }
                @if (last - at).is_multiple_of(step) {
                    text.chart-text x=(format!("{:.1}", x(at))) y=(canvas.height - 6.0) text-anchor=(anchor(at, last)) { (point.label) }
                }
            }
        }
    }
}

fn anchor(at: usize, last: usize) -> &'static str {
    match at {
        0 => "start",
        at if at == last => "end",
        _ => "middle",
    }
}

/// What fits left of the line: `2,000,000` as `2 M`.
fn short(value: u64) -> String {
    match value {
        1_000_000.. if value.is_multiple_of(1_000_000) => format!("{} M", count(value / 1_000_000)),
        1_000_000.. if value.is_multiple_of(1_000) => format!("{} k", count(value / 1_000)),
        _ => count(value),
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
    use super::{Point, line, nice, short};

    fn points(n: u64) -> Vec<Point> {
        (0..n).map(|n| Point { label: format!("day {n}"), value: n }).collect()
    }

    #[test]
    fn scales_end_above_the_highest_point_and_fit_beside_it() {
        for (most, scale) in [(1, 2), (2, 2), (3, 4), (7, 10), (11, 20), (99, 100), (250, 400)] {
            assert_eq!(nice(most), scale);
        }
        assert_eq!([short(200_000), short(2_000_000), short(1_500_000)], ["200,000", "2 M", "1,500 k"]);
    }

    #[test]
    fn a_line_of_one_point_or_none_is_drawn_without_a_fault() {
        for n in [0, 1, 2] {
            let drawn = line(&points(n), "said").into_string();
            assert!(
                drawn.contains("aria-label=\"said\"") && !drawn.contains("NaN") && !drawn.contains("inf"),
                "{drawn}"
            );
        }
    }

    #[test]
    fn the_last_point_has_a_label_on_every_screen() {
        for n in [1, 2, 5, 14, 20, 90] {
            let drawn = line(&points(n), "said").into_string();
            let label = format!(">day {}</text>", n - 1);
            assert_eq!(drawn.matches(&label).count(), 2, "{n}: {drawn}");
            assert!(drawn.matches("</text>").count() <= 2 * 3 + 8 + 3, "{n}: {drawn}");
        }
    }
}
