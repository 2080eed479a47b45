//! Section `directory`: the company's LDAP server or Active Directory, whose users sign in with the password they have
//! there.

mod preset;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

pub use preset::Preset;

use super::parse;
use super::reader::Reader;
use super::setting::{Control, Setting, alias};
use crate::base::secret::SecretString;
use crate::domain::permission::Role;
use crate::domain::scope::OwnerScope;

/// How the directory is reached, and what its users may do here.
#[derive(Debug, Clone)]
pub struct DirectoryConfig {
    /// Tried in this order; never empty.
    pub servers: Vec<DirectoryServer>,
    /// When the connection becomes TLS.
    pub tls: DirectoryTls,
    /// Certificates (PEM) that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Below this users and groups are looked for.
    pub base_dn: String,
    /// Who looks users up; `None` for nobody in particular.
    pub service_account: Option<(String, SecretString)>,
    /// What kind of server it is.
    pub preset: Preset,
    /// Finds a user by name: `{user}` is the name.
    pub user_filter: String,
    /// Finds a user by `name@suffix`: `{upn}` is all of it.
    pub upn_filter: String,
    /// What may stand after the `@` of a name.
    pub upn_suffixes: Vec<String>,
    /// What may stand before the `\` of a name.
    pub netbios_domain: Option<String>,
    /// Only members of this group sign in; DN or name.
    pub required_group: Option<String>,
    /// Members of this group manage the site.
    pub admin_group: Option<String>,
    /// What members of groups may do and see.
    pub groups: Vec<GroupRule>,
    /// Longest wait for a server to answer at all.
    pub connect_timeout: Duration,
    /// Longest wait for one answer.
    pub timeout: Duration,
    /// Passwords of the directory are taken over plain HTTP from other machines too.
    pub over_http: bool,
    /// Failed tries after which the directory locks an account; `None` where it never does.
    pub lockout_threshold: Option<u32>,
    /// After this long without a failed try the directory forgets them.
    pub lockout_window: Duration,
    /// How often status and groups of those who are signed in are read again.
    pub refresh: Duration,
}

/// One server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryServer {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// When the connection to the directory becomes TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectoryTls {
    /// Never.
    None,
    /// Before anything is said but the wish for it.
    StartTls,
    /// From the first byte.
    Implicit,
}

/// What members of a group may do and see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRule {
    /// DN or name.
    pub group: String,
    /// What they may do.
    pub roles: BTreeSet<Role>,
    /// What they may see.
    pub owners: OwnerScope,
}

/// What can be set.
pub const SETTINGS: &[Setting] = &[
    Setting::new("directory.servers", "Directory servers, tried in this order, such as dc1.corp.example")
        .on_page(Control::Text)
        .aliases(&[alias("AD_SERVER"), alias("AD_URL"), alias("AD_HOST"), alias("AD_LDAP_URL")]),
    Setting::new("directory.port", "Their port (default: 389; 636 with tls)")
        .on_page(Control::Number)
        .aliases(&[alias("AD_PORT")]),
    Setting::new("directory.tls", "starttls, tls or none (default: starttls; tls on port 636)")
        .on_page(Control::Choice(&["starttls", "tls", "none"])),
    Setting::new("directory.use_ssl", "Older way to say directory.tls: true for tls")
        .aliases(&[alias("AD_USE_SSL"), alias("AD_SSL")]),
    Setting::new("directory.use_starttls", "Older way to say directory.tls: true for starttls")
        .aliases(&[alias("AD_USE_TLS"), alias("AD_USE_STARTTLS")]),
    Setting::new("directory.allow_plain", "Send passwords to the directory without TLS (default: false)"),
    Setting::new("directory.ca_file", "Certificates (PEM) to trust beside the system's")
        .aliases(&[alias("AD_CA_FILE"), alias("AD_CA_CERT")]),
    Setting::new("directory.preset", "active-directory or openldap (default: active-directory)")
        .on_page(Control::Choice(&["active-directory", "openldap"])),
    Setting::new("directory.base_dn", "Below this users and groups are looked for")
        .on_page(Control::Text)
        .aliases(&[alias("AD_BASE_DN"), alias("AD_SEARCH_BASE")]),
    Setting::new("directory.bind_dn", "The account that looks users up: DN or name@suffix")
        .on_page(Control::Text)
        .aliases(&[alias("AD_BIND_USER"), alias("AD_BIND_DN"), alias("AD_USER"), alias("AD_USERNAME")]),
    Setting::new("directory.bind_password", "Its password")
        .on_page(Control::Secret)
        .aliases(&[alias("AD_BIND_PASSWORD"), alias("AD_PASSWORD")])
        .secret(),
    Setting::new("directory.user_filter", "Finds a user by name; {user} is the name (default: the preset's)")
        .aliases(&[alias("AD_USER_FILTER")]),
    Setting::new(
        "directory.upn_filter",
        "Finds a user by name@suffix; {upn} is that (default: the preset's)",
    ),
    Setting::new("directory.upn_suffixes", "What may stand after the @ of a name, such as corp.example")
        .on_page(Control::Text),
    Setting::new("directory.netbios_domain", "What may stand before the \\ of a name, such as CORP")
        .on_page(Control::Text)
        .aliases(&[alias("AD_NETBIOS_DOMAIN")]),
    Setting::new("directory.domain", "Older way to name a suffix (with a dot) or the NetBIOS domain")
        .aliases(&[alias("AD_DOMAIN")]),
    Setting::new("directory.required_group", "Only members of this group sign in (DN or name)")
        .on_page(Control::Text)
        .aliases(&[alias("AD_GROUP"), alias("AD_REQUIRED_GROUP"), alias("AD_ALLOWED_GROUP")]),
    Setting::new("directory.admin_group", "Members of this group are admins (DN or name)")
        .on_page(Control::Text)
        .aliases(&[alias("AD_ADMIN_GROUP")]),
    Setting::new(
        "directory.groups",
        "What members of groups may do and see, one a line: `GROUP => customer; owner: ACME; owner: Globex`",
    )
    .on_page(Control::Lines)
    .lines(),
    Setting::new("directory.connect_timeout", "Longest wait for a server to answer at all (default: 3s)"),
    Setting::new("directory.timeout", "Longest wait for one answer (default: 5s)"),
    Setting::new(
        "directory.over_http",
        "Take passwords of the directory over plain HTTP from other machines (default: false)",
    ),
    Setting::new(
        "directory.lockout_threshold",
        "Failed tries after which the directory locks an account, 0 for never (default: 5)",
    ),
    Setting::new(
        "directory.lockout_window",
        "After this long without a failed try the directory forgets them (default: 30m)",
    ),
    Setting::new(
        "directory.refresh",
        "How often status and groups of those signed in are read again (default: 5m)",
    ),
];

impl DirectoryServer {
    /// As people write it.
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// A server as it was written: with its port and whether it asked for TLS from the first byte, if it said so.
fn server(text: &str) -> Result<(String, Option<u16>, Option<DirectoryTls>), String> {
    let lower = text.to_ascii_lowercase();
    let (rest, tls) = match lower.split_once("://") {
        Some(("ldaps", rest)) => (rest, Some(DirectoryTls::Implicit)),
        Some(("ldap", rest)) => (rest, None),
        Some((scheme, _)) => return Err(format!("`{scheme}://` is not ldap:// or ldaps://")),
        None => (lower.as_str(), None),
    };
    let rest = rest.trim_end_matches('/');
    let wrong = || format!("`{text}` is not a server such as dc1.corp.example or dc1.corp.example:636");
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port.parse().map_err(|_| wrong())?)),
        _ => (rest, None),
    };
    // rustls knows an address of IP version 6 by no certificate that ldap3 could ask it for.
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if host.is_empty() || !host.chars().all(is_name) {
        return Err(wrong());
    }
    Ok((host.to_owned(), port, tls))
}

fn tls(text: &str) -> Result<DirectoryTls, String> {
    match text.to_ascii_lowercase().as_str() {
        "none" | "off" => Ok(DirectoryTls::None),
        "starttls" => Ok(DirectoryTls::StartTls),
        "tls" | "ldaps" | "ssl" => Ok(DirectoryTls::Implicit),
        _ => Err(format!("`{text}` is not starttls, tls or none")),
    }
}

/// `GROUP => role, role; owner: NAME; all owners`.
fn group_rule(line: &str) -> Result<GroupRule, String> {
    let expected =
        "expected `GROUP => customer; owner: ACME; owner: Globex` or `GROUP => operator; all owners`";
    let (group, grants) = line.rsplit_once("=>").ok_or_else(|| format!("`{line}`: {expected}"))?;
    let mut rule = GroupRule {
        group: group.trim().to_owned(),
        roles: BTreeSet::new(),
        owners: OwnerScope::Owners(BTreeSet::new()),
    };
    for grant in grants.split(';').map(str::trim).filter(|grant| !grant.is_empty()) {
        let word = grant.to_ascii_lowercase();
        if word == "all owners" {
            rule.owners = OwnerScope::All;
        } else if let Some(owner) =
            grant.split_once(':').filter(|(word, _)| word.trim().eq_ignore_ascii_case("owner"))
        {
            if let OwnerScope::Owners(owners) = &mut rule.owners {
                owners.insert(owner.1.trim().to_owned());
            }
        } else {
            for role in word.split(',').map(str::trim) {
                rule.roles.insert(role.parse().map_err(|error| format!("`{line}`: {error}; {expected}"))?);
            }
        }
    }
    if rule.group.is_empty() || rule.roles.is_empty() {
        return Err(format!("`{line}`: {expected}"));
    }
    Ok(rule)
}

fn group_rules(text: &str) -> Result<Vec<GroupRule>, String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(group_rule).collect()
}

fn filter(placeholder: &'static str) -> impl Fn(&str) -> Result<String, String> {
    move |text| {
        let is_whole = text.starts_with('(') && text.ends_with(')') && text.contains(placeholder);
        if is_whole {
            Ok(text.to_owned())
        } else {
            Err(format!("`{text}` is not a filter in brackets with {placeholder} in it"))
        }
    }
}

fn read_tls(
    reader: &mut Reader,
    said: Option<DirectoryTls>,
    port: Option<u16>,
    by_server: bool,
) -> DirectoryTls {
    let use_ssl = reader.find("directory.use_ssl", parse::flag);
    let use_starttls = reader.find("directory.use_starttls", parse::flag);
    // That older systems did without is no switch of ours: what is not said is StartTLS.
    let older = match (use_ssl, use_starttls) {
        (_, Some(true)) => Some(DirectoryTls::StartTls),
        (Some(true), _) => Some(DirectoryTls::Implicit),
        _ => None,
    };
    let is_implicit = by_server || port == Some(636);
    said.or(is_implicit.then_some(DirectoryTls::Implicit)).or(older).unwrap_or(DirectoryTls::StartTls)
}

/// What the directory is, if there is one.
pub(super) fn read(reader: &mut Reader) -> Option<DirectoryConfig> {
    let second = Duration::from_secs(1);
    let written = reader.get("directory.servers", Vec::new(), parse::list(server));
    let port = reader.find("directory.port", parse::number(1, u16::MAX));
    let said_tls = reader.find("directory.tls", tls);
    let tls = read_tls(
        reader,
        said_tls,
        port.or_else(|| written.first().and_then(|server| server.1)),
        written.iter().any(|server| server.2.is_some()),
    );
    let allow_plain = reader.get("directory.allow_plain", false, parse::flag);
    let ca_file = reader.find("directory.ca_file", |text| Ok(PathBuf::from(text)));
    let preset = reader.get("directory.preset", Preset::ActiveDirectory, |text| {
        [Preset::ActiveDirectory, Preset::OpenLdap]
            .into_iter()
            .find(|preset| preset.word() == text)
            .ok_or_else(|| format!("`{text}` is not active-directory or openldap"))
    });
    let base_dn = reader.find("directory.base_dn", parse::text);
    let bind_dn = reader.find("directory.bind_dn", parse::text);
    let bind_password = reader.find_secret("directory.bind_password");
    let domain = reader.find("directory.domain", parse::text);
    let mut upn_suffixes = reader.get(
        "directory.upn_suffixes",
        Vec::new(),
        parse::list(|text| Ok(text.trim_start_matches('@').to_ascii_lowercase())),
    );
    let mut netbios_domain = reader.find("directory.netbios_domain", parse::text);
    match domain {
        Some(domain) if domain.contains('.') => upn_suffixes.push(domain.to_ascii_lowercase()),
        Some(domain) => netbios_domain = netbios_domain.or(Some(domain)),
        None => {}
    }
    let threshold = reader.get("directory.lockout_threshold", 5, parse::number(0, 1_000));
    let config = DirectoryConfig {
        servers: written
            .iter()
            .map(|(host, own, _)| DirectoryServer {
                host: host.clone(),
                port: own.or(port).unwrap_or(if tls == DirectoryTls::Implicit { 636 } else { 389 }),
            })
            .collect(),
        tls,
        ca_file,
        base_dn: base_dn.clone().unwrap_or_default(),
        service_account: bind_dn.clone().zip(bind_password.clone()),
        preset,
        user_filter: reader.get("directory.user_filter", preset.user_filter().to_owned(), filter("{user}")),
        upn_filter: reader.get("directory.upn_filter", preset.upn_filter().to_owned(), filter("{upn}")),
        upn_suffixes,
        netbios_domain,
        required_group: reader.find("directory.required_group", parse::text),
        admin_group: reader.find("directory.admin_group", parse::text),
        groups: reader.get("directory.groups", Vec::new(), group_rules),
        connect_timeout: reader.get(
            "directory.connect_timeout",
            3 * second,
            parse::duration(second / 10, 60 * second),
        ),
        timeout: reader.get("directory.timeout", 5 * second, parse::duration(second / 10, 60 * second)),
        over_http: reader.get("directory.over_http", false, parse::flag),
        lockout_threshold: (threshold > 0).then_some(threshold),
        lockout_window: reader.get(
            "directory.lockout_window",
            1_800 * second,
            parse::duration(second, 7 * 86_400 * second),
        ),
        refresh: reader.get("directory.refresh", 300 * second, parse::duration(second, 86_400 * second)),
    };
    if written.is_empty() {
        if reader.given("directory.base_dn").is_some() {
            reader.complain("directory.base_dn", "needs directory.servers too".to_owned());
        }
        return None;
    }
    if tls == DirectoryTls::None && !allow_plain {
        let message = "without TLS everybody on the way reads the passwords; if that is wanted, set \
                       directory.allow_plain = true";
        reader.complain("directory.tls", message.to_owned());
    }
    if base_dn.is_none() && reader.given("directory.base_dn").is_none() {
        reader.complain("directory.servers", "needs directory.base_dn too".to_owned());
    }
    match (&bind_dn, &bind_password) {
        (Some(_), None) => {
            reader.complain("directory.bind_dn", "needs directory.bind_password too".to_owned());
        }
        (None, Some(_)) => {
            reader.complain("directory.bind_password", "needs directory.bind_dn too".to_owned());
        }
        // With an empty one a server says yes to anybody (RFC 4513 §5.1.2).
        (Some(_), Some(password)) if password.expose().is_empty() => {
            reader.complain("directory.bind_password", "is empty".to_owned());
        }
        _ => {}
    }
    if (1..3).contains(&threshold) {
        let message = "must be 3 or more: with less, one wrong password here would lock an account there";
        reader.complain("directory.lockout_threshold", message.to_owned());
    }
    if config.groups.is_empty() && config.admin_group.is_none() && reader.given("directory.groups").is_none()
    {
        let message = "needs directory.groups or directory.admin_group too: nobody could sign in";
        reader.complain("directory.servers", message.to_owned());
    }
    Some(config)
}
