//! The child's part of a merge: what the file has is put over what is live, and comes out as a file of its own, so that
//! the generation can be built again from one file and one profile.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::checks::{Checks, csv_error};
use super::worker::{Event, Failure, ListedProblem, MergeOrder};
use crate::domain::column::Column;
use crate::domain::profile::{Dialect, Profile};
use crate::domain::record::Record;
use crate::domain::scope::Scope;
use crate::ingest::is_guarded;
use crate::search::build::Builder;
use crate::search::generation::Generation;
use crate::search::merge::{merge, merged_columns};
use crate::search::view::View;
use crate::services::files::COMPRESSION_LEVEL;

/// What results of a merge may keep in memory; it looks at every row once.
const CACHE_BYTES: usize = 1 << 20;

/// A compressed file and the hash of what is in it.
struct Stored {
    encoder: zstd::Encoder<'static, File>,
    hasher: Sha256,
}

impl Write for Stored {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.encoder.write_all(bytes)?;
        self.hasher.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.encoder.flush()
    }
}

fn open(dir: &Path) -> Result<View, Failure> {
    Ok(Generation::open(dir, None, CACHE_BYTES)?.view(&Scope::everything()))
}

/// Puts the rows of the generation in `update`, which is the file's, over those that are live, and builds what comes of
/// it in `dir`. Returns its rows and the event that tells of it.
pub(super) fn put_over(
    order: &MergeOrder,
    profile: &Profile,
    update: &Path,
    dir: &Path,
    checks: &mut Checks<'_>,
) -> Result<(u64, Event), Failure> {
    let (base, update) = (open(&order.base)?, open(update)?);
    let owned = |view: &View| view.columns().into_iter().cloned().collect::<Vec<Column>>();
    // In the file that comes of it, columns are called as they are in the dataset.
    let columns: Vec<Column> = merged_columns(&owned(&base), &owned(&update))
        .into_iter()
        .map(|column| Column { header: None, ..column })
        .collect();
    let mut encoder = zstd::Encoder::new(File::create(&order.merged)?, COMPRESSION_LEVEL)?;
    encoder.include_checksum(true)?;
    let stored = Stored { encoder, hasher: Sha256::new() };
    let mut out = csv::WriterBuilder::new().buffer_capacity(1 << 18).from_writer(stored);
    out.write_record(columns.iter().map(|column| column.name.as_str())).map_err(csv_error)?;
    let mut builder = Builder::create(dir, &columns)?;
    let mut untyped = Vec::new();
    let merged = merge(&base, &update, &columns, order.keeps_others, |record: &Record| {
        builder.add(record, &mut untyped)?;
        for cell in record.iter() {
            // Reading takes one quote off before what a spreadsheet takes for a formula.
            let cell = if is_guarded(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) };
            out.write_field(&*cell).map_err(csv_error)?;
        }
        out.write_record(None::<&[u8]>).map_err(csv_error)
    });
    let merged = merged.map_err(|error| Failure::from(error.to_string()))??;
    for line in merged.overruled {
        let reason = "another row of the file with the same key follows; that one is taken".to_owned();
        checks.list(ListedProblem { line, column: None, value: String::new(), reason });
    }
    let stored = out.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    stored.encoder.finish()?.sync_all()?;
    let sha256 = crate::base::hex::encode(&stored.hasher.finalize());
    let rows = u64::from(builder.finish()?);
    let profile = Profile {
        container: crate::domain::profile::Container::Plain,
        encoding: "utf-8".to_owned(),
        dialect: Dialect::default(),
        header_record: Some(0),
        more_header_records: 0,
        records_below_header: 0,
        has_footer: false,
        is_own: true,
        columns,
        hidden_elsewhere: profile.hidden_elsewhere.clone(),
        suggested_owner: profile.suggested_owner.clone(),
    };
    Ok((rows, Event::Merged { profile, sha256 }))
}
