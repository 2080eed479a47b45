//! Looking people up, and the groups they are in, those inside of others too.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use ldap3::{Scope, SearchEntry, SearchOptions, ldap_escape};

use super::Wanted;
use super::bind::said_by;
use super::connect::Connection;
use crate::base::hex;
use crate::config::directory::{DirectoryConfig, Preset};
use crate::domain::directory::{DirectoryId, Group, NoAnswer, Part, Person, Steps, normal_dn};

/// Groups at most; whoever is in more is looked at by the first.
const MAX_GROUPS: usize = 2_000;
/// How deep groups may hold groups where the server does not follow them itself.
const MAX_DEPTH: usize = 12;
/// Follows members through all groups between, on the server's side (MS-ADTS §3.1.1.3.4.4.3).
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";
/// `userAccountControl`: the account is disabled.
const ACCOUNT_DISABLED: u64 = 2;
/// 1601-01-01 to 1970-01-01 in units of 100 ns, in which Active Directory counts.
const WINDOWS_EPOCH: i64 = 116_444_736_000_000_000;
/// `sizeLimitExceeded`.
const TOO_MANY: u32 = 4;

/// The person, with their groups.
pub(super) fn find(
    connection: &mut Connection<'_>,
    wanted: Wanted<'_>,
    steps: &mut Steps,
) -> Result<Option<Person>, NoAnswer> {
    let mut found = None;
    for filter in filters(connection.config, wanted) {
        found = find_one(connection, &filter, steps)?;
        if found.is_some() {
            break;
        }
    }
    let Some(entry) = found else { return Ok(None) };
    let Some(mut person) = person(connection.config.preset, &entry) else {
        let words = format!("{} has no {}", entry.dn, connection.config.preset.id_attribute());
        steps.bad(Part::Search, &words);
        return Err(NoAnswer(words));
    };
    person.groups = groups(connection, &entry, steps)?;
    Ok(Some(person))
}

/// In which order to look. A name with a suffix is looked for as it is, then by what stands before the `@`.
fn filters(config: &DirectoryConfig, wanted: Wanted<'_>) -> Vec<String> {
    match wanted {
        Wanted::Name(name) => {
            let by_upn =
                name.upn.as_ref().map(|upn| config.upn_filter.replace("{upn}", &ldap_escape(upn.as_str())));
            let by_user = config.user_filter.replace("{user}", &ldap_escape(name.user.as_str()));
            by_upn.into_iter().chain([by_user]).collect()
        }
        Wanted::Id(id) => {
            // Each byte escaped (RFC 4515 §3).
            let bytes: String =
                id.0.iter().flat_map(|byte| ["\\".to_owned(), hex::encode(&[*byte])]).collect();
            // Who no longer fits the filter of users is gone.
            let any = config.user_filter.replace("{user}", "*");
            vec![format!("(&({}={bytes}){any})", config.preset.id_attribute())]
        }
    }
}

fn find_one(
    connection: &mut Connection<'_>,
    filter: &str,
    steps: &mut Steps,
) -> Result<Option<SearchEntry>, NoAnswer> {
    let preset = connection.config.preset;
    let attributes = [
        preset.id_attribute(),
        preset.login_attribute(),
        "mail",
        "givenName",
        "sn",
        "displayName",
        "cn",
        "mobile",
        "memberOf",
        "userAccountControl",
        "accountExpires",
        "nsAccountLock",
        "pwdAccountLockedTime",
    ];
    let base = connection.config.base_dn.clone();
    let answer = search(connection, &base, filter, &attributes, 2);
    let mut entries = answer.map_err(|error| {
        steps.bad(Part::Search, format!("{filter} below {base}: {error}"));
        NoAnswer(error)
    })?;
    if entries.len() > 1 {
        let words = format!("{filter} below {base}: more than one; it must mean one person");
        steps.bad(Part::Search, &words);
        return Err(NoAnswer(words));
    }
    let entry = entries.pop();
    match &entry {
        Some(entry) => steps.good(Part::Search, format!("{filter} below {base}: {}", entry.dn)),
        None => steps.bad(Part::Search, format!("{filter} below {base}: nobody")),
    }
    Ok(entry)
}

/// What a search finds, without referrals.
fn search(
    connection: &mut Connection<'_>,
    base: &str,
    filter: &str,
    attributes: &[&str],
    most: usize,
) -> Result<Vec<SearchEntry>, String> {
    let seconds = i32::try_from(connection.config.timeout.as_secs()).unwrap_or(i32::MAX).max(1);
    let options = SearchOptions::new().sizelimit(i32::try_from(most).unwrap_or(0)).timelimit(seconds);
    let found = connection.wait(async |ldap| {
        let found =
            ldap.with_search_options(options).search(base, Scope::Subtree, filter, attributes).await?;
        Ok((found.0.into_iter().map(SearchEntry::construct).collect(), found.1))
    })?;
    let (entries, result): (Vec<SearchEntry>, _) = found;
    // 10 is a referral: what lies elsewhere is not ours.
    if matches!(result.rc, 0 | 10 | TOO_MANY) { Ok(entries) } else { Err(said_by(&result)) }
}

fn bytes_of(entry: &SearchEntry, attribute: &str) -> Option<Vec<u8>> {
    let same = |name: &str| name.eq_ignore_ascii_case(attribute);
    let binary =
        entry.bin_attrs.iter().find(|(name, _)| same(name)).and_then(|(_, values)| values.first().cloned());
    binary.or_else(|| text_of(entry, attribute).map(String::into_bytes))
}

fn texts_of(entry: &SearchEntry, attribute: &str) -> Vec<String> {
    let found = entry.attrs.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute));
    found.map(|(_, values)| values.clone()).unwrap_or_default()
}

fn text_of(entry: &SearchEntry, attribute: &str) -> Option<String> {
    texts_of(entry, attribute).into_iter().find(|text| !text.is_empty())
}

fn person(preset: Preset, entry: &SearchEntry) -> Option<Person> {
    let text = |attribute: &str| text_of(entry, attribute);
    Some(Person {
        id: DirectoryId(bytes_of(entry, preset.id_attribute()).filter(|id| !id.is_empty())?),
        dn: entry.dn.clone(),
        login: text(preset.login_attribute())?,
        mail: text("mail"),
        first_name: text("givenName"),
        last_name: text("sn"),
        display_name: text("displayName").or_else(|| text("cn")),
        mobile: text("mobile"),
        is_disabled: is_disabled(entry),
        expires_at: expires_at(entry),
        groups: Vec::new(),
    })
}

/// Whether somebody switched the account off. One that is locked after wrong passwords is not: else whoever types some
/// could end somebody's session.
fn is_disabled(entry: &SearchEntry) -> bool {
    let flags = text_of(entry, "userAccountControl").and_then(|text| text.parse::<u64>().ok());
    flags.is_some_and(|flags| flags & ACCOUNT_DISABLED != 0)
        || text_of(entry, "nsAccountLock").is_some_and(|text| text.eq_ignore_ascii_case("true"))
        // Locked for good by an admin (draft-behera-ldap-password-policy §5.3.3).
        || text_of(entry, "pwdAccountLockedTime").is_some_and(|time| time == "000001010000Z")
}

/// When the account ends there, if it does: 0 and what lies behind the end of the calendar mean never.
fn expires_at(entry: &SearchEntry) -> Option<Timestamp> {
    let at: i64 = text_of(entry, "accountExpires")?.parse().ok()?;
    let micros = at.checked_sub(WINDOWS_EPOCH)? / 10;
    (at != 0).then(|| Timestamp::from_microsecond(micros).ok()).flatten()
}

/// All groups of the person, those that hold others of theirs too.
fn groups(
    connection: &mut Connection<'_>,
    entry: &SearchEntry,
    steps: &mut Steps,
) -> Result<Vec<Group>, NoAnswer> {
    let found = match connection.config.preset {
        Preset::ActiveDirectory => {
            let member = ldap_escape(entry.dn.as_str());
            find_groups(connection, &format!("(&(objectClass=group)(member:{IN_CHAIN}:={member}))"))
        }
        Preset::OpenLdap => groups_by_level(connection, entry),
    };
    let mut groups = found.map_err(|error| {
        steps.bad(Part::Groups, &error);
        NoAnswer(error)
    })?;
    let known: BTreeSet<Vec<String>> = groups.iter().map(|group| normal_dn(&group.dn)).collect();
    for dn in texts_of(entry, "memberOf") {
        if !known.contains(&normal_dn(&dn)) {
            groups.push(Group { dn, name: None });
        }
    }
    let list: Vec<&str> = groups.iter().map(|group| group.dn.as_str()).collect();
    steps.good(Part::Groups, if list.is_empty() { "none".to_owned() } else { list.join("\n") });
    Ok(groups)
}

/// The same work for nobody.
pub(super) fn groups_of_nobody(connection: &mut Connection<'_>, dn: &str) {
    let entry = SearchEntry { dn: dn.to_owned(), attrs: HashMap::new(), bin_attrs: HashMap::new() };
    let _ = groups(connection, &entry, &mut Steps::default());
}

fn find_groups(connection: &mut Connection<'_>, filter: &str) -> Result<Vec<Group>, String> {
    let attribute = connection.config.preset.group_name_attribute();
    let base = connection.config.base_dn.clone();
    let entries = search(connection, &base, filter, &[attribute], MAX_GROUPS)?;
    let group = |entry: SearchEntry| Group { name: text_of(&entry, attribute), dn: entry.dn };
    Ok(entries.into_iter().map(group).collect())
}

/// Groups that name the person, then groups that name those, until there are no more: `groupOfNames`,
/// `groupOfUniqueNames`, `posixGroup`, and what the server says by `memberOf`.
fn groups_by_level(connection: &mut Connection<'_>, entry: &SearchEntry) -> Result<Vec<Group>, String> {
    let mut groups: Vec<Group> = Vec::new();
    let mut seen: BTreeSet<Vec<String>> = BTreeSet::new();
    let mut level: Vec<String> = vec![entry.dn.clone()];
    level.extend(texts_of(entry, "memberOf"));
    let by_uid = text_of(entry, connection.config.preset.login_attribute())
        .map(|uid| format!("(&(objectClass=posixGroup)(memberUid={}))", ldap_escape(uid)));
    for depth in 0..MAX_DEPTH {
        let names = level.iter().map(|dn| {
            let dn = ldap_escape(dn.as_str());
            format!("(member={dn})(uniqueMember={dn})")
        });
        let more = by_uid.iter().filter(|_| depth == 0).cloned();
        let filter = format!("(|{})", names.chain(more).collect::<String>());
        let found = find_groups(connection, &filter)?;
        let fresh: Vec<Group> = found.into_iter().filter(|group| seen.insert(normal_dn(&group.dn))).collect();
        if fresh.is_empty() || groups.len() > MAX_GROUPS {
            break;
        }
        level = fresh.iter().map(|group| group.dn.clone()).collect();
        groups.extend(fresh);
    }
    Ok(groups)
}
