//! The files that pages load: scripts, styles, icons, the font. They are part of the program and change only with
//! it, so their address holds a hash of them all and browsers may keep them for ever.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use super::error::AppError;
use super::ui::tokens;
use crate::base::hex;

/// Texts and licences are in the program already, where they are read.
#[derive(RustEmbed)]
#[folder = "assets/"]
#[exclude = "text/*"]
#[exclude = "licenses/*"]
struct Files;

/// The first parts of the style sheet of all pages, in the order of their layers.
const STYLE_PARTS: [&str; 4] = ["css/base.css", "css/layout.css", "css/components.css", "css/print.css"];
/// Planning has a sheet of its own: most never see its pages.
pub const PLAN_SHEET: &str = "css/plan.css";
/// And so has the explained API.
pub const DOCS_SHEET: &str = "css/docs.css";
/// The name of the one style sheet of all pages.
const STYLE_SHEET: &str = "css/app.css";
/// Browsers keep a file of this address for a year and never ask again.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

struct Asset {
    content_type: &'static str,
    plain: Bytes,
    /// Where that is smaller.
    gzip: Option<Bytes>,
}

struct Assets {
    hash: String,
    files: BTreeMap<String, Asset>,
}

/// Read, joined and compressed once.
static ASSETS: LazyLock<Assets> = LazyLock::new(Assets::load);

/// The sheet without comments and without spaces that mean nothing. No string in it holds `/*`.
fn slim(sheet: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(sheet);
    let mut pieces = text.split("/*");
    let mut slim = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        slim.push_str(piece.split_once("*/").map_or("", |(_, after)| after));
    }
    tight(&slim).into_bytes()
}

/// Without the spaces beside what ends a word anyway. One before a colon stays: it is part of a selector.
fn tight(sheet: &str) -> String {
    let mut tight = String::with_capacity(sheet.len());
    let mut quote = None;
    let mut space = false;
    for c in sheet.chars() {
        match quote {
            Some(open) => {
                tight.push(c);
                quote = (c != open).then_some(open);
                continue;
            }
            None if c.is_whitespace() => {
                space = true;
                continue;
            }
            None => {}
        }
        let ends_word = matches!(c, '{' | '}' | ';' | ',' | '>' | ')');
        let is_kept = !ends_word && !tight.is_empty();
        if std::mem::take(&mut space) && is_kept && !tight.ends_with(['{', '}', ';', ',', '>', '(', ':']) {
            tight.push(' ');
        }
        if c == '}' && tight.ends_with(';') {
            tight.pop();
        }
        quote = matches!(c, '"' | '\'').then_some(c);
        tight.push(c);
    }
    tight
}

impl Assets {
    fn load() -> Self {
        // Texts and notes lie there too, and are not for browsers.
        let mut contents: BTreeMap<String, Vec<u8>> = Files::iter()
            .filter(|name| content_type(name).is_some())
            .filter_map(|name| Some((name.to_string(), Files::get(&name)?.data.into_owned())))
            .collect();
        let mut sheet = tokens::style_sheet().into_bytes();
        for part in STYLE_PARTS {
            sheet.extend(contents.remove(part).unwrap_or_default());
        }
        let is_rest =
            |name: &&String| name.starts_with("css/") && ![PLAN_SHEET, DOCS_SHEET].contains(&name.as_str());
        for rest in contents.keys().filter(is_rest).cloned().collect::<Vec<_>>() {
            sheet.extend(contents.remove(&rest).unwrap_or_default());
        }
        contents.insert(STYLE_SHEET.to_owned(), sheet);
        for (name, content) in &mut contents {
            if name.starts_with("js/") {
                *content = without_comments(content);
            } else if name.starts_with("css/") {
                *content = slim(content);
            }
        }

        let mut all = Sha256::new();
        for (name, content) in &contents {
            all.update(name.as_bytes());
            all.update(content);
        }
        let hash = hex::encode(&all.finalize()[..8]);
        let files = contents.into_iter().map(|(name, content)| {
            let asset = Asset::new(&name, content);
            (name, asset)
        });
        Self { hash, files: files.collect() }
    }
}

impl Asset {
    fn new(name: &str, content: Vec<u8>) -> Self {
        let gzip = compress(&content).filter(|gzip| gzip.len() < content.len());
        Self {
            content_type: content_type(name).unwrap_or_default(),
            plain: content.into(),
            gzip: gzip.map(Bytes::from),
        }
    }
}

/// A script of ours without what only its readers need: lines that are comments, and indentation. A line that is
/// part of a longer text would be changed too; there is none (see the test).
fn without_comments(script: &[u8]) -> Vec<u8> {
    let mut short = Vec::with_capacity(script.len());
    for line in script.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
        let is_comment = line.starts_with(b"//") || (line.starts_with(b"/*") && line.ends_with(b"*/"));
        if !line.is_empty() && !is_comment {
            short.extend(line);
            short.push(b'\n');
        }
    }
    short
}

fn compress(content: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).ok()?;
    encoder.finish().ok()
}

fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit('.').next()? {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "woff2" => Some("font/woff2"),
        _ => None,
    }
}

/// The address of an asset: `css/app.css`, `js/app.js`, `img/icons.svg`.
pub fn href(name: &str) -> String {
    format!("/a/{}/{name}", ASSETS.hash)
}

/// `GET /a/{hash}/{*path}`: an asset. One of another build is answered all the same: a page that was open over an
/// upgrade still gets its files, only not to keep.
pub async fn show(
    Path((hash, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let asset = ASSETS.files.get(&name).ok_or_else(|| AppError::not_found("There is no such file."))?;
    let takes_gzip = headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.split(',').any(|coding| coding.trim().split(';').next() == Some("gzip")));
    let (body, is_gzip) = match &asset.gzip {
        Some(gzip) if takes_gzip => (gzip.clone(), true),
        _ => (asset.plain.clone(), false),
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    let keep = if hash == ASSETS.hash { FOR_EVER } else { "no-store" };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    if is_gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::{Files, slim, without_comments};

    #[test]
    fn the_sheet_loses_spaces_that_mean_nothing() {
        let sheet = b"/* Why. */\na :focus > b,\n.c { color: red; content: \"a: b; \"; }\n\
                      @media (width < 1px) and (scripting: none) {\n  .d { margin: calc(1px + 2px) auto; }\n}\n";
        let short = String::from_utf8(slim(sheet)).unwrap();
        assert_eq!(
            short,
            "a :focus>b,.c{color:red;content:\"a: b; \"}@media (width < 1px) and (scripting:none)\
             {.d{margin:calc(1px + 2px) auto}}"
        );
    }

    #[test]
    fn scripts_lose_their_comments_and_nothing_else() {
        let short = without_comments(b"// Why.\n/** What. */\nlet a = 1; // here\n\n  run(a);\n");
        assert_eq!(short, b"let a = 1; // here\nrun(a);\n");
        for name in Files::iter().filter(|name| name.starts_with("js/")) {
            let script = Files::get(&name).unwrap().data;
            let script = std::str::from_utf8(&script).unwrap();
            for line in script.lines() {
                assert!(line.matches('`').count() % 2 == 0, "{name}: a text of several lines: {line}");
                let opens = line.contains("/*") && !line.contains("*/");
                assert!(!opens, "{name}: a comment of several lines: {line}");
            }
        }
    }
}
