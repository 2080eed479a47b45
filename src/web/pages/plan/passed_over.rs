//! What an address says that means nothing on a page of a plan: the page is shown without it, and says so.

use jiff::civil::Date;
use maud::{Markup, html};

use crate::domain::excerpt::excerpt;
use crate::domain::plan::Bucket;
use crate::web::extract::FormData;
use crate::web::ui::{icon, t_with};

/// What a parameter can say; nothing is always right.
#[derive(Debug, Clone, Copy)]
pub enum Says {
    /// Any text.
    Text,
    /// A day.
    Day,
    /// The number of a page.
    Page,
    /// Days, weeks or months.
    By,
    /// Numbers with commas between them.
    Lines,
    /// One of these words, perhaps after a minus.
    Word(&'static [&'static str]),
}

impl Says {
    fn can(self, text: &str) -> bool {
        match self {
            Self::Text => true,
            Self::Day => text.parse::<Date>().is_ok(),
            Self::Page => text.parse::<usize>().is_ok_and(|page| page > 0),
            Self::By => Bucket::of_word(text).is_some(),
            Self::Lines => text.split(',').all(|number| number.trim().parse::<u32>().is_ok()),
            Self::Word(words) => words.contains(&text.strip_prefix('-').unwrap_or(text)),
        }
    }
}

/// Parameters as the address has them, that are none of `known` or say what those cannot.
pub fn passed_over(query: &FormData, known: &[(&str, Says)]) -> Vec<String> {
    let means_nothing = |(name, value): &&(String, String)| {
        let says = known.iter().find(|(known, _)| known == name);
        says.is_none_or(|(_, says)| !value.is_empty() && !says.can(value))
    };
    let odd = query.pairs().iter().filter(means_nothing);
    odd.map(|(name, value)| excerpt(&format!("{name}={value}"))).collect()
}

/// As [`passed_over`], of the known ones alone: for pages whose address says more than what is looked at.
pub fn misread(query: &FormData, known: &[(&str, Says)]) -> Vec<String> {
    let mut odd = passed_over(query, known);
    odd.retain(|pair| known.iter().any(|(name, _)| pair.split('=').next() == Some(name)));
    odd
}

/// The notice about them.
pub fn notice(odd: &[String]) -> Markup {
    html! {
        @if !odd.is_empty() {
            div.notice.warn role="status" {
                (icon("triangle-alert"))
                p { (t_with("plan-passed-over", &[("n", odd.len().into()), ("names", odd.join(", ").into())])) }
            }
        }
    }
}
