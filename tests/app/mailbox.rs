//! The mails that a site wrote, as their readers see them.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use stockroom::config::Config;
use stockroom::config::mail::MailMode;
use stockroom::config::server::PublicUrl;
use stockroom::domain::email::Mailbox as Sender;

use crate::harness::TestApp;

/// Where the site says it is.
pub const PUBLIC: &str = "https://stock.example";

/// A site that mails into its data directory and does not know its own address.
pub fn with_mail(config: &mut Config) {
    let from = Sender::parse("Stock <stock@example.com>").unwrap();
    config.mail.mode = MailMode::File { directory: PathBuf::from("mail"), from };
    config.accounts.signup = stockroom::config::accounts::SignupMode::ConfirmAndApproval;
}

/// The same, and it knows its address; reached in tests by another one, so that links can be told from requests.
pub fn with_links(config: &mut Config) {
    with_mail(config);
    config.server.public_url = Some(PublicUrl::parse(PUBLIC).unwrap());
    config.server.hosts.push("127.0.0.1".to_owned());
    config.session.cookie_secure = Some(false);
}

/// A mail.
#[derive(Debug, Clone)]
pub struct Mail {
    pub text: String,
}

impl Mail {
    /// The address of the link in it, without the site.
    pub fn link(&self) -> String {
        let at = self.text.find(PUBLIC).unwrap_or_else(|| panic!("no link: {}", self.text));
        self.text[at + PUBLIC.len()..].split_whitespace().next().unwrap().to_owned()
    }

    /// What stands after `?token=` in the link.
    pub fn token(&self) -> String {
        self.link().split("token=").nth(1).unwrap().to_owned()
    }

    /// The code, which stands on a line of its own.
    pub fn code(&self) -> String {
        let line = self.text.lines().find(|line| line.starts_with("    ") && !line.trim().is_empty());
        line.unwrap_or_else(|| panic!("no code: {}", self.text)).trim().to_owned()
    }
}

/// Reads each mail once.
#[derive(Default)]
pub struct Mailbox(BTreeSet<PathBuf>);

impl Mailbox {
    /// The mail to `to` whose subject has `subject`, once it is there.
    pub async fn next(&mut self, app: &TestApp, to: &str, subject: &str) -> Mail {
        for _ in 0..500 {
            for (path, text) in self.unread(app) {
                if text.contains(&format!("To: {to}")) && header(&text, "Subject: ").contains(subject) {
                    self.0.insert(path);
                    return Mail { text };
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no mail to {to} about {subject}: {:#?}", self.unread(app))
    }

    /// Subjects of what nobody has read, after a while in which more could have come.
    pub async fn rest(&self, app: &TestApp) -> Vec<String> {
        tokio::time::sleep(Duration::from_millis(600)).await;
        self.unread(app).iter().map(|(_, text)| header(text, "Subject: ")).collect()
    }

    fn unread(&self, app: &TestApp) -> Vec<(PathBuf, String)> {
        let entries = std::fs::read_dir(app.data_dir().join("mail"));
        entries
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|kind| kind == "eml") && !self.0.contains(path))
            .map(|path| {
                let text = decoded(&std::fs::read_to_string(&path).unwrap());
                (path, text)
            })
            .collect()
    }
}

fn header(text: &str, name: &str) -> String {
    text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned()
}

/// Quoted-printable undone (RFC 2045 §6.7), as far as our mails use it.
fn decoded(raw: &str) -> String {
    let joined = raw.replace("=\r\n", "").replace('\r', "");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match hex {
            Some(byte) if *first == b'=' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
