//! The help, from `assets/help/*.md` to `$OUT_DIR/help.rs`: the program only copies it into its pages.
//!
//! A file is a topic: its name is the order and the topic's address, its first line the title. Each heading of the second
//! level begins a section, the unit that is searched, whose address is its heading, or what stands behind it in braces.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// Writes the generated source.
///
/// # Errors
/// A file that cannot be read or does not have the form described above: the build fails and names it.
pub fn write() -> io::Result<()> {
    let folder = Path::new("assets/help");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "md"));
    files.sort();
    let mut source = String::from("pub static TOPICS: &[Topic] = &[\n");
    for file in &files {
        let text = fs::read_to_string(file)?;
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let id =
            stem.split_once('-').map(|(_, id)| id).ok_or_else(|| wrong(file, "has no number in its name"))?;
        topic(&mut source, id, &text).map_err(|what| wrong(file, what))?;
    }
    source.push_str("];\n");
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    fs::write(Path::new(&out).join("help.rs"), source)
}

fn wrong(file: &Path, what: &str) -> io::Error {
    io::Error::other(format!("{}: {what}", file.display()))
}

/// A part of a topic with what is in it so far.
#[derive(Default)]
struct Part<'t> {
    id: String,
    title: String,
    events: Vec<Event<'t>>,
}

fn topic(source: &mut String, id: &str, text: &str) -> Result<(), &'static str> {
    let (first, rest) = text.split_once('\n').ok_or("is empty")?;
    let title = first.strip_prefix("# ").ok_or("does not begin with a title")?;
    let mut parts = vec![Part::default()];
    let mut is_heading = false;
    for event in Parser::new_ext(rest, Options::ENABLE_TABLES | Options::ENABLE_HEADING_ATTRIBUTES) {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H2, id, .. }) => {
                is_heading = true;
                parts.push(Part { id: id.map(|id| id.to_string()).unwrap_or_default(), ..Part::default() });
            }
            Event::End(TagEnd::Heading(HeadingLevel::H2)) => is_heading = false,
            Event::Html(_) | Event::InlineHtml(_) => return Err("has markup of its own"),
            Event::Text(text) | Event::Code(text) if is_heading => {
                if let Some(part) = parts.last_mut() {
                    part.title.push_str(&text);
                }
            }
            event => parts.last_mut().ok_or("has no parts")?.events.push(event),
        }
    }
    let mut parts = parts.into_iter();
    let intro = parts.next().ok_or("has no parts")?;
    let _ = writeln!(
        source,
        "Topic {{ id: {id:?}, title: {title:?}, intro: {:?}, sections: &[",
        markup(intro.events)
    );
    for part in parts {
        let id = if part.id.is_empty() { slug(&part.title) } else { part.id };
        let _ = writeln!(
            source,
            "Section {{ id: {id:?}, title: {:?}, html: {:?} }},",
            part.title,
            markup(part.events)
        );
    }
    source.push_str("] },\n");
    Ok(())
}

/// Wide tables and long lines scroll in themselves, not the page.
fn markup(events: Vec<Event<'_>>) -> String {
    let mut text = String::new();
    html::push_html(&mut text, events.into_iter());
    text.replace("<table>", "<div class=\"help-table\" tabindex=\"0\"><table>")
        .replace("</table>", "</table></div>")
        .replace("<pre>", "<pre tabindex=\"0\">")
}

fn slug(title: &str) -> String {
    let mut slug = String::new();
    for c in title.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}
