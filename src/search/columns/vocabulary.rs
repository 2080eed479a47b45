//! The words that text columns use, as they are spelled: what near spellings are looked for in. (The word
//! index has stems.)

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::domain::fold::fold_into;

/// Words kept; a catalogue in one language has fewer.
const MAX_WORDS: usize = 250_000;
/// Shorter words have too many neighbours, longer ones are no words.
const LENGTHS: std::ops::RangeInclusive<usize> = 4..=48;

/// Distinct words with the number of distinct cells that have them.
#[derive(Default)]
pub(super) struct Vocabulary {
    words: HashMap<Box<str>, u32, FixedState>,
    folded: String,
}

impl Vocabulary {
    /// Counts the words of a cell.
    pub fn add(&mut self, cell: &str) {
        self.folded.clear();
        fold_into(cell, &mut self.folded);
        for word in self.folded.split(|c: char| !c.is_alphanumeric()) {
            if !LENGTHS.contains(&word.len()) || word.bytes().any(|byte| byte.is_ascii_digit()) {
                continue;
            }
            if let Some(count) = self.words.get_mut(word) {
                *count = count.saturating_add(1);
            } else if self.words.len() < MAX_WORDS {
                self.words.insert(word.into(), 1);
            }
        }
    }

    /// The words in order.
    pub fn sorted(self) -> Vec<(Box<str>, u32)> {
        let mut words: Vec<_> = self.words.into_iter().collect();
        words.sort_unstable();
        words
    }
}
