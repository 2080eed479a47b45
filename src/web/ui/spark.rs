//! A small line without a scale, drawn on the server: how an amount went over time.

use std::fmt::Write;

use maud::{Markup, html};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 64.0;
const EDGE: f64 = 4.0;

/// An amount that held from an instant on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// From when on, in any unit of time.
    pub from: f64,
    /// How much.
    pub amount: f64,
}

/// A line in steps through amounts, the oldest first, up to `until`; `said` is what it shows, for who does not see it.
pub fn spark(levels: &[Level], until: f64, said: &str) -> Markup {
    let Some(first) = levels.first() else { return html! {} };
    let most = levels.iter().map(|level| level.amount).fold(0.0, f64::max);
    let least = levels.iter().map(|level| level.amount).fold(0.0, f64::min);
    let span = (until - first.from).max(f64::MIN_POSITIVE);
    let x = |at: f64| EDGE + (WIDTH - 2.0 * EDGE) * ((at - first.from) / span).clamp(0.0, 1.0);
    let height = (most - least).max(f64::MIN_POSITIVE);
    let y = |amount: f64| HEIGHT - EDGE - (HEIGHT - 2.0 * EDGE) * (amount - least) / height;
    let mut path = format!("M{:.1} {:.1}", x(first.from), y(first.amount));
    for level in &levels[1..] {
        let _ = write!(path, " H{:.1} V{:.1}", x(level.from), y(level.amount));
    }
    let _ = write!(path, " H{:.1}", x(until));
    let area = format!("{path} V{:.1} H{:.1} Z", y(least.min(0.0)), x(first.from));
    html! {
        svg.chart viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(said) preserveAspectRatio="none" {
            path.chart-area d=(area) {}
            path.chart-line d=(path) vector-effect="non-scaling-stroke" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Level, spark};

    #[test]
    fn a_line_goes_in_steps_and_survives_what_never_changes() {
        let level = |from, amount| Level { from, amount };
        let drawn = spark(&[level(0.0, 10.0), level(5.0, 0.0)], 10.0, "went").into_string();
        assert!(drawn.contains("M4.0 4.0 H360.0 V60.0 H716.0"), "{drawn}");
        for levels in [&[][..], &[level(3.0, 0.0)], &[level(3.0, 7.0), level(3.0, 7.0)], &[level(1.0, -2.0)]]
        {
            let drawn = spark(levels, 3.0, "").into_string();
            assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
        }
    }
}
