//! The ways in which a file of a table is damaged, each with what should come out.

use super::Table;

/// A damaged file.
pub(super) struct Case {
    /// The damage.
    pub kind: &'static str,
    /// How frequent the damage is among files in the wild, all of its kind together.
    pub weight: f64,
    pub bytes: Vec<u8>,
    pub wanted: Table,
}

/// How a table is written.
#[derive(Clone, Copy)]
struct Style {
    delimiter: &'static str,
    quote: &'static str,
    /// In front of a quote within quotes.
    escape: &'static str,
    end: &'static str,
    quote_all: bool,
}

const PLAIN: Style = Style { delimiter: ",", quote: "\"", escape: "\"", end: "\n", quote_all: false };

impl Style {
    fn cell(&self, cell: &str) -> String {
        let special = |text: &str| cell.contains(text);
        let needs = special(self.delimiter.trim_end_matches(' ')) && self.delimiter.len() > 1
            || special(self.delimiter)
            || special(self.quote)
            || special("\n")
            || special("\r");
        if !needs && !self.quote_all {
            return cell.to_owned();
        }
        let mut text = cell.to_owned();
        if self.escape == "\\" {
            text = text.replace('\\', "\\\\");
        }
        format!("{0}{1}{0}", self.quote, text.replace(self.quote, &format!("{}{}", self.escape, self.quote)))
    }

    fn cells(&self, row: &[String]) -> Vec<String> {
        row.iter().map(|cell| self.cell(cell)).collect()
    }

    fn line(&self, row: &[String]) -> String {
        self.cells(row).join(self.delimiter) + self.end
    }

    fn text(&self, table: &[Vec<String>]) -> String {
        table.iter().map(|row| self.line(row)).collect()
    }
}

fn owned(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|&cell| cell.to_owned()).collect()
}

/// Every damage of `table`; those of single rows at every `step`th place.
pub(super) fn all(table: &Table, step: usize) -> impl Iterator<Item = Case> {
    let mut cases = Vec::new();
    whole_files(table, &mut cases);
    lines_around(table, &mut cases);
    several_tables(table, &mut cases);
    single_rows(table, step, &mut cases);
    cases.into_iter()
}

fn whole_files(table: &Table, cases: &mut Vec<Case>) {
    let mut add = |kind, weight, text: Vec<u8>, wanted: &[Vec<String>]| {
        cases.push(Case { kind, weight, bytes: text, wanted: wanted.to_vec() });
    };
    let plain = PLAIN.text(table);
    add("nothing", 3.0, plain.clone().into(), table);
    for (kind, weight, delimiter) in [
        ("delimiter ;", 12.0, ";"),
        ("delimiter tab", 4.0, "\t"),
        ("delimiter |", 1.0, "|"),
        ("delimiter comma and blank", 1.0, ", "),
        ("delimiter space", 1.0, " "),
    ] {
        add(kind, weight, Style { delimiter, ..PLAIN }.text(table).into(), table);
    }
    for (kind, weight, end) in [("ends CR LF", 5.0, "\r\n"), ("ends CR", 1.0, "\r")] {
        add(kind, weight, Style { end, ..PLAIN }.text(table).into(), table);
    }
    add("quote '", 1.0, Style { quote: "'", escape: "'", ..PLAIN }.text(table).into(), table);
    add(
        "quote ' everywhere",
        0.5,
        Style { quote: "'", escape: "'", quote_all: true, ..PLAIN }.text(table).into(),
        table,
    );
    add("quotes everywhere", 8.0, Style { quote_all: true, ..PLAIN }.text(table).into(), table);
    add(
        "quotes everywhere and ;",
        4.0,
        Style { quote_all: true, delimiter: ";", ..PLAIN }.text(table).into(),
        table,
    );
    add("escape backslash", 2.0, Style { escape: "\\", ..PLAIN }.text(table).into(), table);
    add("escape none", 2.0, Style { escape: "", ..PLAIN }.text(table).into(), table);
    add(
        "escape none, quotes everywhere",
        1.0,
        Style { escape: "", quote_all: true, ..PLAIN }.text(table).into(),
        table,
    );
    add("no line end at the end", 10.0, plain.trim_end().into(), table);
    add("blank line at the end", 6.0, format!("{plain}\n").into(), table);
    add("many blank lines at the end", 2.0, format!("{plain}\n\n\n\n").into(), table);
    add("blank lines between", 1.0, Style { end: "\n\n", ..PLAIN }.text(table).into(), table);
    add("no header", 6.0, PLAIN.text(&table[1..]).into(), &table[1..]);
    add("empty", 0.5, Vec::new(), &[]);
    add("header only", 1.0, PLAIN.text(&table[..1]).into(), &table[..1]);
    add("one row", 0.5, PLAIN.text(&table[..2]).into(), &table[..2]);
    add("one row without header", 0.5, PLAIN.text(&table[1..2]).into(), &table[1..2]);
    add("two rows", 0.5, PLAIN.text(&table[..3]).into(), &table[..3]);
    for column in 0..table[0].len() {
        let narrow: Table = table.iter().map(|row| vec![row[column].clone()]).collect();
        let lines = |style: Style| {
            let line =
                |row: &Vec<String>| if row[0].is_empty() { "\"\"\n".to_owned() } else { style.line(row) };
            narrow.iter().map(line).collect::<String>()
        };
        add("one column", 1.0, lines(PLAIN).into(), &narrow);
    }
    for (name, label) in [("utf-16le", 1.0), ("utf-16be", 0.5)] {
        let little = name == "utf-16le";
        let unit = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
        let bytes: Vec<u8> = plain.encode_utf16().flat_map(unit).collect();
        let mark: &[u8] = if little { b"\xFF\xFE" } else { b"\xFE\xFF" };
        add("utf-16 without mark", label, bytes.clone(), table);
        add("utf-16", label, [mark, &bytes].concat(), table);
    }
    add("utf-8 with mark", 8.0, [b"\xEF\xBB\xBF", plain.as_bytes()].concat(), table);
    for encoding in [encoding_rs::WINDOWS_1252, encoding_rs::WINDOWS_1251] {
        let (bytes, _, lossy) = encoding.encode(&plain);
        if !lossy {
            add("legacy encoding", 8.0, bytes.into_owned(), table);
        }
    }
}

/// What stands above and below the table.
fn lines_around(table: &Table, cases: &mut Vec<Case>) {
    let plain = PLAIN.text(table);
    let width = table[0].len();
    let mut add = |kind, weight, text: String, wanted: &[Vec<String>]| {
        cases.push(Case { kind, weight, bytes: text.into(), wanted: wanted.to_vec() });
    };
    let padding = ",".repeat(width - 1);
    add("title line", 3.0, format!("Extract of the year 2019\n{plain}"), table);
    add(
        "title lines",
        2.0,
        format!("Extract of the year 2019\nPrinted by the office\nfor all units\n{plain}"),
        table,
    );
    add(
        "title lines and a blank one",
        3.0,
        format!("Extract of 2019\nPrinted on 2020-01-02\n\n{plain}"),
        table,
    );
    add(
        "padded title lines",
        4.0,
        format!("Extract of 2019{padding}\nOffice 7{padding}\n{padding}\n{plain}"),
        table,
    );
    add(
        "title lines with commas",
        2.0,
        format!("Extract of 2019, all units\nOffice 7, second floor\n\n{plain}"),
        table,
    );
    add("blank lines above", 1.0, format!("\n\n{plain}"), table);
    add("many title lines", 1.0, format!("{}{plain}", "Extract of 2019\n".repeat(12)), table);
    add("many footnotes", 1.0, format!("{plain}\n{}", "* see the annex\n".repeat(30)), table);
    add("titles and footnotes", 2.0, format!("Extract\n\n{plain}\nSource: the office\n"), table);
    add("keys and values above", 1.0, format!("Office,7\nYear,2019\n\n{plain}"), table);
    add("comments above", 1.0, format!("# Extract of 2019\n# all units\n{plain}"), table);
    add("sep line", 1.0, format!("sep=,\n{plain}"), table);
    add("footnote", 2.0, format!("{plain}End of the extract\n"), table);
    add("footnotes after a blank line", 3.0, format!("{plain}\nSource: the office\n* preliminary\n"), table);
    add(
        "padded footnotes",
        3.0,
        format!("{plain}{padding}\nSource: the office{padding}\n* preliminary{padding}\n"),
        table,
    );
    add("footnote with commas", 2.0, format!("{plain}\n\"Source: the office, second floor\"\n"), table);
    for rows in [2, 3] {
        let mut names: Table = vec![table[0].clone()];
        for row in 1..rows {
            names.push(
                (0..width)
                    .map(|column| {
                        format!(
                            "{} {}",
                            ["level", "kind", "part"][row],
                            ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"][column]
                        )
                    })
                    .collect(),
            );
        }
        let joined: Vec<String> = (0..width)
            .map(|column| names.iter().map(|row| row[column].as_str()).collect::<Vec<_>>().join(" "))
            .collect();
        let wanted: Table = std::iter::once(joined).chain(table[1..].iter().cloned()).collect();
        let text = PLAIN.text(&names) + &PLAIN.text(&table[1..]);
        add("header of several rows", 2.0, text, &wanted);
    }
}

fn several_tables(table: &Table, cases: &mut Vec<Case>) {
    let plain = PLAIN.text(table);
    let width = table[0].len();
    let other = |width: usize, rows: usize| -> String {
        let names = owned(&[
            "Shelf", "Room", "Floor", "Amount", "Remark", "Height", "Depth", "Weight", "Owner", "Key",
            "Door", "Light",
        ]);
        let row = |number: usize| -> Vec<String> {
            let cell = |at: usize| {
                if at % 2 == 1 { (number * 3 + at).to_string() } else { format!("S{number}") }
            };
            (0..width).map(cell).collect()
        };
        let rows: Table = std::iter::once(names[..width].to_vec()).chain((0..rows).map(row)).collect();
        PLAIN.text(&rows)
    };
    for (kind, gap) in [
        ("second table after a blank line", "\n"),
        ("second table directly below", ""),
        ("second table with a title", "\nTable of shelves\n"),
    ] {
        for width in [width - 2, width, width + 2] {
            for rows in [3, 12, table.len() - 1] {
                let text = format!("{plain}{gap}{}", other(width, rows));
                cases.push(Case { kind, weight: 2.0, bytes: text.into(), wanted: table.clone() });
            }
        }
    }
}

/// One row at a time.
fn single_rows(table: &Table, step: usize, cases: &mut Vec<Case>) {
    let width = table[0].len();
    let mut place = 0;
    for at in 0..table.len() {
        for column in 0..width {
            place += 1;
            if place % step != 0 {
                continue;
            }
            let cells = PLAIN.cells(&table[at]);
            let mut add = |kind, line: String, row: Vec<String>| {
                let text = PLAIN.text(&table[..at]) + &line + "\n" + &PLAIN.text(&table[at + 1..]);
                let mut wanted = table.clone();
                wanted[at] = row;
                cases.push(Case { kind, weight: 0.7, bytes: text.into(), wanted });
            };
            let joined = |text: &[String]| text.join(",");
            if column + 1 < width && !cells[column].contains('"') && !cells[column + 1].contains('"') {
                let line = joined(&cells[..=column]) + &joined(&cells[column + 1..]);
                let mut row = table[at].clone();
                let next = row.remove(column + 1);
                row[column].push_str(&next);
                add("a delimiter too few", line, row);
            }
            let mut row = table[at].clone();
            row.insert(column, String::new());
            let mut wide = cells.clone();
            wide.insert(column, String::new());
            add("a delimiter too many", joined(&wide), row);
            let text = table[at][column].clone();
            let middle = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
            for (kind, stray) in [
                ("a stray quote in front", format!("\"{text}")),
                ("a stray quote behind", format!("{text}\"")),
                ("a stray quote within", format!("{}\"{}", &text[..middle], &text[middle..])),
            ] {
                let mut row = table[at].clone();
                let mut broken = cells.clone();
                let is_quoted = broken[column].starts_with('"');
                let inner = broken[column].trim_matches('"').to_owned();
                broken[column] = match kind {
                    _ if !is_quoted => stray.clone(),
                    "a stray quote in front" => format!("\"\"{inner}\""),
                    "a stray quote behind" => format!("\"{inner}\"\""),
                    _ => continue,
                };
                row[column] = stray;
                add(kind, joined(&broken), row);
            }
        }
        if at % step.min(5) == 0 {
            for (kind, delimiter) in [
                ("a row with ;", ";"),
                ("a row with tabs", "\t"),
                ("a row with comma and blank", ", "),
                ("a row with spaces", " "),
                ("a row with |", "|"),
            ] {
                let line = Style { delimiter, ..PLAIN }.line(&table[at]);
                let text = PLAIN.text(&table[..at]) + &line + &PLAIN.text(&table[at + 1..]);
                cases.push(Case { kind, weight: 0.5, bytes: text.into(), wanted: table.clone() });
            }
            let line = Style { quote: "'", escape: "'", quote_all: true, ..PLAIN }.line(&table[at]);
            let text = PLAIN.text(&table[..at]) + &line + &PLAIN.text(&table[at + 1..]);
            cases.push(Case {
                kind: "a row with other quotes",
                weight: 0.5,
                bytes: text.into(),
                wanted: table.clone(),
            });
        }
    }
}
