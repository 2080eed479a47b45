//! The file as a table: which column means what, and the cells of each row.

use csv::{ReaderBuilder, StringRecord};

use super::report::RowProblem;
use crate::base::size::limit;

/// Longest cell in bytes.
const MAX_CELL_BYTES: usize = 4_096;
/// Users of one import.
pub const MAX_ROWS: usize = 10_000;
/// Bytes of one import.
pub const MAX_BYTES: usize = 16 << 20;
/// Problems after which nobody reads on.
pub(super) const MAX_PROBLEMS: usize = 1_000;

macro_rules! columns {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// A column that means something.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Column { $($name),* }

        impl Column {
            const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name.
            pub(super) fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

columns!(
    FirstName = "first_name",
    LastName = "last_name",
    Email = "email",
    Username = "username",
    Mobile = "mobile",
    Password = "password",
    PasswordHash = "password_hash",
    Owners = "owners",
    AllOwners = "all_owners",
    Roles = "roles",
    IsActive = "is_active",
    MustChange = "must_change",
    LastLogin = "last_login",
    CreatedAt = "created_at",
);

impl Column {
    /// The column that a header names; case, spaces and punctuation do not matter.
    fn of(header: &str) -> Option<Self> {
        let bare = |text: &str| -> String {
            text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        };
        let wanted = bare(header);
        Self::ALL.iter().copied().find(|column| bare(column.as_str()) == wanted)
    }
}

/// A row of the file.
pub(super) struct Row {
    /// Line it begins on, from 1.
    pub line: u64,
    cells: StringRecord,
}

/// The file.
pub(super) struct Table {
    /// For each cell of a row, what it means.
    columns: Vec<Option<Column>>,
    /// The rows.
    pub rows: Vec<Row>,
    /// What is left out.
    pub notices: Vec<String>,
}

impl Table {
    /// Reads the file. A problem with the header is one with everything, and ends the reading.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, Vec<RowProblem>), RowProblem> {
        let text = text(bytes)?;
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter(text))
            .flexible(true)
            .has_headers(false)
            .from_reader(text.as_bytes());
        let mut records = reader.records();
        let Some(Ok(header)) = records.next() else {
            return Err(header_problem("holds nothing; expected a first line that names the columns"));
        };
        let (columns, notices) = columns_of(&header)?;
        let mut table = Self { columns, rows: Vec::new(), notices };
        let mut problems = Vec::new();
        for record in records {
            // Text is UTF-8 and rows may differ in length: nothing else can fail.
            let cells = record.map_err(|error| header_problem(format!("cannot be read: {error}")))?;
            if cells.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            let line = line_of(text, &cells);
            if table.rows.len() == MAX_ROWS {
                let message =
                    format!("is user {}; an import has at most {MAX_ROWS}: split the file", MAX_ROWS + 1);
                problems.push(RowProblem { line, column: None, message });
                break;
            }
            if let Some(message) = wrong_shape(&cells, table.columns.len()) {
                // Its cells are not what they seem to be: nothing more is said of them.
                problems.push(RowProblem { line, column: None, message });
                continue;
            }
            table.rows.push(Row { line, cells });
        }
        Ok((table, problems))
    }

    /// Whether the file has this column.
    pub(super) fn has(&self, column: Column) -> bool {
        self.columns.contains(&Some(column))
    }

    /// A cell, trimmed; empty where there is none.
    pub(super) fn cell<'r>(&self, row: &'r Row, column: Column) -> &'r str {
        self.raw(row, column).trim()
    }

    /// A cell as it stands in the file.
    pub(super) fn raw<'r>(&self, row: &'r Row, column: Column) -> &'r str {
        let place = self.columns.iter().position(|here| *here == Some(column));
        place.and_then(|place| row.cells.get(place)).unwrap_or_default()
    }
}

fn header_problem(message: impl Into<String>) -> RowProblem {
    RowProblem { line: 1, column: None, message: message.into() }
}

fn text(bytes: &[u8]) -> Result<&str, RowProblem> {
    if bytes.len() > MAX_BYTES {
        return Err(header_problem(format!("the file is larger than {}: split it", limit(MAX_BYTES as u64))));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = 1 + memchr::memchr_iter(b'\n', before).count() as u64;
        let message = "is not UTF-8; save the file as \"CSV UTF-8\" and try again".to_owned();
        RowProblem { line, column: None, message }
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// What stands between the names in the first line.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |byte: u8| first.bytes().filter(|here| *here == byte).count();
    // The last of the largest wins: a comma where nothing else is there.
    [b'\t', b';', b','].into_iter().max_by_key(|byte| count(*byte)).unwrap_or(b',')
}

fn columns_of(header: &StringRecord) -> Result<(Vec<Option<Column>>, Vec<String>), RowProblem> {
    let columns: Vec<_> = header.iter().map(Column::of).collect();
    if !columns.contains(&Some(Column::Email)) {
        // Not said what is there instead: it may be a user's row, with a hash.
        return Err(header_problem(
            "no column is called email; the first line names the columns, such as email, first_name, last_name, \
             password_hash, owners, roles",
        ));
    }
    for (place, column) in columns.iter().enumerate() {
        if let Some(column) = column
            && columns[..place].contains(&Some(*column))
        {
            let message = format!("two columns are called {}; leave one of them out", column.as_str());
            return Err(header_problem(message));
        }
    }
    let mut notices = Vec::new();
    let unknown: Vec<_> = header
        .iter()
        .zip(&columns)
        .filter(|(_, column)| column.is_none())
        .map(|(name, _)| format!("{:?}", name.trim().chars().take(60).collect::<String>()))
        .collect();
    if !unknown.is_empty() {
        notices.push(format!("Left out, because no such column is known: {}.", unknown.join(", ")));
    }
    Ok((columns, notices))
}

/// The line a row begins on. The reader counts the line ends that it passed over before the row as part of it.
fn line_of(text: &str, cells: &StringRecord) -> u64 {
    let Some(position) = cells.position() else { return 0 };
    let skipped = text.as_bytes()[position.byte() as usize..]
        .iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'))
        .filter(|byte| **byte == b'\n')
        .count();
    position.line() + skipped as u64
}

fn wrong_shape(cells: &StringRecord, columns: usize) -> Option<String> {
    if let Some(place) = cells.iter().position(|cell| cell.len() > MAX_CELL_BYTES) {
        return Some(format!(
            "cell {} is longer than {MAX_CELL_BYTES} bytes; is a quotation mark missing before it?",
            place + 1
        ));
    }
    (cells.len() != columns).then(|| {
        format!(
            "has {} cells where the first line has {columns}; put a cell that holds the separator into quotation marks",
            cells.len()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{Column, Table};

    #[test]
    fn headers_are_matched_loosely_and_lines_counted_rightly() {
        let file = "\u{feff}E-Mail;First Name;LAST_NAME;Colour\r\n\r\na@b.c;\"x\ny\";z;\r\n\r\n;;;\r\nd@e.f;1;2;3\r\n";
        let (table, problems) = Table::read(file.as_bytes()).ok().unwrap();
        assert_eq!(problems, []);
        assert!(table.has(Column::Email) && table.has(Column::LastName) && !table.has(Column::Roles));
        assert_eq!(table.notices, ["Left out, because no such column is known: \"Colour\"."]);
        let rows: Vec<_> = table.rows.iter().map(|row| (row.line, table.cell(row, Column::Email))).collect();
        assert_eq!(rows, [(3, "a@b.c"), (7, "d@e.f")]);
        assert_eq!(table.cell(&table.rows[0], Column::FirstName), "x\ny");
    }

    #[test]
    fn a_file_without_names_says_nothing_of_what_it_holds() {
        for file in ["", "\n", "ann@example.com,$2b$05$secret\n", "email,E Mail\n"] {
            let problem = Table::read(file.as_bytes()).err().unwrap();
            assert!(problem.line == 1 && !problem.message.contains("$2b$"), "{problem}");
        }
        let problem = Table::read(b"email\na@b.c\n\xff\n").err().unwrap();
        assert!(problem.line == 3 && problem.message.contains("UTF-8"), "{problem}");
    }
}
