//! Workbooks: the bytes are a sheet, its shared strings or its styles within a workbook that is otherwise whole, or any file.
#![no_main]

use std::io::{Cursor, Write};
use std::sync::Once;

use libfuzzer_sys::fuzz_target;
use stockroom::domain::limits::ImportLimits;
use stockroom::ingest::{Hints, Wanted, inspect_unpacked, unpack, write_table};
use zip::write::SimpleFileOptions;

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>"#;
const RELS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK: &str = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Stock" sheetId="1" r:id="r1"/></sheets></workbook>"#;
const BOOK_RELS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="r3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#;
const SHEET: &str = r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:B3"/><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row><row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2" s="1"><v>45000</v></c></row><row r="3"><c r="A3" t="inlineStr"><is><t>A-2</t></is></c><c r="B3"><v>7</v></c></row></sheetData></worksheet>"#;
const STRINGS: &str = r#"<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="3" uniqueCount="3"><si><t>Part</t></si><si><r><t>Expi</t></r><r><t>res</t></r></si><si><t>A-1</t></si></sst>"#;
const STYLES: &str = r#"<?xml version="1.0"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="1"><numFmt numFmtId="164" formatCode="00000"/></numFmts><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/></cellXfs></styleSheet>"#;

/// A workbook with one of its parts replaced.
fn book(part: &str, content: &[u8]) -> Vec<u8> {
    let parts = [
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", RELS),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS),
        ("xl/worksheets/sheet1.xml", SHEET),
        ("xl/sharedStrings.xml", STRINGS),
        ("xl/styles.xml", STYLES),
    ];
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, usual) in parts {
        archive.start_file(name, stored).expect("a part begins");
        archive.write_all(if name == part { content } else { usual.as_bytes() }).expect("a part is written");
    }
    archive.finish().expect("the workbook is complete").into_inner()
}

fuzz_target!(|bytes: &[u8]| {
    // Parsers of others' formats may panic: `unpack` catches that and refuses the file. What is not caught still ends this.
    static HOOK: Once = Once::new();
    HOOK.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let Some((which, content)) = bytes.split_first() else { return };
    let file = match which {
        b's' => book("xl/worksheets/sheet1.xml", content),
        b't' => book("xl/sharedStrings.xml", content),
        b'y' => book("xl/styles.xml", content),
        b'w' => book("xl/workbook.xml", content),
        _ => content.to_vec(),
    };
    let directory = tempfile::tempdir().expect("a place for the file");
    let source = directory.path().join("file");
    std::fs::write(&source, file).expect("room for the file");
    let limits = ImportLimits { max_unpacked_bytes: 64 << 20, ..ImportLimits::default() };
    let Ok(unpacked) = unpack(&source, directory.path(), &Wanted::default(), &limits) else { return };
    if let Ok(found) = inspect_unpacked(&unpacked, &Hints::default(), &limits) {
        write_table(&unpacked.text, &found.profile, &limits, std::io::sink()).expect("what was inspected can be written");
    }
});
