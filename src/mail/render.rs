//! A letter as a mail: plain text and plain HTML of the same parts, readable without images or styles (RFC 2046 §5.1.4).

use std::fmt::Write;

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox as LettreMailbox, Message, MultiPart};
use maud::{DOCTYPE, html};

use super::{Outgoing, SendError};
use crate::base::text::{LANGUAGE, t_with};
use crate::domain::email::{Email, Mailbox};
use crate::domain::mail::{Hidden, Letter, Part};

/// What stands for what is hidden where a mail is only looked at.
pub fn dots(hidden: &Hidden) -> String {
    match hidden {
        Hidden::Open(text) => text.clone(),
        Hidden::Secret(_) | Hidden::Gone => "••••••".to_owned(),
    }
}

fn exposed(hidden: &Hidden) -> String {
    hidden.expose().to_owned()
}

/// The plain text.
pub fn text(letter: &Letter, show: &dyn Fn(&Hidden) -> String) -> String {
    let mut text = String::new();
    let mut after_fact = false;
    for part in &letter.parts {
        let is_fact = matches!(part, Part::Fact(..));
        // Facts stand below each other, everything else apart.
        if !text.is_empty() {
            text.push_str(if is_fact && after_fact { "\n" } else { "\n\n" });
        }
        after_fact = is_fact;
        // Writing to a text cannot fail.
        let _ = match part {
            Part::Text(paragraph) => write!(text, "{paragraph}"),
            Part::Fact(name, value) => write!(text, "{name}: {value}"),
            Part::Link(label, to) => write!(text, "{label}:\n{}", show(to)),
            Part::Code(code) => write!(text, "    {}", show(code)),
        };
    }
    text
}

fn html(letter: &Letter, site: &str, footer: &str) -> String {
    html! {
        (DOCTYPE)
        html lang=(LANGUAGE) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (letter.subject) }
            }
            body {
                p { strong { (site) } }
                @for part in &letter.parts {
                    @match part {
                        Part::Text(text) => p { (text) },
                        Part::Fact(name, value) => p { (name) ": " strong { (value) } },
                        // The address is there to be read and copied too: some readers follow no links.
                        Part::Link(label, to) => p { a href=(to.expose()) { (label) } br; code { (to.expose()) } },
                        Part::Code(code) => p { big { strong { code { (code.expose()) } } } },
                    }
                }
                hr;
                p { small { (footer) } }
            }
        }
    }
    .into_string()
}

fn mailbox(name: Option<&str>, address: &Email) -> Result<LettreMailbox, SendError> {
    let parsed = address.as_str().parse().map_err(|error| {
        SendError::Never(format!("`{address}` is not an address that can be sent to: {error}"))
    })?;
    Ok(LettreMailbox::new(name.map(str::to_owned), parsed))
}

fn named(mailbox_: &Mailbox) -> Result<LettreMailbox, SendError> {
    mailbox(mailbox_.name.as_deref(), &mailbox_.address)
}

/// The whole mail. Its `Message-ID` is that of every try, so that a server or reader that gets it twice can tell
/// (RFC 5322 §3.6.4); `Auto-Submitted` keeps holiday notices away (RFC 3834 §5).
pub fn message(outgoing: &Outgoing<'_>) -> Result<Message, SendError> {
    let Outgoing { site, mail, from, reply_to, bcc } = outgoing;
    let letter = &mail.letter;
    let domain = from.address.as_str().rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let sender = match &from.name {
        Some(_) => named(from)?,
        None => mailbox(Some(site), &from.address)?,
    };
    let footer = t_with("mail-footer", &[("site", (*site).into())]);
    let plain = format!("{}\n\n-- \n{footer}\n", text(letter, &exposed));
    let mut builder = Message::builder()
        .message_id(Some(format!("<{}@{domain}>", mail.id)))
        .date(std::time::SystemTime::from(mail.created_at))
        .from(sender)
        .to(mailbox(None, &mail.to)?)
        .subject(&letter.subject)
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
    if let Some(reply_to) = reply_to {
        builder = builder.reply_to(named(reply_to)?);
    }
    for copy in *bcc {
        builder = builder.bcc(mailbox(None, copy)?);
    }
    builder
        .multipart(MultiPart::alternative_plain_html(plain, html(letter, site, &footer)))
        .map_err(|error| SendError::Never(format!("the mail cannot be put together: {error}")))
}
