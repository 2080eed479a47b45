//! Relevance: which of the found rows come first.
//!
//! Three things count. A row whose code *is* what was typed comes first, whatever else it says; then codes
//! that start with it. Then BM25 (Robertson & Zaragoza 2009) over one field with the words of all columns,
//! which on product titles ranks better than a sum over fields. For words that no row has, codes within one
//! or two edits add as much as a rare word would.

use std::collections::HashMap;

use tantivy::query::{
    Bm25StatisticsProvider, BooleanQuery, BoostQuery, EnableScoring, Occur, Query as _, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet, TERMINATED, Term};

use super::columns::file::ColumnReader;
use super::error::SearchError;
use super::near::{Near, forgiven_edits};
use super::query::ast::Query;
use super::rowset::RowSet;
use super::view::{MatchMode, View};
use super::words::{Form, Words};
use crate::domain::column::ColumnType;
use crate::domain::fold::squeeze;
use crate::domain::scope::HiddenColumns;

/// What the very form of a word adds to its stem: `caps` finds `cap` too, and `caps` first. On 400 half titles of
/// papers NDCG@10 went from .930 to .946 with it (.948 with 1.0, which cost .02 on 112 restaurants).
const INFLECTED_WEIGHT: f32 = 0.3;
/// So many rows are ranked; the rest keep the file's order (DESIGN decision 3).
const RANKED: usize = 1_000;
/// A code that stands in more rows than this says little about any of them: brands, units, countries.
const SELECTIVE_ROWS: usize = 200;
/// Codes looked at for one text.
const MAX_CODES: usize = 2_000;
/// Texts of one query for which near codes are looked for: each is a pass over all codes.
const MAX_NEAR_NEEDLES: usize = 8;
/// Scores of the tiers above BM25, which stays in the hundreds.
const WHOLE_CODE: f32 = 1e6;
const CODE_START: f32 = 1e5;
const CODE_PART: f32 = 1e4;
/// What one edit and two edits keep of a rare word's weight, where little else was typed.
const NEAR_CODE: [f32; 3] = [1.0, 0.9, 0.6];
/// The same among the words of a title: there the model one digit off is another product.
const NEAR_CODE_AMONG_WORDS: [f32; 3] = [1.0, 0.3, 0.0];
/// From so many words on a query is a title.
const TITLE_WORDS: usize = 3;

struct Scores(HashMap<u32, f32, foldhash::fast::FixedState>);

impl Scores {
    fn add(&mut self, row: u32, score: f32) {
        *self.0.entry(row).or_insert(0.0) += score;
    }

    fn at_least(&mut self, row: u32, score: f32) {
        let kept = self.0.entry(row).or_insert(0.0);
        *kept = kept.max(score);
    }
}

/// The best of `rows`, best first.
pub(super) fn best(
    view: &View,
    query: &Query,
    mode: MatchMode,
    rows: &RowSet,
) -> Result<Vec<u32>, SearchError> {
    let words: Vec<&str> = query.words().collect();
    let tokens = tokens_of(&words);
    let mut scores = Scores(HashMap::default());
    let whole = words.join(" ");
    code_scores(view, &whole, rows, &mut scores);
    if mode == MatchMode::Any {
        for word in words.iter().filter(|_| words.len() > 1) {
            whole_code_scores(view, word, rows, &mut scores);
        }
    }
    let inflected = if view.hides_more() { Vec::new() } else { inflected_of(&words) };
    let mut ranked = bm25(view, &tokens, &inflected, rows)?;
    if mode == MatchMode::Any {
        near_code_scores(view, &words, rows, &mut scores);
    }
    // Rows below the best thousand are taken to score as little as the last of those.
    let floor = if ranked.len() < RANKED { 0.0 } else { ranked.last().map_or(0.0, |last| last.1) };
    for (row, score) in &mut ranked {
        *score += scores.0.remove(row).unwrap_or(0.0);
    }
    ranked.extend(scores.0.into_iter().map(|(row, score)| (row, score + floor)));
    ranked.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked.truncate(RANKED);
    Ok(ranked.into_iter().map(|(row, _)| row).collect())
}

/// All rows with some of the query's words, or with a code near one that no row has.
pub(super) fn with_any_word(view: &View, query: &Query) -> Result<RowSet, SearchError> {
    let words: Vec<&str> = query.words().collect();
    let mut rows = RowSet::empty(view.generation().rows());
    let has_tokens = !tokens_of(&words).is_empty();
    for word in &words {
        let mut met = RowSet::empty(view.generation().rows());
        let tokens = tokens_of(&[word]);
        if tokens.is_empty() && has_tokens {
            // The dash between two parts of a title.
            continue;
        }
        for token in tokens {
            for term in terms(view, &token) {
                for_each_row_with(view, &term, |row| met.insert(row))?;
            }
        }
        if !met.intersects(view.rows()) {
            // No word of any row: part of one, then, or a code with other punctuation.
            met.or(&view.meeting(&super::query::ast::Condition::Anywhere((*word).to_owned())));
        }
        rows.or(&met);
    }
    let mut scores = Scores(HashMap::default());
    code_scores(view, &words.join(" "), view.rows(), &mut scores);
    near_code_scores(view, &words, view.rows(), &mut scores);
    scores.0.keys().for_each(|row| rows.insert(*row));
    Ok(rows)
}

fn tokens_of(words: &[&str]) -> Vec<String> {
    let mut cutter = Words::default();
    let mut tokens: Vec<String> = Vec::new();
    for token in words.iter().flat_map(|word| cutter.of(word)) {
        if !tokens.contains(&token) {
            tokens.push(token);
        }
    }
    tokens
}

/// The words that differ from their stem, as they were typed.
fn inflected_of(words: &[&str]) -> Vec<String> {
    let mut cutter = Words::new(Form::Inflected);
    let mut inflected: Vec<String> = words.iter().flat_map(|word| cutter.of(word)).collect();
    inflected.sort_unstable();
    inflected.dedup();
    inflected
}

fn terms(view: &View, token: &str) -> Vec<Term> {
    let fields = view.generation().fields;
    // Its words are those of columns, too, that were hidden only later: they give no clue.
    if view.hides_more() {
        return Vec::new();
    }
    let mut terms = vec![Term::from_field_text(fields.shown, token)];
    if view.hidden_columns() == HiddenColumns::Shown {
        terms.push(Term::from_field_text(fields.hidden, token));
    }
    terms
}

/// Row numbers of each segment's documents.
fn rows_of_segments(view: &View) -> Result<&[Vec<u32>], SearchError> {
    let generation = view.generation();
    if let Some(rows) = generation.rows_of_segments.get() {
        return Ok(rows);
    }
    let mut segments = Vec::new();
    for segment in generation.words.segment_readers() {
        let column = segment.fast_fields().u64("row")?;
        segments.push((0..segment.max_doc()).map(|doc| column.first(doc).unwrap_or(0) as u32).collect());
    }
    Ok(generation.rows_of_segments.get_or_init(|| segments))
}

/// Calls `each` with the rows of the whole generation that have a term, in no order.
fn for_each_row_with(view: &View, term: &Term, mut each: impl FnMut(u32)) -> Result<(), SearchError> {
    let segments = rows_of_segments(view)?;
    for (segment, numbers) in view.generation().words.segment_readers().iter().zip(segments) {
        let index = segment.inverted_index(term.field())?;
        let Some(mut postings) = index
            .read_postings(term, IndexRecordOption::Basic)
            .map_err(SearchError::io("reading the word index"))?
        else {
            continue;
        };
        let mut doc = postings.doc();
        while doc != TERMINATED {
            each(numbers[doc as usize]);
            doc = postings.advance();
        }
    }
    Ok(())
}

/// How rare a word is among the reader's own rows: rows that they may not see change not even an order.
struct ScopedStatistics<'v> {
    view: &'v View,
}

/// Words of a row, for readers who do not see all rows; how long theirs are is stored nowhere.
const USUAL_WORDS: u64 = 24;

impl Bm25StatisticsProvider for ScopedStatistics<'_> {
    fn total_num_tokens(&self, _field: Field) -> tantivy::Result<u64> {
        Ok(self.total_num_docs()? * USUAL_WORDS)
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        // A rarity is a share: it has to be one of something.
        Ok(self.view.rows().count().max(1))
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        let mut count = 0;
        for_each_row_with(self.view, term, |row| count += u64::from(self.view.rows().contains(row)))
            .map_err(|error| tantivy::TantivyError::InternalError(error.to_string()))?;
        Ok(count)
    }
}

/// Scores in steps: the order in which a row's words are added up must not show.
const SCORE_STEPS: f32 = 4_096.0;

/// The best rows by BM25 with their scores.
fn bm25(
    view: &View,
    tokens: &[String],
    inflected: &[String],
    rows: &RowSet,
) -> Result<Vec<(u32, f32)>, SearchError> {
    let searcher = &view.generation().words;
    let parts: Vec<(Occur, Box<dyn tantivy::query::Query>)> = tokens
        .iter()
        .flat_map(|token| terms(view, token))
        .map(|term| {
            let query: Box<dyn tantivy::query::Query> =
                Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
            (Occur::Should, query)
        })
        .chain(inflected.iter().map(|word| {
            let term = Term::from_field_text(view.generation().fields.inflected, word);
            let query = TermQuery::new(term, IndexRecordOption::Basic);
            let query: Box<dyn tantivy::query::Query> =
                Box::new(BoostQuery::new(Box::new(query), INFLECTED_WEIGHT));
            (Occur::Should, query)
        }))
        .collect();
    if parts.is_empty() || searcher.num_docs() == 0 {
        return Ok(Vec::new());
    }
    let scoped = ScopedStatistics { view };
    let scoring = if view.rows().count() == u64::from(view.generation().rows()) {
        EnableScoring::enabled_from_searcher(searcher)
    } else {
        EnableScoring::enabled_from_statistics_provider(&scoped, searcher)
    };
    let weight = BooleanQuery::new(parts).weight(scoring)?;
    let segments = rows_of_segments(view)?;
    let mut best: Vec<(u32, f32)> = Vec::with_capacity(RANKED * 2);
    let mut threshold = f32::MIN;
    let better = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    for (segment, numbers) in searcher.segment_readers().iter().zip(segments) {
        weight.for_each_pruning(threshold, segment, &mut |doc, score| {
            let row = numbers[doc as usize];
            if rows.contains(row) {
                best.push((row, (score * SCORE_STEPS).round() / SCORE_STEPS));
                if best.len() == RANKED * 2 {
                    best.select_nth_unstable_by(RANKED - 1, better);
                    best.truncate(RANKED);
                    // Equal scores keep the file's order, so a score just below the worst must still come in.
                    threshold = best.iter().map(|found| found.1).fold(f32::MAX, f32::min) - 1.0 / SCORE_STEPS;
                }
            }
            threshold
        })?;
    }
    best.sort_unstable_by(better);
    best.truncate(RANKED);
    Ok(best)
}

fn code_columns(view: &View) -> impl Iterator<Item = ColumnReader<'_>> {
    view.visible()
        .iter()
        .map(|index| view.generation().columns.column(*index))
        .filter(|column| matches!(column.column().column_type, ColumnType::Code | ColumnType::Text))
}

/// What a column's cells are compared as: codes without punctuation, text as it is folded.
fn comparable<'c>(column: &ColumnReader<'c>, ordinal: u32) -> &'c [u8] {
    match column.column().column_type {
        ColumnType::Code => column.squeezed.get(ordinal),
        _ => column.folded.get(ordinal),
    }
}

/// Whole cells equal to what was typed come first, then those that start with it, then those that contain it;
/// the shorter the rest, the better. Only cells of few rows count.
fn code_scores(view: &View, whole: &str, rows: &RowSet, scores: &mut Scores) {
    let needle = squeeze(whole);
    if needle.is_empty() {
        return;
    }
    for column in code_columns(view) {
        let is_code = column.column().column_type == ColumnType::Code;
        let text = if is_code { needle.as_str() } else { whole };
        let blob = if is_code { &column.squeezed } else { &column.folded };
        let mut found = Vec::new();
        blob.containing(text.as_bytes(), |ordinal| found.push(ordinal));
        let tier = |ordinal: u32| {
            let cell = comparable(&column, ordinal);
            let length = text.len() as f32 / cell.len().max(1) as f32;
            if cell.len() == text.len() {
                // Typed with its own punctuation beats the same code punctuated otherwise.
                WHOLE_CODE + f32::from(u8::from(column.folded.get(ordinal) == whole.as_bytes()))
            } else if cell.starts_with(text.as_bytes()) {
                CODE_START * length
            } else {
                CODE_PART * length
            }
        };
        if found.len() > MAX_CODES {
            found.retain(|ordinal| is_in(&column, *ordinal, rows));
        }
        if found.len() > MAX_CODES {
            found.select_nth_unstable_by(MAX_CODES - 1, |a, b| tier(*b).total_cmp(&tier(*a)).then(a.cmp(b)));
            found.truncate(MAX_CODES);
        }
        for ordinal in found {
            let score = tier(ordinal) * if is_code { 1.0 } else { 0.5 };
            add_to_rows(&column, ordinal, rows, |row| scores.at_least(row, score));
        }
    }
}

/// Whether a word among others can only be meant as a code: `320` is a size as well, `w120` is not.
fn is_telling(squeezed: &str) -> bool {
    let digits = squeezed.bytes().filter(u8::is_ascii_digit).count();
    digits > 0 && ((digits < squeezed.len() && squeezed.len() > 2) || digits > 6)
}

/// Rows whose code is exactly this word.
fn whole_code_scores(view: &View, word: &str, rows: &RowSet, scores: &mut Scores) {
    let needle = squeeze(word);
    if !is_telling(&needle) {
        return;
    }
    for column in code_columns(view).filter(|column| column.column().column_type == ColumnType::Code) {
        column.squeezed.containing(needle.as_bytes(), |ordinal| {
            if column.squeezed.get(ordinal).len() == needle.len() {
                add_to_rows(&column, ordinal, rows, |row| scores.add(row, WHOLE_CODE / 10.0));
            }
        });
    }
}

/// Rows whose code is within one or two edits of a word that nothing matches, or of all words together.
fn near_code_scores(view: &View, words: &[&str], rows: &RowSet, scores: &mut Scores) {
    let weights = if words.len() < TITLE_WORDS { NEAR_CODE } else { NEAR_CODE_AMONG_WORDS };
    let whole = squeeze(&words.join(" "));
    let single = words.iter().map(|word| squeeze(word)).filter(|needle| is_telling(needle));
    let mut needles: Vec<String> = single
        .chain([whole].into_iter().filter(|whole| whole.bytes().any(|byte| byte.is_ascii_digit())))
        .filter(|needle| forgiven_edits(needle.len()) > 0)
        .collect();
    needles.sort_unstable();
    needles.dedup();
    needles.truncate(MAX_NEAR_NEEDLES);
    // As much as a word that stands in one row alone.
    let rare = (view.total() as f64 + 1.0).ln() as f32 * 2.2;
    for needle in needles {
        for (column, ordinal, edits) in near_codes(view, &needle) {
            let score = rare * weights[edits as usize];
            if score == 0.0 {
                continue;
            }
            add_to_rows(&column, ordinal, rows, |row| scores.add(row, score));
        }
    }
}

/// Codes of the reader's rows near a needle that is itself no part of any of them.
pub(super) fn near_codes<'v>(view: &'v View, needle: &str) -> Vec<(ColumnReader<'v>, u32, u32)> {
    let columns: Vec<_> =
        code_columns(view).filter(|column| column.column().column_type == ColumnType::Code).collect();
    let Some(near) = Near::new(needle.as_bytes(), forgiven_edits(needle.len())) else { return Vec::new() };
    for column in &columns {
        let mut known = false;
        column.squeezed.containing(needle.as_bytes(), |ordinal| {
            known = known || is_in(column, ordinal, view.rows());
        });
        if known {
            return Vec::new();
        }
    }
    let mut found = Vec::new();
    for column in columns {
        for ordinal in 0..column.distinct() {
            if let Some(edits) = near.edits_to(column.squeezed.get(ordinal))
                && is_in(&column, ordinal, view.rows())
            {
                found.push((column, ordinal, edits));
            }
        }
    }
    found.sort_by_key(|(_, _, edits)| *edits);
    found.truncate(MAX_CODES);
    found
}

/// Whether a row of the set has this cell.
pub(super) fn is_in(column: &ColumnReader<'_>, ordinal: u32, rows: &RowSet) -> bool {
    let stretch = column.rows_of_rank(column.rank_of[ordinal as usize]);
    stretch.iter().any(|row| rows.contains(*row) && column.ordinals.get(*row) == ordinal)
}

/// Calls `each` with the rows of a cell that few rows have.
fn add_to_rows(column: &ColumnReader<'_>, ordinal: u32, rows: &RowSet, mut each: impl FnMut(u32)) {
    let stretch = column.rows_of_rank(column.rank_of[ordinal as usize]);
    if stretch.len() > SELECTIVE_ROWS {
        return;
    }
    for row in stretch.iter().filter(|row| column.ordinals.get(**row) == ordinal && rows.contains(**row)) {
        each(*row);
    }
}
