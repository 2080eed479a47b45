//! What is told of a file, beside it.

use serde_json::json;

use crate::base::text::{t, t_with};
use crate::domain::dataset::Import;
use crate::domain::feed::{TakenFile, Verdict};
use crate::domain::user::turns_text;
use crate::services::imports::guard::words;

/// How a file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Published,
    Unchanged,
    Quarantined,
    Failed,
    Cancelled,
    Refused,
}

impl Outcome {
    pub(super) fn is_good(self) -> bool {
        matches!(self, Self::Published | Self::Unchanged)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Unchanged => "unchanged",
            Self::Quarantined => "quarantined",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Refused => "refused",
        }
    }
}

/// The report, for programs and for people.
pub(super) fn report(taken: &TakenFile, outcome: Outcome, import: Option<&Import>) -> (String, String) {
    let file = String::from_utf8_lossy(&taken.path);
    let reason = match &taken.verdict {
        Verdict::Refused(why) => Some(why.clone()),
        _ => import.and_then(|import| import.error.clone()),
    };
    let findings = import
        .and_then(|import| import.judgement.as_ref())
        .map(|judgement| judgement.findings.iter().map(|finding| finding.rule.word()).collect::<Vec<_>>());
    let json = json!({
        "file": file,
        "outcome": outcome.word(),
        "reason": reason,
        "dataset": taken.dataset,
        "import": import.map(|import| import.id),
        "findings": findings.unwrap_or_default(),
        "sha256": taken.sha256,
        "bytes": taken.looks.bytes,
        "taken_at": taken.taken_at.to_string(),
        "ended_at": import.map(|import| import.updated_at.to_string()),
        "rows_read": import.map(|import| import.rows_read),
        "rows_published": import.map(|import| import.rows_published),
        "rows_rejected": import.map(|import| import.rows_rejected),
        "problems": import.map(|import| import.problem_count),
    });
    let mut lines = vec![t_with(&format!("feed-report-{}", outcome.word()), &[("file", file.into())])];
    lines.extend(reason);
    if let Some(dataset) = &taken.dataset {
        lines.push(t_with("feed-report-dataset", &[("dataset", dataset.as_str().into())]));
    }
    if let Some(import) = import {
        let values = [
            ("read", import.rows_read.into()),
            ("published", import.rows_published.into()),
            ("rejected", import.rows_rejected.into()),
        ];
        lines.push(t_with("feed-report-rows", &values));
        if outcome == Outcome::Quarantined {
            let found = import.judgement.iter().flat_map(|judgement| &judgement.findings);
            let sentences = found.map(|finding| words::sentence(finding, &str::to_owned));
            lines.extend(
                sentences.map(|sentence| t_with("feed-report-finding", &[("finding", sentence.into())])),
            );
        }
        lines.push(t_with("feed-report-page", &[("page", format!("/imports/{}", import.id).into())]));
    }
    lines.push(t("feed-report-end"));
    let lines: Vec<String> = lines.iter().map(|line| visible(line)).collect();
    (format!("{json:#}\n"), lines.join("\n") + "\n")
}

/// One line, with what ends lines, steers a terminal or turns the text around written out: a name of a file may hold all
/// of it.
fn visible(line: &str) -> String {
    let written = |c: char| -> String {
        let is_seen = !c.is_control() && !turns_text(c) && !matches!(c, '\u{2028}' | '\u{2029}');
        if is_seen { c.to_string() } else { c.escape_default().to_string() }
    };
    line.chars().map(written).collect()
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn what_steers_a_terminal_is_written_out() {
        assert_eq!(
            visible("a\r\nb\u{1b}[2J\u{9b}\u{202e}vsc.csv"),
            "a\\r\\nb\\u{1b}[2J\\u{9b}\\u{202e}vsc.csv"
        );
        assert_eq!(visible("Größe „7“ \\ 日本.csv"), "Größe „7“ \\ 日本.csv");
    }
}
