//! What a file is by its content, whatever its name says.

use crate::domain::user_file::FileKind;
use crate::ingest::Kind;
use crate::services::Services;
use crate::services::error::ServiceError;
use crate::services::files::StoredFile;

/// What the file is; a table is one only if it can then be read as one.
pub(super) fn kind_of(services: &Services, file: &StoredFile) -> Result<FileKind, ServiceError> {
    if file.bytes == 0 {
        return Err(ServiceError::invalid(
            "file",
            "this file is empty; save or export it again and send that",
        ));
    }
    let head = super::head_of(services, &file.sha256)?;
    of_bytes(&head).map_err(|looks_like| {
        let message = format!("this is {looks_like}; tables, PDF documents and pictures can be kept");
        ServiceError::invalid("file", message)
    })
}

/// A name for a stored file that ends in what files of this kind end in, so that no system that opens it by its name runs
/// it; `name` itself where it does.
///
/// # Errors
/// [`ServiceError::Internal`] where the file cannot be read.
pub(super) fn fitting_name(
    services: &Services,
    sha256: &str,
    kind: FileKind,
    name: &str,
) -> Result<String, ServiceError> {
    let head = super::head_of(services, sha256)?;
    Ok(kind.named(name, usual_extension(kind, &head)))
}

/// What a stored file is downloaded as, whatever it was called when it came.
///
/// # Errors
/// [`ServiceError::Internal`] where the file cannot be read.
pub fn download_name(services: &Services, sha256: &str, name: &str) -> Result<String, ServiceError> {
    let head = super::head_of(services, sha256)?;
    let kind = of_bytes(&head).unwrap_or(FileKind::Text);
    Ok(kind.named(name, usual_extension(kind, &head)))
}

/// What a name gets that ends in nothing fitting.
fn usual_extension(kind: FileKind, head: &[u8]) -> &'static str {
    match (kind, Kind::of_bytes(head)) {
        (FileKind::Text, _) if of_bytes(head).is_err() => "txt",
        (FileKind::Workbook, Kind::Ole) => "xls",
        (FileKind::Workbook, _) if is_opendocument(head) => "ods",
        (FileKind::Packed, Kind::Zip) => "zip",
        (FileKind::Jpeg, _) => "jpg",
        _ => kind.extensions().first().copied().unwrap_or("txt"),
    }
}

fn is_opendocument(head: &[u8]) -> bool {
    let mark = b"opendocument.spreadsheet";
    head.windows(mark.len()).any(|window| window == mark)
}

fn of_bytes(head: &[u8]) -> Result<FileKind, &'static str> {
    Ok(match head {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => FileKind::Png,
        [0xFF, 0xD8, 0xFF, ..] => FileKind::Jpeg,
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => FileKind::Gif,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => FileKind::Webp,
        [b'%', b'P', b'D', b'F', b'-', ..] => FileKind::Pdf,
        _ => match Kind::of_bytes(head) {
            Kind::Gzip => FileKind::Packed,
            Kind::Zip => {
                if is_workbook(head) {
                    FileKind::Workbook
                } else {
                    FileKind::Packed
                }
            }
            Kind::Ole => FileKind::Workbook,
            Kind::Plain if is_markup(head) => return Err("a page or a drawing (HTML, SVG or XML)"),
            Kind::Plain => FileKind::Text,
        },
    })
}

/// The first member of XLSX, XLSB and ODS says so; what is not sure is a packed file, which reads the same.
fn is_workbook(head: &[u8]) -> bool {
    let marks: [&[u8]; 5] =
        [b"[Content_Types].xml", b"_rels/", b"xl/", b"opendocument.spreadsheet", b"docProps/"];
    marks.iter().any(|mark| head.windows(mark.len()).any(|window| window == *mark))
}

/// Markup would read as a table of one column, and is what a browser could be made to run.
fn is_markup(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    let text: Vec<u8> = text.iter().take(16).map(u8::to_ascii_lowercase).collect();
    let begins: [&[u8]; 8] =
        [b"<!doctype", b"<!--", b"<html", b"<head", b"<body", b"<svg", b"<?xml", b"<script"];
    begins.iter().any(|begin| text.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::{of_bytes, usual_extension};
    use crate::domain::user_file::FileKind;

    #[test]
    fn content_says_what_a_file_is() {
        assert_eq!(of_bytes(b"%PDF-1.7\n"), Ok(FileKind::Pdf));
        assert_eq!(of_bytes(b"\x89PNG\r\n\x1A\n...."), Ok(FileKind::Png));
        assert_eq!(of_bytes(b"RIFF\0\0\0\0WEBPVP8 "), Ok(FileKind::Webp));
        assert_eq!(of_bytes(b"RIFF\0\0\0\0WAVEfmt "), Ok(FileKind::Text), "the reader then refuses it");
        assert_eq!(of_bytes(b"Part;Qty\nA;1\n"), Ok(FileKind::Text));
        for (head, usual) in [
            (&b"\x1F\x8B\x08"[..], "gz"),
            (b"PK\x03\x04....stock.csv", "zip"),
            (b"PK\x03\x04....[Content_Types].xml", "xlsx"),
            (b"PK\x03\x04....mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "ods"),
            (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "xls"),
            (b"\xFF\xD8\xFF", "jpg"),
            (b"A;B\n1;2\n", "csv"),
        ] {
            assert_eq!(usual_extension(of_bytes(head).unwrap(), head), usual);
        }
        for markup in [&b"\xEF\xBB\xBF <!DOCTYPE html>"[..], b"<svg onload=x>", b"<?xml version='1.0'?>"] {
            assert!(of_bytes(markup).is_err());
        }
    }
}
