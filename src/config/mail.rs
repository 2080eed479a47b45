//! Sections `mail` and `smtp`: how mails leave the site, if they do. `smtp2` and `smtp3` are further senders; what they
//! do not say, `smtp` says.

use std::path::PathBuf;
use std::time::Duration;

use super::parse;
use super::reader::Reader;
use super::setting::{Control, Setting, alias};
use crate::base::secret::SecretString;
use crate::domain::email::{Email, Mailbox};

/// How mails leave.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// The way out.
    pub mode: MailMode,
    /// Which sender takes a mail where there are several.
    pub choice: SenderChoice,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<Mailbox>,
    /// Who gets blind copies of mails that hold no secret.
    pub bcc: Vec<Email>,
}

/// The way out.
#[derive(Debug, Clone)]
pub enum MailMode {
    /// None: the site does without mail.
    Off,
    /// Each mail becomes a file `.eml`.
    File {
        /// Where; a relative one lies in the data directory.
        directory: PathBuf,
        /// Who the mails are from.
        from: Mailbox,
    },
    /// Through mail servers, at least one.
    Smtp(Vec<SmtpSender>),
}

/// Which of several senders takes a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SenderChoice {
    /// The first that can.
    Failover,
    /// The one that sent least in the last hour.
    Rotate,
}

/// When the connection to a mail server becomes TLS (RFC 8314).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// Never: only for a server on the same machine or a network of one's own.
    None,
    /// After the greeting; a server that cannot is refused.
    StartTls,
    /// From the first byte.
    Implicit,
}

/// An account at a mail server.
#[derive(Debug, Clone)]
pub struct SmtpSender {
    /// The section that it was said in.
    pub section: &'static str,
    /// The server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// TLS.
    pub tls: SmtpTls,
    /// User and password at the server.
    pub credentials: Option<(String, SecretString)>,
    /// Who the mails are from.
    pub from: Mailbox,
    /// Certificates (PEM) that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Mails an hour at most; 0 for any number.
    pub hourly_limit: u32,
    /// Longest wait for the server.
    pub timeout: Duration,
}

/// What can be set.
pub const SETTINGS: &[Setting] = &[
    Setting::new("mail.mode", "smtp, file or off (default: smtp if smtp.host is given, else off)")
        .on_page(Control::Choice(&["smtp", "file", "off"])),
    Setting::new("mail.directory", "Where mode `file` puts mails (default: mail in the data directory)"),
    Setting::new("mail.senders", "failover or rotate, where there are several (default: failover)"),
    Setting::new("smtp.host", "Mail server").on_page(Control::Text).aliases(&[
        alias("SMTP_HOST"),
        alias("SMTP_SERVER"),
        alias("MAIL_SERVER"),
        alias("MAIL_HOST"),
    ]),
    Setting::new("smtp.port", "Its port (default: 587; 465 with TLS, 25 without)")
        .on_page(Control::Number)
        .aliases(&[alias("SMTP_PORT"), alias("MAIL_PORT")]),
    Setting::new("smtp.tls", "none, starttls or tls (default: starttls; tls on port 465)")
        .on_page(Control::Choice(&["starttls", "tls", "none"])),
    Setting::new(
        "smtp.allow_plain",
        "Send passwords to mail servers on other machines without TLS (default: false)",
    ),
    Setting::new("smtp.starttls", "Older way to say smtp.tls: true for starttls").aliases(&[
        alias("SMTP_TLS"),
        alias("SMTP_USE_TLS"),
        alias("SMTP_STARTTLS"),
        alias("MAIL_USE_TLS"),
    ]),
    Setting::new("smtp.implicit_tls", "Older way to say smtp.tls: true for tls").aliases(&[
        alias("SMTP_SSL"),
        alias("SMTP_USE_SSL"),
        alias("SMTP_SECURE"),
        alias("MAIL_USE_SSL"),
    ]),
    Setting::new("smtp.username", "User at the mail server").on_page(Control::Text).aliases(&[
        alias("SMTP_USER"),
        alias("SMTP_USERNAME"),
        alias("MAIL_USERNAME"),
        alias("MAIL_USER"),
    ]),
    Setting::new("smtp.password", "Password at the mail server")
        .on_page(Control::Secret)
        .aliases(&[
            alias("SMTP_PASSWORD"),
            alias("SMTP_PASS"),
            alias("MAIL_PASSWORD"),
            alias("EMAIL_PASSWORD"),
        ])
        .secret(),
    Setting::new("smtp.from", "Sender: `stock@example.com` or `Stock <stock@example.com>`")
        .on_page(Control::Text)
        .aliases(&[
            alias("EMAIL_FROM"),
            alias("SENDER_EMAIL"),
            alias("SMTP_FROM"),
            alias("MAIL_FROM"),
            alias("MAIL_DEFAULT_SENDER"),
        ]),
    Setting::new("smtp.reply_to", "Where answers go (default: to the sender)")
        .on_page(Control::Text)
        .aliases(&[alias("EMAIL_REPLY_TO"), alias("MAIL_REPLY_TO")]),
    Setting::new("smtp.bcc", "Blind copies of mails without a secret go to")
        .aliases(&[alias("EMAIL_BCC"), alias("MAIL_BCC")]),
    Setting::new("smtp.ca_file", "Certificates (PEM) to trust beside the system's"),
    Setting::new("smtp.hourly_limit", "Mails an hour at most (default: 0, any number)")
        .on_page(Control::Number),
    Setting::new("smtp.timeout", "Longest wait for the server (default: 20s)"),
    Setting::new("smtp2.host", "A second sender: its server"),
    Setting::new("smtp2.port", "Its port"),
    Setting::new("smtp2.tls", "none, starttls or tls"),
    Setting::new("smtp2.username", "User there"),
    Setting::new("smtp2.password", "Password there").secret(),
    Setting::new("smtp2.from", "Its sender"),
    Setting::new("smtp2.hourly_limit", "Mails an hour at most"),
    Setting::new("smtp3.host", "A third sender: its server"),
    Setting::new("smtp3.port", "Its port"),
    Setting::new("smtp3.tls", "none, starttls or tls"),
    Setting::new("smtp3.username", "User there"),
    Setting::new("smtp3.password", "Password there").secret(),
    Setting::new("smtp3.from", "Its sender"),
    Setting::new("smtp3.hourly_limit", "Mails an hour at most"),
];

/// Names of one section's settings.
struct Names {
    section: &'static str,
    host: &'static str,
    port: &'static str,
    tls: &'static str,
    username: &'static str,
    password: &'static str,
    from: &'static str,
    hourly_limit: &'static str,
}

macro_rules! names {
    ($section:literal) => {
        Names {
            section: $section,
            host: concat!($section, ".host"),
            port: concat!($section, ".port"),
            tls: concat!($section, ".tls"),
            username: concat!($section, ".username"),
            password: concat!($section, ".password"),
            from: concat!($section, ".from"),
            hourly_limit: concat!($section, ".hourly_limit"),
        }
    };
}

const SECTIONS: [Names; 3] = [names!("smtp"), names!("smtp2"), names!("smtp3")];

fn tls(text: &str) -> Result<SmtpTls, String> {
    match text.to_ascii_lowercase().as_str() {
        "none" | "off" => Ok(SmtpTls::None),
        "starttls" => Ok(SmtpTls::StartTls),
        "tls" | "implicit" | "ssl" => Ok(SmtpTls::Implicit),
        _ => Err(format!("`{text}` is not none, starttls or tls")),
    }
}

fn mailbox(text: &str) -> Result<Mailbox, String> {
    Mailbox::parse(text).map_err(|error| format!("`{text}` {error}"))
}

fn addresses(text: &str) -> Result<Vec<Email>, String> {
    let parts = text.split([',', ';']).map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| Email::parse(part).map_err(|error| format!("`{part}` {error}"))).collect()
}

/// What the older names say, where they say something.
fn older_tls(reader: &mut Reader) -> Option<SmtpTls> {
    let implicit = reader.find("smtp.implicit_tls", parse::flag);
    let starttls = reader.find("smtp.starttls", parse::flag);
    match (implicit, starttls) {
        (Some(true), _) => Some(SmtpTls::Implicit),
        (_, Some(true)) => Some(SmtpTls::StartTls),
        (_, Some(false)) => Some(SmtpTls::None),
        (Some(false) | None, None) => None,
    }
}

fn read_sender(reader: &mut Reader, names: &Names, first: Option<&SmtpSender>) -> Option<SmtpSender> {
    let own_host = reader.find(names.host, parse::text);
    let own_from = reader.find(names.from, mailbox);
    let own_user = reader.find(names.username, parse::text);
    let own_password = reader.find_secret(names.password);
    let own_tls = reader.find(names.tls, tls);
    let own_port = reader.find(names.port, parse::number(1, u16::MAX));
    let hourly_limit = reader.get(names.hourly_limit, 0, parse::number(0, 1_000_000));
    if own_host.is_none() && own_from.is_none() && own_user.is_none() {
        return None;
    }
    // What belongs to a server goes with it: another server does not get the first one's password.
    let same_server = first.filter(|first| own_host.as_ref().is_none_or(|host| *host == first.host));
    let host = own_host.or_else(|| first.map(|first| first.host.clone()))?;
    let older = if names.section == "smtp" { older_tls(reader) } else { None };
    let tls = own_tls.or(older).or(same_server.map(|first| first.tls)).unwrap_or(match own_port {
        Some(465) => SmtpTls::Implicit,
        _ => SmtpTls::StartTls,
    });
    let port = own_port.or(same_server.map(|first| first.port)).unwrap_or(match tls {
        SmtpTls::Implicit => 465,
        SmtpTls::StartTls => 587,
        SmtpTls::None => 25,
    });
    // A user at a mail server mostly is the address that mails are from.
    let user_as_sender = own_user.as_deref().and_then(|user| Mailbox::parse(user).ok());
    let from = own_from.or_else(|| first.map(|first| first.from.clone())).or(user_as_sender);
    let Some(from) = from else {
        reader.complain(names.host, format!("needs {} too: who the mails are from", names.from));
        return None;
    };
    let credentials = match (own_user, own_password) {
        (Some(user), Some(password)) => Some((user, password)),
        (None, Some(password)) => Some((from.address.as_str().to_owned(), password)),
        (None, None) => same_server.and_then(|first| first.credentials.clone()),
        (Some(_), None) => {
            reader.complain(names.username, format!("needs {} too", names.password));
            None
        }
    };
    if let (SmtpTls::None, Some(_)) = (tls, &credentials)
        && !is_this_machine(&host)
        && !reader.get("smtp.allow_plain", false, parse::flag)
    {
        let message = "would send the password unencrypted: use starttls or tls, leave the password out, or set \
                       smtp.allow_plain = true where the site is configured";
        reader.complain(names.tls, message.to_owned());
    }
    let ca_file = match first {
        Some(first) => first.ca_file.clone(),
        None => reader.find("smtp.ca_file", |text| Ok(PathBuf::from(text))),
    };
    let timeout = match first {
        Some(first) => first.timeout,
        None => reader.get(
            "smtp.timeout",
            Duration::from_secs(20),
            parse::duration(Duration::from_secs(1), Duration::from_mins(5)),
        ),
    };
    Some(SmtpSender {
        section: names.section,
        host,
        port,
        tls,
        credentials,
        from,
        ca_file,
        hourly_limit,
        timeout,
    })
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Who mails are from that no server takes: the sender that was given, else nobody who could be meant (RFC 2606 §2).
fn file_sender(reader: &mut Reader) -> Mailbox {
    reader
        .find("smtp.from", mailbox)
        .or_else(|| Mailbox::parse("stockroom@localhost").ok())
        .unwrap_or_else(|| unreachable!("the address is written as it must be"))
}

impl MailConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let choice = reader.get("mail.senders", SenderChoice::Failover, |text| match text {
            "failover" => Ok(SenderChoice::Failover),
            "rotate" => Ok(SenderChoice::Rotate),
            _ => Err(format!("`{text}` is not failover or rotate")),
        });
        let directory = reader.get("mail.directory", PathBuf::from("mail"), |text| Ok(PathBuf::from(text)));
        let mode = reader.find("mail.mode", |text| match text {
            "smtp" | "file" | "off" => Ok(text.to_owned()),
            _ => Err(format!("`{text}` is not smtp, file or off")),
        });
        let mut senders: Vec<SmtpSender> = Vec::new();
        for names in &SECTIONS {
            let sender = read_sender(reader, names, senders.first());
            senders.extend(sender);
        }
        let mode = match mode.as_deref() {
            Some("off") => MailMode::Off,
            Some("file") => MailMode::File { directory, from: file_sender(reader) },
            Some(_) if senders.is_empty() => {
                reader.complain("mail.mode", "`smtp` needs smtp.host and smtp.from".to_owned());
                MailMode::Off
            }
            None if senders.is_empty() => MailMode::Off,
            _ => MailMode::Smtp(senders),
        };
        let reply_to = reader.find("smtp.reply_to", mailbox);
        let bcc = reader.get("smtp.bcc", Vec::new(), addresses);
        Self { mode, choice, reply_to, bcc }
    }

    /// True where mails leave the site.
    pub fn is_on(&self) -> bool {
        !matches!(self.mode, MailMode::Off)
    }
}
