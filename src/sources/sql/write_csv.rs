//! Rows as CSV. Nothing is left out: a table that grows beyond a limit ends the run.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use crate::base::hex;
use crate::sources::{Sink, http};

/// Bytes that are handed on together.
const BLOCK_BYTES: usize = 64 << 10;
/// Characters that some reader of such files takes for more than themselves.
const SPECIAL: [char; 7] = [',', ';', '\t', '|', '"', '\n', '\r'];

/// A value of a row; `None` is NULL and is written like an empty text.
pub(super) type Cell<'c> = Option<Cow<'c, str>>;

/// Writes rows into a sink.
pub(super) struct CsvRows<'a, 's> {
    sink: &'a mut Sink<'s>,
    buffer: Vec<u8>,
    bytes: u64,
    rows: u64,
    columns: Option<usize>,
    max_bytes: u64,
    max_rows: u64,
    /// Sum of the hashes of all rows, so that their order does not count.
    sum: [u64; 4],
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// Rows below the header.
    pub(super) rows: u64,
    /// Bytes of all.
    pub(super) bytes: u64,
    /// The same for the same rows in any order.
    pub(super) digest: String,
}

impl<'a, 's> CsvRows<'a, 's> {
    pub(super) fn new(sink: &'a mut Sink<'s>, max_bytes: u64, max_rows: u64) -> Self {
        let buffer = Vec::with_capacity(BLOCK_BYTES * 2);
        Self { sink, buffer, bytes: 0, rows: 0, columns: None, max_bytes, max_rows, sum: [0; 4] }
    }

    /// The names of the columns, before any row.
    pub(super) fn header(&mut self, names: &[String]) -> Result<(), String> {
        self.columns = Some(names.len());
        self.line(names.iter().map(|name| Some(Cow::Borrowed(name.as_str()))))
    }

    /// The next row.
    pub(super) fn row<'c>(&mut self, cells: impl Iterator<Item = Cell<'c>>) -> Result<(), String> {
        self.rows += 1;
        if self.rows > self.max_rows {
            let max_rows = self.max_rows;
            return Err(format!(
                "the query brings more than {max_rows} rows; raise `import.max_rows` if it should"
            ));
        }
        self.line(cells)
    }

    /// How many rows there are.
    pub(super) fn count(&self) -> u64 {
        self.rows
    }

    fn line<'c>(&mut self, cells: impl Iterator<Item = Cell<'c>>) -> Result<(), String> {
        let begin = self.buffer.len();
        let mut count = 0;
        for cell in cells {
            if count > 0 {
                self.buffer.push(b',');
            }
            count += 1;
            write_cell(&mut self.buffer, cell.as_deref().unwrap_or_default());
        }
        if self.buffer.len() == begin {
            // Else a lone empty value would be an empty line, which is no row.
            self.buffer.extend_from_slice(b"\"\"");
        }
        self.buffer.push(b'\n');
        if self.columns != Some(count) {
            let expected = self.columns.unwrap_or_default();
            return Err(format!("row {} has {count} values, and there are {expected} columns", self.rows));
        }
        let hash: [u8; 32] = Sha256::digest(&self.buffer[begin..]).into();
        for (sum, part) in self.sum.iter_mut().zip(hash.as_chunks::<8>().0) {
            *sum = sum.wrapping_add(u64::from_le_bytes(*part));
        }
        if self.buffer.len() >= BLOCK_BYTES { self.hand_on() } else { Ok(()) }
    }

    fn hand_on(&mut self) -> Result<(), String> {
        self.bytes += self.buffer.len() as u64;
        if self.bytes > self.max_bytes {
            return Err(http::too_large(self.max_bytes));
        }
        (self.sink)(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    /// Hands on the rest.
    pub(super) fn finish(mut self) -> Result<Written, String> {
        self.hand_on()?;
        let digest: Vec<u8> = self.sum.iter().flat_map(|part| part.to_le_bytes()).collect();
        let digest = format!("rows {} {}", self.rows, hex::encode(&digest));
        Ok(Written { rows: self.rows, bytes: self.bytes, digest })
    }
}

fn write_cell(into: &mut Vec<u8>, text: &str) {
    let is_plain = !text.contains(SPECIAL) && !text.starts_with([' ', '\'']) && !text.ends_with(' ');
    if is_plain {
        into.extend_from_slice(text.as_bytes());
        return;
    }
    into.push(b'"');
    for byte in text.bytes() {
        if byte == b'"' {
            into.push(b'"');
        }
        into.push(byte);
    }
    into.push(b'"');
}

/// Bytes as text.
pub(super) fn bytes_as_text(bytes: &[u8]) -> Cow<'static, str> {
    Cow::Owned(hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::{Cell, CsvRows, Written};

    fn written(rows: &[&[Option<&str>]], max_bytes: u64, max_rows: u64) -> (Result<Written, String>, String) {
        let mut got = Vec::new();
        let mut sink = |bytes: &[u8]| {
            got.extend_from_slice(bytes);
            Ok(())
        };
        let mut table = CsvRows::new(&mut sink, max_bytes, max_rows);
        let outcome = (|| {
            table.header(&["a".to_owned(), "b".to_owned()])?;
            for row in rows {
                table.row(row.iter().map(|cell| -> Cell<'_> { cell.map(Into::into) }))?;
            }
            table.finish()
        })();
        (outcome, String::from_utf8(got).unwrap())
    }

    #[test]
    fn values_are_quoted_and_null_is_empty() {
        let rows: [&[_]; 3] =
            [&[Some("1"), None], &[Some("say \"x\", y"), Some("two\nlines")], &[Some(" a"), Some("é;")]];
        let (outcome, text) = written(&rows, 1_000, 10);
        assert_eq!(text, "a,b\n1,\n\"say \"\"x\"\", y\",\"two\nlines\"\n\" a\",\"é;\"\n");
        assert_eq!(outcome.unwrap().rows, 3);
    }

    #[test]
    fn the_digest_knows_rows_and_how_many_but_no_order() {
        let digest = |rows: &[&[Option<&str>]]| written(rows, 1_000, 10).0.unwrap().digest;
        let (one, two): (&[_], &[_]) = (&[Some("1"), Some("x")], &[Some("2"), Some("y")]);
        assert_eq!(digest(&[one, two]), digest(&[two, one]));
        assert_ne!(digest(&[one, two]), digest(&[one, one]));
        assert_ne!(digest(&[one, one]), digest(&[one]));
        assert_ne!(digest(&[]), digest(&[one]));
        let moved: &[_] = &[Some("1,x"), None];
        assert_ne!(digest(&[one]), digest(&[moved]));
    }

    #[test]
    fn a_table_beyond_a_limit_is_an_error() {
        let row: &[_] = &[Some("1"), Some("x")];
        assert!(written(&[row, row], 1_000, 1).0.unwrap_err().contains("more than 1 rows"));
        let large = "x".repeat(2 << 20);
        let (outcome, text) = written(&[&[Some(&large), None]], 1 << 20, 10);
        assert!(outcome.unwrap_err().contains("larger than 1 MiB") && text.is_empty());
        assert!(written(&[&[Some("1")]], 1_000, 10).0.unwrap_err().contains("has 1 values"));
    }
}
