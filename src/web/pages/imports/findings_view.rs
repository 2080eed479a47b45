//! What the check of a whole file against the live data came to: how much would change, and what the guard found.

use maud::{Markup, html};

use super::show::Shown;
use crate::domain::dataset::Import;
use crate::domain::guard::{ChangeCounts, Judgement, Severity};
use crate::services::imports::guard::{SeenFinding, words};
use crate::services::imports::{findings_word, only_empty};
use crate::web::ui::format::count;
use crate::web::ui::{icon, t, t_with};

/// How many rows would come, change and go, with the way to see them one by one.
pub fn changes(import: &Import) -> Markup {
    let Some(Judgement { changes: Some(changes), .. }) = &import.judgement else { return html! {} };
    let ChangeCounts { changed, added, removed, unchanged } = *changes;
    html! {
        div.changes {
            span.change.added { "+" (count(added)) " " (t_with("changes-added", &[("n", added.into())])) }
            span.change.changed { "~" (count(changed)) " " (t_with("changes-changed", &[("n", changed.into())])) }
            span.change.removed { "−" (count(removed)) " " (t_with("changes-removed", &[("n", removed.into())])) }
            span.change { "=" (count(unchanged)) " " (t_with("changes-unchanged", &[("n", unchanged.into())])) }
            a href=(format!("/imports/{}/difference", import.id)) { (icon("rows-3")) (t("changes-show")) }
        }
    }
}

/// The findings, what holds the file back first.
pub fn findings(shown: &Shown) -> Markup {
    if shown.findings.is_empty() {
        return html! {};
    }
    html! {
        ul.findings {
            @for seen in &shown.findings {
                @let finding = &seen.finding;
                li class=(if finding.severity == Severity::Stop { "stop" } else { "note" }) {
                    (icon(if finding.severity == Severity::Stop { "circle-alert" } else { "info" }))
                    div {
                        p {
                            span.visually-hidden { (t(if finding.severity == Severity::Stop { "guard-stop" } else { "guard-note" })) ": " }
                            (words::sentence(finding, &count))
                        }
                        (examples(seen))
                    }
                }
            }
        }
    }
}

fn examples(SeenFinding { finding, others }: &SeenFinding) -> Markup {
    let others = words::others(finding, *others, &count);
    html! {
        @if !finding.examples.is_empty() || others.is_some() {
            p.examples {
                @for example in &finding.examples { code { (words::example(example, &count)) } " " }
                @if let Some(others) = others { (others) }
                @else if finding.after > finding.examples.len() as u64 { "…" }
            }
        }
    }
}

/// What is ticked before what is held back is published all the same. An empty file is asked about by itself.
pub fn anyway(import: &Import) -> Markup {
    let judgement = import.judgement.as_ref().filter(|judgement| judgement.stops() && !only_empty(import));
    html! {
        @if let Some(judgement) = judgement {
            label.check {
                // Not `required`: an unticked box would stop the form below from showing another reading.
                input #anyway type="checkbox" name="anyway" value=(findings_word(judgement)) form="mapping" aria-required="true";
                (t("guard-anyway"))
            }
        }
    }
}
