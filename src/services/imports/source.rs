//! The child's first step: the stored file as a text that can be read.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use super::sample;
use super::worker::{Event, Failure, Order, limit_memory, tell};
use crate::ingest::{self, MAX_UNPACK_MEMORY, Unpacked, Wanted};

/// Takes the stored file out of the store: looking at it means jumping about in it, which a compressed one does not
/// allow. Of a text a preview needs the beginning alone. True where it has to be unpacked.
pub(super) fn copy_source(order: &Order, to: &Path) -> Result<bool, Failure> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(to)?);
    let stored = File::open(&order.source).map_err(|error| not_as_stored(&error))?;
    let mut stored = zstd::Decoder::new(stored).map_err(|error| not_as_stored(&error))?;
    let mut head = Vec::new();
    stored.by_ref().take(8).read_to_end(&mut head).map_err(|error| not_as_stored(&error))?;
    out.write_all(&head)?;
    let is_packed = ingest::looks_packed(&head);
    let limit = if order.preview && !is_packed { sample::MAX_BYTES } else { u64::MAX };
    copy(&mut stored.take(limit), &mut out)?;
    out.flush()?;
    Ok(is_packed)
}

/// Takes the table out of a workbook or an archive, with the memory that DESIGN §6 gives to that.
pub(super) fn unpack(order: &Order, source: &Path) -> Result<Unpacked, Failure> {
    let settings = &order.settings;
    let seen = settings.chosen.as_ref().and_then(|chosen| chosen.read_as.as_ref());
    let seen = seen.filter(|_| !order.preview).and_then(|seen| Wanted::like(&seen.container));
    let built_before = order.profile.as_ref().and_then(|profile| Wanted::like(&profile.container));
    let last = order.known.first().map(|known| &known.profile).or(order.standing.as_ref());
    let remembered = last.and_then(|known| Wanted::like(&known.container));
    let wanted = Wanted { chosen: built_before.or_else(|| settings.sheet.clone()).or(seen), remembered };
    let memory = MAX_UNPACK_MEMORY.min(order.limits.max_worker_bytes);
    limit_memory(memory, &order.limits)?;
    tell(&Event::Memory { bytes: memory });
    let unpacked = ingest::unpack(source, &order.scratch, &wanted, &order.limits)?;
    limit_memory(order.limits.max_worker_bytes, &order.limits)?;
    tell(&Event::Memory { bytes: order.limits.max_worker_bytes });
    fs::remove_file(source)?;
    Ok(unpacked)
}

/// Copies everything; what fails on the reading side is the stored file's fault, the other side is the disk's.
fn copy(from: &mut impl Read, to: &mut impl Write) -> Result<(), Failure> {
    let mut buffer = vec![0; 256 << 10];
    loop {
        match from.read(&mut buffer).map_err(|error| not_as_stored(&error))? {
            0 => return Ok(()),
            read => to.write_all(&buffer[..read])?,
        }
    }
}

fn not_as_stored(error: &io::Error) -> Failure {
    // zstd has no kind of error for it, only words.
    if error.kind() == io::ErrorKind::OutOfMemory || error.to_string().contains("not enough memory") {
        return Failure::from(
            "reading it needs more memory than it may have; raise `import.max_worker_memory`".to_owned(),
        );
    }
    Failure::from(format!(
        "the site's copy of the file is not what was stored ({error}); check the disk, then send the file again"
    ))
}
