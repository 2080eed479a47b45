//! Mails on their way out: what a letter looks like ([`render`]), through a mail server ([`smtp`]) or into a directory
//! ([`file`]). The only user of lettre. Imports [`crate::base`], [`crate::config`] and [`crate::domain`].

mod file;
pub mod letters;
mod render;
mod smtp;

use std::path::Path;

use thiserror::Error;

use crate::config::mail::{MailConfig, SmtpSender};
use crate::domain::email::{Email, Mailbox};
use crate::domain::mail::{Letter, Mail};

/// What was said between us and a server, line by line: `>` by us, `<` by it, `·` is what happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conversation(pub Vec<String>);

impl Conversation {
    fn we(&mut self, line: &str) {
        self.0.push(format!("> {line}"));
    }

    fn it(&mut self, text: &str) {
        self.0.extend(text.lines().map(|line| format!("< {line}")));
    }

    fn happened(&mut self, line: &str) {
        self.0.push(format!("· {line}"));
    }
}

/// Why a mail was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SendError {
    /// Later it may be.
    #[error("{0}")]
    Later(String),
    /// It will not, however often it is tried: there is no such address, say.
    #[error("{0}")]
    Never(String),
}

/// A mail as it is sent.
#[derive(Debug)]
pub struct Outgoing<'m> {
    /// The site's name.
    pub site: &'m str,
    /// The mail.
    pub mail: &'m Mail,
    /// Who it is from.
    pub from: &'m Mailbox,
    /// Where answers go.
    pub reply_to: Option<&'m Mailbox>,
    /// Who gets blind copies.
    pub bcc: &'m [Email],
}

impl<'m> Outgoing<'m> {
    /// The mail as `config` wants it. Nobody gets blind copies of what opens something.
    pub fn new(config: &'m MailConfig, site: &'m str, mail: &'m Mail, from: &'m Mailbox) -> Self {
        let bcc = if mail.letter.has_secret() { &[][..] } else { &config.bcc };
        Self { site, mail, from, reply_to: config.reply_to.as_ref(), bcc }
    }
}

/// Hands a mail to a server; what the server answered. The conversation is told as far as it went, whatever comes of it.
///
/// # Errors
/// Where the server did not take it.
pub fn send_by_smtp(
    sender: &SmtpSender,
    outgoing: &Outgoing<'_>,
    conversation: &mut Conversation,
) -> Result<String, SendError> {
    smtp::send(sender, outgoing, conversation)
}

/// Connects to a mail server, says EHLO and signs in as for a mail, and sends none.
///
/// # Errors
/// Why it did not go as far.
pub fn greet(sender: &SmtpSender, conversation: &mut Conversation) -> Result<(), SendError> {
    smtp::greet(sender, conversation)
}

/// Writes a mail into a directory, as `<id>.eml`; the file's name.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_to_file(directory: &Path, outgoing: &Outgoing<'_>) -> Result<String, SendError> {
    file::write(directory, outgoing)
}

/// The text of a letter, as in the mail; what is hidden stands as dots.
pub fn preview(letter: &Letter) -> String {
    render::text(letter, &render::dots)
}
