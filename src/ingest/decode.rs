//! Bytes to text, chunk by chunk. Nothing is dropped: what the encoding does not allow is repaired and reported.

use std::collections::VecDeque;
use std::io::{self, Read};

use encoding_rs::{Decoder, Encoding, UTF_8, WINDOWS_1252};

/// Bytes read at once: large enough that system calls do not show, small enough to stay in the cache.
pub(super) const CHUNK_BYTES: usize = 128 << 10;

/// What stands for a NUL: SYMBOL FOR NULL of Unicode's block Control Pictures.
const SHOWN_NUL: &str = "\u{2400}";

/// How text was repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepairKind {
    /// Bytes that are not UTF-8, in a file that otherwise is, read as Windows-1252.
    Windows1252,
    /// Bytes that the encoding does not allow, replaced by U+FFFD.
    Replaced,
    /// A NUL, written as `␀` (U+2400): it breaks other programs, and pages drop it.
    Nul,
}

/// A place that was repaired.
#[derive(Debug, Clone, Copy)]
pub(super) struct Repair {
    /// Offset in the decoded text of the whole file.
    pub at: u64,
    /// How.
    pub kind: RepairKind,
}

/// Decodes a stream of bytes.
pub(super) struct TextDecoder<R> {
    inner: R,
    /// `None` for UTF-8, which is validated here so that single bad bytes can be repaired.
    legacy: Option<Decoder>,
    bytes: Vec<u8>,
    /// Bytes at the front of `bytes` that are left from the last chunk.
    carried: usize,
    chunk_bytes: usize,
    started: bool,
    ended: bool,
    bytes_read: u64,
    /// Decoded bytes handed out.
    text_len: u64,
}

impl<R: Read> TextDecoder<R> {
    /// Decodes `inner` as `encoding`, unless it starts with a byte order mark that says otherwise.
    pub fn new(inner: R, encoding: &'static Encoding, chunk_bytes: usize) -> Self {
        let legacy = (encoding != UTF_8).then(|| encoding.new_decoder_without_bom_handling());
        Self {
            inner,
            legacy,
            bytes: vec![0; chunk_bytes.max(1) + 4],
            carried: 0,
            chunk_bytes: chunk_bytes.max(1),
            started: false,
            ended: false,
            bytes_read: 0,
            text_len: 0,
        }
    }

    /// Bytes of the file read so far.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// Appends the next piece of text to `out`; false at the end of the file.
    pub fn read_into(&mut self, out: &mut String, repairs: &mut VecDeque<Repair>) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        if !self.started {
            self.start()?;
        }
        let filled = self.fill()?;
        let before = out.len();
        match &mut self.legacy {
            None => self.decode_utf8(filled, out, repairs),
            Some(decoder) => {
                let source = &self.bytes[..filled];
                if let Some(wanted) = decoder.max_utf8_buffer_length(source.len()) {
                    out.reserve(wanted);
                }
                let (_, read, replaced) = decoder.decode_to_string(source, out, self.ended);
                self.carried = filled - read;
                self.bytes.copy_within(read..filled, 0);
                if replaced {
                    let added = &out[before..];
                    repairs.extend(
                        added.match_indices('\u{FFFD}').map(|(at, _)| Repair {
                            at: self.text_len + at as u64,
                            kind: RepairKind::Replaced,
                        }),
                    );
                }
            }
        }
        self.show_nuls(before, out, repairs);
        self.text_len += (out.len() - before) as u64;
        Ok(true)
    }

    /// Reads the first bytes and takes a byte order mark off.
    fn start(&mut self) -> io::Result<()> {
        self.started = true;
        while self.carried < 4 {
            let read = read_some(&mut self.inner, &mut self.bytes[self.carried..4])?;
            if read == 0 {
                break;
            }
            self.carried += read;
        }
        self.bytes_read = self.carried as u64;
        if let Some((encoding, mark_len)) = Encoding::for_bom(&self.bytes[..self.carried]) {
            self.legacy = (encoding != UTF_8).then(|| encoding.new_decoder_without_bom_handling());
            self.bytes.copy_within(mark_len..self.carried, 0);
            self.carried -= mark_len;
        }
        Ok(())
    }

    /// Reads a chunk behind the carried bytes; the length of both together.
    fn fill(&mut self) -> io::Result<usize> {
        let end = (self.carried + self.chunk_bytes).min(self.bytes.len());
        let read = read_some(&mut self.inner, &mut self.bytes[self.carried..end])?;
        self.ended = read == 0;
        self.bytes_read += read as u64;
        Ok(self.carried + read)
    }

    fn decode_utf8(&mut self, filled: usize, out: &mut String, repairs: &mut VecDeque<Repair>) {
        let before = out.len();
        let mut rest = &self.bytes[..filled];
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    out.push_str(text);
                    self.carried = 0;
                    return;
                }
                Err(error) => {
                    let (valid, bad) = rest.split_at(error.valid_up_to());
                    out.push_str(std::str::from_utf8(valid).unwrap_or_default());
                    if error.error_len().is_none() && !self.ended {
                        let start = filled - bad.len();
                        self.carried = bad.len();
                        self.bytes.copy_within(start..filled, 0);
                        return;
                    }
                    let (bad, after) = bad.split_at(error.error_len().unwrap_or(bad.len()));
                    repairs.push_back(Repair {
                        at: self.text_len + (out.len() - before) as u64,
                        kind: RepairKind::Windows1252,
                    });
                    out.push_str(&WINDOWS_1252.decode_without_bom_handling(bad).0);
                    rest = after;
                }
            }
        }
    }

    /// Writes NULs as what can be seen of them: other programs break at them, and pages drop them.
    fn show_nuls(&self, before: usize, out: &mut String, repairs: &mut VecDeque<Repair>) {
        if memchr::memchr(0, &out.as_bytes()[before..]).is_none() {
            return;
        }
        let added = out.split_off(before);
        let nuls: Vec<u64> = added.match_indices('\0').map(|(at, _)| self.text_len + at as u64).collect();
        out.push_str(&added.replace('\0', SHOWN_NUL));
        // Places of this chunk were counted with single bytes.
        let moved =
            |at: u64| at + (SHOWN_NUL.len() - 1) as u64 * nuls.partition_point(|nul| *nul < at) as u64;
        for repair in repairs.iter_mut().filter(|repair| repair.at >= self.text_len) {
            repair.at = moved(repair.at);
        }
        repairs.extend(nuls.iter().map(|at| Repair { at: moved(*at), kind: RepairKind::Nul }));
        repairs.make_contiguous().sort_by_key(|repair| repair.at);
    }
}

/// Reads as much as is there, again after an interruption; 0 at the end.
fn read_some(inner: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match inner.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
