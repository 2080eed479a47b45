//! Words: how text becomes the tokens that relevance counts, the same for rows and for queries.
//!
//! Text is folded; runs of letters and digits are tokens; English words are stemmed (Porter2), tokens with
//! digits are not. Scripts written without spaces give pairs of neighbouring characters. A chunk such as
//! `CM-31578-96` also gives itself without punctuation, so that `CM3157896` is the same word.

use std::collections::HashMap;

use rust_stemmers::{Algorithm, Stemmer};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use crate::domain::fold::{fold_into, squeeze_into};

/// Longest token in bytes; longer ones are cut. An index term may have 65,530, no word needs them.
const MAX_TOKEN_BYTES: usize = 512;
/// Longest chunk, in bytes, that also counts as one word without its punctuation.
const MAX_CHUNK_BYTES: usize = 48;
/// Words whose stem is remembered: catalogues repeat themselves.
const REMEMBERED_STEMS: usize = 32_768;

/// Which words are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// All, English ones as their stems.
    Stems,
    /// Only those that differ from their stem, as they stand.
    Inflected,
}

/// Cuts text into words.
pub struct Words {
    form: Form,
    stemmer: Stemmer,
    stems: HashMap<Box<str>, Box<str>, foldhash::fast::FixedState>,
    folded: String,
    text: String,
    ends: Vec<usize>,
}

impl Default for Words {
    fn default() -> Self {
        Self::new(Form::Stems)
    }
}

impl Words {
    /// Words in this form.
    pub fn new(form: Form) -> Self {
        Self {
            form,
            stemmer: Stemmer::create(Algorithm::English),
            stems: HashMap::default(),
            folded: String::new(),
            text: String::new(),
            ends: Vec::new(),
        }
    }
}

impl Clone for Words {
    fn clone(&self) -> Self {
        Self::new(self.form)
    }
}

/// Letters of scripts that put no spaces between words.
fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1100..=0x11FF | 0x1780..=0x17FF | 0x3040..=0x30FF
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF)
}

impl Words {
    /// The words of `text`, in order.
    pub fn of(&mut self, text: &str) -> Vec<String> {
        self.cut(text);
        (0..self.ends.len()).map(|index| self.word(index).to_owned()).collect()
    }

    fn word(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.text[start..self.ends[index]]
    }

    fn cut(&mut self, text: &str) {
        self.text.clear();
        self.ends.clear();
        let mut folded = std::mem::take(&mut self.folded);
        folded.clear();
        fold_into(text, &mut folded);
        for chunk in folded.split_whitespace() {
            self.cut_chunk(chunk);
        }
        self.folded = folded;
    }

    fn cut_chunk(&mut self, chunk: &str) {
        let mut runs = 0;
        let mut has_digit = false;
        for run in chunk.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()) {
            runs += 1;
            if run.is_ascii() {
                let digits = run.bytes().any(|byte| byte.is_ascii_digit());
                has_digit |= digits;
                self.push(run, !digits);
            } else {
                self.cut_run(run);
            }
        }
        if runs > 1 && has_digit && chunk.len() <= MAX_CHUNK_BYTES && self.form == Form::Stems {
            squeeze_into(chunk, &mut self.text);
            self.ends.push(self.text.len());
        }
    }

    /// A run that is not ASCII: its unspaced stretches give pairs, the rest words.
    fn cut_run(&mut self, run: &str) {
        let mut rest = run;
        while let Some(first) = rest.chars().next() {
            let unspaced = is_unspaced(first);
            let end = rest.find(|c: char| is_unspaced(c) != unspaced).unwrap_or(rest.len());
            let (stretch, after) = rest.split_at(end);
            if unspaced {
                let places: Vec<usize> =
                    stretch.char_indices().map(|(at, _)| at).chain([stretch.len()]).collect();
                if places.len() == 2 {
                    self.push(stretch, false);
                }
                for pair in places.windows(3) {
                    self.push(&stretch[pair[0]..pair[2]], false);
                }
            } else {
                self.push(stretch, false);
            }
            rest = after;
        }
    }

    fn push(&mut self, word: &str, stem: bool) {
        let word = &word[..word.floor_char_boundary(MAX_TOKEN_BYTES)];
        let start = self.text.len();
        if !stem {
            self.text.push_str(word);
        } else if let Some(stem) = self.stems.get(word) {
            self.text.push_str(stem);
        } else {
            let stem = self.stemmer.stem(word);
            self.text.push_str(&stem);
            if self.stems.len() < REMEMBERED_STEMS {
                self.stems.insert(word.into(), stem.into());
            }
        }
        if self.form == Form::Inflected {
            let is_stem = self.text[start..] == *word;
            self.text.truncate(start);
            if is_stem {
                return;
            }
            self.text.push_str(word);
        }
        self.ends.push(self.text.len());
    }
}

/// The words of one text, as tantivy takes them.
pub struct WordStream<'w> {
    words: &'w Words,
    next: usize,
    token: Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        self.cut(text);
        WordStream { words: self, next: 0, token: Token::default() }
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        if self.next >= self.words.ends.len() {
            return false;
        }
        self.token.text.clear();
        self.token.text.push_str(self.words.word(self.next));
        self.token.position = self.next;
        self.next += 1;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::Words;

    fn words(text: &str) -> Vec<String> {
        Words::default().of(text)
    }

    #[test]
    fn words_are_folded_and_stemmed() {
        assert_eq!(words("Batteries, Größe"), ["batteri", "gross"]);
        assert_eq!(words("racks Racking"), ["rack", "rack"]);
    }

    #[test]
    fn a_code_is_also_one_word_without_its_punctuation() {
        assert_eq!(words("CM-31578-96"), ["cm", "31578", "96", "cm3157896"]);
        assert_eq!(words("CM3157896"), ["cm3157896"]);
        assert_eq!(words("heavy-duty"), ["heavi", "duti"]);
    }

    #[test]
    fn scripts_without_spaces_give_pairs() {
        assert_eq!(words("贴片电阻 10kΩ"), ["贴片", "片电", "电阻", "10kω"]);
        assert_eq!(words("阻"), ["阻"]);
    }

    #[test]
    fn a_huge_word_is_cut() {
        assert_eq!(words(&"é9".repeat(100_000))[0].len(), 512);
    }
}
