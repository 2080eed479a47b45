//! The text that Prometheus reads (exposition format 0.0.4). Written here, because it is three kinds of lines: a crate for
//! it would bring a registry, locks and macros along for what the site keeps in its own places anyway.

use std::fmt::Write;

/// What an answer in this format is called.
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How a family's values behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, until the process ends. Its name ends in `_total`.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Observations counted up to bounds.
    Histogram,
}

/// A text being written. Families come one after the other, each with all of its samples.
#[derive(Debug, Default)]
pub struct Exposition {
    text: String,
    family: &'static str,
}

impl Exposition {
    /// Begins a family. `help` is one line.
    pub fn family(&mut self, name: &'static str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        self.family = name;
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// A family of one value without labels.
    pub fn single(&mut self, name: &'static str, kind: Kind, help: &str, value: f64) {
        self.family(name, kind, help);
        self.sample(&[], value);
    }

    /// A value of the family that was begun last.
    pub fn sample(&mut self, labels: &[(&str, &str)], value: f64) {
        self.line("", labels, value);
    }

    /// A histogram of the family that was begun last: how many observations lie at or below each bound, how many there were,
    /// and their sum.
    pub fn histogram(&mut self, labels: &[(&str, &str)], upto: &[(&str, u64)], count: u64, sum: f64) {
        for (bound, observed) in upto.iter().copied().chain([("+Inf", count)]) {
            let labels: Vec<_> = labels.iter().copied().chain([("le", bound)]).collect();
            self.line("_bucket", &labels, observed as f64);
        }
        self.line("_sum", labels, sum);
        self.line("_count", labels, count as f64);
    }

    fn line(&mut self, suffix: &str, labels: &[(&str, &str)], value: f64) {
        let _ = write!(self.text, "{}{suffix}", self.family);
        for (at, (name, value)) in labels.iter().enumerate() {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.text, "{}{name}=\"{value}\"", if at == 0 { '{' } else { ',' });
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.text, "{end} {value}");
    }

    /// All of it.
    pub fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::{Exposition, Kind};

    #[test]
    fn what_a_label_may_hold_is_escaped() {
        let mut text = Exposition::default();
        text.family("a_total", Kind::Counter, "Help.");
        text.sample(&[("x", "a\"b\\c\nd"), ("y", "")], 2.0);
        text.family("h_seconds", Kind::Histogram, "More.");
        text.histogram(&[("r", "/")], &[("0.5", 1)], 2, 1.25);
        let expected = "# HELP a_total Help.\n# TYPE a_total counter\na_total{x=\"a\\\"b\\\\c\\nd\",y=\"\"} 2\n\
                        # HELP h_seconds More.\n# TYPE h_seconds histogram\nh_seconds_bucket{r=\"/\",le=\"0.5\"} 1\n\
                        h_seconds_bucket{r=\"/\",le=\"+Inf\"} 2\nh_seconds_sum{r=\"/\"} 1.25\nh_seconds_count{r=\"/\"} 2\n";
        assert_eq!(text.finish(), expected);
    }
}
