//! The drawing of a chart: stock above, what comes in and goes out below it, on the same days.
//!
//! One drawing serves the page, with or without script, paper, and the file that is taken away: only its colours differ.

use std::fmt::Write;

use maud::{Markup, html};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::bars::{bars_of, draw_bars};
use super::scale::Scale;
use crate::domain::plan::Bucket;
use crate::domain::plan::bucket::BucketRow;
use crate::web::ui::{t, t_with, tokens};

/// What is drawn.
#[derive(Debug, Clone)]
pub struct Drawn<'d> {
    /// What it shows, in words.
    pub said: &'d str,
    /// How many days are drawn as one.
    pub bucket: Bucket,
    /// From left to right.
    pub rows: &'d [BucketRow],
}

/// Where the colours come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// The reader's theme.
    Page,
    /// The light theme, written into the drawing.
    File,
}

impl Palette {
    pub fn of(self, name: &str) -> String {
        match self {
            Self::Page => format!("var(--{name})"),
            Self::File => format!("#{}", tokens::light(name)),
        }
    }
}

/// How large it is. A drawing that shrinks takes its letters along, so a narrow screen has its own.
#[derive(Debug, Clone, Copy)]
pub struct Canvas {
    /// Its class on a page.
    pub class: &'static str,
    /// In units of the drawing.
    pub width: f64,
    /// Likewise.
    pub height: f64,
}

/// Of a page and of a file.
pub const WIDE: Canvas = Canvas { class: "chart wide-chart", width: 960.0, height: 320.0 };
/// Of a narrow page.
pub const NARROW: Canvas = Canvas { class: "chart narrow-chart", width: 340.0, height: 280.0 };

pub(super) const LEFT: f64 = 60.0;
const RIGHT: f64 = 8.0;
const BOTTOM: f64 = 24.0;
const GAP: f64 = 26.0;
/// Between two marks of the same kind.
const MARK_APART: f64 = 12.0;
const LEGEND_LINE: f64 = 20.0;
/// About the width of a letter.
const LETTER: f64 = 6.6;

pub(super) fn number(amount: Decimal) -> f64 {
    amount.to_f64().unwrap_or_default()
}

/// A part of the drawing with a scale of its own.
pub(super) struct Panel {
    top: f64,
    height: f64,
    scale: Scale,
}

impl Panel {
    pub fn y(&self, value: f64) -> f64 {
        self.top + self.height * (self.scale.high - value) / (self.scale.high - self.scale.low)
    }
}

/// The drawing as `<svg>`.
pub fn draw(drawn: &Drawn<'_>, canvas: &Canvas, palette: Palette) -> Markup {
    let Drawn { rows, bucket, said } = drawn;
    let width = canvas.width - LEFT - RIGHT;
    let band = width / rows.len().max(1) as f64;
    let (bar_bucket, bars) = bars_of(rows, *bucket, band);
    let legend = Legend::of(rows, canvas.width, (bar_bucket != *bucket).then_some(bar_bucket));
    let top = legend.lines as f64 * LEGEND_LINE + 8.0;
    let room = canvas.height - top - BOTTOM - GAP;
    let stock_values = rows.iter().flat_map(|row| {
        let reported = row.reported.map_or(row.lowest, |(_, amount)| amount);
        [row.projected, row.lowest, reported, row.safety].map(number)
    });
    let stock = Panel { top, height: room * 0.62, scale: Scale::of(stock_values, 4.0) };
    let flow_values = bars.iter().flat_map(|bar| [bar.production, bar.sales]).flatten().map(number);
    let flows =
        Panel { top: top + room * 0.62 + GAP, height: room * 0.38, scale: Scale::of(flow_values, 2.0) };
    let x = |at: usize| LEFT + band * (at as f64 + 0.5);
    let is_file = palette == Palette::File;
    let muted = palette.of("muted");
    html! {
        svg class=[(!is_file).then_some(canvas.class)] xmlns=[is_file.then_some("http://www.w3.org/2000/svg")]
            viewBox=(format!("0 0 {} {}", canvas.width, canvas.height)) role="img" aria-label=(said)
            width=[is_file.then_some(canvas.width)] height=[is_file.then_some(canvas.height)]
            data-left=[(!is_file).then_some(LEFT)] data-right=[(!is_file).then_some(canvas.width - RIGHT)]
            font-size="12" font-family=[is_file.then_some("system-ui, sans-serif")] {
            @if is_file { title { (said) } }
            (legend.draw(palette))
            @for panel in [&stock, &flows] { (grid(panel, canvas, palette)) }
            (safety(rows, &stock, band, palette))
            (below_zero(rows, &stock, &x, palette))
            (draw_bars(&bars, &flows, band, palette))
            path d=(line(rows.iter().enumerate().map(|(at, row)| (x(at), stock.y(number(row.projected))))))
                fill="none" stroke=(palette.of("fg")) stroke-width="2" stroke-linejoin="round" {}
            (reported(rows, &stock, &x, palette))
            @for (at, label) in dates(rows, *bucket, canvas) {
                text x=(coordinate(x(at))) y=(coordinate(canvas.height - 8.0)) fill=(muted) text-anchor=(anchor(x(at), canvas, &label)) { (label) }
            }
        }
    }
}

fn coordinate(value: f64) -> String {
    format!("{value:.1}")
}

/// A path through points.
pub fn line(points: impl Iterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    for (x, y) in points {
        let _ = write!(path, "{}{x:.1} {y:.1}", if path.is_empty() { "M" } else { "L" });
    }
    path
}

fn anchor(x: f64, canvas: &Canvas, label: &str) -> &'static str {
    let half = label.chars().count() as f64 * LETTER / 2.0;
    match x {
        x if x + half > canvas.width => "end",
        x if x - half < 0.0 => "start",
        _ => "middle",
    }
}

fn grid(panel: &Panel, canvas: &Canvas, palette: Palette) -> Markup {
    let (quiet, zero, text) = (palette.of("line"), palette.of("control"), palette.of("muted"));
    html! {
        @for mark in panel.scale.marks() {
            @let y = panel.y(mark);
            line x1=(LEFT) x2=(canvas.width - RIGHT) y1=(coordinate(y)) y2=(coordinate(y)) stroke=(if mark == 0.0 { &zero } else { &quiet }) {}
            text x=(LEFT - 8.0) y=(coordinate(y + 4.0)) text-anchor="end" fill=(text) { (panel.scale.label(mark)) }
        }
    }
}

/// From zero to the safety stock, with a dotted edge.
fn safety(rows: &[BucketRow], panel: &Panel, band: f64, palette: Palette) -> Markup {
    if rows.iter().all(|row| row.safety.is_zero()) {
        return html! {};
    }
    let mut edge = String::new();
    for (at, row) in rows.iter().enumerate() {
        let y = panel.y(number(row.safety));
        let from = LEFT + band * at as f64;
        let _ = match at {
            0 => write!(edge, "M{from:.1} {y:.1}H{:.1}", from + band),
            _ => write!(edge, "V{y:.1}H{:.1}", from + band),
        };
    }
    let zero = panel.y(0.0);
    html! {
        path d=(format!("{edge}V{zero:.1}H{LEFT:.1}Z")) fill=(palette.of("warn-bg")) {}
        path d=(edge) fill="none" stroke=(palette.of("warn")) stroke-dasharray="2 3" {}
    }
}

/// What is missing, between the stock and zero, and a mark where it begins to.
fn below_zero(rows: &[BucketRow], panel: &Panel, x: &impl Fn(usize) -> f64, palette: Palette) -> Markup {
    let is_out = |row: &BucketRow| row.lowest.is_sign_negative() && !row.lowest.is_zero();
    let values: Vec<f64> = rows.iter().map(|row| number(row.projected)).collect();
    let area = missing(&values, x, &|value| panel.y(value));
    let begins = (0..rows.len()).filter(|at| is_out(&rows[*at]) && (*at == 0 || !is_out(&rows[at - 1])));
    let (mut marks, mut last) = (String::new(), f64::MIN);
    for at in begins {
        // Marks that would lie over each other are one.
        if x(at) - last >= MARK_APART {
            marks.push_str(&triangle(x(at), panel.y(number(rows[at].lowest))));
            last = x(at);
        }
    }
    html! {
        @if !area.is_empty() { path d=(area) fill=(palette.of("bad")) fill-opacity=".25" {} }
        @if !marks.is_empty() { path d=(marks) fill=(palette.of("bad")) {} }
    }
}

/// The area between zero and values below it.
pub fn missing(values: &[f64], x: &impl Fn(usize) -> f64, y: &impl Fn(f64) -> f64) -> String {
    let zero = y(0.0);
    let mut area = String::new();
    for (at, pair) in values.windows(2).enumerate() {
        let (one, other) = (pair[0], pair[1]);
        if one >= 0.0 && other >= 0.0 {
            continue;
        }
        // Where the line crosses zero.
        let crossing = || x(at) + (x(at + 1) - x(at)) * one / (one - other);
        let left = if one > 0.0 { crossing() } else { x(at) };
        let right = if other > 0.0 { crossing() } else { x(at + 1) };
        let (first, second) = (y(one.min(0.0)), y(other.min(0.0)));
        let _ = write!(area, "M{left:.1} {zero:.1}V{first:.1}L{right:.1} {second:.1}V{zero:.1}Z");
    }
    area
}

/// A mark that points down to a place.
fn triangle(x: f64, y: f64) -> String {
    format!("M{x:.1} {y:.1}l-5 -9h10Z")
}

/// Dashed, with a ring on each that was reported, as long as there is room for them.
fn reported(rows: &[BucketRow], panel: &Panel, x: &impl Fn(usize) -> f64, palette: Palette) -> Markup {
    let points: Vec<(f64, f64)> = rows
        .iter()
        .enumerate()
        .filter_map(|(at, row)| row.reported.map(|(_, amount)| (x(at), panel.y(number(amount)))))
        .collect();
    let mut rings = String::new();
    if rows.len() < 2 || x(1) - x(0) >= MARK_APART {
        for (x, y) in &points {
            let _ = write!(rings, "M{:.1} {y:.1}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0", x - 3.0);
        }
    }
    html! {
        @if !points.is_empty() {
            path d=(line(points.into_iter())) fill="none" stroke=(palette.of("ok")) stroke-width="1.5" stroke-dasharray="5 4" {}
            @if !rings.is_empty() { path d=(rings) fill=(palette.of("surface")) stroke=(palette.of("ok")) stroke-width="1.5" {} }
        }
    }
}

/// Days that have a label, as many as have room; the first names its year.
fn dates(rows: &[BucketRow], bucket: Bucket, canvas: &Canvas) -> Vec<(usize, String)> {
    let room = ((canvas.width - LEFT - RIGHT) / 84.0).floor().max(1.0) as usize;
    let step = rows.len().div_ceil(room).max(1);
    let mut year = None;
    let label = |(at, row): (usize, &BucketRow)| {
        // The bucket at the edge may begin before the plan; what is seen of it begins with it.
        let name = bucket.name_of(row.start);
        let is_known = bucket != Bucket::Month
            && year.replace(name[..4].to_owned()).is_some_and(|year| name.starts_with(&year));
        (at, if is_known { name[5..].to_owned() } else { name })
    };
    rows.iter().enumerate().step_by(step).map(label).collect()
}

/// What stands for what.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Projected,
    Reported,
    Safety,
    Out,
    Production,
    Sales,
}

struct Legend {
    entries: Vec<(Sign, String, f64, f64)>,
    lines: usize,
}

impl Legend {
    /// What occurs, as many to a line as fit.
    /// `bars` says what the bars are of, where that is more than a row.
    fn of(rows: &[BucketRow], width: f64, bars: Option<Bucket>) -> Self {
        let has = |is: fn(&BucketRow) -> bool| rows.iter().any(is);
        let signs = [
            (Sign::Projected, "plan-projected", true),
            (Sign::Reported, "plan-reported", has(|row| row.reported.is_some())),
            (Sign::Safety, "plan-safety", has(|row| !row.safety.is_zero())),
            (Sign::Out, "plan-chart-out", has(|row| row.lowest < Decimal::ZERO)),
            (Sign::Production, "plan-production", true),
            (Sign::Sales, "plan-sales", true),
        ];
        let (mut entries, mut x, mut lines) = (Vec::new(), LEFT, 1);
        for (sign, id, _) in signs.into_iter().filter(|(.., occurs)| *occurs) {
            let text = match (sign, bars) {
                (Sign::Production | Sign::Sales, Some(bucket)) => {
                    t_with(&format!("plan-chart-each-{}", bucket.as_str()), &[("measure", t(id).into())])
                }
                _ => t(id),
            };
            let wide = 40.0 + text.chars().count() as f64 * LETTER;
            if x + wide > width && x > LEFT {
                (x, lines) = (LEFT, lines + 1);
            }
            entries.push((sign, text, x, (lines as f64 - 0.5) * LEGEND_LINE));
            x += wide;
        }
        Self { entries, lines }
    }

    fn draw(&self, palette: Palette) -> Markup {
        html! {
            @for (sign, text, x, y) in &self.entries {
                (sign.draw(*x, *y, palette))
                text x=(coordinate(x + 26.0)) y=(coordinate(y + 4.0)) fill=(palette.of("muted")) { (text) }
            }
        }
    }
}

impl Sign {
    fn draw(self, x: f64, y: f64, palette: Palette) -> Markup {
        let colour = palette.of(match self {
            Self::Projected => "fg",
            Self::Reported => "ok",
            Self::Safety => "warn",
            Self::Out => "bad",
            Self::Production | Self::Sales => "accent",
        });
        let across = format!("M{x:.1} {y:.1}h20");
        let block = format!("M{:.1} {:.1}h10v11h-10Z", x + 6.0, y - 5.5);
        html! {
            @match self {
                Self::Projected => path d=(across) stroke=(colour) stroke-width="2" {},
                Self::Reported => {
                    path d=(across) stroke=(colour) stroke-width="1.5" stroke-dasharray="5 4" {}
                    circle cx=(coordinate(x + 10.0)) cy=(coordinate(y)) r="3" fill=(palette.of("surface")) stroke=(colour) stroke-width="1.5" {}
                },
                Self::Safety => {
                    path d=(format!("M{x:.1} {:.1}h20v10h-20Z", y - 4.0)) fill=(palette.of("warn-bg")) {}
                    path d=(format!("M{x:.1} {:.1}h20", y - 4.0)) stroke=(colour) stroke-dasharray="2 3" {}
                },
                Self::Out => path d=(triangle(x + 12.0, y + 5.0)) fill=(colour) {},
                Self::Production => path d=(block) fill=(colour) {},
                Self::Sales => path d=(block) fill=(palette.of("surface")) stroke=(colour) {},
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn row(day: i8, projected: i64, reported: Option<i64>) -> BucketRow {
        let start = date(2026, 12, 29).checked_add(jiff::Span::new().days(i64::from(day))).unwrap();
        BucketRow {
            start,
            first: start,
            last: start,
            production: (day % 2 == 0).then_some(Decimal::TEN),
            sales: Some(Decimal::ONE),
            reported: reported.map(|amount| (start, amount.into())),
            projected: projected.into(),
            lowest: projected.into(),
            safety: Decimal::TWO,
            is_under_safety: projected < 2,
            gap: None,
        }
    }

    fn drawn(rows: &[BucketRow], canvas: &Canvas, palette: Palette) -> String {
        draw(&Drawn { said: "said", bucket: Bucket::Day, rows }, canvas, palette).into_string()
    }

    #[test]
    fn each_time_the_stock_runs_out_is_marked_once_and_the_rest_is_not() {
        let rows: Vec<_> =
            [5, -1, -3, 4, 0, -2].iter().zip(0..).map(|(stock, day)| row(day, *stock, None)).collect();
        let page = drawn(&rows, &WIDE, Palette::Page);
        assert_eq!(page.matches("l-5 -9h10Z").count(), 3, "two and the legend: {page}");
        assert!(
            page.contains("2026-12-29") && page.contains("2027-01-01") && page.contains(">12-30<"),
            "{page}"
        );
        let fine = drawn(&rows[..1], &WIDE, Palette::Page);
        assert!(!fine.contains("var(--bad)") && !fine.contains("var(--ok)"), "{fine}");
    }

    #[test]
    fn a_file_has_its_colours_and_a_page_those_of_the_reader() {
        let rows = [row(0, 5, Some(4)), row(1, 3, None)];
        for canvas in [WIDE, NARROW] {
            let file = drawn(&rows, &canvas, Palette::File);
            assert!(!file.contains("var(") && !file.contains("class="), "{file}");
            assert!(file.contains("xmlns=") && file.contains("<title>said</title>"), "{file}");
            let page = drawn(&rows, &canvas, Palette::Page);
            assert!(!page.contains('#') && !page.contains("style="), "{page}");
        }
    }

    #[test]
    fn bars_that_would_be_too_thin_are_those_of_weeks_or_months_and_the_legend_says_so() {
        let year: Vec<_> = (0..120).map(|day| row(day, 5, None)).collect();
        // 120 days: wide enough by day on a page, not on a narrow one.
        let bars = |rows: &[BucketRow], canvas: &Canvas| {
            let page = drawn(rows, canvas, Palette::Page);
            let path =
                page.split("fill=\"var(--accent)\"").nth(1).unwrap().rsplit("<path d=\"").next().unwrap();
            (path.matches('Z').count(), page)
        };
        let (days, page) = bars(&year, &WIDE);
        assert!(page.contains(">Production<"), "{page}");
        let (weeks, page) = bars(&year, &NARROW);
        assert!(page.contains(">Production, each week<") && page.contains(">Sales, each week<"), "{page}");
        assert_eq!((days, weeks), (60, 18));
        let one = bars_of(&year, Bucket::Day, 1.0);
        assert_eq!((one.0, one.1[0].rows, one.1[0].sales), (Bucket::Week, 6, Some(Decimal::from(6))));
        assert_eq!(bars_of(&year, Bucket::Day, 0.5).0, Bucket::Month);
        assert_eq!(bars_of(&year, Bucket::Week, 2.0).0, Bucket::Month);
    }

    #[test]
    fn nothing_and_too_much_are_drawn_without_a_fault() {
        let many: Vec<_> = (0..120).map(|day| row(day, i64::from(day) - 60, Some(1))).collect();
        for rows in [&[][..], &many[..1], &many] {
            for canvas in [WIDE, NARROW] {
                let page = drawn(rows, &canvas, Palette::Page);
                assert!(!page.contains("NaN") && !page.contains("inf"), "{page}");
            }
        }
    }
}
