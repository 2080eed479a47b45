//! One line read with care about its quotes: each opens a cell only where another closes it before a delimiter on
//! the same line, and is a character otherwise. For records in which a stray quote is suspected.

use std::borrow::Cow;

use memchr::memmem;

use crate::domain::profile::Blanks;

/// Bytes of `text` before its first line end.
pub(super) fn first_line_len(text: &str) -> usize {
    memchr::memchr2(b'\n', b'\r', text.as_bytes()).unwrap_or(text.len())
}

/// Bytes of the line end that `text` begins with.
pub(super) fn line_end_len(text: &str) -> usize {
    match text.as_bytes() {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

/// How cells are told apart: as in the rest of the file.
#[derive(Clone, Copy)]
pub(super) struct Marks<'d> {
    pub delimiter: &'d [u8],
    pub quote: u8,
    pub blanks: Blanks,
    /// Two quotes in a row within a quoted cell stand for one. Otherwise the second may close the cell.
    pub pairs: bool,
}

/// The cells of `line` if it has `usual` of them.
pub(super) fn cells_if<'l>(line: &'l str, marks: Marks<'_>, usual: usize) -> Option<Vec<Cow<'l, str>>> {
    [true, false]
        .into_iter()
        .map(|pairs| cells_of(line, Marks { pairs, ..marks }))
        .find(|cells| cells.len() == usual)
}

/// True where each line of `text` is a record of `usual` cells.
pub(super) fn are_records(text: &str, marks: Marks<'_>, usual: usize) -> bool {
    let mut lines = text.split(['\n', '\r']).filter(|line| !line.is_empty()).peekable();
    lines.peek().is_some() && lines.all(|line| cells_if(line, marks, usual).is_some())
}

/// The cells of `line`.
fn cells_of<'l>(line: &'l str, marks: Marks<'_>) -> Vec<Cow<'l, str>> {
    let Marks { delimiter, quote, blanks, .. } = marks;
    let mut cells = Vec::new();
    let mut at = 0;
    loop {
        let start = match delimiter {
            b" " => at,
            _ => line.len() - line[at..].trim_start_matches(' ').len(),
        };
        let end = if line.as_bytes().get(start) == Some(&quote) { closing(line, start, marks) } else { None };
        let next = if let Some((end, next)) = end {
            let mark = char::from(quote);
            let text = &line[start + 1..end];
            let doubled = [mark, mark].iter().collect::<String>();
            cells.push(if text.contains(&doubled) {
                Cow::Owned(text.replace(&doubled, mark.encode_utf8(&mut [0; 4])))
            } else {
                Cow::Borrowed(text)
            });
            next
        } else {
            let end = memmem::find(&line.as_bytes()[at..], delimiter).map(|found| at + found);
            let text = &line[at..end.unwrap_or(line.len())];
            cells.push(Cow::Borrowed(if blanks == Blanks::Kept {
                text
            } else {
                text.trim_start_matches(' ')
            }));
            end.map(|end| end + delimiter.len())
        };
        match next {
            Some(next) => at = next,
            None => return cells,
        }
    }
}

/// The quote that closes the cell whose quote opens at `start`, and where the next cell begins, if there is one.
/// `None` where another quoted cell seems to begin before the first is closed.
fn closing(line: &str, start: usize, marks: Marks<'_>) -> Option<(usize, Option<usize>)> {
    let Marks { delimiter, quote, pairs, .. } = marks;
    let bytes = line.as_bytes();
    let mut within = start + 1;
    for found in memchr::memchr_iter(quote, &bytes[start + 1..]) {
        let at = start + 1 + found;
        if at < within {
            continue;
        }
        let rest = &bytes[at + 1..];
        if pairs && rest.first() == Some(&quote) {
            within = at + 2;
            continue;
        }
        let blanks =
            if delimiter == b" " { 0 } else { rest.iter().take_while(|byte| **byte == b' ').count() };
        if rest.len() == blanks {
            return Some((at, None));
        }
        if rest[blanks..].starts_with(delimiter) {
            return Some((at, Some(at + 1 + blanks + delimiter.len())));
        }
        // A doubled quote stands within; a single one after a delimiter opens a cell.
        if at > start + 1 && bytes[..at].ends_with(delimiter) && rest.first() != Some(&quote) {
            return None;
        }
    }
    None
}
