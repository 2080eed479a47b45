//! People in a company's directory, and what a directory said.

use jiff::Timestamp;
use thiserror::Error;

use super::fold::fold;

/// What never changes about a person in the directory: `objectGUID`, `entryUUID`. Names and addresses move between people.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DirectoryId(pub Vec<u8>);

/// A person as the directory describes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// What never changes.
    pub id: DirectoryId,
    /// Where the entry is now.
    pub dn: String,
    /// The short name they sign in with.
    pub login: String,
    /// Mail address, as it stands there.
    pub mail: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// What they are called as a whole.
    pub display_name: Option<String>,
    /// Mobile number, as it stands there.
    pub mobile: Option<String>,
    /// Somebody switched the account off there.
    pub is_disabled: bool,
    /// From then on the account may not be used there.
    pub expires_at: Option<Timestamp>,
    /// All groups, those that hold others too.
    pub groups: Vec<Group>,
}

impl Person {
    /// Whether the account may be used there.
    pub fn is_usable(&self, now: Timestamp) -> bool {
        !self.is_disabled && self.expires_at.is_none_or(|at| now < at)
    }

    /// True where one of the groups is this one.
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|of_theirs| of_theirs.is(group))
    }
}

/// What is kept of an account's entry in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryAccount {
    /// What never changes.
    pub id: DirectoryId,
    /// Where the entry was when it was last read.
    pub dn: String,
    /// When it was last read.
    pub read_at: Timestamp,
    /// Logins of the entry that the account did without, because another account holds them.
    pub missing: Vec<String>,
}

/// A group of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Where it is.
    pub dn: String,
    /// Its name, where it is known to be the only one of that name.
    pub name: Option<String>,
}

impl Group {
    /// True where `wanted`, a DN or a name, means this group.
    pub fn is(&self, wanted: &str) -> bool {
        if wanted.contains('=') {
            normal_dn(wanted) == normal_dn(&self.dn)
        } else {
            self.name.as_ref().is_some_and(|name| fold(name) == fold(wanted))
        }
    }
}

/// What the directory says to a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordAnswer {
    /// It is right.
    Right,
    /// It is wrong.
    Wrong,
    /// It is right, but must be changed there first.
    MustChange,
    /// It is right, but the account may not be used: disabled, expired, not at this hour.
    NotNow,
    /// The account is locked there after too many wrong ones; whether this one is right is not said.
    Locked,
}

/// The directory gives no answer, with why: none of this is about the person who signs in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct NoAnswer(pub String);

/// A part of asking the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The server's name becomes addresses.
    Resolve,
    /// The connection.
    Connect,
    /// The connection becomes TLS.
    Tls,
    /// The service account signs in.
    ServiceBind,
    /// The person is looked up.
    Search,
    /// Their groups are looked up.
    Groups,
    /// The person signs in.
    UserBind,
}

impl Part {
    /// Its word in text ids and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::ServiceBind => "service-bind",
            Self::Search => "search",
            Self::Groups => "groups",
            Self::UserBind => "user-bind",
        }
    }
}

/// What came of a part, in the server's own words where it said any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which part.
    pub part: Part,
    /// It went as it should.
    pub is_good: bool,
    /// What was said.
    pub words: String,
}

impl Step {
    /// True for what is wrong and yet wanted: no TLS.
    pub fn is_warning(&self) -> bool {
        !self.is_good && self.part == Part::Tls && self.words.starts_with("none")
    }
}

/// Everything that was done, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Steps(pub Vec<Step>);

impl Steps {
    /// Notes what went well.
    pub fn good(&mut self, part: Part, words: impl Into<String>) {
        self.0.push(Step { part, is_good: true, words: words.into() });
    }

    /// Notes what did not.
    pub fn bad(&mut self, part: Part, words: impl Into<String>) {
        self.0.push(Step { part, is_good: false, words: words.into() });
    }
}

/// A DN as it is compared: attributes and values folded, escapes undone, no spaces around the parts (RFC 4514).
pub fn normal_dn(dn: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut characters = dn.chars();
    while let Some(c) = characters.next() {
        match c {
            ',' | ';' => parts.push(String::new()),
            '\\' => unescape(&mut characters, parts.last_mut().unwrap_or(&mut String::new())),
            other => parts.last_mut().unwrap_or(&mut String::new()).push(other),
        }
    }
    let part = |part: String| match part.split_once('=') {
        Some((attribute, value)) => format!("{}={}", fold(attribute.trim()), fold(value.trim())),
        None => fold(part.trim()),
    };
    parts.into_iter().map(part).collect()
}

/// Two hexadecimal digits; the library's own reader takes a sign for one, too.
fn hex_byte(pair: &str) -> Option<u8> {
    if !pair.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u8::from_str_radix(pair, 16).ok()
}

/// What follows a `\`: two hexadecimal digits of a byte, several for a letter of several bytes, or the character itself.
fn unescape(characters: &mut std::str::Chars<'_>, part: &mut String) {
    let mut bytes = Vec::new();
    loop {
        let rest = characters.as_str();
        let Some(byte) = rest.get(..2).and_then(hex_byte) else { break };
        bytes.push(byte);
        *characters = rest[2..].chars();
        let next = characters.as_str();
        let goes_on = next.starts_with('\\') && next.get(1..3).and_then(hex_byte).is_some();
        if !goes_on {
            break;
        }
        characters.next();
    }
    if bytes.is_empty() {
        part.extend(characters.next());
    } else {
        part.push_str(&String::from_utf8_lossy(&bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::{Group, normal_dn};

    #[test]
    fn dns_are_compared_as_the_directory_does() {
        for (one, other) in [
            ("CN=Stock Admins,OU=Groups,DC=corp", "cn=stock admins, ou=groups,dc=CORP"),
            ("CN=A\\, B,DC=x", "cn=A\\2C B,dc=x"),
            ("CN=M\\C3\\BCller,DC=x", "cn=Müller,dc=x"),
            ("CN=a\\+b,DC=x", "cn=a\\2bb,dc=x"),
        ] {
            assert_eq!(normal_dn(one), normal_dn(other), "{one}");
        }
        for (one, other) in [
            ("CN=A\\, B,DC=x", "CN=A,B,DC=x"),
            ("CN=Stock,DC=x", "CN=Stock,DC=x,DC=y"),
            ("CN=é\\", "CN=e\\\\"),
        ] {
            assert_ne!(normal_dn(one), normal_dn(other), "{one}");
        }
    }

    #[test]
    fn a_name_never_means_a_group_that_is_only_called_so_somewhere() {
        let mut group = Group { dn: "CN=Stock,OU=Mine,DC=x".to_owned(), name: None };
        assert!(!group.is("stock") && group.is("cn=stock,ou=mine,dc=x"));
        group.name = Some("Stock".to_owned());
        assert!(group.is("stock") && !group.is("stock admins"));
    }
}
