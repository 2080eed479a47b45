//! The tags of an XML part, one after the other, in little memory whatever the part holds: for what is only counted.

use std::io::{self, BufRead};

/// Bytes of a tag that are kept; the rest is passed over.
const KEPT_BYTES: usize = 512;

/// Reads tags.
pub struct Tags<R> {
    inner: R,
    tag: Vec<u8>,
}

impl<R: BufRead> Tags<R> {
    /// The tags of `inner`.
    pub fn new(inner: R) -> Self {
        Self { inner, tag: Vec::with_capacity(KEPT_BYTES) }
    }

    /// The next tag without its brackets; `None` at the end.
    pub fn next(&mut self) -> io::Result<Option<Tag<'_>>> {
        if !self.pass_to(b'<', false)? {
            return Ok(None);
        }
        self.tag.clear();
        if !self.pass_to(b'>', true)? {
            return Ok(None);
        }
        Ok(Some(Tag { bytes: &self.tag }))
    }

    fn pass_to(&mut self, mark: u8, keep: bool) -> io::Result<bool> {
        loop {
            let buffer = self.inner.fill_buf()?;
            if buffer.is_empty() {
                return Ok(false);
            }
            let found = memchr::memchr(mark, buffer);
            let part = &buffer[..found.unwrap_or(buffer.len())];
            if keep {
                let room = KEPT_BYTES - self.tag.len().min(KEPT_BYTES);
                self.tag.extend_from_slice(&part[..part.len().min(room)]);
            }
            let used = part.len() + usize::from(found.is_some());
            self.inner.consume(used);
            if found.is_some() {
                return Ok(true);
            }
        }
    }
}

/// A tag.
#[derive(Debug, Clone, Copy)]
pub struct Tag<'t> {
    bytes: &'t [u8],
}

impl<'t> Tag<'t> {
    /// Its name without a prefix.
    pub fn name(&self) -> &'t [u8] {
        let rest = self.bytes.strip_prefix(b"/").unwrap_or(self.bytes);
        let end =
            rest.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'/').unwrap_or(rest.len());
        let colon = rest[..end].iter().position(|byte| *byte == b':').map_or(0, |colon| colon + 1);
        &rest[colon..end]
    }

    /// True for the tag at the end of an element.
    pub fn closes(&self) -> bool {
        self.bytes.starts_with(b"/")
    }

    /// True where it has nothing inside.
    pub fn is_empty(&self) -> bool {
        self.bytes.ends_with(b"/")
    }

    /// The raw text of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&'t str> {
        let mut rest = self.bytes;
        loop {
            let at = memchr::memmem::find(rest, name.as_bytes())?;
            let before = at.checked_sub(1).map(|before| rest[before]);
            rest = &rest[at + name.len()..];
            let quote = match rest {
                [b'=', quote @ (b'"' | b'\''), ..] => *quote,
                _ => continue,
            };
            if before.is_some_and(|byte| byte.is_ascii_whitespace()) {
                let value = &rest[2..];
                let end = memchr::memchr(quote, value)?;
                return std::str::from_utf8(&value[..end]).ok();
            }
        }
    }

    /// True where an attribute says so.
    pub fn is_set(&self, name: &str) -> bool {
        matches!(self.attribute(name), Some("1" | "true"))
    }
}

/// Row and column, 0-based, of `AB12`.
pub fn cell_place(name: &str) -> Option<(u64, u32)> {
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic).count();
    if letters == 0 || letters > 3 {
        return None;
    }
    let column = name
        .bytes()
        .take(letters)
        .fold(0, |column, byte| column * 26 + u32::from(byte.to_ascii_uppercase() - b'A') + 1);
    let row: u64 = name[letters..].parse().ok()?;
    Some((row.checked_sub(1)?, column - 1))
}
