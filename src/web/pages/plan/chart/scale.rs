//! The scale beside a chart: round numbers, as few as can be read, with zero among them.

use crate::web::ui::format::group;

/// From where to where a scale goes, and how far its marks are apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The lowest mark.
    pub low: f64,
    /// The highest.
    pub high: f64,
    /// Between two marks: 1, 2 or 5 times a power of ten.
    pub step: f64,
}

impl Scale {
    /// A scale that has all of `values` and zero, with about `parts` steps.
    pub fn of(values: impl Iterator<Item = f64>, parts: f64) -> Self {
        let (low, high) =
            values.fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        let high = if high > low { high } else { 1.0 };
        let raw = (high - low) / parts;
        let size = 10_f64.powf(raw.log10().floor());
        let step = [1.0, 2.0, 5.0].into_iter().find(|n| n * size >= raw * 0.999).unwrap_or(10.0) * size;
        Self { low: (low / step).floor() * step, high: (high / step).ceil() * step, step }
    }

    /// The marks, from the lowest on.
    pub fn marks(self) -> impl Iterator<Item = f64> {
        let first = (self.low / self.step).round();
        let count = ((self.high - self.low) / self.step).round() as usize;
        (0..=count).map(move |at| (first + at as f64) * self.step)
    }

    /// What stands beside a mark: up to 9,999 as it is, above that in thousands, millions, …, whichever the highest mark has at
    /// least one of, so that no mark has more than four digits: `1.5 M`.
    pub fn label(self, mark: f64) -> String {
        let (unit, word) = match self.high.abs().max(self.low.abs()) {
            1e12.. => (1e12, " tn"),
            1e9.. => (1e9, " bn"),
            1e6.. => (1e6, " M"),
            1e4.. => (1e3, " k"),
            _ => (1.0, ""),
        };
        let word = if mark == 0.0 { "" } else { word };
        let step = self.step / unit;
        let decimals = if step < 0.999 && mark != 0.0 { (-step.log10()).ceil() as usize } else { 0 };
        let plain = group(&format!("{:.decimals$}", (mark / unit).abs()));
        format!("{}{plain}{word}", if mark < 0.0 { "−" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::Scale;

    fn labels(values: &[f64], parts: f64) -> Vec<String> {
        let scale = Scale::of(values.iter().copied(), parts);
        scale.marks().map(|mark| scale.label(mark)).collect()
    }

    #[test]
    fn marks_are_round_numbers_around_all_values_and_zero() {
        assert_eq!(labels(&[3.0, 17.0], 4.0), ["0", "5", "10", "15", "20"]);
        assert_eq!(labels(&[-4.0, 3.0], 4.0), ["−4", "−2", "0", "2", "4"]);
        assert_eq!(labels(&[-4.0], 2.0), ["−4", "−2", "0"]);
        assert_eq!(labels(&[0.25], 2.0), ["0", "0.2", "0.4"]);
        assert_eq!(labels(&[12_000.0], 3.0), ["0", "5 k", "10 k", "15 k"]);
        assert_eq!(labels(&[3e6], 3.0), ["0", "1 M", "2 M", "3 M"]);
        assert_eq!(labels(&[1_200.0], 3.0), ["0", "500", "1,000", "1,500"]);
        assert_eq!(labels(&[], 2.0), ["0", "0.5", "1.0"]);
        assert_eq!(labels(&[1_200_000.0], 3.0), ["0", "0.5 M", "1.0 M", "1.5 M"]);
        assert_eq!(labels(&[-900e9, 1e12], 4.0), ["−1.0 tn", "−0.5 tn", "0", "0.5 tn", "1.0 tn"]);
        assert_eq!(labels(&[8e9], 4.0), ["0", "2 bn", "4 bn", "6 bn", "8 bn"]);
        assert_eq!(labels(&[1e16], 2.0), ["0", "5,000 tn", "10,000 tn"]);
    }
}
