//! What settings, their words and their defaults are called on the page.

use jiff::tz::TimeZone;

use crate::config::all_settings;
use crate::config::setting::{Control, Setting};
use crate::web::ui::tokens::accents;
use crate::web::ui::{t, t_with};

/// What a setting is called.
pub fn label_of(name: &str) -> String {
    t(&format!("setting-{}", name.replace(['.', '_'], "-")))
}

/// A word of a setting as people read it.
pub fn word_text(name: &str, word: &str) -> String {
    let key = match name {
        // A style is called as it writes.
        "site.dates" | "site.numbers" => return word.to_owned(),
        "signup.first_name" | "signup.last_name" | "signup.username" | "signup.mobile" => "asked".to_owned(),
        "backup.remote" => "files-remote".to_owned(),
        "smtp.tls" | "directory.tls" => "tls".to_owned(),
        "accounts.security_question" => "flag".to_owned(),
        other => other.replace(['.', '_'], "-"),
    };
    t(&format!("setting-word-{key}-{}", word.replace('+', "-")))
}

/// The default as the help says it.
fn said_default(setting: &Setting) -> Option<&'static str> {
    Some(setting.help.split_once("(default: ")?.1.split_once(')')?.0)
}

/// What an empty field stands for, as it would be typed into it; `None` where that is no single value.
pub fn placeholder(setting: &Setting) -> Option<String> {
    if setting.control == Some(Control::Colour) {
        return Some(accent(setting));
    }
    let default = said_default(setting)?;
    let is_value = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    (default != "none" && default.chars().all(is_value)).then(|| default.to_owned())
}

fn accent(setting: &Setting) -> String {
    let [light, dark] = accents();
    format!("#{}", if setting.name.ends_with("dark") { dark } else { light })
}

/// What holds where nothing is set.
pub fn default_text(setting: &Setting) -> String {
    let Some(said) = said_default(setting) else { return t("settings-default") };
    let words: &[&str] = match setting.control {
        Some(Control::Flag) => &["true", "false"],
        Some(Control::Choice(words)) => words,
        _ => &[],
    };
    let default = match setting.control {
        Some(Control::Colour) => accent(setting),
        Some(Control::Zone) => {
            let zone = TimeZone::system();
            let zone = zone.iana_name().map_or_else(|| "UTC".to_owned(), str::to_owned);
            t_with("settings-default-machine", &[("zone", zone.into())])
        }
        _ if words.contains(&said) => word_text(setting.name, said),
        _ => in_words(setting.name, said),
    };
    t_with("settings-default-is", &[("default", default.into())])
}

/// A message of the configuration in the words of the page: there a setting is called as its field is.
pub fn in_words(about: &str, message: &str) -> String {
    let mut text = message.to_owned();
    if let Some(Control::Choice(words)) =
        all_settings().find(|known| known.name == about).and_then(|known| known.control)
    {
        for word in words {
            text = text.replace(&format!("`{word}`"), &format!("“{}”", word_text(about, word)));
        }
    }
    let mut names: Vec<&str> =
        all_settings().filter(|setting| setting.control.is_some()).map(|setting| setting.name).collect();
    // The longest first: one may begin with another.
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    for name in names {
        text = text.replace(name, &format!("“{}”", label_of(name)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{default_text, in_words, placeholder};
    use crate::config::all_settings;

    fn placeholder_of(name: &str) -> Option<String> {
        placeholder(all_settings().find(|setting| setting.name == name).unwrap())
    }

    #[test]
    fn an_empty_field_shows_its_own_default_or_nothing() {
        assert_eq!(placeholder_of("session.idle").as_deref(), Some("30m"));
        assert_eq!(placeholder_of("session.absolute").as_deref(), Some("12h"));
        assert_eq!(placeholder_of("site.accent").as_deref(), Some("#0b5cad"));
        assert_eq!(placeholder_of("site.accent_dark").as_deref(), Some("#6db3f8"));
        assert_eq!(placeholder_of("retention.audit").as_deref(), Some("forever"));
        assert_eq!(placeholder_of("smtp.port"), None, "it depends");
        assert_eq!(placeholder_of("smtp.host"), None);
        for setting in all_settings().filter(|setting| setting.control.is_some()) {
            assert!(!default_text(setting).is_empty(), "{}", setting.name);
        }
    }

    #[test]
    fn errors_call_fields_by_their_labels() {
        assert_eq!(
            in_words("mail.mode", "`smtp` needs smtp.host and smtp.from"),
            "“By a mail server” needs “Mail server” and “Sender”"
        );
    }
}
