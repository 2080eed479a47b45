//! Bytes to rows: encoding, dialect, header, column types and roles, and the reader that loses nothing.
//!
//! The only user of `encoding_rs` and `chardetng`. Imports [`crate::base`] and [`crate::domain`] alone.
//!
//! [`unpack`] takes a table out of a workbook or an archive, as text that everything else reads as if it came so.
//! [`inspect`] looks at a file and proposes a [`Profile`](crate::domain::profile::Profile); [`RowReader`] reads
//! the file's rows under a profile, [`RecordReader`] every record as it is written, and [`write_table`] copies
//! the whole table as plain CSV. Errors and problems are data; their `Display` is the sentence for people.

mod body;
mod decode;
mod dialect;
mod encoding;
mod error;
mod evidence;
mod footer;
mod head;
mod header;
mod header_rows;
mod inspect;
mod keys;
mod looks;
mod names;
mod problem;
mod reader;
mod record_reader;
mod resplit;
mod roles;
mod synonyms;
mod table;
mod types;
mod unpack;
mod wary;
mod words;

#[cfg(test)]
mod tests;

pub use decode::RepairKind;
pub use encoding::knows_encoding;
pub use error::IngestError;
pub use evidence::ColumnEvidence;
pub use head::HEAD_ROWS as MAX_HEADER_RECORDS;
pub use header_rows::MAX_HEIGHT as MAX_HEADER_HEIGHT;
pub use inspect::{Hints, Inspection, Note, inspect, inspect_unpacked};
pub use names::unique_names;
pub use problem::{LeftOut, Problem, ProblemReason, Reject, RejectReason, check_cell};
pub use reader::{Next, RowReader, is_guarded};
pub use record_reader::RecordReader;
pub use roles::RoleGuess;
pub use table::{TableSummary, write_table};
pub use types::fit_formats;
pub use unpack::{Kind, MAX_UNPACK_MEMORY, Part, Unpacked, Wanted, is_packed, looks_packed, unpack};
