//! Text that gzip compressed.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::super::IngestError;
use super::bounded::{Budget, inflate};
use super::kind::Kind;
use super::{Unpacked, refused};
use crate::domain::limits::ImportLimits;
use crate::domain::profile::Container;

/// Inflates `file` to `text`.
pub fn unpack(file: &File, text: &Path, limits: &ImportLimits) -> Result<Unpacked, IngestError> {
    let budget = Budget::of(file.metadata()?.len(), limits);
    inflate(MultiGzDecoder::new(BufReader::new(file)), &budget, text)?;
    if Kind::of(&mut File::open(text)?)? != Kind::Plain {
        return Err(refused(
            "There is another archive or a workbook inside of this gzip file. Unpack it once and send what is in it.",
        ));
    }
    Ok(Unpacked::text(text.to_owned(), Container::Gzip))
}
