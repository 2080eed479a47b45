//! A ZIP archive: a workbook, or a table among other things.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use super::super::IngestError;
use super::super::encoding::looks_like_binary;
use super::bounded::{Budget, MAX_ENTRIES, inflate};
use super::choose::name_list;
use super::kind::Kind;
use super::{Part, Unpacked, Wanted, damaged, ods, refused, xlsb, xlsx};
use crate::domain::limits::ImportLimits;
use crate::domain::profile::Container;

/// Bytes by which a member shows whether it is text.
const SNIFFED_BYTES: u64 = 16 << 10;

/// The archive as everything here reads it.
pub type Archive<'f> = ZipArchive<BufReader<&'f File>>;

/// Takes the table out of `file`.
pub fn unpack(
    file: &File,
    text: &Path,
    wanted: &Wanted,
    limits: &ImportLimits,
) -> Result<Unpacked, IngestError> {
    let budget = Budget::of(file.metadata()?.len(), limits);
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| of_zip(&error))?;
    if archive.len() > MAX_ENTRIES {
        let found = archive.len();
        return Err(refused(format!(
            "The archive has {found} entries, and the limit is {MAX_ENTRIES}. Send an archive with the table alone."
        )));
    }
    let members = list(&mut archive)?;
    budget.must_fit(members.iter().map(|member| member.bytes).fold(0, u64::saturating_add))?;
    let has = |name: &str| members.iter().any(|member| member.name.eq_ignore_ascii_case(name));
    if members.iter().any(|member| member.is_encrypted) {
        return Err(refused(
            "The archive is protected with a password, which nothing here can open. Unpack it and send the table itself.",
        ));
    }
    if has("xl/workbook.bin") {
        return xlsb::unpack(file, &mut archive, &budget, text, wanted, limits);
    }
    if has("[Content_Types].xml") {
        if members.iter().any(|member| member.name.to_ascii_lowercase().starts_with("xl/")) {
            return xlsx::unpack(file, &mut archive, &budget, text, wanted, limits);
        }
        return Err(refused(
            "The file is an Office document, but no workbook. Put its table into a workbook or a CSV file and send that.",
        ));
    }
    if has("mimetype") && has("content.xml") {
        return ods::unpack(&mut archive, &budget, text, wanted, limits);
    }
    member_of(&mut archive, &members, &budget, text, wanted)
}

/// One entry of an archive.
pub struct Member {
    index: usize,
    name: String,
    bytes: u64,
    is_encrypted: bool,
    is_dir: bool,
}

fn list(archive: &mut Archive<'_>) -> Result<Vec<Member>, IngestError> {
    let mut members = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|error| of_zip(&error))?;
        let name = entry.name().map_err(|error| of_zip(&error))?.into_owned();
        let is_dir = entry.is_dir() || name.ends_with('/');
        members.push(Member { index, name, bytes: entry.size(), is_encrypted: entry.encrypted(), is_dir });
    }
    Ok(members)
}

/// Takes the one table of an archive that is no workbook, or the one that is wanted.
fn member_of(
    archive: &mut Archive<'_>,
    members: &[Member],
    budget: &Budget,
    text: &Path,
    wanted: &Wanted,
) -> Result<Unpacked, IngestError> {
    let mut tables = Vec::new();
    let mut packed = Vec::new();
    let mut others = 0;
    for member in members.iter().filter(|member| !member.is_dir && !is_clutter(&member.name)) {
        let entry = archive.by_index(member.index).map_err(|error| of_zip(&error))?;
        let mut head = Vec::new();
        budget
            .read(entry)
            .take(SNIFFED_BYTES)
            .read_to_end(&mut head)
            .map_err(|error| budget.explain(&error))?;
        if head.is_empty() {
            continue;
        }
        if Kind::of_bytes(&head) != Kind::Plain {
            packed.push(shown(&member.name));
        } else if looks_like_binary(&head).is_none() {
            tables.push(member);
        } else {
            others += 1;
        }
    }
    let names = || name_list(tables.iter().map(|member| shown(&member.name)));
    let parts: Vec<Part> = tables
        .iter()
        .map(|member| Part {
            name: shown(&member.name),
            rows: 0,
            columns: 0,
            bytes: member.bytes,
            hidden: false,
        })
        .collect();
    let find = |name: &String| tables.iter().find(|member| shown(&member.name) == *name);
    let chosen = match (&wanted.chosen, &wanted.remembered) {
        (Some(name), _) => Some(find(name).ok_or_else(|| {
            refused(format!("The archive has no table “{}”; it has: {}.", shown(name), names()))
        })?),
        (None, Some(name)) => find(name),
        (None, None) => None,
    };
    let member = match (chosen, tables.as_slice()) {
        (Some(member), _) | (None, [member]) => *member,
        (None, []) if !packed.is_empty() => {
            return Err(refused(format!(
                "There is an archive or a workbook inside of this archive: {}. Unpack it and send that.",
                name_list(packed.into_iter())
            )));
        }
        (None, []) if others == 0 => return Err(IngestError::Empty),
        (None, []) => {
            return Err(refused(
                "The archive holds no table: none of its files is text. Send a CSV file or a workbook.",
            ));
        }
        (None, _) => {
            return Err(refused(format!(
                "The archive holds {} tables: {}. Send an archive with one of them, or name it with sheet=NAME.",
                tables.len(),
                names()
            )));
        }
    };
    let entry = archive.by_index(member.index).map_err(|error| of_zip(&error))?;
    inflate(entry, budget, text)?;
    let container = Container::Zip { member: shown(&member.name) };
    Ok(Unpacked { parts, ..Unpacked::text(text.to_owned(), container) })
}

/// What systems put beside files.
fn is_clutter(name: &str) -> bool {
    name.starts_with("__MACOSX/") || name.rsplit('/').next().is_some_and(|file| file.starts_with('.'))
}

/// A member's name for people: it is never a path here, and never longer than is readable.
fn shown(name: &str) -> String {
    let clean = name.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c });
    clean.take(200).collect()
}

/// Why an archive cannot be read.
pub fn of_zip(error: &ZipError) -> IngestError {
    match error {
        ZipError::UnsupportedArchive(why) if why.to_ascii_lowercase().contains("password") => refused(
            "The archive is protected with a password, which nothing here can open. Unpack it and send the table itself.",
        ),
        ZipError::UnsupportedArchive(_) => refused(
            "The archive is compressed in a way that cannot be read here. Pack it as a common ZIP file, or send the table itself.",
        ),
        ZipError::InvalidArchive(_) => refused(
            "The file is a ZIP archive or an Excel workbook that is damaged or was cut short: the list of its contents, which \
             stands at its end, makes no sense. Save or download it again, and send that.",
        ),
        other => damaged(other),
    }
}

/// The entry of this name, whatever the case of its letters and the direction of its slashes.
pub fn index_of(archive: &Archive<'_>, name: &str) -> Option<usize> {
    archive.index_for_name(name).or_else(|| {
        let plain = |name: &str| name.replace('\\', "/").trim_start_matches('/').to_ascii_lowercase();
        let wanted = plain(name);
        (0..archive.len())
            .find(|index| matches!(archive.name_for_index(*index), Some(Ok(name)) if plain(&name) == wanted))
    })
}
