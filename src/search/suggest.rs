//! Near spellings of what was typed, from what the reader may see.

use super::error::SearchError;
use super::near::{Near, forgiven_edits};
use super::query::ast::Condition;
use super::rank::near_codes;
use super::view::{Found, SearchRequest, View};
use crate::domain::fold::squeeze;

/// How many spellings are offered.
const MAX_SUGGESTIONS: usize = 5;
/// Near words that are looked up in the reader's rows: each costs a search.
const MAX_LOOKED_UP: usize = 100;
/// Those found there that are tried in place of what was typed.
const MAX_TRIED: usize = 50;

impl View {
    /// Queries that find something, near the one that found nothing. Empty where something was found.
    ///
    /// # Errors
    /// As [`View::search`].
    pub fn suggestions(&self, request: &SearchRequest, found: &Found) -> Result<Vec<String>, SearchError> {
        if found.matched > 0 {
            return Ok(Vec::new());
        }
        let mut offered: Vec<String> = Vec::new();
        // The whole query as one code: the commonest slip in a part number typed with spaces.
        let whole = found.query.words().collect::<Vec<_>>().join(" ");
        let only_words = found.query.words().count() == found.query.terms.len();
        if only_words {
            offered.extend(self.codes_near(&squeeze(&whole)));
        }
        for (index, term) in found.query.terms.iter().enumerate() {
            let Condition::Anywhere(word) = &term.condition else { continue };
            if term.negated || self.meeting(&term.condition).intersects(self.rows()) {
                continue;
            }
            let mut spellings = self.codes_near(&squeeze(word));
            spellings.extend(self.words_near(word));
            for spelling in spellings {
                let texts: Vec<String> = found
                    .query
                    .terms
                    .iter()
                    .enumerate()
                    .map(
                        |(other, term)| {
                            if other == index { quote(&spelling) } else { term.text.trim().to_owned() }
                        },
                    )
                    .collect();
                offered.push(texts.join(" "));
            }
        }
        let mut kept: Vec<String> = Vec::new();
        for query in offered {
            if kept.len() == MAX_SUGGESTIONS {
                break;
            }
            let finds = self.matching(&SearchRequest { query: query.clone(), ..request.clone() })?;
            if !finds.is_empty() && !kept.contains(&query) {
                kept.push(query);
            }
        }
        Ok(kept)
    }

    /// Codes near this one that stand in a row of the reader's, nearest first.
    fn codes_near(&self, needle: &str) -> Vec<String> {
        let near = near_codes(self, needle).into_iter();
        near.take(MAX_SUGGESTIONS).map(|(column, ordinal, _)| column.cell(ordinal).to_owned()).collect()
    }

    /// Words near this one that stand in a row of the reader's, nearest first. The vocabulary is that of all
    /// rows, so how common a word is may not count: it would tell of rows that the reader may not see.
    fn words_near(&self, word: &str) -> Vec<String> {
        let Some(near) = Near::new(word.as_bytes(), forgiven_edits(word.len())) else { return Vec::new() };
        let words = self.generation().columns.vocabulary();
        let mut found: Vec<_> = (0..words.values())
            .filter_map(|index| {
                let edits = near.edits_to(words.get(index))?;
                Some((edits, index))
            })
            .collect();
        found.sort_unstable();
        found
            .into_iter()
            .take(MAX_LOOKED_UP)
            .map(|(_, index)| String::from_utf8_lossy(words.get(index)).into_owned())
            .filter(|near| self.meeting(&Condition::Anywhere(near.clone())).intersects(self.rows()))
            .take(MAX_TRIED)
            .collect()
    }
}

/// A spelling as it is typed in a query.
fn quote(text: &str) -> String {
    if text.contains(char::is_whitespace) || text.starts_with('-') || text.contains(':') {
        format!("\"{}\"", text.replace('"', " "))
    } else {
        text.to_owned()
    }
}
