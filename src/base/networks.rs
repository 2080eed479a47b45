//! Addresses and networks, as lists of what may be reached have them.

use std::net::{IpAddr, Ipv4Addr};

/// An IPv4 address that is written as one of IPv6 is that IPv4 address.
pub fn plain(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let embedded = |high: u16, low: u16| IpAddr::V4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    match v6.segments() {
        // Mapped (::ffff:0:0/96), translated (64:ff9b::/96), compatible (::/96, but neither :: nor ::1).
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        // 6to4 (2002::/16).
        | [0x2002, high, low, ..] => embedded(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 || low > 1 => embedded(high, low),
        _ => address,
    }
}

/// True where an address lies in a network: the first `bits` bits are the same.
pub fn is_within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let cut = |value: u128, width: u32| {
        let keep = u32::from(bits).min(width);
        if keep == 0 { 0 } else { value >> (width - keep) }
    };
    match (address, plain(network)) {
        (IpAddr::V4(a), IpAddr::V4(n)) => {
            cut(u128::from(u32::from(a)), 32) == cut(u128::from(u32::from(n)), 32)
        }
        (IpAddr::V6(a), IpAddr::V6(n)) => cut(u128::from(a), 128) == cut(u128::from(n), 128),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_within, plain};

    #[test]
    fn an_address_in_disguise_is_the_one_behind_it() {
        for disguised in ["::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "::10.0.0.1"] {
            assert_eq!(plain(disguised.parse().unwrap()).to_string(), "10.0.0.1", "{disguised}");
        }
        let network = "10.0.0.0".parse().unwrap();
        assert!(is_within("10.255.0.1".parse().unwrap(), network, 8));
        assert!(!is_within("11.0.0.1".parse().unwrap(), network, 8));
    }
}
