//! The words that text columns use, as they are spelled: what near spellings are looked for in. (The word
//! index has stems.)

use std::collections::HashSet;

use foldhash::fast::FixedState;

use crate::domain::fold::fold_into;

/// Words kept; a catalogue in one language has fewer.
const MAX_WORDS: usize = 250_000;
/// Shorter words have too many neighbours, longer ones are no words.
const LENGTHS: std::ops::RangeInclusive<usize> = 4..=48;

/// Distinct words.
#[derive(Default)]
pub(super) struct Vocabulary {
    words: HashSet<Box<str>, FixedState>,
    folded: String,
}

impl Vocabulary {
    /// Takes in the words of a cell.
    pub fn add(&mut self, cell: &str) {
        self.folded.clear();
        fold_into(cell, &mut self.folded);
        for word in self.folded.split(|c: char| !c.is_alphanumeric()) {
            if !LENGTHS.contains(&word.len()) || word.bytes().any(|byte| byte.is_ascii_digit()) {
                continue;
            }
            if self.words.len() < MAX_WORDS && !self.words.contains(word) {
                self.words.insert(word.into());
            }
        }
    }

    /// The words in order.
    pub fn sorted(self) -> Vec<Box<str>> {
        let mut words: Vec<_> = self.words.into_iter().collect();
        words.sort_unstable();
        words
    }
}
