//! Which addresses may be asked: an operator's address must not open what only this machine can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::base::networks::{is_within, plain};
use crate::config::feeds::Allowed;

/// True where an address of the network at large may be asked, or the configuration lets it through.
pub fn may_ask(host: &str, address: IpAddr, allowed: &[Allowed]) -> bool {
    let address = plain(address);
    let is_allowed = allowed.iter().any(|allowed| match allowed {
        Allowed::Host(name) => name == &host.trim_end_matches('.').to_lowercase(),
        Allowed::Network(network, bits) => is_within(address, *network, *bits),
    });
    is_allowed || is_public(address)
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (b == 18 || b == 19))
        || (a == 192 && b == 0 && c == 0))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let first = address.segments()[0];
    // Of what is given out at all (2000::/3), without the ranges for documentation, tunnels and benchmarks.
    let second = address.segments()[1];
    first & 0xe000 == 0x2000 && !(first == 0x2001 && (second < 0x200 || second == 0x0db8)) && first != 0x3fff
}

#[cfg(test)]
mod tests {
    use super::{Allowed, may_ask};

    fn may(address: &str) -> bool {
        may_ask("erp.example", address.parse().unwrap(), &[])
    }

    #[test]
    fn only_public_addresses_are_asked() {
        for private in [
            "127.0.0.1",
            "127.9.9.9",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "255.255.255.255",
            "100.64.0.1",
            "198.18.0.1",
            "192.0.0.8",
            "240.0.0.1",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "::127.0.0.1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001:0:1::1",
            "fec0::1",
            "100::1",
        ] {
            assert!(!may(private), "{private}");
        }
        for public in
            ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "172.32.0.1", "11.0.0.1"]
        {
            assert!(may(public), "{public}");
        }
    }

    #[test]
    fn what_the_configuration_names_is_let_through_and_nothing_else() {
        let allowed =
            [Allowed::Network("10.0.0.0".parse().unwrap(), 8), Allowed::Host("erp.local".to_owned())];
        let may = |host: &str, address: &str| may_ask(host, address.parse().unwrap(), &allowed);
        assert!(may("x", "10.200.1.1") && may("x", "::ffff:10.0.0.1") && may("ERP.local.", "192.168.0.9"));
        assert!(!may("x", "192.168.0.1"));
        assert!(!may("erp.local.evil", "192.168.0.9") && !may("x", "fd00::1"));
    }
}
