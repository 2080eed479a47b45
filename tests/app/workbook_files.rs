//! Workbooks and archives as small as they can be, written byte by byte, so that tests say what is in them.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const LINKS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";

/// An archive with these members, deflated.
pub fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Text that gzip compressed.
pub fn gzip(text: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(text).unwrap();
    writer.finish().unwrap()
}

/// An XLSX workbook: what is in front of its sheets, the sheets (name, attributes, inside of `worksheet`), the shared
/// strings and the styles.
#[derive(Default)]
pub struct Xlsx<'a> {
    pub before: &'a str,
    pub sheets: &'a [(&'a str, &'a str, &'a str)],
    pub strings: &'a str,
    pub styles: &'a str,
}

impl Xlsx<'_> {
    pub fn bytes(&self) -> Vec<u8> {
        let mut names = String::new();
        let mut links = String::new();
        let mut members: Vec<(String, String)> = Vec::new();
        let link = |id: &str, kind: &str, target: &str| {
            format!(r#"<Relationship Id="{id}" Type="{LINKS}/{kind}" Target="{target}"/>"#)
        };
        for (index, (name, attributes, inside)) in self.sheets.iter().enumerate() {
            let n = index + 1;
            names.extend([format!(r#"<sheet name="{name}" sheetId="{n}" {attributes} r:id="rId{n}"/>"#)]);
            links += &link(&format!("rId{n}"), "worksheet", &format!("worksheets/sheet{n}.xml"));
            let sheet = format!(r#"<?xml version="1.0"?><worksheet xmlns="{MAIN}">{inside}</worksheet>"#);
            members.push((format!("xl/worksheets/sheet{n}.xml"), sheet));
        }
        links += &link("s", "sharedStrings", "sharedStrings.xml");
        links += &link("t", "styles", "styles.xml");
        let before = self.before;
        let relations = |links: &str| format!(r#"<Relationships xmlns="{PACKAGE}">{links}</Relationships>"#);
        members.extend([
            ("[Content_Types].xml".to_owned(), "<Types/>".to_owned()),
            ("_rels/.rels".to_owned(), relations(&link("r", "officeDocument", "xl/workbook.xml"))),
            ("xl/_rels/workbook.xml.rels".to_owned(), relations(&links)),
            ("xl/sharedStrings.xml".to_owned(), format!(r#"<sst xmlns="{MAIN}">{}</sst>"#, self.strings)),
            ("xl/styles.xml".to_owned(), format!(r#"<styleSheet xmlns="{MAIN}">{}</styleSheet>"#, self.styles)),
            (
                "xl/workbook.xml".to_owned(),
                format!(r#"<workbook xmlns="{MAIN}" xmlns:r="{LINKS}">{before}<sheets>{names}</sheets></workbook>"#),
            ),
        ]);
        let members: Vec<(&str, &[u8])> =
            members.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
        zip(&members)
    }
}

/// A sheet of texts from A1 on, inside of `worksheet`.
pub fn texts(rows: &[&[&str]]) -> String {
    let mut inside = String::from("<sheetData>");
    for row in rows {
        inside += "<row>";
        for cell in *row {
            inside.extend([r#"<c t="inlineStr"><is><t xml:space="preserve">"#, cell, "</t></is></c>"]);
        }
        inside += "</row>";
    }
    inside + "</sheetData>"
}

/// An ODS workbook with this inside of `office:document-content`, and a manifest.
pub fn ods(inside: &str, manifest: &str) -> Vec<u8> {
    let content = format!(
        r#"<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x" xmlns:style="s">{inside}</office:document-content>"#
    );
    zip(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", content.as_bytes()),
        ("META-INF/manifest.xml", manifest.as_bytes()),
    ])
}

/// A cell of an XLS sheet, 0-based.
pub enum Biff<'a> {
    Text(u16, u16, &'a str),
    /// With its format (the index of a built-in one).
    Number(u16, u16, f64, u16),
}

fn record(out: &mut Vec<u8>, kind: u16, data: &[u8]) {
    out.extend(kind.to_le_bytes());
    out.extend((data.len() as u16).to_le_bytes());
    out.extend(data);
}

fn begin(out: &mut Vec<u8>, kind: u16) {
    let mut data = Vec::new();
    for number in [0x0600, kind, 0x0DBB, 0x07CC, 0, 0, 6, 0] {
        data.extend(u16::to_le_bytes(number));
    }
    record(out, 0x0809, &data);
}

/// An XLS workbook (BIFF8) with one sheet; `extra` records stand behind the first.
pub fn xls(name: &str, is_1904: bool, extra: &[(u16, &[u8])], cells: &[Biff<'_>]) -> Vec<u8> {
    let mut sheet = Vec::new();
    begin(&mut sheet, 0x0010);
    let mut formats = vec![0_u16];
    for cell in cells {
        match cell {
            Biff::Text(row, column, text) => {
                let mut data = [*row, *column, 0, text.len() as u16].map(u16::to_le_bytes).concat();
                data.push(0);
                data.extend(text.as_bytes());
                record(&mut sheet, 0x0204, &data);
            }
            Biff::Number(row, column, number, format) => {
                let at = formats.iter().position(|known| known == format).unwrap_or_else(|| {
                    formats.push(*format);
                    formats.len() - 1
                });
                let mut data = [*row, *column, at as u16].map(u16::to_le_bytes).concat();
                data.extend(number.to_le_bytes());
                record(&mut sheet, 0x0203, &data);
            }
        }
    }
    record(&mut sheet, 0x000A, &[]);
    let globals = |position: u32| {
        let mut out = Vec::new();
        begin(&mut out, 0x0005);
        for (kind, data) in extra {
            record(&mut out, *kind, data);
        }
        record(&mut out, 0x0042, &1200_u16.to_le_bytes());
        record(&mut out, 0x0022, &u16::from(is_1904).to_le_bytes());
        for format in &formats {
            let mut data = vec![0; 20];
            data[2..4].copy_from_slice(&format.to_le_bytes());
            record(&mut out, 0x00E0, &data);
        }
        let mut data = position.to_le_bytes().to_vec();
        data.extend([0, 0, name.len() as u8, 0]);
        data.extend(name.as_bytes());
        record(&mut out, 0x0085, &data);
        record(&mut out, 0x000A, &[]);
        out
    };
    let position = globals(0).len() as u32;
    let mut stream = globals(position);
    stream.extend(sheet);
    compound("Workbook", &stream)
}

/// A compound file (MS-CFB, version 3) with one stream.
pub fn compound(name: &str, stream: &[u8]) -> Vec<u8> {
    const FREE: u32 = u32::MAX;
    const END: u32 = 0xFFFF_FFFE;
    // Shorter ones would lie in sectors of another size.
    let mut stream = stream.to_vec();
    stream.resize(stream.len().max(4096).next_multiple_of(512), 0);
    let sectors = (stream.len() / 512) as u32;
    assert!(sectors < 126, "one sector of the table is enough");
    let mut out = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    out.extend([0; 16]);
    out.extend([0x3E, 3, 0xFFFE, 9, 6].map(u16::to_le_bytes).concat());
    out.extend([0; 6]);
    out.extend([0, 1, 1, 0, 4096, END, 0, END, 0, 0].map(u32::to_le_bytes).concat());
    out.resize(512, 0xFF);
    let chain = (2..=sectors).map(|sector| sector + 1).chain([END]);
    let mut table: Vec<u32> = [0xFFFF_FFFD, END].into_iter().chain(chain).collect();
    table.resize(128, FREE);
    out.extend(table.into_iter().flat_map(u32::to_le_bytes));
    let entry = |name: &str, kind: u8, child: u32, start: u32, size: usize| {
        let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        entry.resize(64, 0);
        entry.extend(((name.len() as u16 + 1) * 2).to_le_bytes());
        entry.extend([kind, 1]);
        entry.extend([FREE, FREE, child].map(u32::to_le_bytes).concat());
        entry.resize(116, 0);
        entry.extend(start.to_le_bytes());
        entry.extend((size as u64).to_le_bytes());
        entry
    };
    let mut directory = entry("Root Entry", 5, 1, END, 0);
    directory.extend(entry(name, 2, FREE, 2, stream.len()));
    directory.resize(512, 0);
    out.extend(directory);
    out.extend(stream);
    out
}
