//! Which encoding a file is in, and whether it is text at all.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::IngestError;

/// Bytes at the start of a file that decide whether it is text.
const HEAD_BYTES: usize = 64 << 10;

/// Files up to this size are read whole to find their encoding; of larger ones [`SPOTS`] spots are.
const WHOLE_FILE_BYTES: u64 = 64 << 20;

/// Spots of a large file that are looked at, evenly spread.
const SPOTS: u64 = 64;

/// Bytes of one spot.
const SPOT_BYTES: usize = 256 << 10;

/// Bytes around text that is not ASCII that are shown to the detector of legacy encodings.
const DETECTOR_BYTES: usize = 512 << 10;

/// What a file's encoding is taken to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct DetectedEncoding {
    pub encoding: &'static Encoding,
    /// True where a byte order mark or the bytes themselves leave no doubt.
    pub sure: bool,
    /// Sequences that are not UTF-8 in a file that mostly is.
    pub stray_bytes: u64,
}

/// The encoding that `label` names.
pub(super) fn encoding_for(label: &str) -> Result<&'static Encoding, IngestError> {
    Encoding::for_label(label.as_bytes())
        .ok_or_else(|| IngestError::UnknownEncoding { label: label.to_owned() })
}

/// True for a label of the WHATWG Encoding Standard §4.2.
pub fn knows_encoding(label: &str) -> bool {
    encoding_for(label).is_ok()
}

/// Fails where the first bytes are not those of a text, and rewinds.
pub(super) fn refuse_binary(file: &mut File) -> Result<(), IngestError> {
    let mut head = Vec::new();
    file.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(0))?;
    match looks_like_binary(&head) {
        Some(looks_like) => Err(IngestError::NotText { looks_like }),
        None => Ok(()),
    }
}

/// What `head` looks like, if not like text.
pub(super) fn looks_like_binary(head: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 20] = [
        (b"PK\x03\x04", "a ZIP archive or an Excel workbook (.xlsx)"),
        (b"PK\x05\x06", "an empty ZIP archive"),
        (b"\xD0\xCF\x11\xE0", "an old Excel workbook (.xls)"),
        (b"%PDF-", "a PDF document"),
        (b"\x89PNG", "a PNG image"),
        (b"\xFF\xD8\xFF", "a JPEG image"),
        (b"GIF8", "a GIF image"),
        (b"\x7FELF", "a Linux program"),
        (b"MZ\x90", "a Windows program"),
        (b"\x1F\x8B", "a gzip archive"),
        (b"BZh9", "a bzip2 archive"),
        (b"7z\xBC\xAF\x27\x1C", "a 7-Zip archive"),
        (b"\xFD7zXZ", "an xz archive"),
        (b"\x28\xB5\x2F\xFD", "a Zstandard archive"),
        (b"Rar!", "a RAR archive"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"PAR1", "a Parquet file"),
        (b"{\\rtf", "an RTF document"),
        (b"\xFF\xFE\0\0", "UTF-32 text"),
        (b"\0\0\xFE\xFF", "UTF-32 text"),
    ];
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(name);
    }
    if head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") || utf16_without_mark(head).is_some() {
        return None;
    }
    let controls = head
        .iter()
        .filter(|byte| **byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1A | 0x1E | 0x1F))
        .count();
    (controls * 100 > head.len() && controls > 8).then_some("binary data")
}

/// UTF-16 without a byte order mark shows as a zero in most even or most odd places.
fn utf16_without_mark(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = (head.len() / 2).min(8192);
    if pairs < 2 {
        return None;
    }
    let zeros = |odd: usize| head.chunks_exact(2).take(pairs).filter(|pair| pair[odd] == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    if odd * 10 >= pairs * 4 && even * 20 < pairs {
        Some(UTF_16LE)
    } else if even * 10 >= pairs * 4 && odd * 20 < pairs {
        Some(UTF_16BE)
    } else {
        // Scripts other than Latin have few zeros: delimiters, blanks, digits and line ends.
        [(UTF_16LE, even, odd, [b'\n', 0]), (UTF_16BE, odd, even, [0, b'\n'])]
            .into_iter()
            .find(|(encoding, none, some, line_end)| {
                *none == 0
                    && *some * 50 >= pairs
                    && head.chunks_exact(2).take(pairs).any(|pair| pair == line_end)
                    && is_text(&head[..pairs * 2], encoding)
            })
            .map(|(encoding, ..)| encoding)
    }
}

/// True where all of `bytes` is text in `encoding`, without controls.
fn is_text(bytes: &[u8], encoding: &'static Encoding) -> bool {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    text.is_some_and(|text| text.chars().all(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r')))
}

/// Finds the encoding of `file`, `len` bytes long, and rewinds.
pub(super) fn detect(file: &mut File, len: u64) -> Result<DetectedEncoding, IngestError> {
    let mut evidence = Evidence::new();
    if len <= WHOLE_FILE_BYTES {
        let mut buffer = vec![0; SPOT_BYTES];
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            evidence.look_at(&buffer[..read]);
        }
    } else {
        for spot in 0..SPOTS {
            file.seek(SeekFrom::Start(((len - SPOT_BYTES as u64) / (SPOTS - 1) * spot) & !1))?;
            let mut buffer = Vec::with_capacity(SPOT_BYTES);
            file.by_ref().take(SPOT_BYTES as u64).read_to_end(&mut buffer)?;
            evidence.look_at(&buffer);
            evidence.carried.clear();
        }
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(evidence.conclude())
}

/// What was seen of a file.
struct Evidence {
    first: Option<&'static Encoding>,
    started: bool,
    /// Characters of more than one byte that are valid UTF-8.
    valid: u64,
    /// Sequences that are not.
    invalid: u64,
    /// A character cut in two by the end of a buffer.
    carried: Vec<u8>,
    detector: EncodingDetector,
    shown: usize,
}

impl Evidence {
    fn new() -> Self {
        Self {
            first: None,
            started: false,
            valid: 0,
            invalid: 0,
            carried: Vec::new(),
            detector: EncodingDetector::new(Iso2022JpDetection::Deny),
            shown: 0,
        }
    }

    fn look_at(&mut self, bytes: &[u8]) {
        if !self.started {
            self.started = true;
            self.first =
                Encoding::for_bom(bytes).map(|(encoding, _)| encoding).or_else(|| utf16_without_mark(bytes));
        }
        if self.first.is_some() {
            return;
        }
        let joined;
        let mut rest = if self.carried.is_empty() {
            bytes
        } else {
            joined = [self.carried.as_slice(), bytes].concat();
            self.carried.clear();
            &joined
        };
        self.show(rest);
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    self.count_valid(text);
                    return;
                }
                Err(error) => {
                    let (valid, bad) = rest.split_at(error.valid_up_to());
                    self.count_valid(std::str::from_utf8(valid).unwrap_or_default());
                    let Some(len) = error.error_len() else {
                        self.carried = bad.to_vec();
                        return;
                    };
                    // A spot may begin in the middle of a character.
                    if !valid.is_empty() || bad.first().is_some_and(|byte| !(0x80..0xC0).contains(byte)) {
                        self.invalid += 1;
                    }
                    rest = &bad[len..];
                }
            }
        }
    }

    fn count_valid(&mut self, text: &str) {
        if !text.is_ascii() {
            self.valid += text.chars().filter(|c| !c.is_ascii()).count() as u64;
        }
    }

    /// Shows the lines that are not ASCII to the detector.
    fn show(&mut self, bytes: &[u8]) {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.shown > DETECTOR_BYTES {
                return;
            }
            if !line.is_ascii() {
                let line = &line[..line.len().min(4096)];
                self.detector.feed(line, false);
                self.shown += line.len();
            }
        }
    }

    fn conclude(mut self) -> DetectedEncoding {
        if let Some(encoding) = self.first {
            return DetectedEncoding { encoding, sure: true, stray_bytes: 0 };
        }
        if self.invalid == 0 {
            return DetectedEncoding { encoding: UTF_8, sure: true, stray_bytes: 0 };
        }
        if self.valid > self.invalid {
            return DetectedEncoding { encoding: UTF_8, sure: false, stray_bytes: self.invalid };
        }
        self.detector.feed(b"", true);
        let guess = self.detector.guess(None, Utf8Detection::Deny);
        // Few bytes are too little evidence against the most common legacy encoding.
        let encoding = if guess == UTF_8 || self.invalid < 3 { WINDOWS_1252 } else { guess };
        DetectedEncoding { encoding, sure: false, stray_bytes: 0 }
    }
}
