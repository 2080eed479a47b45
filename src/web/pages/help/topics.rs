//! The topics of the help, as `src/build/help.rs` made them of `assets/help`, and their search.

use std::sync::LazyLock;

use crate::domain::fold::fold;

include!(concat!(env!("OUT_DIR"), "/help.rs"));

/// A topic: a page of the help.
#[derive(Debug)]
pub struct Topic {
    /// Its address.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What stands before the first section, as markup.
    pub intro: &'static str,
    /// Its sections.
    pub sections: &'static [Section],
}

/// A section, the unit that is searched.
#[derive(Debug)]
pub struct Section {
    /// Its address within the topic.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Its content, as markup.
    pub html: &'static str,
}

/// A section that has what is looked for.
#[derive(Debug)]
pub struct Found {
    /// Where it stands.
    pub topic: &'static Topic,
    /// The section.
    pub section: &'static Section,
    /// A stretch of its text around the first word.
    pub excerpt: String,
}

struct Entry {
    topic: &'static Topic,
    section: &'static Section,
    heading: String,
    text: String,
    folded: String,
}

/// How many sections are found at most: who gets more types another word.
const MOST: usize = 20;
/// A word in the heading counts as much as so many in the text.
const HEADING: usize = 20;
/// Words of a search that count.
const WORDS: usize = 10;

/// Folded once; the help does not change while the program runs.
static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let sections = TOPICS.iter().flat_map(|topic| topic.sections.iter().map(move |section| (topic, section)));
    let entry = |(topic, section): (&'static Topic, &'static Section)| {
        let text = without_markup(section.html);
        let heading = fold(&format!("{} {}", topic.title, section.title));
        Entry { topic, section, heading, folded: fold(&text), text }
    };
    sections.map(entry).collect()
});

/// The topic of an address.
pub fn topic(id: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.id == id)
}

/// Sections in which every word of `query` occurs, those first in which they do most, above all in the heading. Of words
/// that occur nowhere together, sections with any of them.
pub fn search(query: &str) -> Vec<Found> {
    let folded = fold(query);
    let words: Vec<&str> =
        folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).take(WORDS).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let weigh = |entry: &Entry, word: &&str| {
        entry.heading.matches(*word).count() * HEADING + entry.folded.matches(*word).count().min(HEADING)
    };
    let found = |all: bool| {
        let mut found: Vec<(usize, &Entry)> = Vec::new();
        for entry in ENTRIES.iter() {
            let weights: Vec<usize> = words.iter().map(|word| weigh(entry, word)).collect();
            let counts = if all {
                weights.iter().all(|weight| *weight > 0)
            } else {
                weights.iter().any(|weight| *weight > 0)
            };
            if counts {
                found.push((weights.iter().sum(), entry));
            }
        }
        found.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        found
    };
    let mut entries = found(true);
    if entries.is_empty() {
        entries = found(false);
    }
    let shown = entries.into_iter().take(MOST).map(|(_, entry)| Found {
        topic: entry.topic,
        section: entry.section,
        excerpt: around(&entry.text, &words),
    });
    shown.collect()
}

/// Characters of an excerpt before and behind the word.
const BEFORE: usize = 60;
const BEHIND: usize = 180;

/// A stretch of `text` around the first of `words`, from the beginning of a word to the end of one.
fn around(text: &str, words: &[&str]) -> String {
    let characters: Vec<char> = text.chars().collect();
    // Folding may change how many characters there are, so the place is looked for word by word.
    let mut at = 0;
    let mut place = 0;
    for piece in text.split(' ') {
        if words.iter().any(|word| fold(piece).contains(word)) {
            place = at;
            break;
        }
        at += piece.chars().count() + 1;
    }
    let mut start = place.saturating_sub(BEFORE);
    while start > 0 && start < place && characters.get(start - 1) != Some(&' ') {
        start += 1;
    }
    let mut end = (place + BEHIND).min(characters.len());
    while end < characters.len() && characters.get(end) != Some(&' ') {
        end += 1;
    }
    let stretch: String = characters.get(start..end).unwrap_or_default().iter().collect();
    let (before, behind) =
        (if start > 0 { "… " } else { "" }, if end < characters.len() { " …" } else { "" });
    format!("{before}{}{behind}", stretch.trim())
}

/// Elements within a word's neighbours.
const INLINE: [&str; 4] = ["a", "code", "em", "strong"];

/// The text of our own markup: what is between tags, with the four entities that it has, in single spaces.
fn without_markup(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    for piece in html.split('<') {
        let (tag, inside) = piece.split_once('>').unwrap_or(("", piece));
        let name = tag.trim_start_matches('/').split(' ').next().unwrap_or_default();
        if !INLINE.contains(&name) {
            text.push(' ');
        }
        text.push_str(inside);
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Targets of links in the help.
    fn links() -> impl Iterator<Item = (&'static str, &'static str)> {
        TOPICS.iter().flat_map(|topic| {
            let texts = std::iter::once(topic.intro).chain(topic.sections.iter().map(|section| section.html));
            texts.flat_map(move |html| {
                html.split("href=\"")
                    .skip(1)
                    .map(move |rest| (topic.id, rest.split('"').next().unwrap_or_default()))
            })
        })
    }

    #[test]
    fn links_within_the_help_lead_somewhere_and_none_leads_out_of_the_site() {
        for (from, target) in links() {
            assert!(
                target.starts_with('/') || target.starts_with('#'),
                "{from}: {target} leads out of the site"
            );
            let (page, anchor) = target.split_once('#').unwrap_or((target, ""));
            let id = if page.is_empty() { Some(from) } else { page.strip_prefix("/help/") };
            let Some(id) = id else { continue };
            let topic = topic(id).unwrap_or_else(|| panic!("{from}: there is no topic {target}"));
            let is_there = anchor.is_empty() || topic.sections.iter().any(|section| section.id == anchor);
            assert!(is_there, "{from}: there is no section {target}");
        }
    }

    #[test]
    fn addresses_are_used_once() {
        let topics: BTreeSet<_> = TOPICS.iter().map(|topic| topic.id).collect();
        assert_eq!(topics.len(), TOPICS.len());
        for topic in TOPICS {
            let sections: BTreeSet<_> = topic.sections.iter().map(|section| section.id).collect();
            assert_eq!(sections.len(), topic.sections.len(), "{}", topic.id);
        }
    }

    #[test]
    fn what_people_type_finds_the_section_that_answers_it() {
        for (typed, topic, section) in [
            ("forgot password", "signing-in", "forgotten-password"),
            ("Restore a backup", "backups", "restore"),
            ("quarantined", "imports", "a-file-is-held-back"),
            ("active directory", "directory", "active-directory"),
            ("semicolon", "imports", "a-file-from-a-german-or-french-erp"),
            ("second factor lost phone", "signing-in", "second-factor"),
            ("keyboard", "keyboard", "everywhere"),
            ("upgrade", "upgrade", "to-a-new-version"),
            ("windows", "running", "windows"),
            ("too many tries", "troubleshooting", "signing-in"),
        ] {
            let found = search(typed);
            let firsts: Vec<_> =
                found.iter().take(3).map(|found| (found.topic.id, found.section.id)).collect();
            assert!(firsts.contains(&(topic, section)), "{typed}: {firsts:?}");
        }
        assert!(search(" ,;").is_empty());
        assert!(search("xyzzyplugh").is_empty());
    }

    #[test]
    fn excerpts_are_text_around_the_word() {
        let found = search("quarantined");
        assert!(found[0].excerpt.to_lowercase().contains("quarantined"), "{}", found[0].excerpt);
        assert!(
            found.iter().all(|found| !found.excerpt.contains('<') && found.excerpt.chars().count() < 320)
        );
        assert_eq!(
            without_markup("<p>a &lt;b&gt; &amp;amp;</p><td><code>c</code>, <a href=\"/x\">d</a>.</td>"),
            "a <b> &amp; c, d."
        );
        assert_eq!(around("ÄÖ straße x", &["x"]), "ÄÖ straße x");
    }
}
