//! What the server is called, and for what its authority may vouch.
//!
//! An authority that a company's devices trust is a risk to all they do: whoever steals its key could be any site to
//! them. Name constraints (RFC 5280 §4.2.1.10) take that away, and cannot be changed later without installing another
//! authority everywhere. So ours may vouch for every address and name that means nothing outside of a local network: an
//! address there comes from a router and changes. Of names and addresses of the public internet it may vouch for just
//! those that the site had when the authority was made, and what lies below these names.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::config::Config;
use crate::config::server::Network;

/// Ranges of addresses that are nobody's on the internet (RFC 1918, 6598, 3927, 4193, 4291 and the loopbacks).
const LOCAL_RANGES: &[&str] = &[
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
];
/// Endings of names that are nobody's on the internet (RFC 6761, 6762, 8375; `internal` is kept free by ICANN, `lan` was
/// never given out).
const LOCAL_NAMES: &[&str] = &["home.arpa", "internal", "lan", "local", "localhost"];
/// More interfaces than that is a machine whose addresses are not meant for people.
const MAX_NAMES: usize = 100;

/// What the server is called: the machine's names, those of the configuration, and the addresses that it listens on.
pub fn wanted(config: &Config) -> Vec<String> {
    let mut names: BTreeSet<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    names.extend(config.server.public_url.iter().map(|url| url.host.clone()));
    names.extend(config.server.hosts.iter().cloned());
    let machine = gethostname::gethostname().to_string_lossy().to_ascii_lowercase();
    let short = machine.split('.').next().unwrap_or(&machine).to_owned();
    names.extend([format!("{short}.local"), short, machine]);
    let listen = config.server.listen.ip();
    if listen.is_unspecified() {
        let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
        let addresses = interfaces.iter().map(if_addrs::Interface::ip).filter(|ip| is_for_people(*ip));
        names.extend(addresses.map(|ip| ip.to_string()).take(MAX_NAMES));
    } else {
        names.insert(listen.to_string());
    }
    names.into_iter().filter(|name| can_be_certified(name)).collect()
}

/// True for an address of the machine that people may type. Those of the public internet in IPv6 are not: systems change
/// them every day to hide behind, and an authority could not vouch for tomorrow's. One that is meant is named in
/// `server.hosts`.
fn is_for_people(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_loopback(),
    }
}

/// What browsers would take for a name: a certificate with anything else in it is refused as a whole.
fn can_be_certified(name: &str) -> bool {
    name.parse::<IpAddr>().is_ok()
        || (!name.is_empty()
            && name.len() <= 253
            && name.split('.').all(|label| {
                (1..=63).contains(&label.len())
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            }))
}

/// What an authority may vouch for that is made for a server with these names.
pub fn permitted(wanted: &[String]) -> Vec<String> {
    let mut permitted: Vec<String> =
        LOCAL_RANGES.iter().chain(LOCAL_NAMES).map(|&name| name.to_owned()).collect();
    for name in wanted {
        if !is_permitted(name, &permitted) {
            permitted.push(match name.parse::<IpAddr>() {
                Ok(ip) => format!("{ip}/{}", if ip.is_ipv4() { 32 } else { 128 }),
                Err(_) => name.clone(),
            });
        }
    }
    permitted
}

/// True where an authority with these constraints may vouch for `name`.
pub fn is_permitted(name: &str, permitted: &[String]) -> bool {
    match name.parse::<IpAddr>() {
        Ok(ip) => permitted.iter().filter_map(|range| range_of(range)).any(|range| range.contains(ip)),
        Err(_) => permitted.iter().filter(|domain| range_of(domain).is_none()).any(|domain| {
            name.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        }),
    }
}

fn range_of(text: &str) -> Option<Network> {
    text.contains('/').then(|| Network::parse(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{can_be_certified, is_for_people, is_permitted, permitted};

    #[test]
    fn an_authority_vouches_for_the_local_network_and_for_what_it_was_made_for() {
        let of = |names: &[&str]| permitted(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        let permitted = of(&["stock.example.com", "203.0.113.7", "stock", "10.1.2.3"]);
        for name in [
            "stock.example.com",
            "a.stock.example.com",
            "203.0.113.7",
            "stock",
            "192.168.9.9",
            "fd00::1",
            "x.lan",
        ] {
            assert!(is_permitted(name, &permitted), "{name}");
        }
        for name in [
            "example.com",
            "astock.example.com",
            "203.0.113.8",
            "8.8.8.8",
            "2001:db8::1",
            "other",
            "lan.example",
        ] {
            assert!(!is_permitted(name, &permitted), "{name}");
        }
    }

    #[test]
    fn addresses_that_change_every_day_are_nobodys_name() {
        for (address, is_name) in [
            ("10.0.0.1", true),
            ("203.0.113.7", true),
            ("169.254.1.1", false),
            ("fd00::1", true),
            ("fe80::1", false),
            ("2001:db8::1", false),
        ] {
            assert_eq!(is_for_people(address.parse().unwrap()), is_name, "{address}");
        }
    }

    #[test]
    fn names_that_a_browser_would_stumble_over_are_left_out() {
        for name in ["stock", "stock.lan", "10.0.0.1", "::1", "a-b.c_d"] {
            assert!(can_be_certified(name), "{name}");
        }
        for name in ["", ".", "a..b", "-a.b", "ä.b", "a b", "*"] {
            assert!(!can_be_certified(name), "{name}");
        }
    }
}
