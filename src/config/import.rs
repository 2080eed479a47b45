//! Section `import`: how much a file may hold ([`ImportLimits`]).

use super::parse;
use super::reader::Reader;
use super::setting::Setting;
use crate::domain::limits::ImportLimits;

/// What can be set.
pub const SETTINGS: &[Setting] = &[
    Setting::new("import.max_upload", "Size of an uploaded file (default: 1GiB)"),
    Setting::new("import.max_columns", "Columns of a table (default: 1000)"),
    Setting::new("import.max_rows", "Rows of a table (default: 20000000)"),
    Setting::new("import.max_cell", "Size of one cell (default: 1MiB)"),
    Setting::new("import.max_record", "Size of one record (default: 16MiB)"),
    Setting::new("import.max_unpacked", "What a compressed file or a workbook may unpack to (default: 2GiB)"),
    Setting::new(
        "import.max_unpacked_ratio",
        "How many times its size it may unpack to, past 10 MiB (default: 200)",
    ),
    Setting::new("import.max_worker_memory", "Memory of the process that reads files (default: 4GiB)"),
    Setting::new(
        "import.max_worker_seconds",
        "Seconds that process gets for a file, and once more for each 10 MiB of it (default: 20)",
    ),
];

pub(super) fn read(reader: &mut Reader) -> ImportLimits {
    let default = ImportLimits::default();
    let size = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    let max_cell = reader.get("import.max_cell", default.max_cell_bytes as u64, parse::bytes(1, 1 << 30));
    let max_record =
        reader.get("import.max_record", default.max_record_bytes as u64, parse::bytes(1, 1 << 30));
    ImportLimits {
        max_upload_bytes: reader.get("import.max_upload", default.max_upload_bytes, parse::bytes(1, 1 << 50)),
        max_columns: reader.get("import.max_columns", default.max_columns, parse::number(1, 100_000)),
        max_rows: reader.get("import.max_rows", default.max_rows, parse::number(1, 1_000_000_000)),
        max_cell_bytes: size(max_cell),
        max_record_bytes: size(max_record),
        max_unpacked_bytes: reader.get(
            "import.max_unpacked",
            default.max_unpacked_bytes,
            parse::bytes(1 << 20, 1 << 50),
        ),
        max_unpacked_ratio: reader.get(
            "import.max_unpacked_ratio",
            default.max_unpacked_ratio,
            parse::number(1, 1_000_000),
        ),
        max_worker_bytes: reader.get(
            "import.max_worker_memory",
            default.max_worker_bytes,
            parse::bytes(256 << 20, 1 << 50),
        ),
        max_worker_seconds: reader.get(
            "import.max_worker_seconds",
            default.max_worker_seconds,
            parse::number(1, 86_400),
        ),
    }
}
