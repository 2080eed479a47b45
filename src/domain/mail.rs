//! Mails: what they say, and how far they are.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::email::Email;
use super::ids::MailId;
use crate::base::secret::SecretString;

/// What a mail says, once for its text and its HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The subject.
    pub subject: String,
    /// The parts below each other.
    pub parts: Vec<Part>,
    /// From then on it is of no use: the link in it is void.
    pub expires_at: Option<Timestamp>,
}

/// A part of a letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// A paragraph.
    Text(String),
    /// A name and its value, on a line of their own.
    Fact(String, String),
    /// A link with its text. Where it opens something, it is a secret.
    Link(String, Hidden),
    /// A code to type.
    Code(Hidden),
}

/// A part of a letter that opens something: it is not shown in the outbox, and gone from it once the mail is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hidden {
    /// Anybody may read it.
    Open(String),
    /// It is still there.
    Secret(#[serde(serialize_with = "crate::base::secret::serialize_exposed")] SecretString),
    /// It was there.
    Gone,
}

impl Hidden {
    /// What stands in the mail.
    pub fn expose(&self) -> &str {
        match self {
            Self::Open(text) => text,
            Self::Secret(text) => text.expose(),
            Self::Gone => "",
        }
    }
}

impl Letter {
    /// True where it holds something that opens something.
    pub fn has_secret(&self) -> bool {
        self.hidden().any(|hidden| matches!(hidden, Hidden::Secret(_)))
    }

    /// True where what it held is gone: it cannot be sent again.
    pub fn is_emptied(&self) -> bool {
        self.hidden().any(|hidden| *hidden == Hidden::Gone)
    }

    /// Takes out what opens something.
    pub fn empty(&mut self) {
        for part in &mut self.parts {
            if let Part::Link(_, hidden) | Part::Code(hidden) = part
                && matches!(hidden, Hidden::Secret(_))
            {
                *hidden = Hidden::Gone;
            }
        }
    }

    fn hidden(&self) -> impl Iterator<Item = &Hidden> {
        self.parts.iter().filter_map(|part| match part {
            Part::Link(_, hidden) | Part::Code(hidden) => Some(hidden),
            Part::Text(_) | Part::Fact(..) => None,
        })
    }
}

/// How far a mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailState {
    /// It is to be sent, perhaps not for the first time.
    Waiting,
    /// A server took it.
    Sent,
    /// It was not taken, and is not tried again by itself.
    Failed,
    /// An admin does not want it sent.
    Discarded,
}

/// A mail in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its id, which is also the stable part of its `Message-ID`: a server that gets it twice can tell.
    pub id: MailId,
    /// What kind of mail it is, in one word: `reset`.
    pub kind: String,
    /// To whom.
    pub to: Email,
    /// What it says.
    pub letter: Letter,
    /// How far it is.
    pub state: MailState,
    /// How often it was tried.
    pub attempts: u32,
    /// What the server answered last, or why it could not be asked.
    pub answer: Option<String>,
    /// Which sender took it: a section of the configuration.
    pub sender: Option<String>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Mail {
    /// A mail that nobody tried to send yet.
    pub fn new(kind: &str, to: &Email, letter: Letter, now: Timestamp) -> Self {
        Self {
            id: MailId::new(now),
            kind: kind.to_owned(),
            to: to.clone(),
            letter,
            state: MailState::Waiting,
            attempts: 0,
            answer: None,
            sender: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// True where it may be tried again: it has not been taken, and what it holds is still there and of use.
    pub fn can_be_sent(&self, now: Timestamp) -> bool {
        self.state != MailState::Sent
            && !self.letter.is_emptied()
            && self.letter.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}

#[cfg(test)]
mod tests {
    use super::{Hidden, Letter, Part};
    use crate::base::secret::SecretString;

    #[test]
    fn an_emptied_letter_keeps_what_anybody_may_read() {
        let mut letter = Letter {
            subject: "s".into(),
            parts: vec![
                Part::Text("t".into()),
                Part::Link("home".into(), Hidden::Open("https://a.example".into())),
                Part::Code(Hidden::Secret(SecretString::new("123456".into()))),
            ],
            expires_at: None,
        };
        assert!(letter.has_secret() && !letter.is_emptied());
        letter.empty();
        assert!(!letter.has_secret() && letter.is_emptied());
        assert_eq!(letter.parts[1], Part::Link("home".into(), Hidden::Open("https://a.example".into())));
        assert!(!format!("{letter:?}").contains("123456"));
    }
}
